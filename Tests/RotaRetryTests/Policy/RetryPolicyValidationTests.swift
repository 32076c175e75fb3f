import Foundation
import RotaRetry
import RotaTestSupport
import Testing

@Suite("RetryPolicy validation")
struct RetryPolicyValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let policy: RetryPolicy
        let code: RetryPolicyError.Code
        let value: String
        var testDescription: String { "\(code) \(value)" }
    }

    static let wrong: [Case] = [
        Case(policy: .exponential(maxAttempts: 0), code: .maxAttempts, value: "0"),
        Case(policy: .exponential(maxAttempts: 101), code: .maxAttempts, value: "101"),
        Case(policy: .exponential(maxAttempts: .min), code: .maxAttempts, value: "\(Int.min)"),
        Case(policy: .exponential(initial: .seconds(-1)), code: .delay, value: "-1 s"),
        Case(policy: .exponential(maximum: .seconds(400 * 86_400)), code: .delay, value: "400 d"),
        Case(policy: .exponential(factor: 0.99), code: .factor, value: "0.99"),
        Case(policy: .exponential(factor: .nan), code: .factor, value: "nan"),
        Case(policy: .exponential(factor: 1001), code: .factor, value: "1001.0"),
        Case(policy: .delays([]), code: .delay, value: "0 delays"),
        Case(policy: .delays([.seconds(1), .seconds(-2)]), code: .delay, value: "-2 s"),
        Case(
            policy: .delays(Array(repeating: .zero, count: 101), maxAttempts: 3), code: .delay, value: "101 delays"),
        Case(policy: .linear(.seconds(-3)), code: .delay, value: "-3 s"),
        Case(policy: .fixed(.seconds(-4)), code: .delay, value: "-4 s"),
        Case(policy: RetryPolicy(backoff: .doubling(doublings: 61)), code: .factor, value: "61"),
        Case(policy: RetryPolicy(backoff: .decorrelated(factor: 0)), code: .factor, value: "0.0"),
        Case(
            policy: RetryPolicy(backoff: .exponential(minimum: .seconds(9), maximum: .seconds(8))), code: .delay,
            value: "9 s"),
        Case(policy: .exponential(jitter: .proportional(1.01)), code: .jitter, value: "1.01"),
        Case(policy: .exponential(jitter: .proportional(-0.1)), code: .jitter, value: "-0.1"),
        Case(policy: .exponential(jitter: .proportional(.nan)), code: .jitter, value: "nan"),
        Case(
            policy: .exponential(retrying: FailureSet(statuses: [503, 99])), code: .status, value: "99"),
        Case(
            policy: .exponential(retrying: FailureSet(statuses: [503, 1000])), code: .status, value: "1000"),
        Case(policy: RetryPolicy(retryAfterCap: .seconds(-1)), code: .retryAfterCap, value: "-1 s"),
        Case(policy: RetryPolicy(timeLimit: .seconds(-7)), code: .timeLimit, value: "-7 s"),
        Case(
            policy: RetryPolicy(timeLimit: .seconds(Int64.max)), code: .timeLimit,
            value: "10,000 years or more"),
    ]

    @Test("Every value out of its range is refused by name, with the value", arguments: wrong)
    func refused(example: Case) {
        let error = #expect(throws: RetryPolicyError.self) { try example.policy.validate() }
        #expect(error?.code == example.code)
        #expect(error?.value == example.value)
        #expect(error?.message.isEmpty == false)
    }

    @Test(
        "The ends of every range are in it",
        arguments: [
            RetryPolicy.exponential(maxAttempts: 1), .exponential(maxAttempts: 100),
            .exponential(initial: .zero, factor: 1, maximum: Backoff.longestDelay), .exponential(factor: 1000),
            .delays(Array(repeating: .zero, count: 100), maxAttempts: 100), .fixed(Backoff.longestDelay),
            .exponential(jitter: .proportional(0)), .exponential(jitter: .proportional(1)),
            RetryPolicy(retryAfterCap: .zero, timeLimit: .zero), .none, .default, .standardWebhooks,
            .exponential(retrying: .any), .exponential(retrying: .none),
        ])
    func accepted(policy: RetryPolicy) throws {
        try policy.validate()
    }

    @Test(
        "Each system checks its own range of attempts", .rows("C-1", "T-37", "I-19", "SX-13"),
        arguments: [(1...10, 10, 11), (1...11, 11, 12), (1...100, 100, 101)])
    func profiles(range: ClosedRange<Int>, most: Int, tooMany: Int) throws {
        try RetryPolicy.exponential(maxAttempts: most).validate(attempts: range)
        let error = #expect(throws: RetryPolicyError.self) {
            try RetryPolicy.exponential(maxAttempts: tooMany).validate(attempts: range)
        }
        #expect(error?.code == .maxAttempts)
        #expect(throws: RetryPolicyError.self) { try RetryPolicy.exponential(maxAttempts: 0).validate(attempts: range) }
    }

    @Test("An error says what to do, and what it got")
    func description() {
        let error = #expect(throws: RetryPolicyError.self) { try RetryPolicy.exponential(maxAttempts: 0).validate() }
        #expect(
            error.map(String.init(describing:))
                == "The number of attempts, including the first, must be 1 to 100. (got 0)")
    }
}
