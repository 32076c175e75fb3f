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
