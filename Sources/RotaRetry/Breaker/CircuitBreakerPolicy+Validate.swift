extension CircuitBreakerPolicy {
    /// Checks that every setting is in its range and that something can open the breaker.
    ///
    /// - Throws: ``RetryPolicyError`` with the first setting that is not.
    public func validate() throws(RetryPolicyError) {
        if consecutiveFailures == nil, identicalFailures == nil, failureRate == nil {
            throw RetryPolicyError(
                .breaker, "A breaker needs a number of failures or a rate that opens it.", value: "none")
        }
        try Self.check(consecutiveFailures, in: 1...1_000_000, "The number of failures in a row")
        try Self.check(identicalFailures, in: 1...1_000_000, "The number of identical failures in a row")
        try Self.check(probes, in: 1...100, "The number of probes")
        try Self.check(successesToClose, in: 1...100, "The number of successes that close a breaker")
        try openFor.validate()
        guard probeLease > .zero, probeLease <= Backoff.longestDelay else {
            throw RetryPolicyError(
                .breaker, "A probe's lease must be more than 0 s and at most 366 days.", value: "\(probeLease)")
        }
        guard let failureRate else { return }
        guard failureRate.threshold > 0, failureRate.threshold <= 1 else {
            throw RetryPolicyError(
                .breaker, "A failure rate must be more than 0 and at most 1.", value: "\(failureRate.threshold)")
        }
        guard failureRate.window >= .seconds(1), failureRate.window <= .seconds(86_400) else {
            throw RetryPolicyError(
                .breaker, "The window of a failure rate must be a second to a day.", value: "\(failureRate.window)")
        }
        try Self.check(failureRate.minimumAttempts, in: 1...1_000_000, "The least number of attempts")
    }

    private static func check(_ value: Int?, in range: ClosedRange<Int>, _ name: String) throws(RetryPolicyError) {
        guard let value, !range.contains(value) else { return }
        throw RetryPolicyError(
            .breaker, "\(name) must be \(range.lowerBound) to \(range.upperBound).", value: "\(value)")
    }
}
