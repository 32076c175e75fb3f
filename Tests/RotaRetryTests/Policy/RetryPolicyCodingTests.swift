import Foundation
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

@Suite("RetryPolicy as JSON")
struct RetryPolicyCodingTests {
    @Test("A job's retry_policy is a whole policy", .rows("T-81"))
    func statuses() throws {
        let policy: RetryPolicy = try decode(
            #"{"max_attempts":5,"retry_on_statuses":[429,500,502,503,504]}"#)
        #expect(policy == .exponential(maxAttempts: 5))
        #expect(try decode(RetryPolicy.self, "{}") == .default)
        let other: RetryPolicy = try decode(#"{"retry_on_statuses":[418,"500-599"]}"#)
        #expect(other.retrying.statuses == FailureSet.Statuses(ranges: [418...418, 500...599]))
        #expect(try json(RetryPolicy.default).contains(#""max_attempts":3,"retry_after_cap":3600,"#))
        #expect(try json(RetryPolicy.default).contains(#""retry_on_statuses":[429,500,502,503,504]"#))
    }

    @Test("Ten thousand random policies survive being stored", arguments: 1...10)
    func roundTrips(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let policies = (0..<10).map { _ in Self.random(&generator) }
            for policy in policies { try policy.validate() }
            #expect(try roundTrip(policies) == policies)
        }
    }

    @Test(
        "Settings out of range are refused with the reason",
        arguments: [
            (#"{"max_attempts":0}"#, RetryPolicyError.Code.maxAttempts), (#"{"retry_on_statuses":[7]}"#, .status),
            (#"{"backoff":{"kind":"fixed","delay":-1}}"#, .delay),
            (#"{"backoff":{"kind":"exponential","initial":1,"factor":0}}"#, .factor),
            (#"{"backoff":{"kind":"delays","delays":[]}}"#, .delay),
            (#"{"jitter":{"proportional":2}}"#, .jitter), (#"{"time_limit":-1}"#, .timeLimit),
            (#"{"retry_after_cap":8000000000}"#, .retryAfterCap),
        ])
    func outOfRange(text: String, code: RetryPolicyError.Code) {
        let error = #expect(throws: DecodingError.self) { try decode(RetryPolicy.self, text) }
        #expect(error.flatMap(policyError)?.code == code)
    }

    @Test(
        "Malformed policies are refused",
        arguments: [
            "[]", #"{"max_attempts":"5"}"#, #"{"retry_on_statuses":["4xx"]}"#, #"{"retry_on_statuses":["599-500"]}"#,
            #"{"retry_on_statuses":["-9223372036854775809-1"]}"#, #"{"backoff":{"kind":"magic"}}"#,
            #"{"backoff":{"kind":"fixed","delay":"soon"}}"#, #"{"backoff":{"kind":"fixed","delay":1e300}}"#,
            #"{"backoff":{"kind":"fixed"}}"#, #"{"jitter":"some"}"#, #"{"jitter":{"half":1}}"#,
            #"{"retry_on_kinds":{}}"#, #"{"retry_on_kinds":{"only":[],"all_except":[]}}"#,
            #"{"backoff":{"kind":"fixed","delay":"99999999999999999999ns"}}"#,
        ])
    func malformed(text: String) {
        #expect(throws: DecodingError.self) { try decode(RetryPolicy.self, text) }
    }

    @Test("The JSON of the first format is still read, and is what is written")
    func firstFormat() throws {
        let text =
            #"{"backoff":{"factor":2,"initial":0.5,"kind":"exponential","maximum":3600},"jitter":{"proportional":0.2},"#
            + #""max_attempts":3,"retry_after_cap":3600,"retry_on_kinds":{"all_except":["budget","canceled"]},"#
            + #""retry_on_statuses":[429,"500-599"],"time_limit":9.5}"#
        let policy: RetryPolicy = try decode(text)
        #expect(
            policy
                == RetryPolicy(
                    jitter: .proportional(0.2),
                    retrying: FailureSet(
                        statuses: FailureSet.Statuses(ranges: [429...429, 500...599]),
                        kinds: .allExcept([.budget, .canceled])),
                    timeLimit: .milliseconds(9500)))
        #expect(try json(policy) == text)
    }

    @Test(
        "Every kind of backoff is written as in the first format",
        arguments: [
            (Backoff.fixed(.seconds(3)), #"{"delay":3,"kind":"fixed"}"#),
            (.linear(.seconds(15)), #"{"kind":"linear","maximum":3600,"step":15}"#),
            (
                .exponential(initial: .seconds(1), minimum: .seconds(1)),
                #"{"factor":2,"initial":1,"kind":"exponential","maximum":3600,"minimum":1}"#
            ),
            (.doubling(doublings: 3), #"{"doublings":3,"initial":0.5,"kind":"doubling","maximum":3600}"#),
            (.delays([.seconds(5), .milliseconds(1)]), #"{"delays":[5,0.001],"kind":"delays"}"#),
            (.decorrelated(), #"{"factor":3,"initial":0.5,"kind":"decorrelated","maximum":3600}"#),
        ])
    func backoff(backoff: Backoff, text: String) throws {
        #expect(try json(backoff) == text)
        #expect(try decode(Backoff.self, text) == backoff)
    }

    @Test("A null cap ignores Retry-After, a missing one is the default")
    func cap() throws {
        #expect(try decode(RetryPolicy.self, #"{"retry_after_cap":null}"#).retryAfterCap == nil)
        #expect(try decode(RetryPolicy.self, "{}").retryAfterCap == .seconds(3600))
    }

    @Test("Unknown kinds are preserved")
    func unknownKind() throws {
        let kinds: FailureSet.Kinds = try decode(#"{"only":["from_the_future"]}"#)
        #expect(kinds.contains(FailureKind("from_the_future")))
        #expect(try json(kinds) == #"{"only":["from_the_future"]}"#)
        #expect(try roundTrip(StopReason(rawValue: "x")) == StopReason(rawValue: "x"))
    }

    private static func random(_ generator: inout SeededGenerator) -> RetryPolicy {
        func duration(_ generator: inout SeededGenerator) -> Duration {
            .nanoseconds(Int64.random(in: 0...(366 * 86_400 * 1_000_000_000), using: &generator))
        }
        func factor(_ generator: inout SeededGenerator) -> Double { .random(in: 1...1000, using: &generator) }
        let maximum = duration(&generator)
        let backoffs: [Backoff] = [
            .fixed(duration(&generator)), .linear(duration(&generator), maximum: maximum),
            .exponential(
                initial: duration(&generator), factor: factor(&generator), minimum: maximum / 2, maximum: maximum),
            .doubling(initial: duration(&generator), doublings: generator.below(61), thenLinearUpTo: maximum),
            .delays((0...generator.below(20)).map { _ in duration(&generator) }),
            .decorrelated(initial: duration(&generator), factor: factor(&generator), maximum: maximum),
        ]
        let jitters: [Jitter] = [.none, .full, .equal, .proportional(.random(in: 0...1, using: &generator))]
        let statuses = FailureSet.Statuses(
            ranges: (0..<generator.below(6)).map { _ in
                let low = 100 + generator.below(900)
                return low...min(999, low + generator.below(50))
            })
        let kinds = Set((0..<generator.below(5)).map { _ in FailureKind("kind_\(generator.below(9))") })
        return RetryPolicy(
            maxAttempts: 1 + generator.below(100), backoff: backoffs[generator.below(backoffs.count)],
            jitter: jitters[generator.below(jitters.count)],
            retrying: FailureSet(
                statuses: statuses, kinds: generator.chance(0.5) ? .only(kinds) : .allExcept(kinds)),
            retryAfterCap: generator.chance(0.5) ? nil : duration(&generator),
            timeLimit: generator.chance(0.5) ? nil : duration(&generator))
    }
}
