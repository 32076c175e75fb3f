extension RetryPolicy: Codable {
    private enum CodingKeys: String, CodingKey {
        case maxAttempts = "max_attempts"
        case statuses = "retry_on_statuses"
        case kinds = "retry_on_kinds"
        case backoff
        case jitter
        case retryAfterCap = "retry_after_cap"
        case timeLimit = "time_limit"
    }

    /// Decodes a policy. Missing settings are those of ``default``, so `{"max_attempts":5}` is a whole policy.
    ///
    /// - Throws: `DecodingError` if a setting cannot be read or is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self = .default
        maxAttempts = try container.decodeIfPresent(Int.self, forKey: .maxAttempts) ?? maxAttempts
        retrying = FailureSet(
            statuses: try container.decodeIfPresent(FailureStatuses.self, forKey: .statuses) ?? .default,
            kinds: try container.decodeIfPresent(FailureKinds.self, forKey: .kinds) ?? .retryable)
        backoff = try container.decodeIfPresent(Backoff.self, forKey: .backoff) ?? backoff
        jitter = try container.decodeIfPresent(Jitter.self, forKey: .jitter) ?? jitter
        if container.contains(.retryAfterCap) {
            retryAfterCap = try container.decodeIfPresent(SecondsCoding.self, forKey: .retryAfterCap)
                .map { Nanoseconds.duration($0.nanoseconds) }
        }
        timeLimit = try container.decodeIfPresent(SecondsCoding.self, forKey: .timeLimit)
            .map { Nanoseconds.duration($0.nanoseconds) }
        do { try validate() } catch { throw error.decodingError(at: decoder.codingPath) }
    }

    /// Encodes all settings. Durations are seconds; a `retry_after_cap` of null ignores the header.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maxAttempts, forKey: .maxAttempts)
        try container.encode(retrying.statuses, forKey: .statuses)
        try container.encode(retrying.kinds, forKey: .kinds)
        try container.encode(backoff, forKey: .backoff)
        try container.encode(jitter, forKey: .jitter)
        try container.encode(retryAfterCap.map { SecondsCoding(Nanoseconds.from($0)) }, forKey: .retryAfterCap)
        try container.encodeIfPresent(timeLimit.map { SecondsCoding(Nanoseconds.from($0)) }, forKey: .timeLimit)
    }
}
