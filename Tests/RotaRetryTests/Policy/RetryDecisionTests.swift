import Foundation
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

@Suite("RetryDecision")
struct RetryDecisionTests {
    /// Returns a decision with a fixed date and a seeded generator.
    static func decide(
        _ policy: RetryPolicy, attempt: Int = 1, _ failure: AttemptFailure, elapsed: Duration = .zero,
        now: Date = rfcDate
    ) -> RetryDecision {
        var generator = SeededGenerator(seed: 1)
        return policy.decide(attempt: attempt, failure: failure, elapsed: elapsed, now: now, using: &generator)
    }

    @Test("Three attempts by default, the first included, then it has failed", .rows("T-37", "T-78"))
    func defaultAttempts() {
        let failure = AttemptFailure.http(status: 500)
        #expect(RetryPolicy.default.maxAttempts == 3)
        #expect(Self.decide(.default, attempt: 1, failure).delay != nil)
        #expect(Self.decide(.default, attempt: 2, failure).delay != nil)
        #expect(Self.decide(.default, attempt: 3, failure) == .stop(.attemptsExhausted))
        #expect(Self.decide(.default, attempt: 4, failure) == .stop(.attemptsExhausted))
        #expect(RetryPolicy.default == .exponential())
    }

    @Test(
        "429, 500, 502, 503 and 504 are retried; 501, 404 and the rest fail at once", .rows("T-38"),
        arguments: 100...599)
    func defaultStatuses(status: Int) {
        let decision = Self.decide(.default, .http(status: status))
        if [429, 500, 502, 503, 504].contains(status) {
            #expect(decision.delay != nil)
        } else {
            #expect(decision == .stop(.notRetryable))
        }
    }

    @Test("The retries are nominally 500 ms and 1 s away, and full jitter spreads them from zero", .rows("T-39"))
    func backoff() {
        var policy = RetryPolicy.default
        var generator = SeededGenerator(seed: 4)
        for (attempt, nominal) in [(1, 0.5), (2, 1.0)] {
            let delays = (0..<1000).compactMap { _ in
                policy.decide(attempt: attempt, failure: .init(.timeout), now: rfcDate, using: &generator).delay
            }.map(seconds)
            #expect(delays.count == 1000)
            #expect(delays.allSatisfy { $0 >= 0 && $0 <= nominal })
            #expect((delays.max() ?? 0) > 0.95 * nominal && (delays.min() ?? 1) < 0.05 * nominal)
        }
        policy.jitter = .none
        #expect(Self.decide(policy, attempt: 1, .init(.timeout)) == .retry(after: .milliseconds(500)))
        #expect(Self.decide(policy, attempt: 2, .init(.timeout)) == .retry(after: .seconds(1)))
    }

    @Test(
        "Timeouts and connection errors are retried whatever the statuses", .rows("T-79"),
        arguments: [FailureKind.timeout, .connection, .dns, .tls])
    func alwaysRetried(kind: FailureKind) {
        let policy = RetryPolicy(retrying: FailureSet(statuses: []))
        #expect(Self.decide(policy, .http(status: 503)) == .stop(.notRetryable))
        #expect(Self.decide(policy, AttemptFailure(kind)).delay != nil)
    }

    @Test("A body mismatch is no reason to retry, unless the policy says so", .rows("T-80"))
    func responseMismatch() {
        let mismatch = AttemptFailure(.responseMismatch, status: 200)
        #expect(Self.decide(.default, mismatch) == .stop(.notRetryable))
        #expect(Self.decide(.default, AttemptFailure(.responseMismatch, status: 503)) == .stop(.notRetryable))
        let willing = RetryPolicy(retrying: .default.inserting(.responseMismatch))
        #expect(Self.decide(willing, mismatch).delay != nil)
    }

    @Test(
        "What another attempt would only repeat is not retried",
        arguments: [
            FailureKind.missingSecret, .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .outOfMemory, .budget,
        ])
    func permanent(kind: FailureKind) {
        #expect(Self.decide(.default, AttemptFailure(kind)) == .stop(.notRetryable))
    }

    @Test(
        "What may pass is retried, an app's own kinds included",
        arguments: [FailureKind.handlerError, .unknown, FailureKind("my_own")])
    func passing(kind: FailureKind) {
        #expect(Self.decide(.default, AttemptFailure(kind)).delay != nil)
    }

    @Test("A crashed attempt is retried while attempts remain, whatever the policy retries")
    func crashed() {
        let policy = RetryPolicy(maxAttempts: 2, retrying: .none)
        #expect(Self.decide(policy, attempt: 1, AttemptFailure(.crashed)).delay != nil)
        #expect(Self.decide(policy, attempt: 2, AttemptFailure(.crashed)) == .stop(.attemptsExhausted))
        #expect(Self.decide(.none, attempt: 1, AttemptFailure(.crashed)) == .stop(.attemptsExhausted))
    }

