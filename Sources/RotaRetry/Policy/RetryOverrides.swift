import RotaCore

/// The settings of one execution that differ from its job's retry policy.
///
/// ```swift
/// let overrides = RetryOverrides(maxAttempts: 10, timeout: .seconds(5))
/// let policy = try RetryPolicy.default.applying(overrides)
/// print(policy.maxAttempts)  // 10
/// ```
public struct RetryOverrides: Hashable, Sendable {
    /// The number of attempts, including the first, from 1 to 100.
    public var maxAttempts: Int?
    /// How long one attempt may take: more than 0 seconds, at most 366 days.
    public var timeout: Duration?
    /// The kind of backoff.
    public var strategy: Backoff.Strategy?
    /// The first delay.
    public var initialDelay: Duration?
    /// The longest delay.
    public var maximumDelay: Duration?
    /// The delays of the custom strategy.
    public var delays: [Duration]?

    /// Creates overrides.
    ///
    /// Settings that are `nil` are those of the policy.
    ///
    /// - Parameters:
    ///   - maxAttempts: The number of attempts, including the first.
    ///   - timeout: How long one attempt may take.
    ///   - strategy: The kind of backoff.
    ///   - initialDelay: The first delay.
    ///   - maximumDelay: The longest delay.
    ///   - delays: The delays of the custom strategy.
    public init(
        maxAttempts: Int? = nil, timeout: Duration? = nil, strategy: Backoff.Strategy? = nil,
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
        case maxAttempts, timeout, strategy, initialDelay, maximumDelay, delays
    }

    /// The keys of the first format, in which zero stood for a missing value.
    private enum LegacyKeys: String, CodingKey {
        case maxAttempts = "max_attempts_override"
        case timeout = "timeout_secs_override"
        case strategy = "retry_backoff"
        case initialDelay = "retry_initial_delay_secs"
        case maximumDelay = "retry_max_delay_secs"
        case delays = "retry_delays_secs"
    }

    /// Decodes overrides.
    ///
    /// Missing keys are `nil`; durations are seconds.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let legacy = try decoder.container(keyedBy: LegacyKeys.self)
        guard legacy.allKeys.isEmpty else {
            self = try Self(legacy: legacy)
            return
        }
        func duration(_ key: CodingKeys) throws -> Duration? {
            try container.decodeIfPresent(SecondsCoding.self, forKey: key).map { Nanoseconds.duration($0.nanoseconds) }
        }
        self.init(
            maxAttempts: try container.decodeIfPresent(Int.self, forKey: .maxAttempts),
            timeout: try duration(.timeout),
            strategy: try container.decodeIfPresent(Backoff.Strategy.self, forKey: .strategy),
            initialDelay: try duration(.initialDelay),
            maximumDelay: try duration(.maximumDelay),
            delays: try container.decodeIfPresent([SecondsCoding].self, forKey: .delays)?
                .map { Nanoseconds.duration($0.nanoseconds) })
    }

    private init(legacy container: KeyedDecodingContainer<LegacyKeys>) throws {
        func duration(_ key: LegacyKeys) throws -> Duration? {
            guard let coded = try container.decodeIfPresent(SecondsCoding.self, forKey: key) else { return nil }
            // An explicit zero was written as the text "0ns".
            let isGiven = coded.nanoseconds != 0 || (try? container.decode(String.self, forKey: key)) != nil
            return isGiven ? Nanoseconds.duration(coded.nanoseconds) : nil
        }
        let attempts = try container.decodeIfPresent(Int.self, forKey: .maxAttempts)
        let name = try container.decodeIfPresent(String.self, forKey: .strategy)
        let list = try container.decodeIfPresent([SecondsCoding].self, forKey: .delays)
        self.init(
            maxAttempts: attempts == 0 ? nil : attempts,
            timeout: try duration(.timeout),
            strategy: name.flatMap { $0.isEmpty ? nil : Backoff.Strategy(rawValue: $0) },
            initialDelay: try duration(.initialDelay),
            maximumDelay: try duration(.maximumDelay),
            delays: list.flatMap { $0.isEmpty ? nil : $0.map { Nanoseconds.duration($0.nanoseconds) } })
    }

    /// Encodes the settings that are not `nil`.
    ///
    /// Durations are seconds.
    public func encode(to encoder: any Encoder) throws {
        func coded(_ duration: Duration) -> SecondsCoding { SecondsCoding(Nanoseconds.from(duration)) }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(maxAttempts, forKey: .maxAttempts)
        try container.encodeIfPresent(timeout.map(coded), forKey: .timeout)
        try container.encodeIfPresent(strategy, forKey: .strategy)
        try container.encodeIfPresent(initialDelay.map(coded), forKey: .initialDelay)
        try container.encodeIfPresent(maximumDelay.map(coded), forKey: .maximumDelay)
        try container.encodeIfPresent(delays?.map(coded), forKey: .delays)
    }
}

extension RetryPolicy {
    /// Returns the policy of one execution with overrides.
    ///
    /// A strategy has delays from 1 second to 1 hour unless the overrides say otherwise. Delays without a strategy
    /// imply the custom one.
    ///
    /// - Throws: ``RetryPolicyError`` if the resulting policy, or the timeout, is not valid.
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
                .timeLimit, "The timeout of an attempt must be more than 0 seconds and at most 366 days.",
                value: timeout.exactText)
        }
        try policy.validate()
        return policy
    }
}
