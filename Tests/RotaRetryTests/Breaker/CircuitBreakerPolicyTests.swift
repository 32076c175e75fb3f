import Foundation
import RotaRetry
import Testing

@Suite("CircuitBreakerPolicy")
struct CircuitBreakerPolicyTests {
    @Test(
        "A policy out of range is refused, stored or not",
        arguments: [
            CircuitBreakerPolicy(consecutiveFailures: nil), .init(consecutiveFailures: 0), .init(identicalFailures: -1),
            .init(openFor: .fixed(.seconds(-1))), .init(probes: 0), .init(probes: 101), .init(successesToClose: 0),
            .init(probeLease: .zero), .init(failureRate: .init(threshold: 0)),
            .init(failureRate: .init(threshold: 1.1)),
            .init(failureRate: .init(threshold: .nan)), .init(failureRate: .init(window: .milliseconds(999))),
            .init(failureRate: .init(window: .seconds(86_401))), .init(failureRate: .init(minimumAttempts: 0)),
        ])
    func refused(policy: CircuitBreakerPolicy) throws {
        #expect(throws: RetryPolicyError.self) { try CircuitBreaker(policy) }
        if policy.failureRate?.threshold.isNaN != true {
            #expect(throws: DecodingError.self) { try roundTrip(policy) }
        }
    }

    @Test("A policy survives being stored, and what it leaves out is the default")
    func coding() throws {
        let policy = CircuitBreakerPolicy(
            consecutiveFailures: nil, identicalFailures: 4,
            failureRate: .init(threshold: 0.25, window: .milliseconds(1500), minimumAttempts: 7),
            openFor: .exponential(initial: .seconds(3)), probes: 2, successesToClose: 5, probeLease: .seconds(9),
            counting: FailureSet(statuses: [503], kinds: .only([.timeout])))
        #expect(try roundTrip(policy) == policy)
        #expect(try decode(CircuitBreakerPolicy.self, #"{"consecutive_failures":5}"#) == .default)
        let error = #expect(throws: DecodingError.self) { try decode(CircuitBreakerPolicy.self, "{}") }
        #expect(error.flatMap(policyError)?.code == .breaker)
    }

    @Test("The JSON of the first format is still read, and is what is written")
    func firstFormat() throws {
        let text =
            #"{"consecutive_failures":5,"count_kinds":{"all_except":["budget","canceled"]},"count_statuses":["100-999"],"#
            + #""failure_rate":{"minimum_attempts":20,"threshold":0.5,"window":60},"identical_failures":3,"#
            + #""open_for":{"delay":60,"kind":"fixed"},"probe_lease":300,"probes":1,"successes_to_close":2}"#
        let policy: CircuitBreakerPolicy = try decode(text)
        #expect(
            policy
                == CircuitBreakerPolicy(
                    identicalFailures: 3, failureRate: .init(), successesToClose: 2,
                    counting: FailureSet(statuses: .all, kinds: .allExcept([.budget, .canceled]))))
        #expect(try json(policy) == text)
    }
}