    @Test("A canceled attempt is never retried, whatever the policy retries")
    func canceled() {
        #expect(Self.decide(RetryPolicy(retrying: .any), AttemptFailure(.canceled)) == .stop(.canceled))
    }

    @Test("N retries are n + 1 attempts", .rows("C-1", "I-9", "I-19"), arguments: 0...10)
    func retries(count: Int) {
        var policy = RetryPolicy.default
        policy.retries = count
        #expect(policy.maxAttempts == count + 1)
        #expect(policy.retries == count)
    }

    @Test("Standard Webhooks retry everything but 2xx and 410 Gone, nine times")
    func standardWebhooks() {
        for status in [301, 404, 500] {
            #expect(Self.decide(.standardWebhooks, attempt: 9, .http(status: status)).delay != nil)
        }
        #expect(Self.decide(.standardWebhooks, .http(status: 410)) == .stop(.notRetryable))
        #expect(Self.decide(.standardWebhooks, attempt: 10, .http(status: 500)) == .stop(.attemptsExhausted))
    }

    @Test("The last retry may begin at the time limit, but not after it")
    func timeLimit() {
        let policy = RetryPolicy.fixed(.seconds(10), maxAttempts: 100, timeLimit: .seconds(60))
        let failure = AttemptFailure(.timeout)
        #expect(Self.decide(policy, failure, elapsed: .seconds(50)) == .retry(after: .seconds(10)))
        #expect(Self.decide(policy, failure, elapsed: .nanoseconds(50_000_000_001)) == .stop(.timeLimit))
        #expect(Self.decide(policy, failure, elapsed: .seconds(Int64.max)) == .stop(.timeLimit))
        #expect(Self.decide(policy, failure, elapsed: .seconds(Int64.min)) == .retry(after: .seconds(10)))
    }

    @Test("The same question has the same answer, and one random number is drawn at most")
    func pure() {
        var generator = SeededGenerator(seed: 6)
        for _ in 0..<1000 {
            let attempt = generator.below(5)
            let failure = AttemptFailure([.timeout, .canceled, .crashed, .responseMismatch][generator.below(4)])
            var first = Counting(SeededGenerator(seed: 3))
            var second = Counting(SeededGenerator(seed: 3))
            let decision = RetryPolicy.default.decide(attempt: attempt, failure: failure, now: rfcDate, using: &first)
            #expect(
                decision == RetryPolicy.default.decide(attempt: attempt, failure: failure, now: rfcDate, using: &second)
            )
            #expect(first.draws == (decision.delay == nil ? 0 : 1))
        }
    }

    @Test("A policy that was not validated never traps, and never allows more than 100 attempts")
    func unvalidated() {
        var generator = SeededGenerator(seed: 8)
        let durations: [Duration?] = [nil, .seconds(Int64.min), .seconds(-1), .zero, .seconds(Int64.max)]
        let dates = [Date.distantPast, .distantFuture, at(.nan), at(.infinity), at(-.infinity), rfcDate]
        for attempts in [Int.min, -1, 0, 1, 100, 101, .max] {
            for limit in durations {
                for date in dates {
                    let policy = RetryPolicy(
                        maxAttempts: attempts, jitter: .proportional(.nan), retryAfterCap: limit, timeLimit: limit)
                    let failure = AttemptFailure(.timeout, retryAfter: .date(date))
                    for now in dates {
                        for attempt in [Int.min, 0, 1, 99, 100, .max] {
                            let delay = policy.decide(
                                attempt: attempt, failure: failure, elapsed: limit ?? .zero, now: now,
                                previousDelay: limit, using: &generator
                            ).delay
                            if let delay { #expect(delay >= .zero && delay <= Backoff.longestDelay) }
                            #expect(delay == nil || attempt < 100 && attempt < attempts)
                        }
                    }
                }
            }
        }
        var retries = RetryPolicy.default
        retries.retries = .max
        #expect(retries.maxAttempts == .max)
        retries.maxAttempts = .min
        #expect(retries.retries < 0)
    }

    @Test("An attempt numbered below 1 counts as 1, so a policy of one attempt has no more", arguments: [0, -1, .min])
    func attemptBelowOne(attempt: Int) {
        var generator = SeededGenerator(seed: 1)
        let decision = RetryPolicy.none.decide(
            attempt: attempt, failure: AttemptFailure(.timeout), now: rfcDate, using: &generator)
        #expect(decision == .stop(.attemptsExhausted))
    }
}

