package import Foundation
import RotaRetry

// The parts of an execution that the indexes and the queue are built from. They are small, so a change of an execution
// compares two of them instead of two records.

/// The order in which due executions are claimed.
package enum ClaimOrder {
    /// How many seconds of waiting one step of priority is worth, so that a low priority is overtaken for a while but
    /// never starves.
    package static var secondsPerPriorityStep: Double { 60 }

    /// The date that orders due executions: the due time, earlier by the worth of the priority.
    package static func rank(dueAt: Date, priority: Int) -> Date {
        dueAt.addingTimeInterval(-secondsPerPriorityStep * Double(priority))
    }
}

/// The part of an execution that decides when it may be claimed.
struct QueueEntry {
    let id: ExecutionID
    let jobID: JobID
    let status: ExecutionStatus
    let dueAt: Date
    let nominal: Date
    /// Behind one pointer, because entries are copied often and keys are rare.
    let details: Rare<ExecutionDetails>
    let isScheduled: Bool
    let isBackfill: Bool
    /// Whether it delivers a notification, to which the job's limits do not apply.
    let isNotification: Bool
    /// Whether its first attempt has started.
    let hasStarted: Bool
}

extension QueueEntry {
    /// Its own priority, which replaces its job's.
    var priority: Int? { details.priority }
    var concurrencyKey: String? { details.concurrencyKey }
    /// Which executions of other jobs decide, if its job depends on them.
    var match: DependencyMatch { details.read { $0.dependencyMatch(isBackfill: isBackfill) } ?? .latest }

    /// Its key in the order of due times.
    var due: DueKey<ExecutionID> { DueKey(date: dueAt, id: id) }

    /// Whether it belongs to the executions that start one at a time, or to those that an overlap policy counts.
    ///
    /// One that awaits a batch or its turn in a backfill is not: it would hold up what it waits for.
    func isMember(of series: OverlapPolicy.Series) -> Bool {
        switch series {
        case .none: false
        case .scheduled: isScheduled
        case .all: !isNotification && (status != .waiting || hasStarted)
        }
    }

    /// Its key in the order of nominal dates.
    var nominalKey: DueKey<ExecutionID> { DueKey(date: nominal, id: id) }

    /// Its key in the order in which due executions are claimed.
    ///
    /// - Parameter standard: The priority of the job.
    func rank(priority standard: Int) -> DueKey<ExecutionID> {
        DueKey(date: ClaimOrder.rank(dueAt: dueAt, priority: priority ?? standard), id: id)
    }
}

extension Execution {
    /// Whether it waits for the end of a batch.
    package var awaitsBatch: Bool {
        progress.status == .waiting && progress.startedAt == nil && progress.batch.map { $0.unfinished > 0 } ?? false
    }

    /// Whether it waits for the end of earlier executions of its backfill.
    package var awaitsItsTurn: Bool {
        source == .backfill && progress.status == .waiting && progress.startedAt == nil
    }

    /// The fields that the list indexes are built from.
    package var facts: ExecutionFacts {
        ExecutionFacts(
            id: id, jobID: jobID, status: progress.status, scheduledFor: scheduledFor, finishedAt: progress.finishedAt,
            isScheduled: source == .schedule, idempotencyKey: hasDetails ? details.idempotencyKey : nil,
            uniqueKey: uniqueKey, keptUntil: keptUntil,
            failure: progress.status == .failed ? progress.failure?.kind : nil)
    }

    /// Whether claims add to its trail: it keeps one, and is queued.
    package var keepsTrail: Bool {
        progress.status == .queued && progress.hasRareMembers && progress.trail != nil
    }

    /// The fields that the claim queue is built from.
    var queueEntry: QueueEntry {
        QueueEntry(
            id: id, jobID: jobID, status: progress.status, dueAt: progress.dueAt, nominal: scheduledFor,
            details: rare, isScheduled: source == .schedule, isBackfill: source == .backfill,
            isNotification: source == .notification, hasStarted: progress.startedAt != nil)
    }

