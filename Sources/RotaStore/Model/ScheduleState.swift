public import Foundation
import RotaCore
public import RotaRetry
public import RotaSchedule

/// Where a job stands on its schedule: the last decision, and the next occurrence.
///
/// Firing and updating a job replace its schedule state by compare-and-swap on ``revision``. Of two schedulers that
/// read the same state, only one can advance the job.
public struct ScheduleState: Sendable, Hashable {
    // Ordered to avoid padding, because a store may hold a million of them.

    /// The date through which every occurrence has been fired or skipped.
    ///
    /// It never moves back, except in ``JobStore/rewind(to:limit:)``.
    public var decidedThrough: Date
    /// The number of executions that the schedule has created so far.
    public var firedCount: Int
    /// Grows by one whenever the schedule state or the definition changes.
    public var revision: Int
    private var rare: Rare<RareParts>
    /// The nominal date of the next occurrence, or `nil` if there is none.
    public var next: Date?
    /// The nominal date of the last occurrence that fired.
    public var lastFired: Date?
    /// Whether the schedule is running.
    public var state: JobState

    /// Creates a schedule state.
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
        guard reason != nil || nextEffective != nil || awaitedExecutionID != nil else {
            rare = Rare()
            return
        }
        rare = Rare(RareParts(reason: reason, nextEffective: nextEffective, awaitedExecutionID: awaitedExecutionID))
    }

    /// Why the job is in its state, in words, if the state alone does not say it.
    public var reason: String? {
        get { rare.reason }
        set { rare.reason = newValue }
    }

    /// When the next occurrence is due, if smoothing moved it away from ``next``.
    ///
    /// Without a next one, the date from which a scheduler must look for it.
    public var nextEffective: Date? {
        get { rare.nextEffective }
        set { rare.nextEffective = newValue }
    }

    /// The execution whose end the schedule waits for, if it counts from the end of each execution.
    public var awaitedExecutionID: ExecutionID? {
        get { rare.awaitedExecutionID }
        set { rare.awaitedExecutionID = newValue }
    }

    /// When a paused job resumes by itself, or `nil` if it must be resumed by a request.
    public var resumesAt: Date? {
        get { hold { $0.resumesAt } }
        set { setHold(\.resumesAt, newValue) }
    }

    /// How many of the next occurrences to skip on request.
    public var skipsRemaining: Int {
        get { hold { $0.skipsRemaining } ?? 0 }
        set { setHold(\.skipsRemaining, newValue > 0 ? newValue : nil) }
    }

    /// The state of the job's circuit breaker, or `nil` if the job has none or nothing has failed.
    public var breaker: CircuitBreaker? {
        get { hold { $0.breaker } }
        set { setHold(\.breaker, newValue) }
    }

    /// Whether there is a state of the breaker, which is costly to read.
    package var hasBreaker: Bool {
        rare.read { if case nil = $0.holds.breaker { nil } else { true } } ?? false
    }

    /// The occurrences after ``decidedThrough`` that fired while the clock was ahead, in order.
    ///
    /// They do not fire again.
    package var decidedAhead: [DecidedRange] {
        get { hold { $0.decidedAhead } ?? [] }
        set { setHold(\.decidedAhead, newValue.isEmpty ? nil : newValue) }
    }

    /// The newest ranges of occurrences that lapsed: their time passed before they fired, for a reason that is a
    /// ``SkippedOccurrence/Reason/isLapse``.
    ///
    /// Only a job that keeps few records needs them: if the clock was ahead, they tell what may still fire.
    package private(set) var lapsedRanges: [DecidedRange] {
        get { hold { $0.lapsedRanges } ?? [] }
        set { setHold(\.lapsedRanges, newValue.isEmpty ? nil : newValue) }
    }

    /// Remembers occurrences that lapsed.
    ///
    /// - Parameters:
    ///   - skips: The occurrences that were skipped, for any reason.
    ///   - retention: The job's retention, which says how many skips are kept anyway.
    package mutating func remember(_ skips: [SkippedOccurrence], retention: Retention) {
        guard retention.maximumCount < 100, skips.contains(where: \.reason.isLapse) else { return }
        let passed = skips.filter(\.reason.isLapse).map { DecidedRange(first: $0.first, last: $0.last) }
        lapsedRanges = (lapsedRanges + passed).suffix(Self.maximumLapsedRanges)
    }

    /// Forgets the lapsed ranges that end after a date.
    mutating func forgetLapsedRanges(after date: Date) {
        guard !lapsedRanges.isEmpty else { return }
        lapsedRanges.removeAll { $0.last > date }
    }

    /// The dates of the last time in which the schedule was not in force, because the job was a draft or completed.
    ///
    /// Occurrences in it were never decided.
    package private(set) var outOfForce: DecidedRange? {
        get { hold { $0.outOfForce } }
        set { setHold(\.outOfForce, newValue) }
    }

    /// Records that the schedule comes into force at a date, or is about to.
    ///
    /// Call it before the state changes: it has an effect on drafts and completed jobs only.
    package mutating func comeIntoForce(at date: Date) {
        guard state == .draft || state == .completed, decidedThrough.millisecondLater <= date else { return }
        outOfForce = DecidedRange(first: decidedThrough.millisecondLater, last: date)
    }

    /// Ends the time in which the schedule was not in force at a date, if that was ahead.
    mutating func cutOutOfForce(at date: Date) {
        guard let range = outOfForce, range.last > date else { return }
        outOfForce = range.first <= date ? DecidedRange(first: range.first, last: date) : nil
    }

    /// Forgets all occurrences that did not fire, or fired ahead, because they belong to another schedule.
    package mutating func forgetDecided() {
        decidedAhead = []
        lapsedRanges = []
    }

    /// Whether ``lapsedRanges`` has forgotten older ranges, or was never written.
    var hasForgottenLapses: Bool { lapsedRanges.isEmpty || lapsedRanges.count == Self.maximumLapsedRanges }

    private static let maximumLapsedRanges = 4

    /// Returns the date before the next occurrences that are decided ahead, or `nil` if there are none.
    ///
    /// - Parameter date: The nominal date of an occurrence that is not decided.
    package func undecidedThrough(from date: Date) -> Date? {
        decidedAhead.first { $0.first > date }?.first.justBefore
    }

    /// The rare members that one JSON field of the store's files holds.
    struct Holds: ListedMembers {
        var resumesAt: Date?
        var skipsRemaining: Int?
        var breaker: CircuitBreaker?
        var decidedAhead: [DecidedRange]?
        var lapsedRanges: [DecidedRange]?
        var outOfForce: DecidedRange?

        static let none = Holds()

        static let fields: [JSONField<Holds>] = [
            JSONField("resumesAt", \.resumesAt),
            JSONField("skipsRemaining", \.skipsRemaining),
            JSONField("breaker", \.breaker),
            JSONField("decidedAhead", \.decidedAhead),
            JSONField("passedOver", \.lapsedRanges),
            JSONField("outOfForce", \.outOfForce),
        ]
    }

    var holds: Holds {
        get { rare.holds }
        set { rare.holds = newValue }
    }

    @inline(__always) private func hold<Value>(_ read: (borrowing Holds) -> Value?) -> Value? {
        rare.read { read($0.holds) }
    }

    // Changing one hold copies them all, and most jobs have none.
    @inline(__always) private mutating func setHold<Value>(_ path: WritableKeyPath<Holds, Value?>, _ value: Value?) {
        if value != nil || !rare.isEmpty { rare.holds[keyPath: path] = value }
    }

    /// Whether any rare member, such as a pause's end or a breaker, is set.
    package var hasRareMembers: Bool { !rare.isEmpty }

    var hasHolds: Bool { !rare.isEmpty && rare.holds != .none }

    private struct RareParts: RareMembers {
        var reason: String?
        var nextEffective: Date?
        var awaitedExecutionID: ExecutionID?
        var holds = Holds.none

        static let empty = Boxed(RareParts())
    }

    /// Records occurrences that fired.
    ///
    /// A store must call this in ``JobStore/fire(_:)``.
    ///
    /// If the schedule allows no further occurrences, the job is completed. If the schedule counts from the end of each
    /// execution, there is no next occurrence until ``resumeAfterCompletion(of:at:in:)``.
    ///
    /// - Parameters:
    ///   - count: How many occurrences fired.
    ///   - last: The execution of the last one, and its nominal date. `nil` if none fired.
    ///   - schedule: The job's schedule.
    public mutating func recordFired(
        _ count: Int, last: (id: ExecutionID, scheduledFor: Date)?, of schedule: Schedule
    ) {
        let (runs, isTooMany) = firedCount.addingReportingOverflow(count)
        firedCount = isTooMany ? .max : runs
        if let last {
            lastFired = max(last.scheduledFor, lastFired ?? last.scheduledFor)
            if !schedule.isSeries {
                awaitedExecutionID = last.id
                next = nil
                nextEffective = nil
            }
        }
        guard let limit = schedule.maximumRuns, firedCount >= limit else { return }
        complete(Self.limitReached(limit))
    }

    /// The reason of a job that has fired as often as its schedule allows.
    package static func limitReached(_ limit: Int) -> String {
        "It has fired as often as its schedule allows (\(limit) times)."
    }

    /// Records the end of an execution.
    ///
    /// A store must call this in the step that ends it. A schedule that counts from this end is decided through it.
    ///
    /// - Returns: Whether the schedule state changed, because the schedule was waiting for this execution.
    public mutating func resumeAfterCompletion(of id: ExecutionID, at date: Date, in schedule: Schedule) -> Bool {
        guard awaitedExecutionID == id else { return false }
        awaitedExecutionID = nil
        guard !schedule.isSeries else { return true }
        // Only a clock that is ahead has an end that is still to come. The next date does not tell: a calendar may have
        // moved it far from here.
        decidedThrough = max(decidedThrough, date)
        if schedule.isComputable {
            proceed(to: nextOccurrence(of: schedule, after: date))
        } else {
            // A calendar's time zone cannot be read, so the next occurrence is unknown. The scheduler looks from here
            // on.
            (next, nextEffective) = (nil, date)
        }
        return true
    }

    /// Returns the next occurrence of the job's schedule that is not decided yet.
    package func nextOccurrence(of schedule: Schedule, after date: Date) -> Occurrence? {
        var next = schedule.nextOccurrence(after: date)
        for range in decidedAhead {
            guard let found = next, found.nominal >= range.first else { break }
            if found.nominal <= range.last { next = schedule.nextOccurrence(after: range.last) }
        }
        return next
    }

    /// Sets the next occurrence.
    ///
    /// Without one, an active job is completed.
    package mutating func proceed(to occurrence: Occurrence?) {
        guard let occurrence else { return complete(Self.noOccurrenceLeft) }
        next = occurrence.nominal
        nextEffective = occurrence.effective == occurrence.nominal ? nil : occurrence.effective
    }

    /// Completes the schedule of an active job.
    package mutating func complete(_ reason: String) {
        next = nil
        nextEffective = nil
        guard state == .active else { return }
        state = .completed
        if rare.isEmpty, reason == Self.noOccurrenceLeft {
            rare = Self.completed
        } else {
            self.reason = reason
        }
    }

    private static let noOccurrenceLeft = "Its schedule has no occurrence left."

    /// The rare members of a job that was active until its schedule ended, which all such jobs share.
    private static let completed = Rare(RareParts(reason: noOccurrenceLeft))

    /// Whether the job may fire: it is active, or paused until a date.
    public var allowsFire: Bool { state == .active || state == .paused && resumesAt != nil }

    /// When the scheduler must look at the job next, or `nil` if it need not.
    public var nextWakeup: Date? {
        switch state {
        case .active: nextEffective ?? next
        case .paused: resumesAt
        case .draft, .completed: nil
        }
    }
}

