public import Foundation
import RotaCore

/// The decision after a failed attempt.
public enum RetryDecision: Hashable, Sendable {
    /// Make another attempt this long after the failure.
    case retry(after: Duration)
    /// Make no further attempt, for this reason.
    case stop(StopReason)

    /// The delay before the next attempt, or `nil` if there is no further attempt.
    public var delay: Duration? {
        guard case .retry(let delay) = self else { return nil }
        return delay
    }
}

/// The reason there is no further attempt.
public struct StopReason: RawRepresentable, Codable, Hashable, Sendable {
    /// The stored name, in lower snake case.
    public let rawValue: String

    /// Creates a reason from its stored name, which may be one that this version does not know.
    ///
    /// - Parameter rawValue: A name such as `attempts_exhausted`.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// No attempts are left.
    public static let attemptsExhausted = StopReason(rawValue: "attempts_exhausted")
    /// The policy does not retry this kind of failure.
    public static let notRetryable = StopReason(rawValue: "not_retryable")
    /// The job is delivered at most once, and the attempt may have done its work.
    public static let deliveryGuarantee = StopReason(rawValue: "delivery_guarantee")
    /// The handler asked for no retry.
    public static let requestedByHandler = StopReason(rawValue: "requested_by_handler")
    /// The next attempt would start after the policy's time limit.
    public static let timeLimit = StopReason(rawValue: "time_limit")
    /// The attempt was canceled.
    ///
    /// Canceled attempts are not retried.
    public static let canceled = StopReason(rawValue: "canceled")
    /// The retry budget is used up.
    public static let budgetExhausted = StopReason(rawValue: "budget_exhausted")
    /// A circuit breaker is open.
    public static let circuitOpen = StopReason(rawValue: "circuit_open")
    /// The server asked for a longer delay than ``RetryPolicy/retryAfterCap``.
    public static let retryAfterTooLong = StopReason(rawValue: "retry_after_too_long")
}

extension StopReason: CustomStringConvertible {
    /// The stored name.
    public var description: String { rawValue }
}

extension RetryPolicy {
    /// Decides whether to make another attempt, and after how long.
    ///
    /// The result depends only on the arguments and one random number. It never traps, even if the policy was not
    /// validated. Canceled attempts are never retried. Crashed attempts are retried regardless of ``retrying`` while
    /// attempts and time remain. No attempt is made earlier than a `Retry-After` asks, unless the policy ignores the
    /// header.
    ///
    /// - Parameters:
    ///   - attempt: The number of the failed attempt. Numbers below 1 count as 1.
    ///   - failure: The failure.
    ///   - elapsed: The time since the first attempt started. Only ``timeLimit`` uses it.
    ///   - now: The date of the failure. Only a `Retry-After` with a date uses it.
    ///   - previousDelay: The delay before the failed attempt. Only decorrelated delays use it.
    ///   - generator: The source of random numbers. At most one is drawn.
    public func decide(
        attempt: Int, failure: AttemptFailure, elapsed: Duration = .zero, now: Date, previousDelay: Duration? = nil,
        using generator: inout some RandomNumberGenerator
    ) -> RetryDecision {
        if let reason = refusal(attempt: attempt, failure: failure) { return .stop(reason) }
        return schedule(
            attempt: attempt, failure: failure, elapsed: elapsed, now: now, previousDelay: previousDelay,
            random: generator.next())
    }

    /// Returns the reason not to retry, independent of the delay.
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
            let asked = retryAfter.nanoseconds(from: now)
            // To call earlier than asked would only be refused again, so a delay that is too long ends the retries.
            guard asked <= max(0, Nanoseconds.from(retryAfterCap)) else { return .stop(.retryAfterTooLong) }
            delay = max(delay, asked)
        }
        if let timeLimit {
            // The elapsed time may be so long that the sum overflows.
            let (sum, overflow) = max(0, Nanoseconds.from(elapsed)).addingReportingOverflow(delay)
            if overflow || sum > Nanoseconds.from(timeLimit) { return .stop(.timeLimit) }
        }
        return .retry(after: Nanoseconds.duration(delay))
    }
}

extension RetryPolicy {
    /// The rule that made a decision of ``decide(attempt:failure:elapsed:now:previousDelay:using:)``, in words.
    ///
    /// - Parameters:
    ///   - decision: The decision.
    ///   - attempt: The number of the failed attempt.
    ///   - failure: The failure.
    ///   - now: The date of the failure.
    package func rule(
        of decision: RetryDecision, attempt: Int, failure: AttemptFailure, now: Date
    ) -> String {
        switch decision {
        case .retry(let delay):
            if retryAfterCap != nil, let asked = failure.retryAfter,
                Nanoseconds.duration(asked.nanoseconds(from: now)) == delay, delay > .zero
            {
                return "the server asked for \(delay.exactText) (Retry-After)"
            }
            if case .decorrelated = backoff.shape {
                return "the decorrelated backoff of the retry policy drew \(delay.exactText) after attempt "
                    + "\(max(1, attempt))"
            }
            let nominal = backoff.nominalDelay(afterAttempt: attempt)
            return "\(backoff.words) of the retry policy gives \(nominal.exactText) after attempt \(max(1, attempt))"
                + (delay == nominal ? "" : ", and jitter made it \(delay.exactText)")
        case .stop(.attemptsExhausted):
            return "the retry policy allows \(maxAttempts) attempt\(maxAttempts == 1 ? "" : "s")"
        case .stop(.notRetryable):
            return "the retry policy does not retry \(failure.words)"
        case .stop(.timeLimit):
            return "the next attempt would start after the retry policy's time limit"
                + (timeLimit.map { " of \($0.exactText)" } ?? "")
        case .stop(.retryAfterTooLong):
            return "the server asked for a longer wait than the retry policy allows"
                + (retryAfterCap.map { " (\($0.exactText))" } ?? "")
        case .stop(let reason):
            return reason.rawValue
        }
    }
}

extension Backoff {
    fileprivate var words: String {
        switch shape {
        case .fixed: "the fixed delay"
        case .linear: "the linear backoff"
        case .exponential: "the exponential backoff"
        case .doubling: "the doubling backoff"
        case .delays: "the list of delays"
        case .decorrelated: "the decorrelated backoff"
        }
    }
}

extension AttemptFailure {
    fileprivate var words: String {
        kind == .httpStatus ? status.map { "status \($0)" } ?? "this status" : "failures of kind \(kind.rawValue)"
    }
}
