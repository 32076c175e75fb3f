extension RetryPolicy {
    /// The policy of one execution that differs from its job's (rows S-73 to S-77).
    ///
    /// A strategy starts from Strait's defaults (a second, at most an hour) where the overrides give no delays;
    /// delays without a strategy are the custom one.
    ///
    /// - Parameter overrides: What is different.
    /// - Throws: ``RetryPolicyError`` if the outcome is not a valid policy.
    public func applying(_ overrides: RetryOverrides) throws(RetryPolicyError) -> RetryPolicy {
        var policy = self
        if let maxAttempts = overrides.maxAttempts { policy.maxAttempts = maxAttempts }
        if let strategy = overrides.strategy ?? (overrides.delays == nil ? nil : .custom) {
            policy.backoff = try Backoff(
                strategy: strategy, initial: overrides.initialDelay ?? .seconds(1),
                maximum: overrides.maximumDelay ?? .seconds(3600), delays: overrides.delays ?? [])
        } else {
            policy.backoff = try backoff.replacing(
                initial: overrides.initialDelay, maximum: overrides.maximumDelay)
        }
        if let timeout = overrides.timeout, timeout <= .zero || timeout > Backoff.longestDelay {
            throw RetryPolicyError(
                .timeLimit, "An attempt's timeout must be more than 0 s and at most 366 days.", value: "\(timeout)")
        }
        try policy.validate()
        return policy
    }
}
