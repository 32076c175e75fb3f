import Foundation
import RotaCore
import RotaStore

/// The loop of a scheduler: records results, fires due jobs, claims executions for the workers, and sleeps.
///
/// Decisions are made by pure planners; this type only carries them out. It keeps no state that the store does not
/// have, except which executions are in flight.
struct Driver {
    let context: SchedulerContext
    /// The store, if it records, fires and claims in one commit.
    private let combiningStore: (any CombiningStore)?
    let queue: WorkQueue<Work>
    private let outbox: Outbox<AttemptResult>
    private let alarm: Alarm
    private var random: any RandomNumberGenerator & Sendable
    var inFlight = InFlight()
    /// When the leases of the executions in flight must be renewed.
    var renewAt: Date?
    private var polling = Polling()
    /// Whether the store may have due executions that are not yet claimed.
    var mayClaim = true
    /// The number of consecutive polls in which other schedulers had already advanced every due job.
    private var conflictStreak = 0
    private var deference = Deference()
    private var postponements = Postponements()
    private var catchUp: CatchUp
    private var elapsedTimes = ElapsedTimes()
    private var lookahead: Lookahead
    /// The results that the next commit of the combining store records, each with the decision about it.
    private var unrecorded: [PlannedCompletion] = []

    /// The length of a streak of conflicts after which the driver sleeps for a second before it plans anew.
    private static let conflictLimit = 10

    init(
        context: SchedulerContext, queue: WorkQueue<Work>, outbox: Outbox<AttemptResult>, thread: (any TaskExecutor)?,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.context = context
        combiningStore = context.store as? any CombiningStore
        // No more than there are workers: what is claimed and has not begun counts as crashed if the process dies.
        lookahead = Lookahead(limit: combiningStore == nil ? 0 : context.configuration.maximumConcurrency)
        self.queue = queue
        self.outbox = outbox
        self.random = random
        catchUp = CatchUp(rate: context.configuration.catchUpRate)
        alarm = Alarm(clock: context.clock, signal: context.signal, owner: context.owner, thread: thread)
    }

    /// Runs until the scheduler is asked to stop or `run()` is canceled, then drains what is in flight.
    ///
    /// When it returns or throws, no result is awaited: attempts that do not end are abandoned.
    ///
    /// - Parameter cancellation: Whether `run()` was canceled. The driver's own task never is, so that it can record
    ///   results.
    mutating func run(until cancellation: Flag) async throws {
        defer { alarm.cancel() }
        do {
            try await loop(until: cancellation)
        } catch {
            // The store may have lost the claims, so none begins. They are released, or their leases run out.
            mayClaim = false
            if let now = try? context.clock.usableTime() { try? await recordRest(at: now) }
            try? await releaseQueued()
            context.events.observers.tell { $0.didFail(error, at: context.clock.now) }
            await giveUp()
            throw error
        }
    }

    /// Repeats passes until it is time to stop.
    ///
    /// Between them there are three ways to wait, the cheapest first: not at all, one yield, and sleep.
    private mutating func loop(until cancellation: Flag) async throws {
        var hasYielded = false
        while !context.stop.isSet, !cancellation.isSet {
            if try await pass() {
                hasYielded = false
            } else if !inFlight.isEmpty, !hasYielded {
                // Short work is done once its worker had a turn. Yielding is cheaper than to sleep and be woken.
                hasYielded = true
                await Task.yield()
            } else if let wake = try await doDueWorkBeforeSleeping() {
                hasYielded = false
                await sleep(until: wake)
            }
        }
        try await drain(until: cancellation)
    }

