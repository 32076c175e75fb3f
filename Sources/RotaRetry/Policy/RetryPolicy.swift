/// How hard to try: how often, after what delays, which failures count, and when to give up.
///
/// A policy is a value without a clock or a generator of its own. It can be stored, compared and asked, and the
/// answer depends on nothing but the question:
///
/// ```swift
/// let policy = RetryPolicy.exponential(maxAttempts: 5)
/// switch policy.decide(attempt: 1, failure: .http(status: 503), now: now, using: &generator) {
/// case .retry(let delay): …
/// case .stop(let reason): …
/// }
/// ```
public struct RetryPolicy: Hashable, Sendable {
    /// How many attempts there are in all, the first included, from 1 to 100 (row C-1).
    public var maxAttempts: Int
    /// How long to wait after each failed attempt.
    public var backoff: Backoff
    /// How much chance is mixed into the delays.
    public var jitter: Jitter
    /// Which failures are retried; a crashed attempt always is, a canceled one never.
    public var retrying: FailureSet
    /// The longest `Retry-After` that is obeyed, or nil to ignore the header.
    ///
    /// The header can only lengthen a delay: it is a floor under what the backoff says, and itself capped by this.
    public var retryAfterCap: Duration?
    /// How long after the first attempt began the last one may begin, or nil for no limit.
    public var timeLimit: Duration?

    /// Puts a policy together; the defaults are TrigRun's (rows T-37 to T-39).
    ///
    /// - Parameters:
    ///   - maxAttempts: How many attempts there are in all, the first included, from 1 to 100.
    ///   - backoff: How long to wait after each failed attempt.
    ///   - jitter: How much chance is mixed into the delays.
    ///   - retrying: Which failures are retried.
    ///   - retryAfterCap: The longest `Retry-After` that is obeyed, an hour by default; nil ignores the header.
    ///   - timeLimit: How long after the first attempt began the last one may begin; nil sets no limit.
    public init(
        maxAttempts: Int = 3, backoff: Backoff = .trigrun, jitter: Jitter = .full, retrying: FailureSet = .default,
        retryAfterCap: Duration? = .seconds(3600), timeLimit: Duration? = nil
    ) {
        self.maxAttempts = maxAttempts
        self.backoff = backoff
        self.jitter = jitter
        self.retrying = retrying
        self.retryAfterCap = retryAfterCap
        self.timeLimit = timeLimit
    }

    /// How many attempts follow the first: what Krafter and Infrai count (rows K-13, I-9, I-19).
    public var retries: Int {
        get { maxAttempts > .min ? maxAttempts - 1 : .min }
        set { maxAttempts = newValue < .max ? newValue + 1 : .max }
    }
}
