import Foundation
import RotaRetry
import Testing

@Suite("Attack: durations and attempt numbers nobody expects")
struct DurationAttackTests {
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
        #expect(RetryAfter.delay(absurd).delay(from: rfcDate) <= Backoff.longestDelay)
        var generator = SeededGenerator(1)
        let policy = RetryPolicy(retryAfterCap: absurd, timeLimit: absurd)
        _ = policy.decide(
            attempt: 1, failure: .http(status: 503, retryAfter: .delay(absurd)), elapsed: absurd, now: rfcDate,
            previousDelay: absurd, using: &generator)
        #expect(throws: RetryPolicyError.self) { try RetryPolicy.default.applying(.init(initialDelay: absurd)) }
        #expect(throws: RetryPolicyError.self) { try RetryPolicy.default.applying(.init(timeout: absurd)) }
        #expect(throws: RetryPolicyError.self) { try CircuitBreaker(.init(probeLease: absurd)) }
    }

    @Test("An attempt numbered below 1 counts as 1, so a policy of one attempt has no more", arguments: [0, -1, .min])
    func attemptBelowOne(attempt: Int) {
        var generator = SeededGenerator(1)
        let decision = RetryPolicy.none.decide(
            attempt: attempt, failure: AttemptFailure(.timeout), now: rfcDate, using: &generator)
        #expect(decision == .stop(.attemptsExhausted))
    }

    @Test("A first delay of more than 104 days is exact to the nanosecond, as is its minimum")
    func longFirstDelay() {
        let initial = Duration.nanoseconds(17_280_000_000_000_001)
        let backoff = Backoff.exponential(initial: initial, maximum: Backoff.longestDelay)
        #expect(backoff.nominalDelay(afterAttempt: 1) == initial)
        let constant = Backoff.exponential(initial: initial, factor: 1, maximum: Backoff.longestDelay)
        #expect(constant.nominalDelay(afterAttempt: .max) == initial)
    }
}
