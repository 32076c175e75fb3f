import Foundation

/// What the indexes know of an execution: from this they find their entries again when it has changed.
struct FiledExecution {
    let ticket: ClaimTicket
    /// The backfill that it is a run of.
    let backfill: BatchID?
    let startedAt: Date?
    let finishedAt: Date?
    /// When its lease ends, if it is running.
    let leaseEnd: Date?
    /// When it expires, if it may.
    let expiry: Date?

    init(_ execution: borrowing Execution) {
        ticket = execution.ticket
        backfill = execution.source == .backfill ? execution.details.batchID : nil
        startedAt = execution.progress.startedAt
        finishedAt = execution.progress.finishedAt
        leaseEnd = execution.progress.status == .running ? execution.progress.lease?.expiresAt : nil
        expiry = execution.expiry
    }

    var id: ExecutionID { ticket.id }
    var jobID: JobID { ticket.jobID }
    var status: ExecutionStatus { ticket.status }
}
