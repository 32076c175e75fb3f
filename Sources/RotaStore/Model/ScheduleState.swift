public import Foundation
public import RotaRetry
public import RotaSchedule

/// Where a job stands on its schedule: what was decided last, and what comes next.
///
/// Firing and updating a job replace its position by a compare-and-swap on ``revision``, so that of two schedulers
/// that saw the same position only one moves the job on.
public struct ScheduleState: Sendable, Hashable {
    // In an order that leaves no gaps, for there may be a million of them.

    /// The nominal instant up to which every occurrence has its verdict; it never moves back.
    public var decidedThrough: Date
    /// The number of executions that the schedule has started so far (for I-24).
    public var firedCount: Int
    /// A number that grows by one whenever the position or the definition changes.
    public var revision: Int
    private var box: Boxed<Rest>?
    /// The nominal instant of the next occurrence, or `nil` if none is planned.
    public var next: Date?
    /// The nominal instant of the last occurrence that fired.
    public var lastFired: Date?
    /// Whether the schedule is running.
    public var state: JobState

    /// Makes a position.
    public init(
        state: JobState,
        reason: String? = nil,
        decidedThrough: Date,
        next: Date?,
        nextEffective: Date? = nil,
        firedCount: Int = 0,
        lastFired: Date? = nil,
        awaitedExecutionID: ExecutionID? = nil,
        revision: Int = 1
    ) {
        self.state = state
        self.decidedThrough = decidedThrough
        self.next = next
        self.firedCount = firedCount
        self.lastFired = lastFired
        self.revision = revision
        if reason != nil || nextEffective != nil || awaitedExecutionID != nil {
            box = Boxed(Rest(reason: reason, nextEffective: nextEffective, awaitedExecutionID: awaitedExecutionID))
        }
    }

    /// Why the job is in that state, in words, if there is more to say than the state.
    public var reason: String? {
        get { box?.value.reason }
        set { if box != nil || newValue != nil { rest.reason = newValue } }
    }

    /// The instant at which the next occurrence is really due, if smoothing moved it away from ``next``.
    public var nextEffective: Date? {
        get { box?.value.nextEffective }
        set { if box != nil || newValue != nil { rest.nextEffective = newValue } }
    }

    /// The execution for whose end the schedule waits, if it counts from there.
    public var awaitedExecutionID: ExecutionID? {
        get { box?.value.awaitedExecutionID }
        set { if box != nil || newValue != nil { rest.awaitedExecutionID = newValue } }
    }

    /// When a paused job goes on by itself, or `nil` if only a person resumes it.
    public var resumesAt: Date? {
        get { box?.value.holds.resumesAt }
        set { if box != nil || newValue != nil { rest.holds.resumesAt = newValue } }
    }

    /// How many of the next occurrences are to be skipped because somebody asked for it.
    public var skipsRemaining: Int {
        get { box?.value.holds.skipsRemaining ?? 0 }
        set { if box != nil || newValue > 0 { rest.holds.skipsRemaining = newValue > 0 ? newValue : nil } }
    }

    /// What the job's breaker remembers; `nil` if the job has none or nothing has failed.
    public var breaker: CircuitBreaker? {
        get { box?.value.holds.breaker }
        set { if box != nil || newValue != nil { rest.holds.breaker = newValue } }
    }

    /// What holds few jobs back; the store's files keep it apart.
    struct Holds: Sendable, Hashable, Codable {
        var resumesAt: Date?
        var skipsRemaining: Int?
        var breaker: CircuitBreaker?

        static let none = Holds()
    }

    var holds: Holds {
        get { box?.value.holds ?? .none }
        set { if box != nil || newValue != .none { rest.holds = newValue } }
    }

    var hasHolds: Bool { box.map { $0.value.holds != .none } ?? false }

    /// What most jobs have nothing of.
    private struct Rest: Sendable, Hashable {
        var reason: String?
        var nextEffective: Date?
        var awaitedExecutionID: ExecutionID?
        var holds = Holds.none

        static let none = Rest()
    }

    private var rest: Rest {
        get { box?.value ?? .none }
        set { box = newValue == .none ? nil : Boxed(newValue) }
    }

    /// Takes note of occurrences that fired, as every store must in ``JobStore/fire(_:)``.
    ///
    /// If they were the last that the schedule allows, the job is completed. If the schedule counts from the end of a
    /// run, there is no next occurrence until ``recordCompleted(_:at:of:)``.
    ///
    /// - Parameters:
    ///   - count: How many occurrences fired.
    ///   - last: The execution of the last one, and its nominal instant; `nil` if none fired.
    ///   - schedule: The job's schedule.
    public mutating func recordFired(
        _ count: Int, last: (id: ExecutionID, scheduledFor: Date)?, of schedule: Schedule
    ) {
        let (runs, isTooMany) = firedCount.addingReportingOverflow(count)
        firedCount = isTooMany ? .max : runs
        if let last {
            lastFired = max(last.scheduledFor, lastFired ?? last.scheduledFor)
            if schedule.completionDelay != nil {
                awaitedExecutionID = last.id
                next = nil
                nextEffective = nil
            }
        }
        guard let limit = schedule.maximumRuns, firedCount >= limit else { return }
        complete("It has run as often as its schedule allows (\(limit) times).")
    }

    /// Takes note that an execution is over, as every store must in the step that ends it.
    ///
    /// - Returns: Whether the position has changed, because the schedule was waiting for the execution.
    public mutating func recordCompleted(_ id: ExecutionID, at instant: Date, of schedule: Schedule) -> Bool {
        guard awaitedExecutionID == id else { return false }
        awaitedExecutionID = nil
        if schedule.completionDelay != nil { proceed(to: schedule.nextOccurrence(after: instant)) }
        return true
    }

