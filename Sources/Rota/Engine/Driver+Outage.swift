import Foundation
import RotaCore
import RotaRetry
import RotaStore

/// The time during which the store is out of reach.
///
/// ```
///   pass ── unavailable ──▶ wait 50 ms ──▶ pass ── unavailable ──▶ wait 100 ms … 5 s ──▶ pass ──▶ back
///                              │ attempts continue, their results are kept
/// ```
struct Outage {
    /// When the first call failed, or `nil` if the last one succeeded.
    private(set) var beganAt: Date?
    private var failures = 0
    /// Whether a claim's answer may have been lost, so that the store may have leases of this scheduler that it does
    /// not know.
    var mayHoldUnknown = false

    /// The delays between attempts to reach the store.
    private static let backoff = Backoff.exponential(initial: .milliseconds(50), maximum: .seconds(5))

    /// Counts a failure.
    ///
    /// - Returns: How long to wait before the next attempt.
    mutating func fail(
        _ error: StoreError, at now: Date, using random: inout any RandomNumberGenerator & Sendable
    ) -> Duration {
        beganAt = beganAt ?? now
        if error.code == .outcomeUnknown { mayHoldUnknown = true }
        failures = min(failures + 1, 1000)
        return Self.backoff.delay(afterAttempt: failures, jitter: .equal, using: &random)
    }

    /// Ends the outage.
    ///
    /// - Returns: When it began.
    mutating func end() -> Date? {
        defer { (beganAt, failures) = (nil, 0) }
        return beganAt
    }
}

extension Driver {
    /// Waits before the store is tried again, and keeps the results of the attempts that end meanwhile.
    ///
    /// Claimed work that has not begun is taken back when its lease would end: others may have it then.
    mutating func waitOut(_ error: StoreError, until cancellation: Flag) async {
        let now = context.clock.now
        if outage.beganAt == nil {
            context.events.lostStore(because: error, at: now)
        }
        let delay = planning.delay(after: error, in: &outage, at: now)
        // Measured by the uptime: the clock may be put right meanwhile.
        let start = context.clock.uptime
        // Everything is asked for again, and leases come first.
        polling.hasNews = true
        mayClaim = true
        if !inFlight.isEmpty { renewAt = now }
        while !context.stop.isSet, !cancellation.isSet, case let rest = delay - (context.clock.uptime - start),
            rest > .zero
        {
            let now = context.clock.now
            unrecorded += plan(takeResults(), at: now)
            if let leasesEndAt, now >= leasesEndAt { unrecorded += takeBackQueued(at: now) }
            let end = now.advanced(by: max(rest, .milliseconds(1)))
            await sleep(until: earliest([end, leasesEndAt.flatMap { $0 > now ? $0 : nil }], after: now))
        }
        polling.hasNews = true
    }

    /// Notifies observers that the store is back.
    mutating func endOutage() {
        guard let beganAt = outage.end() else { return }
        let now = context.clock.now
        context.events.regainedStore(after: now.elapsed(since: beganAt), at: now)
    }

    /// Releases executions that this scheduler holds without knowing, because the answer to a claim was lost.
    mutating func releaseUnknown() async throws {
        let known = Set(inFlight.held).union(unrecorded.map(\.work.claim.leaseKey))
        // Before it was started again, this scheduler may have left handlers behind, whose leases must run out.
        let unknown = try await context.store.leases(of: context.owner).filter { claim in
            !known.contains(claim.leaseKey) && claim.execution.progress.attemptStartedAt ?? .distantPast >= startedAt
        }
        let now = context.clock.now
        try await finish(unknown.map { CompletionPlanner.released(ClaimedWork($0, slot: nil), at: now) }, at: now)
        outage.mayHoldUnknown = false
    }
}
