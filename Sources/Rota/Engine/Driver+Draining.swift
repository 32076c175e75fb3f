import Foundation
import RotaCore
import RotaStore

// How `run()` ends: attempts that have not begun are released, and the others get a grace period.

extension Driver {
    /// Takes back what no worker has taken, and releases it.
    mutating func releaseQueued() async throws {
        let unbegun = queue.drain()
        for work in unbegun { work.slot.map { inFlight.end($0) } }
        guard !unbegun.isEmpty else { return }
        let now = try context.clock.usableTime()
        try await finish(unbegun.map { CompletionPlanner.released($0, at: now) }, at: now)
    }

    /// Releases what has not begun, lets the rest continue for the grace period, then cancels and releases it.
    ///
    /// Attempts that do not end even then are abandoned.
    mutating func drain(until cancellation: Flag) async throws {
        try await releaseQueued()
        // Measured by the uptime: a clock that is set now must neither cut the period short nor prolong it.
        var start = context.clock.uptime
        var isCanceled = false
        while true {
            try await record(takeResults())
            guard !inFlight.isEmpty else { return }
            try await renewLeases()
            let uptime = context.clock.uptime
            if !isCanceled, cancellation.isSet || uptime - start >= context.configuration.shutdownGrace {
                context.workers.cancelAll()
                (isCanceled, start) = (true, uptime)
            }
            let grace = isCanceled ? context.configuration.cancellationGrace : context.configuration.shutdownGrace
            // A shorter sleep than a millisecond might not change the date at all, and return immediately, forever.
            let rest = grace - (uptime - start)
            guard !isCanceled || rest > .zero else {
                abandonRunning()
                continue
            }
            let now = context.clock.now
            await sleep(until: earliest([now.advanced(by: max(rest, .milliseconds(1))), renewAt], after: now))
        }
    }

    /// Cancels what is running after the store failed, and releases what had not begun if the store accepts it.
    ///
    /// Results that the store cannot record are not worth finishing. The leases run out, and others take over.
    mutating func giveUp() async {
        context.workers.cancelAll()
        let start = context.clock.uptime
        while true {
            try? await record(takeResults().filter(\.report.isUnbegun))
            guard !inFlight.isEmpty else { return }
            let rest = context.configuration.cancellationGrace - (context.clock.uptime - start)
            // A clock that cannot count seconds cannot wait either.
            guard rest > .zero, let now = try? context.clock.usableTime() else {
                abandonRunning()
                await Task.yield()
                continue
            }
            await sleep(until: earliest([now.advanced(by: max(rest, .milliseconds(1)))], after: now))
        }
    }

    /// Abandons the attempts that are being made.
    ///
    /// Their leases run out.
    private mutating func abandonRunning() {
        let now = context.clock.now
        let end = now.advanced(by: context.configuration.leaseDuration)
        for work in context.workers.abandonRunning() {
            work.slot.map { inFlight.end($0) }
            context.events.abandoned(work.claim, leaseEnd: end, at: now)
        }
    }
}
