import Foundation
import RotaRetry
import Testing

@Suite("Attack: retry budget")
struct BudgetAttackTests {
    @Test("Tasks that read the clock a moment apart and come out of order earn no time twice")
    func oscillatingInstants() throws {
        var budget = try RetryBudget(ratio: 0, reserve: 0, capacity: 1000, perSecond: 10)
        var granted = 0
        for index in 0..<10_000 where budget.withdraw(at: at(1000 + (index % 2 == 0 ? 0 : 0.5))) { granted += 1 }
        // Half a second has passed.
        #expect(granted <= 5)
    }
}
