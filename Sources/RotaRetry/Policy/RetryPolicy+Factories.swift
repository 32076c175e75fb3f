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
