public import Foundation
import Synchronization

/// Keeps attempts away from a dependency that fails, and finds out by a probe when it is well again.
///
/// *Closed*, it lets everything pass and counts. *Open*, it lets nothing pass until a time has gone by. Then it is
/// *half-open*: a few probes pass, and their outcome closes or opens it. It is a value with time passed in; it
/// can be stored, and keeps the reason why it opened. ``SharedCircuitBreaker`` is the same for many tasks at once.
///
/// ```swift
/// switch breaker.admit(at: now) {
/// case .permitted(let permit): … breaker.record(.success, permit, at: later)
/// case .refused(let until, let trip): …
/// }
/// ```
public struct CircuitBreaker: Codable, Hashable, Sendable {
    /// What it does with the next attempt.
    public enum State: Hashable, Sendable {
        /// It lets everything pass.
        case closed
        /// It lets nothing pass before this instant.
        case open(until: Date)
        /// It lets probes pass.
        case halfOpen
    }

    struct Probe: Codable, Hashable {
        var number: Int64
        var startedAt: Date
    }

    enum Phase: Codable, Hashable {
        case closed
        case open(since: Date, seconds: Double)
        case halfOpen(probes: [Probe], successes: Int)
    }

    /// When it opens, for how long, and what closes it again.
    public let policy: CircuitBreakerPolicy
    /// Why it opened, until it closes again.
    public internal(set) var trip: CircuitTrip?
    /// How many counted failures there were in a row, up to now.
    public internal(set) var streak = 0

    var phase = Phase.closed
    /// How many of the streak were like the last one.
    var alike = 0
    var lastFailure: AttemptFailure?
    var window = FailureWindow()
    /// How often it opened since it was last closed.
    var openings = 0
    var generation: Int64 = 0
    var nextPermit: Int64 = 0

    /// Makes a closed breaker.
    ///
    /// - Parameter policy: When it opens, for how long, and what closes it again.
    /// - Throws: ``RetryPolicyError`` if the policy is not valid.
    public init(_ policy: CircuitBreakerPolicy) throws(RetryPolicyError) {
        try policy.validate()
        self.policy = policy
    }

    /// Makes a closed breaker with Strait's policy (row SX-18).
    public init() {
        policy = .default
    }

    /// What it would do at an instant.
    ///
    /// - Parameter now: The instant to ask about.
    public func state(at now: Date) -> State {
        switch phase {
        case .closed: .closed
        case .halfOpen: .halfOpen
        case .open(let since, let seconds):
            Self.isOver(since, seconds, at: now) ? .halfOpen : .open(until: Self.end(since, seconds, at: now))
        }
    }

    /// Whether a stretch of time has gone by; a start in the future means the clock was set back, and waits on.
    static func isOver(_ start: Date, _ seconds: Double, at now: Date) -> Bool {
        now >= start.addingTimeInterval(seconds)
    }

    /// When a stretch of time is over: never longer from now than it is, even if the clock was set back.
    static func end(_ start: Date, _ seconds: Double, at now: Date) -> Date {
        min(start, now).addingTimeInterval(seconds)
    }
}

/// One ``CircuitBreaker`` for all the tasks that call the same dependency.
public final class SharedCircuitBreaker: Sendable {
    private let breaker: Mutex<CircuitBreaker>

    /// Shares a breaker.
    ///
    /// - Parameter breaker: Its state to begin with.
    public init(_ breaker: CircuitBreaker = CircuitBreaker()) {
        self.breaker = Mutex(breaker)
    }

    /// Whether an attempt may be made now.
    ///
    /// - Parameter now: The instant of the attempt.
    /// - Returns: A permit to hand back with the outcome, or until when there is no use in asking, and why.
    public func admit(at now: Date) -> CircuitAdmission {
        breaker.withLock { $0.admit(at: now) }
    }

    /// Takes note of how a permitted attempt ended.
    ///
    /// - Parameters:
    ///   - outcome: How it ended.
    ///   - permit: What the attempt was permitted by.
    ///   - now: The instant it ended.
    public func record(_ outcome: CircuitOutcome, _ permit: CircuitPermit, at now: Date) {
        breaker.withLock { $0.record(outcome, permit, at: now) }
    }

    /// Opens it by hand, for as long as the policy says.
    ///
    /// - Parameters:
    ///   - note: Why, for whoever reads the reason later.
    ///   - now: The instant from which it is open.
    public func open(note: String? = nil, at now: Date) {
        breaker.withLock { $0.open(note: note, at: now) }
    }

    /// Closes it by hand and forgets all it has counted.
    public func close() {
        breaker.withLock { $0.close() }
    }

    /// A copy of the breaker as it is now, to be stored or looked at.
    public var snapshot: CircuitBreaker {
        breaker.withLock { $0 }
    }
}

extension CircuitBreaker {
    enum CodingKeys: String, CodingKey {
        case policy, trip, streak, phase, alike, lastFailure, window, openings, generation, nextPermit
    }

    /// Reads a stored breaker; counts and times that no breaker reaches are held to what one can.
    ///
    /// - Throws: `DecodingError` if something is missing, or if the policy is out of its range.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func count(_ key: CodingKeys) throws -> Int {
            // Far from where one more would overflow.
            min(max(0, try container.decode(Int.self, forKey: key)), .max / 2)
        }
        policy = try container.decode(CircuitBreakerPolicy.self, forKey: .policy)
        trip = try container.decodeIfPresent(CircuitTrip.self, forKey: .trip)
        streak = try count(.streak)
        alike = try count(.alike)
        openings = try count(.openings)
        lastFailure = try container.decodeIfPresent(AttemptFailure.self, forKey: .lastFailure)
        window = try container.decode(FailureWindow.self, forKey: .window)
        generation = try container.decode(Int64.self, forKey: .generation)
        nextPermit = try container.decode(Int64.self, forKey: .nextPermit)
        phase = try container.decode(Phase.self, forKey: .phase).held(by: policy)
    }
}

extension CircuitBreaker.Phase {
    /// The same phase within what a policy can bring about, so that nothing stored keeps a breaker from closing.
    fileprivate func held(by policy: CircuitBreakerPolicy) -> Self {
        switch self {
        case .closed: self
        case .open(let since, let seconds):
            .open(since: since, seconds: seconds > 0 ? min(seconds, Double(Nanoseconds.longest) / 1e9) : 0)
        case .halfOpen(let probes, let successes):
            .halfOpen(probes: probes, successes: min(max(0, successes), policy.successesToClose - 1))
        }
    }
}
