import RotaCore

/// The rules that open a circuit breaker, keep it open, and close it again.
///
/// By default, five failures in a row open it for a minute. Then one probe decides.
///
/// ```swift
/// let policy = CircuitBreakerPolicy(
///     consecutiveFailures: nil,
///     failureRate: .init(threshold: 0.5, window: .seconds(60), minimumAttempts: 20),
///     openFor: .exponential(initial: .seconds(10), maximum: .seconds(300)))
/// let breaker = try CircuitBreaker(policy)
/// print(breaker.state(at: Date()))  // closed
/// ```
public struct CircuitBreakerPolicy: Hashable, Sendable {
    /// A share of failures among the attempts of a sliding window.
    public struct FailureRate: Hashable, Sendable {
        /// The share of attempts that must fail, more than 0 and at most 1.
        public var threshold: Double
        /// How far back attempts count, from 1 second to 1 day.
        ///
        /// It slides in steps of a tenth.
        public var window: Duration
        /// The number of attempts below which the rate is not evaluated, at least 1.
        public var minimumAttempts: Int

        /// Creates a failure rate.
        ///
        /// - Parameters:
        ///   - threshold: The share of attempts that must fail, more than 0 and at most 1.
        ///   - window: How far back attempts count, from 1 second to 1 day.
        ///   - minimumAttempts: The number of attempts below which the rate is not evaluated, at least 1.
        public init(threshold: Double = 0.5, window: Duration = .seconds(60), minimumAttempts: Int = 20) {
            self.threshold = threshold
            self.window = window
            self.minimumAttempts = minimumAttempts
        }
    }

    /// The number of failures in a row that opens the breaker, or `nil` to ignore it.
    public var consecutiveFailures: Int?
    /// The number of failures in a row of the same kind and status that opens the breaker, or `nil` to ignore it.
    public var identicalFailures: Int?
    /// The failure rate that opens the breaker, or `nil` to ignore it.
    public var failureRate: FailureRate?
    /// How long the breaker stays open: delay *n* applies to opening *n* since it was last closed.
    public var openFor: Backoff
    /// The number of probes that may run at once while half-open, from 1 to 100.
    public var probes: Int
    /// The number of probes that must succeed to close the breaker, from 1 to 100.
    public var successesToClose: Int
    /// How long a probe may take before it counts as lost and another may start.
    public var probeLease: Duration
    /// The failures that count.
    ///
    /// Others are ignored, as if the attempt had not been made.
    public var counting: FailureSet

    /// Creates a policy.
    ///
    /// At least one of the first three rules is required.
    ///
    /// - Parameters:
    ///   - consecutiveFailures: The number of failures in a row that opens the breaker.
    ///   - identicalFailures: The number of failures in a row of the same kind and status that opens it.
    ///   - failureRate: The failure rate that opens it.
    ///   - openFor: How long it stays open the first, second, … time.
    ///   - probes: The number of probes that may run at once, from 1 to 100.
    ///   - successesToClose: The number of probes that must succeed to close it, from 1 to 100.
    ///   - probeLease: How long a probe may take before it counts as lost.
    ///   - counting: The failures that count.
    public init(
        consecutiveFailures: Int? = 5, identicalFailures: Int? = nil, failureRate: FailureRate? = nil,
        openFor: Backoff = .fixed(.seconds(60)), probes: Int = 1, successesToClose: Int = 1,
        probeLease: Duration = .seconds(300), counting: FailureSet = .endpointFailures
    ) {
        self.consecutiveFailures = consecutiveFailures
        self.identicalFailures = identicalFailures
        self.failureRate = failureRate
        self.openFor = openFor
        self.probes = probes
        self.successesToClose = successesToClose
        self.probeLease = probeLease
        self.counting = counting
    }

    /// Five failures in a row open the breaker for a minute.
    ///
    /// Then one probe decides.
    public static let `default` = CircuitBreakerPolicy()
}

extension FailureSet {
    /// Failures that say something about the endpoint.
    ///
    /// Attempts that were canceled, that crashed here, or that were refused before anything was sent do not.
    public static let endpointFailures = FailureSet(
        statuses: .all,
        kinds: .allExcept([
            .canceled, .crashed, .circuitOpen, .missingSecret, .forbiddenAddress, .invalidRequest, .budget,
            .outOfMemory, .interrupted, .proxy,
        ]))
}

extension CircuitBreakerPolicy {
    /// Checks that every setting is in its range, and that at least one rule opens the breaker.
    ///
    /// - Throws: ``RetryPolicyError`` for the first setting that is out of its range.
    public func validate() throws(RetryPolicyError) {
        if consecutiveFailures == nil, identicalFailures == nil, failureRate == nil {
            throw RetryPolicyError(
                .breaker, "A circuit breaker needs consecutiveFailures, identicalFailures or failureRate.",
                value: "none")
        }
        try Self.check(consecutiveFailures, in: 1...1_000_000, "The number of failures in a row")
        try Self.check(identicalFailures, in: 1...1_000_000, "The number of identical failures in a row")
        try Self.check(probes, in: 1...100, "The number of probes")
        try Self.check(successesToClose, in: 1...100, "The number of successes that close a circuit breaker")
        try openFor.validate()
        guard probeLease > .zero, probeLease <= Backoff.longestDelay else {
            throw RetryPolicyError(
                .breaker, "The lease of a probe must be more than 0 seconds and at most 366 days.",
                value: probeLease.exactText)
        }
        guard let failureRate else { return }
        guard failureRate.threshold > 0, failureRate.threshold <= 1 else {
            throw RetryPolicyError(
                .breaker, "A failure rate must be more than 0 and at most 1.", value: "\(failureRate.threshold)")
        }
        guard failureRate.window >= .seconds(1), failureRate.window <= .seconds(86_400) else {
            throw RetryPolicyError(
                .breaker, "The window of a failure rate must be 1 second to 1 day.", value: failureRate.window.exactText
            )
        }
        try Self.check(
            failureRate.minimumAttempts, in: 1...1_000_000, "The minimum number of attempts of a failure rate")
    }

    private static func check(_ value: Int?, in range: ClosedRange<Int>, _ name: String) throws(RetryPolicyError) {
        guard let value, !range.contains(value) else { return }
        throw RetryPolicyError(
            .breaker, "\(name) must be \(range.lowerBound) to \(range.upperBound).", value: "\(value)")
    }
}

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

    /// Decodes a policy.
    ///
    /// Durations are seconds. Missing rules do not apply; other missing settings have their defaults.
    ///
    /// - Throws: `DecodingError` if a setting cannot be read or is out of its range.
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
            try container.decodeIfPresent(FailureSet.Statuses.self, forKey: .statuses) ?? counting.statuses
        counting.kinds = try container.decodeIfPresent(FailureSet.Kinds.self, forKey: .kinds) ?? counting.kinds
        do { try validate() } catch { throw error.decodingError(at: decoder.codingPath) }
    }

    /// Encodes all settings.
    ///
    /// Durations are seconds.
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

    /// Decodes a rate.
    ///
    /// The window is in seconds. The ranges are checked with the whole policy.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            threshold: try container.decode(Double.self, forKey: .threshold),
            window: Nanoseconds.duration(
                try container.decode(SecondsCoding.self, forKey: .window).nanoseconds),
            minimumAttempts: try container.decode(Int.self, forKey: .minimumAttempts))
    }

    /// Encodes the rate.
    ///
    /// The window is in seconds.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(threshold, forKey: .threshold)
        try container.encode(SecondsCoding(Nanoseconds.from(window)), forKey: .window)
        try container.encode(minimumAttempts, forKey: .minimumAttempts)
    }
}
