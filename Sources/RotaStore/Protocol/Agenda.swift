public import Foundation

/// What a scheduler has to see to at an instant, and when it has to look again.
public struct Agenda: Sendable {
    /// Active jobs with an occurrence that is due, the longest overdue first.
    public var dueJobs: [Job]
    /// Executions whose lease has run out, with the job of each.
    public var expiredLeases: [Claim]
    /// The number of the due jobs and expired leases that were left out because of the limit is not zero.
    public var isTruncated: Bool
    /// The earliest later instant at which a job, a queued execution or a lease becomes due, if there is any.
    public var nextWake: Date?

    /// Makes an agenda.
    public init(dueJobs: [Job], expiredLeases: [Claim], isTruncated: Bool, nextWake: Date?) {
        self.dueJobs = dueJobs
        self.expiredLeases = expiredLeases
        self.isTruncated = isTruncated
        self.nextWake = nextWake
    }
}
