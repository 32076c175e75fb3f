/// When a circuit breaker opens, for how long, and what closes it again.
///
/// The defaults are Strait's: five failures in a row open it for a minute, then one attempt probes (row SX-18).
public struct CircuitBreakerPolicy: Hashable, Sendable {
    /// A rate of failures over the last stretch of time.
    public struct FailureRate: Hashable, Sendable {
        /// The part of attempts that must fail, more than 0 and at most 1.
        public var threshold: Double
        /// How far back attempts count, from a second to a day; a tenth of it is the finest step.
        public var window: Duration
        /// How many attempts there must be for a rate to mean anything, at least 1.
        public var minimumAttempts: Int

        /// Describes a rate.
        ///
        /// - Parameters:
        ///   - threshold: The part of attempts that must fail, more than 0 and at most 1.
        ///   - window: How far back attempts count, from a second to a day.
        ///   - minimumAttempts: How many attempts there must be, at least 1.
        public init(threshold: Double = 0.5, window: Duration = .seconds(60), minimumAttempts: Int = 20) {
            self.threshold = threshold
            self.window = window
            self.minimumAttempts = minimumAttempts
        }
    }

    /// How many failures in a row open it, or nil if their number does not matter.
    public var consecutiveFailures: Int?
    /// How many failures in a row of one and the same kind and status open it, or nil.
    public var identicalFailures: Int?
    /// Which rate of failures opens it, or nil.
    public var failureRate: FailureRate?
    /// How long it stays open: the delay of number *n* for the *n*th time in a row.
    public var openFor: Backoff
    /// How many probes may run at once when it is half-open.
    public var probes: Int
    /// How many probes must succeed to close it.
    public var successesToClose: Int
    /// How long a probe may take before it counts as lost and another takes its place.
    public var probeLease: Duration
    /// Which failures count; others move nothing, as if the attempt had not been.
    public var counting: FailureSet

    /// Puts a policy together.
    ///
    /// - Parameters:
    ///   - consecutiveFailures: How many failures in a row open it; nil if their number does not matter.
    ///   - identicalFailures: How many failures in a row of one and the same kind and status open it.
    ///   - failureRate: Which rate of failures opens it.
    ///   - openFor: How long it stays open, the first, second … time in a row.
    ///   - probes: How many probes may run at once, from 1 to 100.
    ///   - successesToClose: How many probes must succeed to close it, from 1 to 100.
    ///   - probeLease: How long a probe may take before it counts as lost.
    ///   - counting: Which failures count.
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

    /// Strait's: five failures in a row open it for a minute, then one attempt probes (row SX-18).
    public static let `default` = CircuitBreakerPolicy()
}

extension FailureSet {
    /// What says something about the other side: not interruptions, nor attempts that never started.
    ///
    /// A streak is moved neither by what was canceled or crashed here, nor by what was refused before anything
    /// was sent.
    public static let endpointFailures = FailureSet(
        statuses: .all,
        kinds: .allExcept([
            .canceled, .crashed, .circuitOpen, .missingSecret, .forbiddenAddress, .invalidRequest, .budget,
            .outOfMemory,
        ]))
}

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
