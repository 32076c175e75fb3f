import Foundation
import RotaRetry
import RotaTesting
import Testing

@Suite("Mutated JSON")
struct JSONMutationTests {
    @Test("Values decoded from mutated JSON are valid, and none traps", arguments: 1...4)
    func mutated(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var breaker = CircuitBreaker()
        breaker.open(note: "x", at: rfcDate)
        let policy = RetryPolicy(
            backoff: .delays([.seconds(1), .nanoseconds(1)]), jitter: .proportional(0.5), timeLimit: .seconds(9))
        let rated = CircuitBreakerPolicy(failureRate: .init())
        let samples = try [
            json(policy), json(RetryPolicy(backoff: .exponential(minimum: .seconds(1)), jitter: .proportional(0.2))),
            json(RetryPolicy(backoff: .doubling(doublings: 9))), json(breaker),
            json(rated), json(RetryBudget.default), json(RetryOverrides(maxAttempts: 3, delays: [.seconds(1)])),
        ].map { Array($0.utf8) }
        let alphabet = Array("0123456789-.eE\"{}[],:null true".utf8)
        var read = 0
        for _ in 0..<1500 {
            var bytes = samples[generator.below(samples.count)]
            for _ in 0...generator.below(3) {
                let position = generator.below(bytes.count)
                switch generator.below(3) {
                case 0: bytes[position] = alphabet[generator.below(alphabet.count)]
                case 1: bytes.insert(alphabet[generator.below(alphabet.count)], at: position)
                default: bytes.remove(at: position)
                }
            }
            read += try check(Data(bytes), &generator)
        }
        #expect(read > 200)
    }

    /// Reads a text as each of the types, and uses what comes out of it; returns how many could be read.
    private func check(_ data: Data, _ generator: inout SeededGenerator) throws -> Int {
        let decoder = JSONDecoder()
        var read = 0
        if let policy = try? decoder.decode(RetryPolicy.self, from: data) {
            read += 1
            try policy.validate()
            _ = policy.decide(attempt: 1, failure: .init(.timeout), now: rfcDate, using: &generator)
        }
        if let policy = try? decoder.decode(CircuitBreakerPolicy.self, from: data) {
            read += 1
            try policy.validate()
        }
        if var breaker = try? decoder.decode(CircuitBreaker.self, from: data) {
            read += 1
            for second in [0.0, 1e9, 1e12] {
                guard case .permitted(let permit) = breaker.admit(at: at(second)) else { continue }
                breaker.record(.failure(.init(.timeout)), permit, at: at(second))
            }
        }
        if var budget = try? decoder.decode(RetryBudget.self, from: data) {
            read += 1
            budget.deposit(at: rfcDate)
            #expect(budget.available(at: rfcDate) <= budget.capacity)
        }
        if let overrides = try? decoder.decode(RetryOverrides.self, from: data) {
            read += 1
            if let policy = try? RetryPolicy.default.applying(overrides) { try policy.validate() }
        }
        return read
    }
}