    /// Does what can be done now.
    ///
    /// ```
    ///   take results ─▶ claim ─▶ record ─▶ renew leases ─▶ due work ─▶ claim
    ///        │            │         │                        │           │
    ///   frees slots   refills them,  while workers       fire, reclaim,  for what
    ///                 before the     already do the      prune: only if  was fired
    ///                 commit         new work            needed
    /// ```
    ///
    /// A busy scheduler spends its passes on recording results and refilling slots. It polls the store only after a
    /// signal, when something is due, or after ``Polling/longestGap``. If the store can, it records, fires and claims in
    /// one commit.
    ///
    /// - Returns: Whether anything was done, so that there may be more to do.
    private mutating func pass() async throws -> Bool {
        // Refuse to record results while the clock is unusable.
        _ = try context.clock.usableTime()
        let results = takeResults()
        var isBusy = !results.isEmpty
        let isCombining = combiningStore != nil
        if isBusy, isCombining {
            lookahead.adapt(to: results, unbegun: queue.count)
            unrecorded = plan(results, at: context.clock.now)
        } else if isBusy {
            _ = try await claim()
            try await record(results)
        }
        // Claimed work waits only a moment: once attempts are long, others may begin it sooner.
        if lookahead.isOver(at: context.clock.now) { try await releaseQueued() }
        try await renewLeases()
        let now = try context.clock.usableTime()
        // While there are results, queued executions go before due jobs: an execution that is claimed and recorded soon
        // after it was created is still in the caches. In one commit, neither waits for the other.
        let prefersQueuedWork = isBusy && mayClaim && !isCombining
        // A result may change its job's breaker, and then a fire that was planned before would conflict.
        if unrecorded.contains(where: { $0.work.claim.job.breaker != nil }) { try await recordRest(at: now) }
        if polling.isNeeded(at: now, prefersQueuedWork: prefersQueuedWork), try await doDueWork(at: now) == nil {
            isBusy = true
        }
        try await recordRest(at: now)
        if try await claim() { isBusy = true }
        return isBusy
    }

    /// Polls the store once more before sleeping.
    ///
    /// - Returns: The date to sleep until, or `nil` if anything was done.
    private mutating func doDueWorkBeforeSleeping() async throws -> Date? {
        let now = try context.clock.usableTime()
        guard let wake = try await doDueWork(at: now) else { return nil }
        return try await claim() ? nil : wake
    }

    /// Asks the store for due work and does it: fires jobs, reclaims expired leases, prunes history.
    ///
    /// - Returns: The date of the next work, or `nil` if anything was done.
    private mutating func doDueWork(at now: Date) async throws -> Date? {
        mayClaim = true
        postponements.expire(at: now)
        // Jobs whose fires are refused again and again, or postponed, stay at the head of the due work. Look behind
        // them.
        let limit = context.configuration.batchSize * (conflictStreak + 1) + postponements.count
        var dueWork = try await context.store.dueWork(at: now, limit: min(limit, 100_000))
        if dueWork.isAhead {
            if try await rewind(to: now) { return nil }
            dueWork = try await context.store.dueWork(at: now, limit: min(limit, 100_000))
        }
        polling.recordPoll(at: now, next: dueWork.isTruncated ? now : dueWork.nextWakeup ?? .distantFuture)
        let hasReclaimed = try await reclaim(dueWork.expiredLeases, at: now)
        let hasFired = try await fire(dueWork.dueJobs, at: now)
        let hasPruned = dueWork.isPruningDue ? try await prune(at: now) : false
        guard !hasReclaimed, !hasFired, !hasPruned else { return nil }
        return earliest(
            [
                dueWork.nextWakeup, renewAt, lookahead.deadline, deference.end(at: now), postponements.next,
                conflictStreak == 0 ? nil : now.addingTimeInterval(1),
            ],
            after: now)
    }

    /// Returns the earliest of some dates, but no later than the clock's longest sleep allows.
    func earliest(_ dates: [Date?], after now: Date) -> Date {
        dates.compactMap(\.self).reduce(now.advanced(by: context.clock.longestSleep), min)
    }

