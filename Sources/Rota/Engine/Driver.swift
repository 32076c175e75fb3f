import Foundation
import RotaCore
import RotaStore

/// The one loop of a scheduler: it records what workers finished, fires what is due, hands out work, and sleeps once.
///
/// It decides nothing itself: planners do, from values; and it keeps nothing but the executions in flight, which the
/// store knows too.
struct Driver {
    private let context: SchedulerContext
    private let queue: WorkQueue<Work>
    private let outbox: Outbox<AttemptResult>
    private let alarm: Alarm
    private var random: any RandomNumberGenerator & Sendable
    private var inFlight = InFlight()
    /// When the leases of what is in flight must be renewed.
    private var renewAt: Date?
    private var conflictStreak = 0
    private var deference = Deference()
    private var catchUp: CatchUp

    /// Whether somebody said that there is something new.
    private var hasNews = true
    /// When the store was last asked what there is to do, and when it must be asked again at the latest.
    private var lookedAt = Date.distantPast
    private var lookAt = Date.distantPast
    /// Whether there may be executions that are due and not yet claimed.
    private var mayClaim = true

    /// How many times in a row the driver plans anew at once when others move its jobs under its hands.
    private static let conflictLimit = 10
    /// How long a driver that is busy with results goes on without asking what others have left in the store.
    private static let longestTrust = 0.002

    init(
        context: SchedulerContext, queue: WorkQueue<Work>, outbox: Outbox<AttemptResult>,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.context = context
        self.queue = queue
        self.outbox = outbox
        self.random = random
        catchUp = CatchUp(rate: context.configuration.catchUpRate)
        alarm = Alarm(clock: context.clock, signal: context.signal, owner: context.owner)
    }

    /// Runs until the scheduler is asked to stop or its run is canceled, then brings what is in flight to an end.
    ///
    /// - Parameters:
    ///   - cancellation: Whether the run was canceled; the driver's own task is not, so that it can record what ends.
    ///   - cancelWorkers: Cancels the workers' tasks.
    mutating func run(until cancellation: StopRequest, cancelWorkers: () -> Void) async throws {
        defer { alarm.cancel() }
        do {
            try await loop(until: cancellation, cancelWorkers: cancelWorkers)
        } catch {
            // What is claimed may be lost: nothing of it is begun any more. If the store takes it after all it is given
            // back, else its leases run out, and others take over.
            try? await releaseUnbegun()
            context.events.observers.tell { $0.didFail(error, at: context.clock.now) }
            throw error
        }
    }

    private mutating func loop(until cancellation: StopRequest, cancelWorkers: () -> Void) async throws {
        var hasYielded = false
        while !context.stop.isMade, !cancellation.isMade {
            if try await pass() {
                hasYielded = false
            } else if !inFlight.isEmpty, !hasYielded {
                // Work that takes no time is over when its worker has had a turn: cheaper than to sleep and be woken.
                hasYielded = true
                await Task.yield()
            } else if let wake = try await lastLook() {
                hasYielded = false
                await sleep(until: wake)
            }
        }
        try await drain(until: cancellation, cancelWorkers: cancelWorkers)
    }

    /// Does what can be done now, as far as it is known.
    ///
    /// The store is asked what there is to do only if somebody has news, or something is due, or it was not asked for
    /// a while: mostly there is nothing but results to record and work to hand out in their place.
    ///
    /// - Returns: Whether anything was done, so that there may be more.
    private mutating func pass() async throws -> Bool {
        // What has no time is not written down either.
        _ = try usableTime()
        let results = takeResults()
        var isBusy = !results.isEmpty
        // The slots that are free again get new work first, so that it is done while the results are written down.
        if isBusy { _ = try await claim() }
        try await record(results)
        try await renewLeases()
        let now = try usableTime()
        // What is queued goes first while there are results: then an execution is claimed and recorded soon after it
        // was made, while all its parts are at hand.
        let isDue = now >= lookAt && !(isBusy && mayClaim)
        let mustLook = hasNews || isDue || now < lookedAt || now >= lookedAt.addingTimeInterval(Self.longestTrust)
        if mustLook, try await look(at: now) == nil { isBusy = true }
        if try await claim() { isBusy = true }
        return isBusy
    }

    /// Asks the store what there is to do, now that nothing else is left, and does it.
    ///
    /// - Returns: `nil` if anything was done; otherwise the instant of the next look.
    private mutating func lastLook() async throws -> Date? {
        let now = try usableTime()
        guard let wake = try await look(at: now) else { return nil }
        return try await claim() ? nil : wake
    }