    /// Takes over what comes next; an active job without anything to come is completed, with a reason.
    package mutating func proceed(to occurrence: Occurrence?) {
        guard let occurrence else { return complete("Its schedule has no occurrence left.") }
        next = occurrence.nominal
        nextEffective = occurrence.effective == occurrence.nominal ? nil : occurrence.effective
    }

    /// Ends the schedule of an active job.
    package mutating func complete(_ reason: String) {
        next = nil
        nextEffective = nil
        guard state == .active else { return }
        state = .completed
        self.reason = reason
    }

    /// Whether a fire may move the job on: it is active, or paused for a time that ends by itself.
    public var allowsFire: Bool { state == .active || state == .paused && resumesAt != nil }

    /// The instant at which the scheduler must look at the job next, or `nil` if it need not.
    public var nextWakeup: Date? {
        switch state {
        case .active: nextEffective ?? next
        case .paused: resumesAt
        case .draft, .completed: nil
        }
    }
}

extension ScheduleState: Codable {
    private enum CodingKeys: String, CodingKey {
        case state, reason, next, nextEffective, lastFired, revision
        case decidedThrough = "cursor"
        case firedCount = "scheduledRuns"
        case awaitedExecutionID = "awaiting"
        case holds = "box"
    }

    /// Decodes a position; what is not there is none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            state: try container.decode(JobState.self, forKey: .state),
            reason: try container.decodeIfPresent(String.self, forKey: .reason),
            decidedThrough: try container.decode(Date.self, forKey: .decidedThrough),
            next: try container.decodeIfPresent(Date.self, forKey: .next),
            nextEffective: try container.decodeIfPresent(Date.self, forKey: .nextEffective),
            firedCount: try container.decode(Int.self, forKey: .firedCount),
            lastFired: try container.decodeIfPresent(Date.self, forKey: .lastFired),
            awaitedExecutionID: try container.decodeIfPresent(ExecutionID.self, forKey: .awaitedExecutionID),
            revision: try container.decode(Int.self, forKey: .revision))
        holds = try container.decodeIfPresent(Holds.self, forKey: .holds) ?? .none
    }

    /// Encodes the position.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(state, forKey: .state)
        try container.encodeIfPresent(reason, forKey: .reason)
        try container.encode(decidedThrough, forKey: .decidedThrough)
        try container.encodeIfPresent(next, forKey: .next)
        try container.encodeIfPresent(nextEffective, forKey: .nextEffective)
        try container.encode(firedCount, forKey: .firedCount)
        try container.encodeIfPresent(lastFired, forKey: .lastFired)
        try container.encodeIfPresent(awaitedExecutionID, forKey: .awaitedExecutionID)
        try container.encode(revision, forKey: .revision)
        if hasHolds { try container.encode(holds, forKey: .holds) }
    }
}

/// Whether a job's schedule is running (T-23 to T-26).
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Created, not yet activated: it never fires.
    case draft
    /// It will fire at its next run.
    case active
    /// Suspended until it is resumed.
    case paused
    /// Its schedule has no occurrence left.
    case completed
}

extension ScheduleState {
    /// Whether the job is paused because its breaker is open, and goes on by itself.
    public var isHeldByBreaker: Bool {
        guard state == .paused, let breaker, let trip = breaker.trip, let resumesAt,
            case .open(let end) = breaker.state(at: trip.date)
        else { return false }
        return end == resumesAt
    }

    /// Lets the job's breaker count the end of a run, as every store must in the step that ends it.
    ///
    /// What the schedule started counts, by how the run ended after its last attempt; what was canceled or expired
    /// says nothing, and neither does a run from before the breaker opened. If the breaker opens, an active job is
    /// paused until the breaker lets a run probe; if it closes, nothing of it is left.
    ///
    /// - Parameters:
    ///   - run: The execution that is over.
    ///   - policy: The job's breaker policy; `nil` if it has none.
    ///   - date: When the run ended.
    /// - Returns: Whether the position has changed.
    public mutating func recordCompleted(_ run: Execution, policy: CircuitBreakerPolicy?, at date: Date) -> Bool {
        guard policy != nil || breaker != nil, run.source == .schedule else { return false }
        let old = breaker
        guard let policy, var new = old?.policy == policy ? old : try? CircuitBreaker(policy) else {
            breaker = nil
            return old != nil
        }
        let outcome = run.circuitOutcome
        if let permit = run.details.circuitPermit {
            new.record(outcome, permit, at: date)
        } else if new.trip == nil, case .permitted(let permit) = new.admit(at: date) {
            new.record(outcome, permit, at: date)
        }
        if let trip = new.trip, case .open(let end) = new.state(at: date), old?.state(at: date) != .open(until: end) {
            hold(until: end, because: trip)
        }
        breaker = new.isUnused ? nil : new
        return breaker != old
    }

    private mutating func hold(until end: Date, because trip: CircuitTrip) {
        guard state == .active else { return }
        state = .paused
        resumesAt = end
        reason = "Its breaker is open until \(end.formatted(.iso8601)): \(trip)."
    }
}

extension Execution {
    /// What the end of the run says to a breaker.
    fileprivate var circuitOutcome: CircuitOutcome {
        switch progress.status {
        case .succeeded: .success
        case .failed:
            .failure(AttemptFailure(progress.failure?.kind ?? .unknown, status: attempts.last?.statusCode))
        case .queued, .running, .waiting, .canceled, .expired: .ignored
        }
    }
}

extension CircuitBreaker {
    /// Whether it has nothing to remember: a job that never fails carries no breaker.
    fileprivate var isUnused: Bool { trip == nil && streak == 0 && policy.failureRate == nil }
}
