/// What one execution does differently from its job's policy (rows S-73 to S-77).
///
/// As JSON it has Strait's names, and as there, a number that is zero is one that was not given.
public struct RetryOverrides: Hashable, Sendable {
    /// How many attempts there are in all, the first included, from 1 to 100 (row S-73).
    public var maxAttempts: Int?
    /// How long one attempt may take, for whoever runs the attempts (row S-74); a policy does not look at it.
    public var timeout: Duration?
    /// Another kind of backoff (row S-75).
    public var strategy: RetryStrategy?
    /// Another first delay (row S-76).
    public var initialDelay: Duration?
    /// Another cap on every delay (row S-77).
    public var maximumDelay: Duration?
    /// The delays of the custom strategy.
    public var delays: [Duration]?

    /// Collects what is different; what is nil stays as the policy has it.
    ///
    /// - Parameters:
    ///   - maxAttempts: How many attempts there are in all, the first included.
    ///   - timeout: How long one attempt may take.
    ///   - strategy: Another kind of backoff.
    ///   - initialDelay: Another first delay.
    ///   - maximumDelay: Another cap on every delay.
    ///   - delays: The delays of the custom strategy.
    public init(
        maxAttempts: Int? = nil, timeout: Duration? = nil, strategy: RetryStrategy? = nil,
        initialDelay: Duration? = nil, maximumDelay: Duration? = nil, delays: [Duration]? = nil
    ) {
        self.maxAttempts = maxAttempts
        self.timeout = timeout
        self.strategy = strategy
        self.initialDelay = initialDelay
        self.maximumDelay = maximumDelay
        self.delays = delays
    }
}

extension RetryOverrides: Codable {
    private enum CodingKeys: String, CodingKey {
        case maxAttempts = "max_attempts_override"
        case timeout = "timeout_secs_override"
        case strategy = "retry_backoff"
        case initialDelay = "retry_initial_delay_secs"
        case maximumDelay = "retry_max_delay_secs"
        case delays = "retry_delays_secs"
    }

    /// Reads Strait's fields; zeros, empty texts and empty lists are as if they were not there.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func duration(_ key: CodingKeys) throws -> Duration? {
            guard let coded = try container.decodeIfPresent(SecondsCoding.self, forKey: key) else { return nil }
            // Zero as text is one that was meant; Strait has no such form.
            let isMeant = coded.nanoseconds != 0 || (try? container.decode(String.self, forKey: key)) != nil
            return isMeant ? Nanoseconds.duration(coded.nanoseconds) : nil
        }
        let attempts = try container.decodeIfPresent(Int.self, forKey: .maxAttempts)
        let name = try container.decodeIfPresent(String.self, forKey: .strategy)
        let list = try container.decodeIfPresent([SecondsCoding].self, forKey: .delays)
        self.init(
            maxAttempts: attempts == 0 ? nil : attempts,
            timeout: try duration(.timeout),
            strategy: name.flatMap { $0.isEmpty ? nil : RetryStrategy(rawValue: $0) },
            initialDelay: try duration(.initialDelay),
            maximumDelay: try duration(.maximumDelay),
            delays: list.flatMap { $0.isEmpty ? nil : $0.map { Nanoseconds.duration($0.nanoseconds) } })
    }

    /// Writes what is given under Strait's names; a delay of zero is the text `"0ns"`, since the number means none.
    public func encode(to encoder: any Encoder) throws {
        func coded(_ duration: Duration) -> SecondsCoding { SecondsCoding(Nanoseconds.from(duration)) }
        var container = encoder.container(keyedBy: CodingKeys.self)
        func write(_ duration: Duration?, _ key: CodingKeys) throws {
            guard let duration else { return }
            if duration == .zero {
                try container.encode("0ns", forKey: key)
            } else {
                try container.encode(coded(duration), forKey: key)
            }
        }
        try container.encodeIfPresent(maxAttempts, forKey: .maxAttempts)
        try write(timeout, .timeout)
        try container.encodeIfPresent(strategy, forKey: .strategy)
        try write(initialDelay, .initialDelay)
        try write(maximumDelay, .maximumDelay)
        try container.encodeIfPresent(delays?.map(coded), forKey: .delays)
    }
}
