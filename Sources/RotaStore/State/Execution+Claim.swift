import Foundation

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
