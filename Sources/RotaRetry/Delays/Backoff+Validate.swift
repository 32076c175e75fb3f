extension Backoff {
    /// Checks that every setting is in its range.
    ///
    /// - Throws: ``RetryPolicyError`` with the first setting that is not.
    public func validate() throws(RetryPolicyError) {
        try Self.validate(minimum, .delay, "The shortest delay")
        try Self.validate(maximum, .delay, "The longest delay")
        guard floor <= cap else {
            throw RetryPolicyError(
                .delay, "The shortest delay must not be longer than the longest, which is \(maximum).",
                value: "\(minimum)")
        }
        switch shape {
        case .fixed(let delay), .linear(let delay):
            try Self.validate(Nanoseconds.duration(delay), .delay, "A delay")
        case .exponential(let initial, let factor), .decorrelated(let initial, let factor):
            try Self.validate(Nanoseconds.duration(initial), .delay, "The first delay")
            guard factor >= 1, factor <= 1000 else {
                throw RetryPolicyError(.factor, "The factor of a backoff must be 1 to 1000.", value: "\(factor)")
            }
        case .doubling(let initial, let doublings):
            try Self.validate(Nanoseconds.duration(initial), .delay, "The first delay")
            guard doublings >= 0, doublings <= 60 else {
                throw RetryPolicyError(.factor, "The number of doublings must be 0 to 60.", value: "\(doublings)")
            }
        case .delays(let delays):
            guard !delays.isEmpty, delays.count <= 100 else {
                throw RetryPolicyError(
                    .delay, "A list of delays must have 1 to 100 of them.", value: "\(delays.count) delays")
            }
            for delay in delays { try Self.validate(Nanoseconds.duration(delay), .delay, "A delay") }
        }
    }

    static func validate(
        _ duration: Duration, _ code: RetryPolicyError.Code, _ name: String
    ) throws(RetryPolicyError) {
        guard duration >= .zero, duration <= longestDelay else {
            throw RetryPolicyError(code, "\(name) must be 0 s to 366 days.", value: "\(duration)")
        }
    }
}

extension Jitter {
    /// Checks that a proportion is from 0 to 1.
    ///
    /// - Throws: ``RetryPolicyError`` if it is not.
    public func validate() throws(RetryPolicyError) {
        guard case .proportional(let proportion) = self else { return }
        guard proportion >= 0, proportion <= 1 else {
            throw RetryPolicyError(.jitter, "The proportion of a jitter must be 0 to 1.", value: "\(proportion)")
        }
    }
}