    /// Reads the clock, and refuses one by which nobody can wait.
    private func usableTime() throws -> Date {
        let now = context.clock.now
        guard now.addingTimeInterval(1) > now else {
            throw SchedulerError(
                .unusableClock,
                "The clock stands at \(now.timeIntervalSince1970) seconds since 1970, where no second can be told from "
                    + "the next; a scheduler cannot wait by it.", value: "\(now.timeIntervalSince1970)")
        }
        return now
    }

    /// Fires what is due, and ends what is dead.
    ///
    /// - Returns: `nil` if anything was done; otherwise the instant at which there will be something to do.
    private mutating func look(at now: Date) async throws -> Date? {
        hasNews = false
        mayClaim = true
        // Jobs whose fires are refused again and again stay at the head of the due work; the others lie behind them.
        let limit = context.configuration.batchSize * (conflictStreak + 1)
        let dueWork = try await context.store.dueWork(at: now, limit: min(limit, 100_000))
        lookedAt = now
        lookAt = dueWork.isTruncated ? now : dueWork.nextWakeup ?? .distantFuture
        let hasReclaimed = try await reclaim(dueWork.expiredLeases, at: now)
        let hasFired = try await fire(dueWork.dueJobs, at: now)
        let hasPruned = dueWork.isPruningDue ? try await prune(at: now) : false
        guard !hasReclaimed, !hasFired, !hasPruned else { return nil }
        return earliest(
            [
                dueWork.nextWakeup, renewAt, deference.end(at: now),
                conflictStreak == 0 ? nil : now.addingTimeInterval(1),
            ],
            after: now)
    }

    /// The earliest of some instants, and never later than the clock's longest sleep.
    private func earliest(_ instants: [Date?], after now: Date) -> Date {
        instants.compactMap(\.self).reduce(now.advanced(by: context.clock.longestSleep), min)
    }

    private mutating func sleep(until wake: Date) async {
        alarm.set(for: wake, at: context.clock.now)
        context.events.observers.tell { $0.didSleep(until: wake, at: context.clock.now) }
        context.status.change(to: .asleep(until: wake, busy: inFlight.tags))
        await context.signal.wait()
        context.status.change(to: .awake)
        context.events.observers.tell { $0.didWake(at: context.clock.now) }
    }

    // MARK: The steps of a pass

    /// Takes what the workers have finished, which frees their slots.
    private mutating func takeResults() -> [AttemptResult] {
        // Whoever raises the flag from here on is heard by the next pass.
        if context.signal.lower() { hasNews = true }
        let results = outbox.drain()
        for index in results.indices { results[index].work.slot.map { inFlight.end($0) } }
        if inFlight.isEmpty {
            renewAt = nil
            context.workers.keepWithdrawn { [] }
        }
        return results
    }

    private mutating func record(_ results: [AttemptResult]) async throws {
        guard !results.isEmpty else { return }
        let now = context.clock.now
        let completions = results.map { result in
            if case .unhandled(let name) = result.report.ending {
                context.events.handlerMissing(name, jobs: [result.work.claim.job.id], at: now)
                let turn = deference.turn(after: now, longestSleep: context.clock.longestSleep)
                return CompletionPlanner.released(result.work, at: now, until: turn)
            }
            if result.work.claim.job.schedule.completionDelay != nil { lookAt = now }
            return CompletionPlanner.plan(result, at: now, random: &random)
        }
        try await finish(completions, of: results.map(\.work), at: now)
    }

    private mutating func reclaim(_ expired: [Claim], at now: Date) async throws -> Bool {
        // Work of our own that is still in flight is not dead, only late with its renewal, unless it fell silent.
        let held = expired.isEmpty ? [] : Set(inFlight.held.filter { context.vitals[$0]?.isStale != true })
        let dead = expired.filter { !held.contains($0.leaseKey) }.map { Work($0, slot: nil) }
        guard !dead.isEmpty else { return false }
        try await finish(dead.map { CompletionPlanner.crashed($0, at: now, random: &random) }, of: dead, at: now)
        return true
    }

    private func prune(at now: Date) async throws -> Bool {
        let report = try await context.store.prune(at: now, limit: context.configuration.batchSize)
        guard report != PruneReport() else { return false }
        context.events.observers.tell { $0.didPrune(report, at: now) }
        try await context.tellEnds(of: report.expired, at: now)
        return true
    }

