public import Foundation
import Synchronization

/// Stops attempts to reach a failing dependency, and probes it until it recovers.
///
/// ```
///          enough failures                pause over
/// closed ─────────────────▶ open ───────────────────────▶ half-open
///    ▲                        ▲            a probe fails      │
///    │                        └───────────────────────────────┤
///    └────────────────────────────────────────────────────────┘
///                      enough probes succeed
/// ```
///
/// A breaker is a plain value that takes the current date as an argument, so that it can be stored and tested without
/// waiting. To use one from several tasks, wrap it in a ``SharedCircuitBreaker``.
///
/// ```swift
/// var breaker = try CircuitBreaker(CircuitBreakerPolicy(consecutiveFailures: 3))
/// switch breaker.admit(at: Date()) {
/// case .permitted(let permit):
///     breaker.record(.failure(.http(status: 503)), permit, at: Date())
/// case .refused(let until, let trip):
///     print("open until \(until): \(trip)")
/// }
/// ```
public struct CircuitBreaker: Codable, Hashable, Sendable {
    /// How a breaker treats the next attempt.
    public enum State: Hashable, Sendable {
        /// It permits every attempt.
        case closed
        /// It refuses every attempt until this date.
        case open(until: Date)
        /// It permits a few probes.
        case halfOpen
    }

    struct Probe: Codable, Hashable {
        var number: Int64
        var startedAt: Date

        private enum CodingKeys: String, CodingKey {
            case number, startedAt
        }
    }

    enum Phase: Codable, Hashable {
        case closed
        case open(since: Date, seconds: Double)
        case halfOpen(probes: [Probe], successes: Int)

        private enum CodingKeys: String, CodingKey {
            case closed, open, halfOpen
        }

        private enum OpenCodingKeys: String, CodingKey {
            case since, seconds
        }

        private enum HalfOpenCodingKeys: String, CodingKey {
            case probes, successes
        }
    }

    /// The rules that open and close the breaker.
    public let policy: CircuitBreakerPolicy
    /// The reason it opened, or `nil` while it is closed.
    public internal(set) var trip: CircuitTrip?
    /// The current number of counted failures in a row.
    public internal(set) var streak = 0

    var phase = Phase.closed
    /// How many failures at the end of the streak have the kind and status of the last one.
    var identicalStreak = 0
    var lastFailure: AttemptFailure?
    var window = FailureWindow()
    /// How often it has opened since it was last closed.
    var openings = 0
    /// Changes with every state, to tell permits of the current state from older ones.
    var generation: Int64 = 0
    var nextPermit: Int64 = 0

    /// Creates a closed breaker.
    ///
    /// - Parameter policy: The rules that open and close it.
    /// - Throws: ``RetryPolicyError`` if the policy is not valid.
    public init(_ policy: CircuitBreakerPolicy) throws(RetryPolicyError) {
        try policy.validate()
        self.policy = policy
    }

    /// Creates a closed breaker whose permits differ from those of every one that was created earlier.
    ///
    /// A breaker that is dropped while it is closed, and created again when an attempt fails, would otherwise take the
    /// outcome of an old probe for that of a new one.
    package init(_ policy: CircuitBreakerPolicy, createdAt date: Date) throws(RetryPolicyError) {
        try self.init(policy)
        generation = Int64(exactly: (date.timeIntervalSince1970 * 1e6).rounded()) ?? 0
    }

    /// Creates a closed breaker with the default policy.
    public init() {
        policy = .default
    }

    /// Returns the state at a date.
    public func state(at now: Date) -> State {
        switch phase {
        case .closed: .closed
        case .halfOpen: .halfOpen
        case .open(let since, let seconds):
            Self.hasElapsed(seconds, since: since, at: now)
                ? .halfOpen : .open(until: Self.end(since, seconds, at: now))
        }
    }

    /// Whether a pause has ended.
    ///
    /// A start in the future means that the clock was set back, and the pause continues.
    static func hasElapsed(_ seconds: Double, since start: Date, at now: Date) -> Bool {
        now >= start.addingTimeInterval(seconds)
    }

