import Foundation
import RotaRetry
import RotaTestSupport
import Testing

@Suite("RetryOverrides")
struct RetryOverridesTests {
    static let exponential = RetryPolicy(backoff: .exponential(initial: .seconds(1), minimum: .seconds(1)))
    static let linear = RetryPolicy.linear(.seconds(15), maxAttempts: 4, jitter: .none, retrying: .any)

    private static func nominal(_ policy: RetryPolicy, _ count: Int = 4) -> [Duration] {
        (1...count).map { policy.backoff.nominalDelay(afterAttempt: $0) }
    }

    @Test("The number of attempts must be 1 to 100", .rows("S-73"))
    func maxAttempts() throws {
        #expect(try Self.exponential.applying(.init(maxAttempts: 7)).maxAttempts == 7)
        for wrong in [0, -1, 101] {
            let error = #expect(throws: RetryPolicyError.self) {
                try Self.exponential.applying(.init(maxAttempts: wrong))
            }
            #expect(error?.code == .maxAttempts && error?.value == "\(wrong)")
        }
    }

    @Test("The timeout is checked, and changes no delay", .rows("S-74"))
    func timeout() throws {
        #expect(try Self.exponential.applying(.init(timeout: .seconds(30))) == Self.exponential)
        for wrong in [Duration.zero, .seconds(-1), .seconds(Int64.max)] {
            #expect(throws: RetryPolicyError.self) { try Self.exponential.applying(.init(timeout: wrong)) }
        }
    }

    @Test(
        "Exponential, linear, fixed, custom", .rows("S-44", "S-45", "S-75"),
        arguments: [
            (Backoff.Strategy.exponential, [1, 2, 4, 8]), (.linear, [1, 2, 3, 4]), (.fixed, [1, 1, 1, 1]),
            (.custom, [5, 7, 7, 7]),
        ])
    func strategies(strategy: Backoff.Strategy, expected: [Int]) throws {
        let delays: [Duration] = [.seconds(5), .seconds(7)]
        let policy = try Self.linear.applying(.init(strategy: strategy, delays: delays))
        #expect(Self.nominal(policy) == expected.map { .seconds($0) })
        #expect(policy.maxAttempts == 4 && policy.retrying == .any)
    }

    @Test("A named strategy has a floor of a second, unless told to be shorter", .rows("SX-8"))
    func namedFloor() throws {
        let zero = try Backoff(strategy: .custom, delays: [.zero, .milliseconds(200), .seconds(2)])
        #expect((1...3).map { zero.nominalDelay(afterAttempt: $0) } == [1, 1, 2].map { .seconds($0) })
        let short = try Backoff(strategy: .fixed, initial: .milliseconds(50))
        #expect(short.nominalDelay(afterAttempt: 1) == .milliseconds(50))
        #expect(throws: RetryPolicyError.self) { try Backoff(strategy: .fixed, initial: .seconds(-1)) }
        #expect(throws: RetryPolicyError.self) { try Backoff(strategy: .linear, maximum: .seconds(-1)) }
    }

    @Test("An unknown strategy, and a custom one without delays, are refused")
    func wrongStrategies() {
        let error = #expect(throws: RetryPolicyError.self) {
            try RetryPolicy.default.applying(.init(strategy: Backoff.Strategy(rawValue: "string")))
        }
        #expect(error?.code == .strategy && error?.value == "string")
        #expect(throws: RetryPolicyError.self) { try RetryPolicy.default.applying(.init(strategy: .custom)) }
    }

    @Test("Delays alone are the custom strategy")
    func delaysAlone() throws {
        let policy = try RetryPolicy.default.applying(.init(delays: [.seconds(2)]))
        #expect(policy.backoff == (try Backoff(strategy: .custom, delays: [.seconds(2)])))
    }

    @Test("Another first delay and another cap keep the kind of backoff", .rows("S-76", "S-77"))
    func delays() throws {
        let overrides = RetryOverrides(initialDelay: .seconds(3), maximumDelay: .seconds(7))
        #expect(Self.nominal(try Self.exponential.applying(overrides)) == [3, 6, 7, 7].map { .seconds($0) })
        #expect(Self.nominal(try Self.linear.applying(overrides)) == [3, 6, 7, 7].map { .seconds($0) })
        #expect(
            Self.nominal(try RetryPolicy.fixed(.seconds(1)).applying(overrides)) == [3, 3, 3, 3].map { .seconds($0) })
        let doubling = RetryPolicy(backoff: .doubling(doublings: 1))
        #expect(Self.nominal(try doubling.applying(overrides)) == [3, 6, 7, 7].map { .seconds($0) })
    }

    @Test("A shorter delay than the floor lowers the floor")
    func floor() throws {
        let shorter = try Self.exponential.applying(.init(initialDelay: .milliseconds(100)))
        #expect(shorter.backoff.nominalDelay(afterAttempt: 1) == .milliseconds(100))
        let capped = try Self.exponential.applying(.init(maximumDelay: .milliseconds(300)))
        #expect(capped.backoff.nominalDelay(afterAttempt: 9) == .milliseconds(300))
    }

    @Test("A first delay for a list of delays is refused; a cap is not")
    func lists() throws {
        let list = RetryPolicy.delays([.seconds(5), .seconds(50)])
        #expect(throws: RetryPolicyError.self) { try list.applying(.init(initialDelay: .seconds(1))) }
        #expect(Self.nominal(try list.applying(.init(maximumDelay: .seconds(20))), 2) == [.seconds(5), .seconds(20)])
    }

    @Test(
        "Nothing different is the same policy",
        arguments: [RetryPolicy.default, linear, exponential, .standardWebhooks])
    func nothing(policy: RetryPolicy) throws {
        #expect(try policy.applying(RetryOverrides()) == policy)
    }

    @Test("They have keys of their own, and settings that are nil are not written")
    func coding() throws {
        let overrides = RetryOverrides(
            maxAttempts: 4, timeout: .seconds(30), strategy: .linear, initialDelay: .seconds(2),
            maximumDelay: .seconds(9))
        let text = #"{"initialDelay":2,"maxAttempts":4,"maximumDelay":9,"strategy":"linear","timeout":30}"#
        #expect(try json(overrides) == text)
        #expect(try decode(RetryOverrides.self, text) == overrides)
        #expect(try json(RetryOverrides()) == "{}" && decode(RetryOverrides.self, "{}") == RetryOverrides())
        #expect(try json(RetryOverrides(delays: [.seconds(1), .milliseconds(2500)])) == #"{"delays":[1,2.5]}"#)
    }

    @Test("The JSON of the first format is still read, in which zero means not given", .rows("S-73 to S-77"))
    func firstFormat() throws {
        let overrides: RetryOverrides = try decode(
            """
            {"max_attempts_override":4,"timeout_secs_override":30,"retry_backoff":"linear",
            "retry_initial_delay_secs":2,"retry_max_delay_secs":9,"retry_delays_secs":[1,2.5],"unrelated":true}
            """)
        #expect(
            overrides
                == RetryOverrides(
                    maxAttempts: 4, timeout: .seconds(30), strategy: .linear, initialDelay: .seconds(2),
                    maximumDelay: .seconds(9), delays: [.seconds(1), .milliseconds(2500)]))
        #expect(try roundTrip(overrides) == overrides)
        let zeros: RetryOverrides = try decode(
            """
            {"max_attempts_override":0,"timeout_secs_override":0,"retry_backoff":"",
            "retry_initial_delay_secs":0,"retry_max_delay_secs":0,"retry_delays_secs":[]}
            """)
        #expect(zeros == RetryOverrides())
        // A zero that was given was written as text.
        #expect(
            try decode(RetryOverrides.self, #"{"retry_backoff":"fixed","retry_initial_delay_secs":"0ns"}"#)
                == RetryOverrides(strategy: .fixed, initialDelay: .zero))
    }

    @Test("Overrides that say zero on purpose say so after being stored")
    func zeroOverrides() throws {
        let overrides = RetryOverrides(strategy: .fixed, initialDelay: .zero, maximumDelay: .zero)
        #expect(try roundTrip(overrides) == overrides)
    }
}