    private mutating func finish(_ completions: [Completion], of works: [Work], at now: Date) async throws {
        let outcomes = try await context.store.finish(completions).answers(to: "finish", of: completions.count)
        for index in completions.indices {
            switch completions[index].next {
            case .retry(let instant, _), .released(let instant), .parked(let instant?):
                lookAt = min(lookAt, instant)
            case .succeeded, .failed, .canceled, .parked: break
            }
        }
        context.events.send(outcomes, of: completions, at: now)
        if context.ends.isWatched {
            for case .recorded(let execution) in outcomes { context.ends.ended(execution) }
        }
        let ends = works.indices.compactMap { works[$0].hasFollowers ? ExecutionEnd(outcomes[$0], of: works[$0]) : nil }
        guard !ends.isEmpty else { return }
        lookAt = now
        try await context.tellConsequences(of: ends, at: now)
    }

    private mutating func fire(_ due: [Job], at now: Date) async throws -> Bool {
        let (planner, ids) = (context.planner, context.ids)
        let fires = due.compactMap { job in
            planner.plan(job, at: now, catchUp: &catchUp) { ExecutionID(bits: ids.makeID(at: now)) }?
                .admitted(for: job, at: now)
        }
        guard !fires.isEmpty else {
            conflictStreak = 0
            return false
        }
        var hasFired = false
        let outcomes = try await context.store.fire(fires).answers(to: "fire", of: fires.count)
        for (index, outcome) in zip(fires.indices, outcomes) {
            guard case .fired(let executions, let skips, let replaced) = outcome else {
                lookAt = now
                continue
            }
            hasFired = true
            if let wake = fires[index].scheduleState.nextWakeup { lookAt = min(lookAt, wake) }
            context.events.send(fired: executions, skips: skips, of: fires[index].jobID, at: now)
            guard !replaced.isEmpty else { continue }
            for execution in replaced { context.withdraw(execution) }
            try await context.tellEnds(of: replaced.filter { $0.progress.status.isTerminal }, at: now)
        }
        conflictStreak = hasFired ? 0 : conflictStreak + 1
        return hasFired || conflictStreak < Self.conflictLimit
    }

    private mutating func claim() async throws -> Bool {
        let free = context.configuration.maximumConcurrency - inFlight.count
        guard free > 0, mayClaim else { return false }
        let limit = min(free, context.configuration.batchSize)
        let now = context.clock.now
        guard deference.end(at: now) == nil else { return false }
        let claims = try await context.store.claim(
            ClaimRequest(
                owner: context.owner, limit: limit, now: now,
                leaseExpiresAt: now.advanced(by: context.configuration.leaseDuration)))
        mayClaim = claims.count >= limit
        guard !claims.isEmpty else { return false }
        renewAt = renewAt ?? now.advanced(by: context.configuration.leaseDuration / 3)
        queue.push(claims.map { Work($0, slot: inFlight.begin($0)) })
        return true
    }

    private mutating func renewLeases() async throws {
        guard let due = renewAt, case let now = context.clock.now, now >= due else { return }
        renewAt = now.advanced(by: context.configuration.leaseDuration / 3)
        let end = now.advanced(by: context.configuration.leaseDuration)
        context.workers.keepWithdrawn { Set(inFlight.held) }
        let renewals = inFlight.held.compactMap { context.vitals.renewal(of: $0, until: end) }
        let outcomes = try await context.store.renew(renewals).answers(to: "renew", of: renewals.count)
        for (renewal, outcome) in zip(renewals, outcomes) {
            let lease = LeaseKey(executionID: renewal.executionID, token: renewal.token)
            switch outcome {
            case .renewed: break
            case .lost:
                // Whatever came of the work would be refused, and another may be at it.
                context.workers.withdraw(lease, because: .lost)
                context.events.observers.tell { $0.didLoseLease(of: renewal.executionID, at: now) }
            case .cancelRequested: context.workers.withdraw(lease, because: .requested)
            }
        }
    }

    // MARK: The end

    /// Gives back what workers had taken and, canceled because the run failed, did not begin.
    ///
    /// If the store does not take it, its leases run out.
    mutating func giveBackUnbegun() async {
        try? await record(takeResults().filter(\.report.isUnbegun))
    }

    /// Takes back what no worker has begun, and gives it back to the store.
    private mutating func releaseUnbegun() async throws {
        let unbegun = queue.drain()
        for work in unbegun { work.slot.map { inFlight.end($0) } }
        guard !unbegun.isEmpty else { return }
        let now = try usableTime()
        try await finish(unbegun.map { CompletionPlanner.released($0, at: now) }, of: unbegun, at: now)
    }

    /// Gives back what no worker has begun, lets the rest go on for the grace period, then cancels it and gives it back.
    private mutating func drain(until cancellation: StopRequest, cancelWorkers: () -> Void) async throws {
        try await releaseUnbegun()
        let now = context.clock.now
        var deadline: Date? = now.advanced(by: context.configuration.shutdownGrace)
        while true {
            try await record(takeResults())
            guard !inFlight.isEmpty else { return }
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
