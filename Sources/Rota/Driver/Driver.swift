import Foundation
import RotaStore

/// The one loop of a scheduler: it records what workers finished, fires what is due, hands out work, and sleeps once.
///
/// It decides nothing itself: planners do, from values; and it keeps nothing but the executions in flight, which the
/// store knows too.
struct Driver {
    private let context: DriverContext
    private let queue: WorkQueue<Claim>
    private let outbox: Outbox<AttemptResult>
    private var random: any RandomNumberGenerator & Sendable
    /// The token under which each execution in flight is held, the latest if it was lost and taken again.
    private var inFlight: [ExecutionID: Int] = [:]
    /// What the workers are busy with; each takes a slot until it ends, even if its lease was lost.
    private var busy: Set<SleeperTag> = []
    /// When the leases of what is in flight must be renewed.
    private var renewAt: Date?
    private var conflictStreak = 0

    /// How many times in a row the driver plans anew at once when others move its jobs under its hands.
    private static let conflictLimit = 10

    init(
        context: DriverContext, queue: WorkQueue<Claim>, outbox: Outbox<AttemptResult>,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.context = context
        self.queue = queue
        self.outbox = outbox
        self.random = random
    }

    /// Runs until the scheduler is asked to stop or its run is canceled, then brings what is in flight to an end.
    ///
    /// - Parameters:
    ///   - cancellation: Whether the run was canceled; the driver's own task is not, so that it can record what ends.
    ///   - cancelWorkers: Cancels the workers' tasks.
    mutating func run(until cancellation: StopRequest, cancelWorkers: () -> Void) async throws {
        while !context.stop.isMade, !cancellation.isMade {
            guard let wake = try await pass() else { continue }
            await sleep(until: wake)
        }
        try await drain(until: cancellation, cancelWorkers: cancelWorkers)
    }

    /// Does everything that can be done now.
    ///
    /// - Returns: `nil` if anything was done, so that there may be more; otherwise the instant of the next look.
    private mutating func pass() async throws -> Date? {
        var isBusy = try await recordResults()
        try await renewLeases()
        let now = context.clock.now
        guard now.addingTimeInterval(1) > now else {
            throw SchedulerError(
                .unusableClock,
                "The clock stands at \(now.timeIntervalSince1970) seconds since 1970, where no second can be told from "
                    + "the next; a scheduler cannot wait by it.", value: "\(now.timeIntervalSince1970)")
        }
        // Jobs whose fires are refused again and again stay at the head of the agenda; the others lie behind them.
        let limit = context.configuration.batchSize * (conflictStreak + 1)
        let agenda = try await context.store.agenda(at: now, limit: min(limit, 100_000))
        if try await reclaim(agenda.expiredLeases, at: now) { isBusy = true }
        if try await fire(agenda.dueJobs, at: now) { isBusy = true }
        if try await claim() { isBusy = true }
        if isBusy { return nil }
        return earliest([agenda.nextWake, renewAt, conflictStreak == 0 ? nil : now.addingTimeInterval(1)], after: now)
    }

    /// The earliest of some instants, and never later than the clock's longest sleep.
    private func earliest(_ instants: [Date?], after now: Date) -> Date {
        instants.compactMap(\.self).reduce(now.advanced(by: context.clock.longestSleep), min)
    }

    private mutating func sleep(until wake: Date) async {
        context.status.change(to: .asleep(until: wake, busy: busy))
        await withTaskGroup(of: Void.self) { [context] group in
            group.addTask {
                await SleeperTag.$current.withValue(.driver(context.owner)) {
                    try? await context.clock.sleep(until: wake)
                }
                context.signal.raise()
            }
            await context.signal.wait()
            group.cancelAll()
        }
        context.status.change(to: .awake)
        // The sleeper raised the flag too; whoever else raised it by now is heard by the pass that follows.
        context.signal.lower()
    }

    // MARK: The steps of a pass

    private mutating func recordResults() async throws -> Bool {
        let results = outbox.drain()
        guard !results.isEmpty else { return false }
        let now = context.clock.now
        for result in results {
            busy.remove(result.claim.tag)
            forget(result.claim)
        }
        if inFlight.isEmpty { renewAt = nil }
        try await finish(results.map { CompletionPlanner.plan($0, at: now, random: &random) }, at: now)
        return true
    }

