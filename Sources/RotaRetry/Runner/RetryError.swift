/// The end of all attempts: why there is none further, how many there were, how long it took, and the last error.
public struct RetryError: Error, Sendable {
    /// Why there is no further attempt.
    public let reason: StopReason
    /// How many attempts were made; zero if a circuit breaker refused the first.
    public let attempts: Int
    /// How much time passed from the start of the first attempt to the end of the last.
    public let elapsed: Duration
    /// How the last attempt failed.
    public let failure: AttemptFailure
    /// What the last attempt threw.
    public let lastError: any Error
}

extension RetryError: AttemptFailureConvertible {
    /// How the last attempt failed.
    public var attemptFailure: AttemptFailure { failure }
}

extension RetryError: CustomStringConvertible {
    /// One line: `gave up after 3 attempts in 1.5 seconds (attempts_exhausted): http_status 503`.
    public var description: String {
        "gave up after \(attempts) attempt\(attempts == 1 ? "" : "s") in \(elapsed) (\(reason)): \(lastError)"
    }
}
