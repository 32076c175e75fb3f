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