    private mutating func reclaim(_ expired: [Claim], at now: Date) async throws -> Bool {
        // Work of our own that is still in flight is not dead, only late with its renewal.
        let dead = expired.filter { inFlight[$0.execution.id] != $0.execution.progress.lease?.token }
        guard !dead.isEmpty else { return false }
        try await finish(dead.map { CompletionPlanner.crashed($0, at: now, random: &random) }, at: now)
        return true
    }

    private func finish(_ completions: [Completion], at now: Date) async throws {
        let outcomes = try await context.store.finish(completions)
        for (completion, outcome) in zip(completions, outcomes) {
            context.events.send(outcome, of: completion, at: now)
        }
    }

    private mutating func fire(_ due: [Job], at now: Date) async throws -> Bool {
        let planner = context.planner
        let fires = due.compactMap { job in
            planner.plan(job, at: now) { ExecutionID(bits: context.ids.makeID(at: now)) }
        }
        guard !fires.isEmpty else {
            conflictStreak = 0
            return false
        }
        var hasFired = false
        for (fire, outcome) in zip(fires, try await context.store.fire(fires)) {
            guard case .fired(let executions, let skips, _) = outcome else { continue }
            hasFired = true
            context.events.send(fired: executions, skips: skips, of: fire.jobID, at: now)
        }
        conflictStreak = hasFired ? 0 : conflictStreak + 1
        return hasFired || conflictStreak < Self.conflictLimit
    }

    private mutating func claim() async throws -> Bool {
        let free = context.configuration.maximumConcurrency - busy.count
        guard free > 0 else { return false }
        let now = context.clock.now
        let claims = try await context.store.claim(
            ClaimRequest(
                owner: context.owner, limit: min(free, context.configuration.batchSize), now: now,
                leaseExpiresAt: now.advanced(by: context.configuration.leaseDuration)))
        guard !claims.isEmpty else { return false }
        renewAt = renewAt ?? now.advanced(by: context.configuration.leaseDuration / 3)
        for claim in claims {
            inFlight[claim.execution.id] = claim.execution.progress.lease?.token ?? 0
            busy.insert(claim.tag)
            queue.push(claim)
        }
        return true
    }

    /// Lets go of a lease, unless the execution was taken again under a later one.
    private mutating func forget(_ claim: Claim) {
        guard inFlight[claim.execution.id] == claim.execution.progress.lease?.token else { return }
        inFlight[claim.execution.id] = nil
    }

    private mutating func renewLeases() async throws {
        let now = context.clock.now
        guard let due = renewAt, now >= due else { return }
        renewAt = now.advanced(by: context.configuration.leaseDuration / 3)
        let end = now.advanced(by: context.configuration.leaseDuration)
        // Those that cannot be renewed were taken over; their results will be refused.
        _ = try await context.store.renew(
            inFlight.map { LeaseRenewal(executionID: $0.key, token: $0.value, expiresAt: end) })
    }

    // MARK: The end

    /// Gives back what no worker has begun, lets the rest go on for the grace period, then cancels it and gives it back.
    private mutating func drain(until cancellation: StopRequest, cancelWorkers: () -> Void) async throws {
        let now = context.clock.now
        let unstarted = queue.drain()
        for claim in unstarted {
            busy.remove(claim.tag)
            forget(claim)
        }
        if !unstarted.isEmpty { try await finish(unstarted.map { CompletionPlanner.released($0, at: now) }, at: now) }

        var deadline: Date? = now.advanced(by: context.configuration.shutdownGrace)
        while true {
            _ = try await recordResults()
            guard !busy.isEmpty else { return }
            try await renewLeases()
            let now = context.clock.now
            if let end = deadline, now >= end || cancellation.isMade {
                cancelWorkers()
                deadline = nil
            }
            await sleep(until: earliest([deadline, renewAt], after: now))
        }
    }
}

extension Claim {
    /// How a clock knows the work on the claim.
    var tag: SleeperTag { .run(execution.id, token: execution.progress.lease?.token ?? 0) }
}
