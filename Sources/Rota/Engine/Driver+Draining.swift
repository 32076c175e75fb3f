import Foundation
import RotaCore
import RotaStore

// How `run()` ends: attempts that have not begun are released, and the others get a grace period.

extension Driver {
    /// Takes back what no worker has taken, and releases it.
    mutating func releaseQueued() async throws {
        let unbegun = takeBackQueued(at: context.clock.now)
        let now = try context.clock.usableTime()
        unrecorded += unbegun
        try await recordRest(at: now)
    }

    /// Takes back what no worker has taken, to be released.
    mutating func takeBackQueued(at now: Date) -> [PlannedCompletion] {
        let unbegun = queue.drain()
        for work in unbegun { work.slot.map { inFlight.end($0) } }
        return unbegun.map { CompletionPlanner.released($0, at: now) }
    }

    /// Releases what has not begun, lets the rest continue for the grace period, then cancels and releases it.
    ///
    /// Attempts that do not end even then are abandoned.
    mutating func drain(until cancellation: Flag) async throws {
        unrecorded += takeBackQueued(at: context.clock.now)
        // Measured by the uptime: a clock that is set now must neither cut the period short nor prolong it.
        var start = context.clock.uptime
        var isCanceled = false
        var retryAt: Date?
        while true {
            unrecorded += plan(takeResults(), at: context.clock.now)
            var isOut = false
            do {
                let isAsking = !unrecorded.open.isEmpty || outage.mayHoldUnknown
                try await recordRest(at: context.clock.now)
                if outage.mayHoldUnknown { try await releaseUnknown() }
                guard !inFlight.isEmpty else {
                    if isAsking { endOutage() }
                    return
                }
                try await renewLeases()
                if isAsking { endOutage() }
            } catch let error as StoreError where error.isTemporary {
                // Results that cannot be recorded until the end of the grace period are lost: others do the work again.
                let hasEnded = isCanceled && context.clock.uptime - start >= context.configuration.cancellationGrace
                if inFlight.isEmpty, hasEnded { throw error }
                isOut = true
                let now = context.clock.now
                if !inFlight.isEmpty { renewAt = now }
                if outage.beganAt == nil {
                    context.events.lostStore(because: error, at: now)
                }
                retryAt = now.advanced(by: planning.delay(after: error, in: &outage, at: now))
            }
            let uptime = context.clock.uptime
            if !isCanceled, cancellation.isSet || uptime - start >= context.configuration.shutdownGrace {
                context.workers.cancelAll()
                (isCanceled, start) = (true, uptime)
            }
            let grace = isCanceled ? context.configuration.cancellationGrace : context.configuration.shutdownGrace
            // A shorter sleep than a millisecond might not change the date at all, and return immediately, forever.
            let rest = grace - (uptime - start)
            guard !isCanceled || rest > .zero || inFlight.isEmpty else {
                abandonRunning()
                continue
            }
            let now = context.clock.now
            let end = now.advanced(by: max(rest, .milliseconds(1)))
            await sleep(until: earliest([isOut ? retryAt : renewAt, end], after: now))
        }
    }

    /// Cancels what is running after the store failed, and releases what had not begun if the store accepts it.
    ///
    /// Results that the store cannot record are not worth finishing. The leases run out, and others take over.
    mutating func giveUp() async {
        context.workers.cancelAll()
        let start = context.clock.uptime
        while true {
            unrecorded += plan(takeResults().filter(\.report.isUnbegun), at: context.clock.now)
            if let now = try? context.clock.usableTime() { try? await recordRest(at: now) }
            unrecorded = []
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