extension ScheduleState: Codable {
    private static let fields: [JSONField<ScheduleState>] = [
        JSONField("reason", \.reason),
        JSONField("next", \.next),
        JSONField("nextEffective", \.nextEffective),
        JSONField("firedCount", \.firedCount, default: 0, earlier: "scheduledRuns"),
        JSONField("lastFired", \.lastFired),
        JSONField("awaitedExecutionID", \.awaitedExecutionID, earlier: "awaiting"),
    ]

    /// Decodes a state.
    ///
    /// The first format kept what holds a job back in an object of its own, `box`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: JSONKey.self)
        self.init(
            state: try container.decode(JobState.self, forKey: "state"),
            decidedThrough: try container.decodeIfPresent(Date.self, forKey: "decidedThrough")
                ?? container.decode(Date.self, forKey: "cursor"),
            next: nil, revision: try container.decode(Int.self, forKey: "revision"))
        for field in Self.fields { try field.decode(&self, container) }
        let source =
            container.contains("box") ? try container.nestedContainer(keyedBy: JSONKey.self, forKey: "box") : container
        var holds = Holds.none
        for field in Holds.fields { try field.decode(&holds, source) }
        self.holds = holds
    }

    /// Encodes the state, without members that are not set.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: JSONKey.self)
        try container.encode(state, forKey: "state")
        try container.encode(decidedThrough, forKey: "decidedThrough")
        try container.encode(revision, forKey: "revision")
        for field in Self.fields { try field.encode(self, &container) }
        guard hasHolds else { return }
        for field in Holds.fields { try field.encode(holds, &container) }
    }
}

