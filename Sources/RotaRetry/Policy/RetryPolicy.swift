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
        maxAttempts: Int = 3, backoff: Backoff = .standard, jitter: Jitter = .full, retrying: FailureSet = .default,
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

extension RetryPolicy {
    /// Delays that grow by a constant factor, with full jitter.
    ///
    /// - Parameters:
    ///   - maxAttempts: How many attempts there are in all, the first included, from 1 to 100.
    ///   - initial: The delay before the first retry.
    ///   - factor: What each delay is multiplied by to give the next, from 1 to 1000.
    ///   - maximum: The cap on every delay.
    ///   - jitter: How much chance is mixed in.
    ///   - retrying: Which failures are retried.
    ///   - timeLimit: How long after the first attempt began the last one may begin; nil sets no limit.
    public static func exponential(
        maxAttempts: Int = 3, initial: Duration = .milliseconds(500), factor: Double = 2,
        maximum: Duration = .seconds(3600), jitter: Jitter = .full, retrying: FailureSet = .default,
        timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts, backoff: .exponential(initial: initial, factor: factor, maximum: maximum),
            jitter: jitter, retrying: retrying, timeLimit: timeLimit)
    }

    /// Delays that grow by a constant step.
    ///
    /// - Parameters:
    ///   - step: The first delay, and what each further one adds.
    ///   - maxAttempts: How many attempts there are in all, the first included, from 1 to 100.
    ///   - maximum: The cap on every delay.
    ///   - jitter: How much chance is mixed in.
    ///   - retrying: Which failures are retried.
    ///   - timeLimit: How long after the first attempt began the last one may begin; nil sets no limit.
    public static func linear(
        _ step: Duration, maxAttempts: Int = 3, maximum: Duration = .seconds(3600), jitter: Jitter = .full,
        retrying: FailureSet = .default, timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts, backoff: .linear(step, maximum: maximum), jitter: jitter, retrying: retrying,
            timeLimit: timeLimit)
    }

    /// The same delay every time, without jitter unless one is asked for.
    ///
    /// - Parameters:
    ///   - delay: The delay.
    ///   - maxAttempts: How many attempts there are in all, the first included, from 1 to 100.
    ///   - jitter: How much chance is mixed in.
    ///   - retrying: Which failures are retried.
    ///   - timeLimit: How long after the first attempt began the last one may begin; nil sets no limit.
    public static func fixed(
        _ delay: Duration, maxAttempts: Int = 3, jitter: Jitter = .none, retrying: FailureSet = .default,
        timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts, backoff: .fixed(delay), jitter: jitter, retrying: retrying, timeLimit: timeLimit)
    }

    /// Delays given one by one, of which the last repeats (row S-45), without jitter unless one is asked for.
    ///
    /// - Parameters:
    ///   - delays: The delays before the first, second … retry; at least one and at most 100.
    ///   - maxAttempts: How many attempts there are in all; one more than there are delays if left out.
    ///   - jitter: How much chance is mixed in.
    ///   - retrying: Which failures are retried.
    ///   - timeLimit: How long after the first attempt began the last one may begin; nil sets no limit.
    public static func delays(
        _ delays: [Duration], maxAttempts: Int? = nil, jitter: Jitter = .none, retrying: FailureSet = .default,
        timeLimit: Duration? = nil
    ) -> RetryPolicy {
        RetryPolicy(
            maxAttempts: maxAttempts ?? delays.count + 1, backoff: .delays(delays), jitter: jitter, retrying: retrying,
            timeLimit: timeLimit)
    }
}

extension RetryPolicy {
    /// How many attempts any policy may have: 1 to 100 (row C-1); systems that allow fewer check their own range.
    public static let attemptRange = 1...100

    /// Checks that every setting is in its range.
    ///
    /// - Parameter attempts: The range of `maxAttempts`, such as `1...10` for TrigRun and `1...11` for Infrai.
    /// - Throws: ``RetryPolicyError`` with the first setting that is not.
    public func validate(attempts: ClosedRange<Int> = attemptRange) throws(RetryPolicyError) {
        guard attempts.contains(maxAttempts), Self.attemptRange.contains(maxAttempts) else {
            throw RetryPolicyError(
                .maxAttempts,
                "The number of attempts, the first included, must be \(attempts.lowerBound) to \(attempts.upperBound).",
                value: "\(maxAttempts)")
        }
        try backoff.validate()
        try jitter.validate()
        for range in retrying.statuses.ranges where range.lowerBound < 100 || range.upperBound > 999 {
            throw RetryPolicyError(
                .status, "An HTTP status must be 100 to 999.",
                value: "\(range.lowerBound < 100 ? range.lowerBound : range.upperBound)")
        }
        if let retryAfterCap {
            try Backoff.validate(retryAfterCap, .retryAfterCap, "The cap on Retry-After")
        }
        if let timeLimit {
            try Backoff.validate(timeLimit, .timeLimit, "The time limit")
        }
    }
}

extension RetryPolicy {
    /// Three attempts, 500 ms and 1 s apart with full jitter.
    public static let `default` = RetryPolicy()

    /// One attempt and no retry, not even after a crash.
    public static let none = RetryPolicy(maxAttempts: 1)

    /// The policy of Standard Webhooks 1.0: ten attempts over 75 hours ± 10 %, after every status but 2xx and 410.
    public static let standardWebhooks = RetryPolicy(
        maxAttempts: 10, backoff: .standardWebhooks, jitter: .proportional(0.1),
        retrying: FailureSet(statuses: .standardWebhooks, kinds: .retryable.inserting(.redirect)),
        retryAfterCap: .seconds(24 * 3600))
}