    mutating func sleep(until wake: Date) async {
        alarm.set(for: wake, at: context.clock.now)
        context.events.observers.tell { $0.didSleep(until: wake, at: context.clock.now) }
        let surplus = inFlight.count - context.configuration.maximumConcurrency
        let waiting = surplus > 0 ? queue.suffix(surplus) : []
        context.status.change(to: .asleep(until: wake, busy: inFlight.tags(without: waiting)))
        await context.signal.wait()
        context.status.change(to: .awake)
        context.events.observers.tell { $0.didWake(at: context.clock.now) }
    }

    // MARK: The steps of a pass

    /// Takes the results of the workers, which frees their slots.
    mutating func takeResults() -> [AttemptResult] {
        // Lower the flag before draining: what is pushed after the drain raises it again, for the next pass.
        if context.signal.lower() { polling.hasNews = true }
        var results = outbox.drain()
        var hasLateEnds = false
        for index in results.indices {
            inFlight.end(results[index])
            if results[index].isLate { hasLateEnds = true }
        }
        if hasLateEnds { results.removeAll(where: \.isLate) }
        if inFlight.isEmpty {
            renewAt = nil
            context.workers.forgetWithdrawn { [] }
        }
        return results
    }

    mutating func record(_ results: [AttemptResult]) async throws {
        guard !results.isEmpty else { return }
        let now = context.clock.now
        try await finish(plan(results, at: now), at: now)
    }

    /// Decides what follows each result.
    private mutating func plan(_ results: [AttemptResult], at now: Date) -> [PlannedCompletion] {
        let uptime = context.clock.uptime
        return results.map { result in
            if case .unhandled(let name, let similar) = result.report.ending {
                context.events.handlerMissing(name, jobs: [result.work.claim.job], similar: similar, at: now)
                let turn = deference.turn(after: now, longestSleep: context.clock.longestSleep)
                return CompletionPlanner.released(result.work, at: now, until: turn)
            }
            if result.work.wasAbandoned { context.events.abandoned(result.work.claim, at: now) }
            if !result.work.claim.job.schedule.isSeries { polling.poll(by: now) }
            let elapsed = elapsedTimes.elapsed(result.work.claim.execution, uptime: uptime, at: now)
            return CompletionPlanner.plan(result, at: now, elapsed: elapsed, random: &random)
        }
    }

    /// Brings the store's records back after the clock was ahead.
    ///
    /// - Returns: Whether more records are left to be brought back.
    private mutating func rewind(to now: Date) async throws -> Bool {
        // A call looks at every job, so it must not take many.
        let report = try await context.store.rewind(to: now, limit: 10_000)
        try await context.advanceIDs()
        if report != RewindReport() { context.events.send(report, at: now) }
        return report.hasMore
    }

    private mutating func reclaim(_ expired: [Claim], at now: Date) async throws -> Bool {
        // Executions still in flight here are not dead, only late with their renewal, unless their heartbeats stopped.
        var held = expired.isEmpty ? [] : Set(inFlight.held.filter { context.heartbeats[$0]?.isStale != true })
        if !expired.isEmpty { held.formUnion(unrecorded.map(\.work.claim.leaseKey)) }
        let dead = expired.filter { !held.contains($0.leaseKey) }.map { Work($0, slot: nil) }
        guard !dead.isEmpty else { return false }
        let uptime = context.clock.uptime
        let planned = dead.map { work in
            let elapsed = elapsedTimes.elapsed(work.claim.execution, uptime: uptime, at: now)
            return CompletionPlanner.crashed(work, at: now, elapsed: elapsed, random: &random)
        }
        try await finish(planned, at: now)
        return true
    }

    private func prune(at now: Date) async throws -> Bool {
        let report = try await context.store.prune(at: now, limit: context.configuration.batchSize)
        guard report != PruneReport() else { return false }
        context.events.observers.tell { $0.didPrune(report, at: now) }
        try await context.announceEnds(of: report.expired, at: now)
        return true
    }

    mutating func finish(_ planned: [PlannedCompletion], at now: Date) async throws {
        let outcomes = try await context.store.finish(planned.map(\.completion))
        try await follow(outcomes, of: planned, at: now)
    }

