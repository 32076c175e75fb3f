import Foundation
import RotaCore
import RotaStore
import Synchronization

/// The latest heartbeats and progress of the running attempts.
final class Heartbeats: Sendable {
    struct Latest: Sendable {
        var heartbeatAt: Date
        var uptime: Duration
        var report: ProgressReport?
        /// Whether the heartbeats stopped for so long that the attempt counts as dead.
        var isStale = false
    }

    private let latest = Mutex<[LeaseKey: Latest]>([:])
    private let count = Atomic<Int>(0)

    /// Whether there are no heartbeats (the common case).
    var isEmpty: Bool { count.load(ordering: .relaxed) == 0 }

    subscript(lease: LeaseKey) -> Latest? {
        isEmpty ? nil : latest.withLock { $0[lease] }
    }

    func change(_ lease: LeaseKey, at now: Date, uptime: Duration, _ change: (inout Latest) -> Void) {
        latest.withLock { latest in
            change(&latest[lease, default: Latest(heartbeatAt: now, uptime: uptime)])
            count.store(latest.count, ordering: .relaxed)
        }
    }

    /// Forgets an attempt that has ended.
    func forget(_ lease: LeaseKey) {
        guard !isEmpty else { return }
        latest.withLock { latest in
            latest[lease] = nil
            count.store(latest.count, ordering: .relaxed)
        }
    }

    /// The renewal of a lease, with the latest heartbeat; `nil` if the attempt is dead.
    func renewal(of lease: LeaseKey, by owner: String, at now: Date, until end: Date) -> LeaseRenewal? {
        let latest = self[lease]
        guard latest?.isStale != true else { return nil }
        return LeaseRenewal(
            executionID: lease.executionID, token: lease.token, expiresAt: end, requestedAt: now,
            heartbeatAt: latest?.heartbeatAt, report: latest?.report, owner: owner)
    }
}

/// Records the heartbeats of one attempt.
///
/// A class, so that it is never copied.
final class HeartbeatRecorder: Sendable {
    let heartbeats: Heartbeats
    let lease: LeaseKey
    /// The scheduler that holds the lease.
    private let owner: String
    let clock: any WallClock
    private let store: any JobStore
    /// How long a renewed lease lasts.
    private let leaseDuration: Duration

    init(
        heartbeats: Heartbeats, claim: Claim, clock: any WallClock, store: any JobStore, leaseDuration: Duration
    ) {
        (self.heartbeats, self.clock) = (heartbeats, clock)
        (lease, owner) = (claim.leaseKey, claim.lease.owner)
        (self.store, self.leaseDuration) = (store, leaseDuration)
    }

    /// Stores a checkpoint, with a renewal of the lease.
    func save(_ checkpoint: JSONPayload) async throws {
        let now = clock.now
        let end = now.advanced(by: leaseDuration)
        guard var renewal = heartbeats.renewal(of: lease, by: owner, at: now, until: end) else { throw lost }
        renewal.checkpoint = checkpoint
        switch try await store.renew([renewal]).first {
        case .renewed, .cancelRequested: break
        case .lost, nil: throw lost
        }
    }

    private var lost: SchedulerError {
        SchedulerError(
            .illegalState,
            "The attempt has lost its lease, so its checkpoint was not saved: the execution has ended, or another attempt "
                + "may be running. End the handler.")
    }

    /// Records a heartbeat.
    func beat(_ report: ProgressReport?) {
        let (now, uptime) = (clock.now, clock.uptime)
        heartbeats.change(lease, at: now, uptime: uptime) { latest in
            (latest.heartbeatAt, latest.uptime) = (now, uptime)
            latest.report = report ?? latest.report
        }
    }

    /// The date of the last heartbeat by the clock's uptime; `nil` if there was none.
    var lastBeat: Duration? { heartbeats[lease]?.uptime }

    /// Declares the attempt dead: its lease is not renewed again.
    func stop() {
        heartbeats.change(lease, at: clock.now, uptime: clock.uptime) { $0.isStale = true }
    }
}