    /// The end of a pause.
    ///
    /// Even if the clock was set back, it lies at most the length of the pause ahead.
    static func end(_ start: Date, _ seconds: Double, at now: Date) -> Date {
        min(start, now).addingTimeInterval(seconds)
    }
}

extension CircuitBreaker {
    private enum CodingKeys: String, CodingKey {
        case policy, trip, streak, phase
        case identicalStreak = "alike"
        case lastFailure, window, openings, generation, nextPermit
    }

    /// Decodes a stored breaker.
    ///
    /// Counts and durations that no breaker can reach are clamped.
    ///
    /// - Throws: `DecodingError` if a key is missing or the policy is not valid.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int {
            // Well below the maximum, so that one more does not overflow.
            min(max(0, try container.decode(Int.self, forKey: key)), .max / 2)
        }
        policy = try container.decode(CircuitBreakerPolicy.self, forKey: .policy)
        trip = try container.decodeIfPresent(CircuitTrip.self, forKey: .trip)
        streak = try count(.streak)
        identicalStreak = try count(.identicalStreak)
        openings = try count(.openings)
        lastFailure = try container.decodeIfPresent(AttemptFailure.self, forKey: .lastFailure)
        window = try container.decode(FailureWindow.self, forKey: .window)
        generation = try container.decode(Int64.self, forKey: .generation)
        nextPermit = try container.decode(Int64.self, forKey: .nextPermit)
        phase = try container.decode(Phase.self, forKey: .phase).clamped(to: policy)
    }
}

extension CircuitBreaker.Phase {
    /// The phase, limited to what the policy allows, so that stored data cannot keep a breaker from closing.
    fileprivate func clamped(to policy: CircuitBreakerPolicy) -> Self {
        switch self {
        case .closed: self
        case .open(let since, let seconds):
            .open(since: since, seconds: seconds > 0 ? min(seconds, Double(Nanoseconds.longest) / 1e9) : 0)
        case .halfOpen(let probes, let successes):
            .halfOpen(probes: probes, successes: min(max(0, successes), policy.successesToClose - 1))
        }
    }
}

/// A ``CircuitBreaker`` shared by all tasks that call the same dependency.
///
/// ```swift
/// let breaker = SharedCircuitBreaker()
/// let rate = try await retry(.exponential(maxAttempts: 5), breaker: breaker) { _ in 1.09 }
/// print(rate, breaker.snapshot.streak)  // 1.09 0
/// ```
public final class SharedCircuitBreaker: Sendable {
    private let breaker: Mutex<CircuitBreaker>

    /// Creates a shared breaker.
    ///
    /// - Parameter breaker: The initial state.
    public init(_ breaker: CircuitBreaker = CircuitBreaker()) {
        self.breaker = Mutex(breaker)
    }

    /// Asks for permission to make an attempt.
    ///
    /// - Parameter now: The current date.
    /// - Returns: A permit to hand back with the outcome, or a refusal with its reason and the date it lasts until.
    public func admit(at now: Date) -> CircuitAdmission {
        breaker.withLock { $0.admit(at: now) }
    }

    /// Records the outcome of a permitted attempt.
    ///
    /// - Parameters:
    ///   - outcome: The outcome.
    ///   - permit: The attempt's permit.
    ///   - now: The date at which the attempt ended.
    public func record(_ outcome: CircuitOutcome, _ permit: CircuitPermit, at now: Date) {
        breaker.withLock { $0.record(outcome, permit, at: now) }
    }

    /// Opens the breaker by hand, for as long as the policy says.
    ///
    /// - Parameters:
    ///   - note: The reason, kept in ``CircuitBreaker/trip``.
    ///   - now: The current date.
    public func open(note: String? = nil, at now: Date) {
        breaker.withLock { $0.open(note: note, at: now) }
    }

    /// Closes the breaker by hand and resets its counts.
    public func close() {
        breaker.withLock { $0.close() }
    }

    /// A copy of the current state.
    public var snapshot: CircuitBreaker {
        breaker.withLock { $0 }
    }
}
