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
