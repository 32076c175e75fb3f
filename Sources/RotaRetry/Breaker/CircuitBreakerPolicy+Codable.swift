extension CircuitBreakerPolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case consecutiveFailures = "consecutive_failures"
        case identicalFailures = "identical_failures"
        case failureRate = "failure_rate"
        case openFor = "open_for"
        case probes
        case successesToClose = "successes_to_close"
        case probeLease = "probe_lease"
        case statuses = "count_statuses"
        case kinds = "count_kinds"
    }

    /// Reads a policy as ``encode(to:)`` writes it; durations are seconds, and what opens it is only what is there.
    ///
    /// - Throws: `DecodingError` if something is no policy or is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        consecutiveFailures = try container.decodeIfPresent(Int.self, forKey: .consecutiveFailures)
        identicalFailures = try container.decodeIfPresent(Int.self, forKey: .identicalFailures)
        failureRate = try container.decodeIfPresent(FailureRate.self, forKey: .failureRate)
        openFor = try container.decodeIfPresent(Backoff.self, forKey: .openFor) ?? openFor
        probes = try container.decodeIfPresent(Int.self, forKey: .probes) ?? probes
        successesToClose = try container.decodeIfPresent(Int.self, forKey: .successesToClose) ?? successesToClose
        if let lease = try container.decodeIfPresent(SecondsCoding.self, forKey: .probeLease) {
            probeLease = Nanoseconds.duration(lease.nanoseconds)
        }
        counting.statuses =
            try container.decodeIfPresent(FailureStatuses.self, forKey: .statuses) ?? counting.statuses
        counting.kinds = try container.decodeIfPresent(FailureKinds.self, forKey: .kinds) ?? counting.kinds
        do { try validate() } catch { throw error.decodingError(at: decoder.codingPath) }
    }

    /// Writes all settings; durations are seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(consecutiveFailures, forKey: .consecutiveFailures)
        try container.encodeIfPresent(identicalFailures, forKey: .identicalFailures)
        try container.encodeIfPresent(failureRate, forKey: .failureRate)
        try container.encode(openFor, forKey: .openFor)
        try container.encode(probes, forKey: .probes)
        try container.encode(successesToClose, forKey: .successesToClose)
        try container.encode(SecondsCoding(Nanoseconds.from(probeLease)), forKey: .probeLease)
        try container.encode(counting.statuses, forKey: .statuses)
        try container.encode(counting.kinds, forKey: .kinds)
    }
}

extension CircuitBreakerPolicy.FailureRate: Codable {
    private enum CodingKeys: String, CodingKey {
        case threshold
        case window
        case minimumAttempts = "minimum_attempts"
    }

    /// Reads a rate; the window is seconds, and the policy around it checks the ranges.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            threshold: try container.decode(Double.self, forKey: .threshold),
            window: Nanoseconds.duration(
                try container.decode(SecondsCoding.self, forKey: .window).nanoseconds),
            minimumAttempts: try container.decode(Int.self, forKey: .minimumAttempts))
    }

    /// Writes the rate; the window is seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(threshold, forKey: .threshold)
        try container.encode(SecondsCoding(Nanoseconds.from(window)), forKey: .window)
        try container.encode(minimumAttempts, forKey: .minimumAttempts)
    }
}