    /// Does what follows from completions that the store has recorded.
    private mutating func follow(
        _ outcomes: [Completion.Outcome], of planned: [PlannedCompletion], at now: Date
    ) async throws {
        let completions = planned.map(\.completion)
        let outcomes = try outcomes.answers(to: "finish", of: completions.count)
        for index in completions.indices {
            switch completions[index].next {
            case .retry(let date, _), .released(let date), .waiting(let date?): polling.poll(by: date)
            case .succeeded, .failed, .canceled, .waiting: elapsedTimes.end(completions[index].executionID)
            }
        }
        if !elapsedTimes.isEmpty {
            for case .recorded(let execution) in outcomes where execution.progress.startedAt == nil {
                elapsedTimes.end(execution.id)
            }
        }
        context.events.send(
            outcomes, of: completions, under: planned.lazy.map(\.work.claim),
            stopReasons: planned.lazy.map(\.stopReason), at: now)
        if context.ends.isWatched {
            for case .recorded(let execution) in outcomes { context.ends.announce(execution) }
        }
        let ends = planned.indices.compactMap { index in
            planned[index].work.mayHaveConsequences ? ExecutionEnd(outcomes[index], of: planned[index].work) : nil
        }
        guard !ends.isEmpty else { return }
        polling.poll(by: now)
        try await context.announceConsequences(of: ends, at: now)
    }

    private mutating func fire(_ due: [Job], at now: Date) async throws -> Bool {
        let (planner, ids) = (context.planner, context.ids)
        var fires: [FireRequest] = []
        var names: [String] = []
        let waiting = postponements.count
        for job in due where !postponements.contains(job.id) {
            do {
                let fire = try planner.plan(job, at: now, catchUp: &catchUp) { ExecutionID(bits: ids.makeID(at: now)) }
                if let fire {
                    fires.append(fire.applyingBreaker(of: job, at: now))
                    names.append(job.name)
                }
            } catch {
                let next = postponements.add(job.id, at: now)
                context.events.postponed(job, until: next, because: error, at: now)
            }
        }
        // There may be more due jobs behind those that were postponed.
        let hasPostponed = postponements.count > waiting
        guard !fires.isEmpty else {
            conflictStreak = 0
            return hasPostponed
        }
        let hasFired = try await advance(firing: fires, named: names, at: now)
        conflictStreak = hasFired ? 0 : conflictStreak + 1
        return hasFired || hasPostponed || conflictStreak < Self.conflictLimit
    }

    /// Records the results that no fire has taken along.
    private mutating func recordRest(at now: Date) async throws {
        if !unrecorded.isEmpty { _ = try await advance(firing: [], named: [], at: now) }
    }

    /// Fires jobs; on a combining store in the commit that also records results and claims executions.
    ///
    /// - Returns: Whether any job has fired.
    private mutating func advance(
        firing fires: [FireRequest], named names: [String], at now: Date
    ) async throws -> Bool {
        guard let combiningStore else {
            return try await follow(try await context.store.fire(fires), of: fires, named: names, at: now)
        }
        let (planned, request) = (unrecorded, claimRequest())
        let outcome = try await combiningStore.advance(CombinedStep(planned.map(\.completion), fires, request))
        unrecorded = []
        let works = request.map { register(outcome.claims, of: $0) } ?? []
        // The events of what has happened come before those of what begins.
        defer { queue.push(works) }
        if !planned.isEmpty { try await follow(outcome.completions, of: planned, at: now) }
        return try await follow(outcome.fires, of: fires, named: names, at: now)
    }

