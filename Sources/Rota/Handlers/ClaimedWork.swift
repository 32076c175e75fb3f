import Foundation
import RotaStore
import Synchronization

/// A claimed execution on its way from the driver to a worker and back.
///
/// A class, so that it is never copied.
final class ClaimedWork: Sendable {
    let claim: Claim
    /// The slot that the driver keeps for it; `nil` for an expired lease that is being reclaimed.
    let slot: Int?
    /// The number of its handlers that were abandoned and have not ended.
    ///
    /// It is more than one only if middleware makes the attempt several times.
    private let abandonedHandlers = Atomic(0)
    private let abandonment = Atomic(false)
    /// The end of the attempt, if the store has recorded it already, in a transaction of the handler.
    let recorded = Mutex<RecordedEnd?>(nil)

    init(_ claim: Claim, slot: Int?) {
        self.claim = claim
        self.slot = slot
    }

    /// Whether a handler of the attempt was abandoned.
    var wasAbandoned: Bool { abandonment.load(ordering: .relaxed) }

    /// Whether an abandoned handler of the attempt has not ended.
    var hasAbandonedHandlers: Bool { abandonedHandlers.load(ordering: .relaxed) > 0 }

    /// Abandons a handler of the attempt, unless it ends at this moment.
    ///
    /// - Parameter isFirst: Settles whether the handler is abandoned or has ended.
    func abandon(if isFirst: () -> Bool) {
        // Before it is settled, because from then on the handler's end is late.
        abandonedHandlers.add(1, ordering: .relaxed)
        if isFirst() {
            abandonment.store(true, ordering: .relaxed)
        } else {
            abandonedHandlers.subtract(1, ordering: .relaxed)
        }
    }

    /// Records that an abandoned handler has ended.
    func endAbandonedHandler() {
        abandonedHandlers.subtract(1, ordering: .relaxed)
    }
}

/// The end of an attempt that the store has recorded, in a transaction of the handler.
///
/// A class, so that the attempts without one, nearly all, do not reserve half a kilobyte for it.
final class RecordedEnd: Sendable {
    let completion: Completion
    let execution: Execution

    init(_ completion: Completion, as execution: Execution) {
        (self.completion, self.execution) = (completion, execution)
    }
}

/// Identifies a lease: an execution and the fencing token of one of its claims.
struct LeaseKey: Hashable {
    let executionID: ExecutionID
    let token: Int
}

extension Execution {
    /// The latest lease under which the execution was claimed, or `nil` if it never was.
    var leaseKey: LeaseKey? { progress.lease.map { LeaseKey(executionID: id, token: $0.token) } }
}

extension Claim {
    /// The lease of the claim.
    var leaseKey: LeaseKey { LeaseKey(executionID: execution.id, token: token) }

    /// The sleeper tag of the attempt.
    var tag: SleeperTag { .run(execution.id, token: token) }
}

extension Execution {
    /// One more than the number of recorded attempts: the number of the attempt that is being made, or else of the
    /// next.
    ///
    /// Recorded are also attempts that were interrupted, which do not count for the retry policy
    /// (``Execution/interruptionCount``), and those that crashed, once their leases have run out. An execution that was
    /// released before its attempt began has no record of that, so its next attempt has the same number.
    var nextAttemptNumber: Int { attempts.count + 1 }
}

extension Claim {
    /// The date from which the lateness of the execution counts for metrics.
    ///
    /// An occurrence before its job was created was late from the start, and one of a backfill is meant to be: neither
    /// tells how punctual a scheduler is.
    var lateSince: Date? {
        execution.source == .backfill ? nil : max(execution.scheduledFor, job.createdAt)
    }
}
