public import Foundation

/// Where a job stands on its schedule: what was decided last, and what comes next.
///
/// Firing and updating a job replace its position by a compare-and-swap on ``revision``, so that of two schedulers
/// that saw the same position only one moves the job on.
public struct JobPosition: Sendable, Hashable, Codable {
    /// Whether the schedule is running.
    public var state: JobState
    /// Why the job is in that state, in words, if there is more to say than the state.
    public var reason: String?
    /// The nominal instant up to which every occurrence has its verdict; it never moves back.
    public var cursor: Date
    /// The nominal instant of the next occurrence, or `nil` if none is planned.
    public var next: Date?
    /// The instant at which the next occurrence is really due, if smoothing moved it away from ``next``.
    public var nextEffective: Date?
    /// The number of executions that the schedule has started so far (for I-24).
    public var scheduledRuns: Int
    /// The nominal instant of the last occurrence that fired.
    public var lastFired: Date?
    /// A number that grows by one whenever the position or the definition changes.
    public var revision: Int

    /// Makes a position.
    public init(
        state: JobState,
        reason: String? = nil,
        cursor: Date,
        next: Date?,
        nextEffective: Date? = nil,
        scheduledRuns: Int = 0,
        lastFired: Date? = nil,
        revision: Int = 1
    ) {
        self.state = state
        self.reason = reason
        self.cursor = cursor
        self.next = next
        self.nextEffective = nextEffective
        self.scheduledRuns = scheduledRuns
        self.lastFired = lastFired
        self.revision = revision
    }

    /// The instant at which the scheduler must look at the job next, or `nil` if it need not.
    public var wake: Date? {
        state == .active ? nextEffective ?? next : nil
    }
}
