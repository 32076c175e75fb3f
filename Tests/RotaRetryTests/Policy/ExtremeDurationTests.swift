import Foundation
import RotaRetry
import RotaTesting
import Testing

@Suite("Durations whose seconds do not fit Int64")
struct ExtremeDurationTests {
    /// A valid `Duration` whose seconds do not fit `Int64`: `components` traps on it.
    static let absurd = [Duration.seconds(Int64.max) * 2, Duration.seconds(Int64.min) * 2]

    @Test("A duration of more seconds than Int64 holds is refused, and never traps", arguments: absurd)
    func beyondInt64Seconds(absurd: Duration) throws {
        for backoff in [
            Backoff.fixed(absurd), .linear(absurd), .exponential(initial: absurd, minimum: absurd, maximum: absurd),
            .doubling(initial: absurd, doublings: 3), .delays([absurd]), .decorrelated(initial: absurd),
        ] {
            #expect(throws: RetryPolicyError.self) { try backoff.validate() }
            let delay = backoff.nominalDelay(afterAttempt: 2)
            #expect(delay >= .zero && delay <= Backoff.longestDelay)
        }
        #expect(Jitter.full.bounds(of: absurd).lowerBound == .zero)
        #expect(RetryAfter.delay(absurd).delay(from: rfcDate) <= .nanoseconds(Int64.max))
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(retryAfterCap: absurd, timeLimit: absurd)
        _ = policy.decide(
            attempt: 1, failure: .http(status: 503, retryAfter: .delay(absurd)), elapsed: absurd, now: rfcDate,
            previousDelay: absurd, using: &generator)
        #expect(throws: RetryPolicyError.self) { try RetryPolicy.default.applying(.init(initialDelay: absurd)) }
        #expect(throws: RetryPolicyError.self) { try RetryPolicy.default.applying(.init(timeout: absurd)) }
        #expect(throws: RetryPolicyError.self) { try CircuitBreaker(.init(probeLease: absurd)) }
    }

}