    /// Does what follows from fires that the store has recorded, and returns whether any job has fired.
    private mutating func follow(
        _ outcomes: [FireRequest.Outcome], of fires: [FireRequest], named names: [String], at now: Date
    ) async throws -> Bool {
        var hasFired = false
        for ((request, name), outcome) in zip(zip(fires, names), try outcomes.answers(to: "fire", of: fires.count)) {
            guard case .fired(let executions, let skips, let replaced) = outcome else {
                polling.poll(by: now)
                continue
            }
            hasFired = true
            if let wake = request.scheduleState.nextWakeup { polling.poll(by: wake) }
            context.events.send(fired: executions, skips: skips, of: request.jobID, named: name, at: now)
            guard !replaced.isEmpty else { continue }
            for execution in replaced { context.withdraw(execution) }
            try await context.announceEnds(of: replaced.filter { $0.progress.status.isTerminal }, at: now)
        }
        return hasFired
    }

    private mutating func claim() async throws -> Bool {
        guard let request = claimRequest() else { return false }
        let works = register(try await context.store.claim(request), of: request)
        queue.push(works)
        return !works.isEmpty
    }

    /// A request for as many executions as there are free slots and a few more, or `nil` if none can be claimed.
    private mutating func claimRequest() -> ClaimRequest? {
        let free = context.configuration.maximumConcurrency + lookahead.count - inFlight.count
        guard free > 0, mayClaim, case let now = context.clock.now, deference.end(at: now) == nil else { return nil }
        var request = ClaimRequest(
            owner: context.owner, limit: min(free, context.configuration.batchSize), now: now,
            leaseExpiresAt: now.advanced(by: context.configuration.leaseDuration))
        request.free = max(0, free - lookahead.count)
        return request
    }

    /// Notes claimed executions as in flight, and returns them for the workers.
    private mutating func register(_ claims: [Claim], of request: ClaimRequest) -> [Work] {
        // Without a free worker, the store may have held back what has a limit.
        mayClaim = claims.count >= min(request.limit, request.free ?? request.limit)
        guard !claims.isEmpty else { return [] }
        renewAt = renewAt ?? request.now.advanced(by: context.configuration.leaseDuration / 3)
        // From here on the claims are shared: copying one costs as much as planning its completion.
        let works = claims.map { Work($0, slot: inFlight.begin($0)) }
        for work in works where work.claim.mayLimitTime {
            elapsedTimes.begin(work.claim, uptime: context.clock.uptime, at: request.now)
        }
        if inFlight.count > context.configuration.maximumConcurrency { lookahead.begin(at: request.now) }
        return works
    }

    mutating func renewLeases() async throws {
        guard let due = renewAt, case let now = context.clock.now else { return }
        let next = now.advanced(by: context.configuration.leaseDuration / 3)
        // After the clock was set back, the planned date is further away than it was meant to be.
        renewAt = min(due, next)
        guard now >= due || next < due else { return }
        renewAt = next
        let end = now.advanced(by: context.configuration.leaseDuration)
        context.workers.forgetWithdrawn { Set(inFlight.held) }
        let renewals = inFlight.held.compactMap { context.heartbeats.renewal(of: $0, until: end) }
        let outcomes = try await context.store.renew(renewals).answers(to: "renew", of: renewals.count)
        for (renewal, outcome) in zip(renewals, outcomes) {
            let lease = LeaseKey(executionID: renewal.executionID, token: renewal.token)
            switch outcome {
            case .renewed: break
            case .lost:
                // The result would be refused, and another scheduler may be running the execution.
                context.workers.withdraw(lease, because: .lost)
                try await announceLoss(of: renewal.executionID, at: now)
            case .cancelRequested: context.workers.withdraw(lease, because: .requested)
            }
        }
    }

    /// Tells observers that a lease was lost, with the execution unless it was deleted.
    private func announceLoss(of id: ExecutionID, at now: Date) async throws {
        guard !context.events.observers.isEmpty else { return }
        let execution = try await context.store.execution(id)
        context.events.observers.tell { observer in
            if let execution {
                observer.didLoseLease(of: execution, at: now)
            } else {
                observer.didLoseLease(of: id, at: now)
            }
        }
    }
}
