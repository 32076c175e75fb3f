import Foundation
import RotaRetry
import Testing

@Suite("Attack: what is stored")
struct CodingAttackTests {
    @Test("Overrides that say zero on purpose say so after being stored")
    func zeroOverrides() throws {
        let overrides = RetryOverrides(strategy: .fixed, initialDelay: .zero, maximumDelay: .zero)
        #expect(try roundTrip(overrides) == overrides)
    }
}