    /// Whether it has expired by a date before its first attempt, and is not pruned yet.
    func hasExpiredInQueue(by date: Date) -> Bool {
        progress.status == .queued && expiry.map { $0 <= date } ?? false
    }

    /// The date at which it expires: before its first attempt, or while it waits for an external completion.
    var expiry: Date? {
        guard progress.hasRareMembers else { return nil }
        return switch progress.status {
        case .queued: progress.startedAt == nil ? progress.expiresAt : nil
        // The time to live of an execution that follows a batch begins with the end of the batch.
        case .waiting: awaitsBatch ? nil : progress.expiresAt
        case .running, .succeeded, .failed, .canceled, .expired: nil
        }
    }
}

/// The earlier state of an execution, as far as the indexes need it to find the entries that a change replaces.
struct IndexedExecution {
    let queueEntry: QueueEntry
    let startedAt: Date?
    let finishedAt: Date?
    /// When its lease ends, if it is running.
    let leaseEnd: Date?
    /// Whether claims add to its trail.
    let keepsTrail: Bool
    private let rare: Rare<RareParts>

    /// The members that few executions have, behind one pointer: each change of an execution takes two of these values.
    private struct RareParts: RareMembers {
        var backfill: BatchID?
        var expiry: Date?
        var keptUntil: Date?
        var awaitedBatch: BatchID?
        var failure: FailureKind?

        static let empty = Boxed(RareParts())
    }

    init(_ execution: borrowing Execution) {
        queueEntry = execution.queueEntry
        startedAt = execution.progress.startedAt
        finishedAt = execution.progress.finishedAt
        leaseEnd = execution.progress.status == .running ? execution.progress.lease?.expiresAt : nil
        keepsTrail = execution.keepsTrail
        guard execution.hasDetails || execution.progress.hasRareMembers || execution.progress.status == .failed else {
            rare = Rare()
            return
        }
        rare = Rare(
            RareParts(
                backfill: execution.source == .backfill ? execution.batchID : nil, expiry: execution.expiry,
                keptUntil: execution.keptUntil, awaitedBatch: execution.awaitsBatch ? execution.awaitedBatch : nil,
                failure: execution.progress.status == .failed ? execution.progress.failure?.kind : nil))
    }

    /// The backfill that it belongs to.
    var backfill: BatchID? { rare.backfill }
    /// When it expires, if it may.
    var expiry: Date? { rare.expiry }
    /// The date until which it is kept regardless of the retention.
    var keptUntil: Date? { rare.keptUntil }
    /// The batch whose end it awaits.
    var awaitedBatch: BatchID? { rare.awaitedBatch }
    /// The kind of its failure, if it failed for good.
    var failure: FailureKind? { rare.failure }

    /// Its key in the order of ends, if it has ended.
    var endKey: DueKey<ExecutionID>? { finishedAt.map { DueKey(date: $0, id: id) } }

    // The keys by which executions of other jobs that depend on its job are matched with it.
    var idempotencyKey: String? { queueEntry.details.idempotencyKey }
    var dependencyKey: String? { queueEntry.details.dependencyKey }

    var id: ExecutionID { queueEntry.id }
    var jobID: JobID { queueEntry.jobID }
    var status: ExecutionStatus { queueEntry.status }
}

/// Which execution of another job decides whether one that depends on it may start.
package enum DependencyMatch: Sendable, Hashable {
    /// The one that was requested with the same idempotency key.
    case idempotencyKey(String)
    /// The one with the same dependency key that ended last.
    case dependencyKey(String)
    /// The one that ended last.
    case latest

    /// The key, if there is one.
    package var key: String? {
        switch self {
        case .idempotencyKey(let key), .dependencyKey(let key): key
        case .latest: nil
        }
    }
}

extension ExecutionDetails {
    /// Which executions of other jobs decide, if the job depends on them.
    ///
    /// The idempotency key of a replay or a backfill only keeps it from being created twice.
    package func dependencyMatch(isBackfill: Bool) -> DependencyMatch {
        if let idempotencyKey, replayOf == nil, !isBackfill { return .idempotencyKey(idempotencyKey) }
        return dependencyKey.map { .dependencyKey($0) } ?? .latest
    }
}
