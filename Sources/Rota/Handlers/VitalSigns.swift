import Foundation
import RotaStore
import Synchronization

/// What the work on executions last said about itself, until it is over.
final class VitalSigns: Sendable {
    struct Signs: Sendable {
        var heartbeatAt: Date
        var uptime: Duration
        var report: ProgressReport?
        /// Whether the work has been silent for so long that it counts as dead.
        var isStale = false
    }

    private let signs = Mutex<[LeaseKey: Signs]>([:])
    private let count = Atomic<Int>(0)

    /// Whether nothing was said, as it is mostly.
    var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    subscript(lease: LeaseKey) -> Signs? {
        isEmpty ? nil : signs.withLock { $0[lease] }
    }

    func change(_ lease: LeaseKey, at now: Date, uptime: Duration, _ change: (inout Signs) -> Void) {
        signs.withLock { signs in
            change(&signs[lease, default: Signs(heartbeatAt: now, uptime: uptime)])
            count.store(signs.count, ordering: .relaxed)
        }
    }

    /// Forgets what is over.
    func forget(_ lease: LeaseKey) {
        guard !isEmpty else { return }
        signs.withLock { signs in
            signs[lease] = nil
            count.store(signs.count, ordering: .relaxed)
        }
    }

    /// The renewal of a lease, with what the work said; `nil` if the work is dead.
    func renewal(of lease: LeaseKey, until end: Date) -> LeaseRenewal? {
        let signs = self[lease]
        guard signs?.isStale != true else { return nil }
        return LeaseRenewal(
            executionID: lease.executionID, token: lease.token, expiresAt: end, heartbeatAt: signs?.heartbeatAt,
            report: signs?.report)
    }
}

/// One attempt's signs of life.
struct Pulse: Sendable {
    let signs: VitalSigns
    let lease: LeaseKey
    let clock: any WallClock

    /// Notes a sign of life.
    func beat(_ report: ProgressReport?) {
        let (now, uptime) = (clock.now, clock.uptime)
        signs.change(lease, at: now, uptime: uptime) { signs in
            (signs.heartbeatAt, signs.uptime) = (now, uptime)
            signs.report = report ?? signs.report
        }
    }

    /// When the last sign was given, by the clock's uptime; `nil` if none was.
    var lastBeat: Duration? { signs[lease]?.uptime }

    /// Declares the work dead: its lease is not renewed any more.
    func stop() {
        signs.change(lease, at: clock.now, uptime: clock.uptime) { $0.isStale = true }
    }
}

/// A lease that a driver holds.
struct LeaseKey: Hashable {
    let executionID: ExecutionID
    let token: Int
}

extension Execution {
    /// The latest lease under which the execution was claimed, if it ever was.
    var leaseKey: LeaseKey? { progress.lease.map { LeaseKey(executionID: id, token: $0.token) } }
}

extension Claim {
    /// The fencing token of the lease under which the claim was made.
    var token: Int { execution.progress.lease?.token ?? 0 }

    /// The lease under which the claim was made.
    var leaseKey: LeaseKey { LeaseKey(executionID: execution.id, token: token) }

    /// The sleeper tag of the attempt.
    var tag: SleeperTag { .run(execution.id, token: token) }
}

extension Execution {
    /// The number of the attempt that is made next, or right now: 1 for the first.
    var nextAttemptNumber: Int { attempts.count + 1 }
}
