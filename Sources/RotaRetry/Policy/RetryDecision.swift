public import Foundation

/// What happens after a failed attempt.
public enum RetryDecision: Hashable, Sendable {
    /// Try again once this much time has passed since the failure.
    case retry(after: Duration)
    /// Do not try again, for this reason.
    case stop(StopReason)

    /// The delay before the next attempt, or nil if there is none.
    public var delay: Duration? {
        guard case .retry(let delay) = self else { return nil }
        return delay
    }
}

/// Why there is no further attempt.
public struct StopReason: RawRepresentable, Codable, Hashable, Sendable {
    /// The name that is stored, in lower snake case.
    public let rawValue: String

    /// Takes a stored name as it is.
    ///
    /// - Parameter rawValue: A name such as `attempts_exhausted`.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The last allowed attempt has failed.
    public static let attemptsExhausted = StopReason(rawValue: "attempts_exhausted")
    /// The failure is one that the policy does not retry.
    public static let notRetryable = StopReason(rawValue: "not_retryable")
    /// The next attempt would start after the policy's time limit.
    public static let timeLimit = StopReason(rawValue: "time_limit")
    /// The attempt was canceled, and what was stopped on purpose is not started again.
    public static let canceled = StopReason(rawValue: "canceled")
    /// The shared retry budget is used up.
    public static let budgetExhausted = StopReason(rawValue: "budget_exhausted")
    /// A circuit breaker is open.
    public static let circuitOpen = StopReason(rawValue: "circuit_open")
}

extension StopReason: CustomStringConvertible {
    /// The stored name.
    public var description: String { rawValue }
}

extension RetryPolicy {
    /// Whether to try again after a failed attempt, and after how long.
    ///
    /// The same question with the same random number has the same answer. A policy that nobody validated is held
    /// within its ranges and never traps. A canceled attempt is never retried; a crashed one is retried whatever
    /// ``retrying`` says, while attempts and time remain.
    ///
    /// - Parameters:
    ///   - attempt: The number of the attempt that has failed, from 1; a smaller one counts as 1.
    ///   - failure: How it failed.
    ///   - elapsed: How long ago the first attempt began; only a time limit asks.
    ///   - now: The instant of the failure; only a `Retry-After` that names a date asks.
    ///   - previousDelay: The delay before the attempt that has failed; only decorrelated delays ask.
    ///   - generator: Where the random number comes from; at most one is drawn.
    /// - Returns: The delay from `now` to the next attempt, or why there is none.
    /// - Complexity: O(1), without allocating.
    public func decide(
        attempt: Int, failure: AttemptFailure, elapsed: Duration = .zero, now: Date, previousDelay: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> RetryDecision {
        if let reason = refusal(attempt: attempt, failure: failure) { return .stop(reason) }
        return schedule(
            attempt: attempt, failure: failure, elapsed: elapsed, now: now, previousDelay: previousDelay,
            random: generator.next())
    }

    /// Why a failure ends it, whatever the delay would be.
    private func refusal(attempt: Int, failure: AttemptFailure) -> StopReason? {
        if failure.kind == .canceled { return .canceled }
        if failure.kind != .crashed, !retrying.contains(failure.kind, status: failure.status) { return .notRetryable }
        return max(1, attempt) < min(maxAttempts, Self.attemptRange.upperBound) ? nil : .attemptsExhausted
    }

    private func schedule(
        attempt: Int, failure: AttemptFailure, elapsed: Duration, now: Date, previousDelay: Duration?, random: UInt64
    ) -> RetryDecision {
        var delay = backoff.delay(
            after: attempt, jitter: jitter, previous: previousDelay.map(Nanoseconds.from), random: random)
        if let retryAfterCap, let retryAfter = failure.retryAfter {
            delay = max(delay, min(retryAfter.nanoseconds(from: now), max(0, Nanoseconds.from(retryAfterCap))))
        }
        if let timeLimit {
            // Saturating, so that no elapsed time can overflow the sum.
            let (sum, overflow) = max(0, Nanoseconds.from(elapsed)).addingReportingOverflow(delay)
            if overflow || sum > Nanoseconds.from(timeLimit) { return .stop(.timeLimit) }
        }
        return .retry(after: Nanoseconds.duration(delay))
    }
}