/// Nominal dates from one through another whose occurrences are decided.
package struct DecidedRange: Sendable, Hashable, Codable {
    package var first: Date
    package var last: Date

    package init(first: Date, last: Date) {
        self.first = first
        self.last = last
    }
}

/// Whether a job's schedule is running.
public enum JobState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Created but not activated: it never fires.
    case draft
    /// It fires at its next occurrence.
    case active
    /// Suspended until it is resumed.
    case paused
    /// Its schedule has no occurrences left.
    case completed
}

extension ScheduleState {
    /// Whether the job's open circuit breaker paused it, and it resumes by itself.
    public var isHeldByBreaker: Bool {
        guard state == .paused, let breaker, let trip = breaker.trip, let resumesAt,
            case .open(let end) = breaker.state(at: trip.date)
        else { return false }
        return end == resumesAt
    }

    /// Lets the job's circuit breaker count the end of an execution.
    ///
    /// A store must call this in the step that ends it.
    ///
    /// Only executions of the schedule count, by their final status. Canceled and expired executions do not count, nor
    /// do those that started before the breaker opened. When the breaker opens, an active job is paused until the
    /// breaker permits a probe. When it closes, its state is removed.
    ///
    /// - Parameters:
    ///   - execution: The execution that ended.
    ///   - policy: The job's breaker policy, or `nil` if it has none.
    ///   - date: When the execution ended.
    /// - Returns: Whether the schedule state changed.
    public mutating func recordBreakerOutcome(
        of execution: Execution, policy: CircuitBreakerPolicy?, at date: Date
    ) -> Bool {
        guard policy != nil || hasBreaker, execution.source == .schedule else { return false }
        let old = breaker
        guard let policy, var new = old?.policy == policy ? old : try? CircuitBreaker(policy, createdAt: date)
        else {
            breaker = nil
            return old != nil
        }
        let outcome = execution.circuitOutcome
        if let permit = execution.details.circuitPermit {
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
        reason = Self.reason(breakerOpenUntil: end, because: trip)
    }

    /// The reason of a job that its breaker has paused.
    static func reason(breakerOpenUntil end: Date, because trip: CircuitTrip) -> String {
        "Its breaker is open until \(end.formatted(.iso8601)): \(trip)."
    }
}

extension Execution {
    /// How the execution's end counts for a circuit breaker.
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
    /// Whether the breaker has nothing to remember, so that jobs that never fail store none.
    fileprivate var isUnused: Bool { trip == nil && streak == 0 && policy.failureRate == nil }
}