/// Counts how many numbers were drawn.
private struct Counting: RandomNumberGenerator {
    var base: SeededGenerator
    var draws = 0

    init(_ base: SeededGenerator) {
        self.base = base
    }

    mutating func next() -> UInt64 {
        draws += 1
        return base.next()
    }
}

@Suite("RetryDecision after a Retry-After header")
struct RetryAfterDecisionTests {
    static let policy = RetryPolicy.fixed(.seconds(10))

    static func delay(_ retryAfter: RetryAfter?, policy: RetryPolicy = policy) -> Duration? {
        RetryDecisionTests.decide(policy, .http(status: 503, retryAfter: retryAfter)).delay
    }

    @Test("It lengthens a delay and never shortens one")
    func floor() {
        #expect(Self.delay(.delay(.seconds(60))) == .seconds(60))
        #expect(Self.delay(.delay(.seconds(3))) == .seconds(10))
        #expect(Self.delay(.date(rfcDate.addingTimeInterval(90))) == .seconds(90))
    }

    static func reason(_ retryAfter: RetryAfter?, policy: RetryPolicy = policy) -> StopReason? {
        guard case .stop(let reason) = RetryDecisionTests.decide(policy, .http(status: 503, retryAfter: retryAfter))
        else { return nil }
        return reason
    }

    @Test("One that is longer than the policy waits, an hour by default, ends the retries instead of being shortened")
    func tooLong() {
        #expect(Self.delay(.delay(.seconds(3600))) == .seconds(3600))
        #expect(Self.reason(.delay(.nanoseconds(3_600_000_000_001))) == .retryAfterTooLong)
        #expect(Self.reason(.delay(.seconds(86_400))) == .retryAfterTooLong)
        #expect(Self.reason(.date(.distantFuture)) == .retryAfterTooLong)
        var patient = Self.policy
        patient.retryAfterCap = .seconds(100_000)
        #expect(Self.delay(.delay(.seconds(86_400)), policy: patient) == .seconds(86_400))
        patient.retryAfterCap = Backoff.longestDelay
        #expect(Self.reason(.delay(.seconds(366 * 86_400 + 1)), policy: patient) == .retryAfterTooLong)
        let forever = RetryAfter("99999999999999999999", receivedAt: rfcDate)
        #expect(Self.reason(forever, policy: patient) == .retryAfterTooLong)
    }

    @Test("No retry ever comes earlier than the server asked", arguments: 1...4 as ClosedRange<UInt64>)
    func neverEarlierThanAsked(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let asked = Duration.seconds(Double.random(in: 0..<20_000, using: &generator))
            let policy = RetryPolicy.exponential(
                maxAttempts: 9, initial: .seconds(Double.random(in: 0..<100, using: &generator)),
                maximum: .seconds(200), timeLimit: generator.chance(0.5) ? nil : .seconds(9000))
            let decision = policy.decide(
                attempt: 1 + generator.below(8), failure: .http(status: 503, retryAfter: .delay(asked)),
                now: rfcDate, using: &generator)
            if let delay = decision.delay { #expect(delay >= asked) }
            #expect(decision.delay != nil || asked > .seconds(3600) || policy.timeLimit != nil)
        }
    }

    @Test("A date in the past does not change the backoff")
    func past() {
        #expect(Self.delay(.date(rfcDate.addingTimeInterval(-1))) == .seconds(10))
        #expect(Self.delay(.date(.distantPast)) == .seconds(10))
        #expect(Self.delay(.delay(.seconds(-5))) == .seconds(10))
    }

    @Test("A policy without a limit for it ignores it")
    func ignored() {
        var deaf = Self.policy
        deaf.retryAfterCap = nil
        #expect(Self.delay(.delay(.seconds(60)), policy: deaf) == .seconds(10))
    }

    @Test("It lengthens even a backoff that is capped shorter, and counts towards the time limit")
    func beyondTheBackoff() {
        let policy = RetryPolicy.exponential(
            initial: .seconds(1), maximum: .seconds(2), jitter: .none, timeLimit: .seconds(30))
        #expect(Self.delay(.delay(.seconds(30)), policy: policy) == .seconds(30))
        #expect(Self.delay(.delay(.seconds(31)), policy: policy) == nil)
    }

    @Test("A delay never ends before the date: fractions of a nanosecond are rounded up")
    func neverEarly() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<2000 {
            let now = at(Double.random(in: 0..<2e9, using: &generator))
            let date = now.addingTimeInterval(Double.random(in: 0..<5e5, using: &generator))
            let delay = RetryAfter.date(date).delay(from: now)
            #expect(seconds(delay) >= date.timeIntervalSince(now))
            #expect(seconds(delay) < date.timeIntervalSince(now) + 1e-6)
        }
    }
}
