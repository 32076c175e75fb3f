public import Foundation

/// The work that is due at a date, and when to look again.
public struct DueWork: Sendable {
    /// Active jobs with a due occurrence and paused jobs that are due to resume, longest overdue first.
    public var dueJobs: [Job]
    /// Executions whose lease has expired, with their jobs.
    public var expiredLeases: [Claim]
    /// Whether the limit left something out.
    public var isTruncated: Bool
    /// Whether ``JobStore/prune(at:limit:)`` has work.
    public var isPruningDue: Bool
    /// Whether records are dated later than the current time, so that ``JobStore/rewind(to:limit:)`` has work.
    public var isAhead: Bool
    /// The earliest later date at which a job, a lease or pruning becomes due, or an execution may become claimable.
    public var nextWakeup: Date?

    /// Creates due work.
    public init(
        dueJobs: [Job], expiredLeases: [Claim], isTruncated: Bool, isPruningDue: Bool = false,
        isAhead: Bool = false, nextWakeup: Date?
    ) {
        self.isAhead = isAhead
        self.isPruningDue = isPruningDue
        self.dueJobs = dueJobs
        self.expiredLeases = expiredLeases
        self.isTruncated = isTruncated
        self.nextWakeup = nextWakeup
    }
}
