import Foundation
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

@Suite("RetryPolicy as JSON")
struct RetryPolicyCodingTests {
    @Test("A job's retry_policy is a whole policy", .rows("T-81"))
    func trigrun() throws {
        let policy: RetryPolicy = try decode(
            #"{"max_attempts":5,"retry_on_statuses":[429,500,502,503,504]}"#)
        #expect(policy == .exponential(maxAttempts: 5))
        #expect(try decode(RetryPolicy.self, "{}") == .default)
        let other: RetryPolicy = try decode(#"{"retry_on_statuses":[418,"500-599"]}"#)
        #expect(other.retrying.statuses == FailureSet.Statuses(ranges: [418...418, 500...599]))
        #expect(try json(RetryPolicy.default).contains(#""max_attempts":3,"retry_after_cap":3600,"#))
        #expect(try json(RetryPolicy.default).contains(#""retry_on_statuses":[429,500,502,503,504]"#))
    }

    @Test(
        "Counts of retries are one less than attempts", .rows("K-13", "I-9", "I-19", "C-1"),
        arguments: ["max_retries", "retries", "retry"])
    func retries(key: String) throws {
        #expect(try decode(RetryPolicy.self, #"{"\#(key)":3}"#).maxAttempts == 4)
        #expect(try decode(RetryPolicy.self, #"{"\#(key)":0}"#).maxAttempts == 1)
        #expect(throws: DecodingError.self) { try decode(RetryPolicy.self, #"{"\#(key)":-1}"#) }
        #expect(throws: DecodingError.self) { try decode(RetryPolicy.self, #"{"\#(key)":100}"#) }
        #expect(throws: DecodingError.self) { try decode(RetryPolicy.self, #"{"\#(key)":9223372036854775807}"#) }
    }

    @Test("Whatever is valid survives being stored: ten thousand random policies", arguments: 1...10)
    func roundTrips(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            let policies = (0..<10).map { _ in Self.random(&generator) }
            for policy in policies { try policy.validate() }
            #expect(try roundTrip(policies) == policies)
        }
    }

    @Test(
        "What is out of range is refused, with the reason inside",
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
        "What is no policy at all is refused",
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

    @Test("A null cap ignores Retry-After, a missing one is the default")
    func cap() throws {
        #expect(try decode(RetryPolicy.self, #"{"retry_after_cap":null}"#).retryAfterCap == nil)
        #expect(try decode(RetryPolicy.self, "{}").retryAfterCap == .seconds(3600))
    }

    @Test("A kind nobody knows here is kept as it is")
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
