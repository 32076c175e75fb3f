import Foundation
import RotaRetry
import RotaTesting
import Testing

@Suite("RetryBudget")
struct RetryBudgetTests {
    /// The macro cannot look into a mutating call.
    static func withdraw(_ budget: inout RetryBudget, at now: Date) -> Bool {
        budget.withdraw(at: now)
    }

    @Test("A dead dependency sees at most 20 % more, beyond the reserve", arguments: [10, 100, 1000, 20_000])
    func deadDependency(requests: Int) {
        var budget = RetryBudget.default
        var retries = 0
        for request in 0..<requests {
            let now = at(Double(request))
            budget.deposit(at: now)
            // Every attempt fails and would be retried twice.
            for _ in 0..<2 where budget.withdraw(at: now) { retries += 1 }
        }
        #expect(retries <= requests / 5 + 10)
        #expect(retries >= requests / 5)
    }

    @Test("Under random events it grants no more than was earned", arguments: 1...40)
    func property(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let ratio = Double(generator.below(101)) / 100
        let capacity = 1 + generator.below(50)
        let reserve = generator.below(capacity + 1)
        let perSecond = generator.chance(0.5) ? 0 : Double.random(in: 0...5, using: &generator)
        var budget = try RetryBudget(ratio: ratio, reserve: reserve, capacity: capacity, perSecond: perSecond)
        var now = 1000.0
        var first: Double?
        var deposits = 0
        var granted = 0
        for step in 0..<1500 {
            now += Double.random(in: 0...0.3, using: &generator)
            first = first ?? now
            let before = budget.available(at: at(now))
            #expect(before >= 0 && before <= capacity)
            if generator.chance(0.4) {
                budget.deposit(at: at(now))
                deposits += 1
            } else {
                let isGranted = budget.withdraw(at: at(now))
                // It grants exactly when there is a whole one, and a refusal costs nothing.
                #expect(isGranted == (before >= 1))
                #expect(budget.available(at: at(now)) == before - (isGranted ? 1 : 0))
                granted += isGranted ? 1 : 0
            }
            let earned = Double(reserve) + ratio * Double(deposits) + perSecond * (now - (first ?? now))
            #expect(Double(granted) <= earned + 1e-3)
            guard step % 500 == 0 else { continue }
            #expect(try roundTrip(budget) == budget)
            budget = try roundTrip(budget)
        }
    }

    @Test("Idle time earns the same however often the budget is asked", arguments: [1, 10, 1000, 100_000])
    func idle(calls: Int) throws {
        var budget = try RetryBudget(ratio: 0, reserve: 0, capacity: 100, perSecond: 0.5)
        for call in 0...calls { budget.deposit(at: at(20 * Double(call) / Double(calls))) }
        #expect(budget.available(at: at(20.001)) == 10)
    }

    @Test("A full budget earns nothing more, and idle time beyond that is forgotten")
    func capacity() throws {
        var budget = try RetryBudget(ratio: 1, reserve: 0, capacity: 3, perSecond: 1)
        budget.deposit(at: at(0))
        #expect(budget.available(at: at(1e12)) == 3)
        budget.deposit(at: at(1e12))
        for _ in 0..<3 { #expect(Self.withdraw(&budget, at: at(1e12))) }
        #expect(!Self.withdraw(&budget, at: at(1e12)))
        #expect(!Self.withdraw(&budget, at: at(1e12 + 0.5)))
        #expect(Self.withdraw(&budget, at: at(1e12 + 1)))
    }

    @Test("A clock set back earns nothing, and does not stop the earning", arguments: [1.0, 3600, 3e8])
    func clockSetBack(step: Double) throws {
        var budget = try RetryBudget(ratio: 0, reserve: 0, capacity: 10, perSecond: 1)
        budget.deposit(at: at(1e9))
        #expect(!Self.withdraw(&budget, at: at(1e9 - step)))
        #expect(Self.withdraw(&budget, at: at(1e9 - step + 1)))
    }

    @Test("Dates that no clock shows never trap", arguments: [Double.nan, .infinity, -.infinity, 1e308])
    func strangeDates(seconds: Double) throws {
        var budget = try RetryBudget(perSecond: 2)
        for date in [0, seconds, 1, seconds] {
            budget.deposit(at: at(date))
            _ = budget.withdraw(at: at(date))
            #expect(budget.available(at: at(seconds)) <= 100)
        }
    }

    @Test(
        "Settings out of range are refused",
        arguments: [
            (1.01, 10, 100, 0), (.nan, 10, 100, 0), (-0.1, 10, 100, 0), (0.2, 101, 100, 0), (0.2, -1, 100, 0),
            (0.2, 0, 0, 0), (0.2, 0, .max, 0), (0.2, 0, 1, -1), (0.2, 0, 1, .infinity),
        ] as [(Double, Int, Int, Double)])
    func refused(ratio: Double, reserve: Int, capacity: Int, perSecond: Double) {
        let error = #expect(throws: RetryPolicyError.self) {
            try RetryBudget(ratio: ratio, reserve: reserve, capacity: capacity, perSecond: perSecond)
        }
        #expect(error?.code == .budget)
    }

    @Test("A stored budget out of range is refused")
    func refusedStored() {
        for text in [
            #"{"ratio":2,"capacity":1,"per_second":0,"tokens":0}"#,
            #"{"ratio":0.1,"capacity":0,"per_second":0,"tokens":0}"#,
            #"{"ratio":0.1}"#,
        ] {
            #expect(throws: DecodingError.self) { try decode(RetryBudget.self, text) }
        }
    }

    @Test("Stored tokens beyond the capacity are cut to it")
    func storedTokens() throws {
        let budget: RetryBudget = try decode(
            #"{"ratio":0.1,"capacity":5,"per_second":0,"tokens":9223372036854775807}"#)
        #expect(budget.available(at: rfcDate) == 5)
        let debt: RetryBudget = try decode(
            #"{"ratio":0.1,"capacity":5,"per_second":0,"tokens":-9223372036854775808}"#)
        #expect(debt.available(at: rfcDate) == 0)
    }

    @Test("Shared by many tasks at once, it grants exactly what there is")
    func shared() async throws {
        let budget = SharedRetryBudget(try RetryBudget(ratio: 0, reserve: 500, capacity: 500))
        let granted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<100).reduce(0) { count, _ in count + (budget.withdraw(at: rfcDate) ? 1 : 0) } }
            }
            return await group.reduce(0, +)
        }
        #expect(granted == 500)
        #expect(budget.snapshot.available(at: rfcDate) == 0)
    }

    @Test("Tasks that read the clock a moment apart and come out of order earn no time twice")
    func oscillatingDates() throws {
        var budget = try RetryBudget(ratio: 0, reserve: 0, capacity: 1000, perSecond: 10)
        var granted = 0
        for index in 0..<10_000 where budget.withdraw(at: at(1000 + (index % 2 == 0 ? 0 : 0.5))) { granted += 1 }
        // Half a second has passed.
        #expect(granted <= 5)
    }

    @Test("The JSON of the first format is still read, and is what is written")
    func firstFormat() throws {
        let text = #"{"capacity":5,"credited_at":7,"fraction":0.5,"per_second":2,"ratio":0.1,"tokens":1500000}"#
        let budget: RetryBudget = try decode(text)
        #expect(budget.capacity == 5 && budget.ratio == 0.1 && budget.perSecond == 2)
        #expect(budget.available(at: Date(timeIntervalSinceReferenceDate: 7)) == 1)
        #expect(try json(budget) == text)
    }
}
