import Foundation

/// What the order of claims, and the limits, want to know of an execution.
struct ClaimTicket {
    let id: ExecutionID
    let jobID: JobID
    let status: ExecutionStatus
    let dueAt: Date
    let nominal: Date
    /// Its own priority, if it has one.
    let priority: Int?
    let concurrencyKey: String?
    let isScheduled: Bool
    /// Whether it tells of a run and is none, so that no limit of the job is meant for it.
    let isNotification: Bool
    /// Whether its first attempt has begun.
    let hasBegun: Bool
}

extension ClaimTicket {
    /// Its place among those that are not due yet.
    var due: DueKey<ExecutionID> { DueKey(instant: dueAt, id: id) }

    /// Its place among the runs of the schedule.
    var turn: DueKey<ExecutionID> { DueKey(instant: nominal, id: id) }

    /// Its place among those that are due: a step of priority counts as a minute, so that waiting makes up for it.
    func rank(priority standard: Int) -> DueKey<ExecutionID> {
        DueKey(instant: dueAt.addingTimeInterval(-60 * Double(priority ?? standard)), id: id)
    }
}

extension Execution {
    /// What the orders in which executions are listed want to know of it.
    package var facts: ExecutionFacts {
        ExecutionFacts(
            id: id, jobID: jobID, status: progress.status, scheduledFor: scheduledFor, finishedAt: progress.finishedAt,
            isScheduled: source == .schedule, idempotencyKey: hasDetails ? details.idempotencyKey : nil)
    }

    /// What the order of claims wants to know of it.
    var ticket: ClaimTicket {
        let details = hasDetails ? details : nil
        return ClaimTicket(
            id: id, jobID: jobID, status: progress.status, dueAt: progress.dueAt, nominal: scheduledFor,
            priority: details?.priority, concurrencyKey: details?.concurrencyKey, isScheduled: source == .schedule,
            isNotification: source == .notification, hasBegun: progress.startedAt != nil)
    }

    /// When it expires, if it may: before its first attempt, or while it waits for an answer.
    var expiry: Date? {
        guard progress.hasNotes else { return nil }
        return switch progress.status {
        case .queued: progress.startedAt == nil ? progress.expiresAt : nil
        case .waiting: progress.expiresAt
        case .running, .succeeded, .failed, .canceled, .expired: nil
        }
    }
}

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
