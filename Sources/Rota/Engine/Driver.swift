import Foundation
import RotaCore
import RotaStore

/// The loop of a scheduler: records results, fires due jobs, claims executions for the workers, and sleeps.
///
/// Pure planners decide; this type only carries their decisions out. Nothing here needs to survive a restart: what must
/// is in the store.
struct Driver {
    let context: SchedulerContext
    /// Whether a pass is one step of the store.
    let takesTurns: Bool
    let queue: WorkQueue<ClaimedWork>
    private let outbox: Outbox<AttemptResult>
    private let alarm: Alarm
    var inFlight = InFlight()
    /// When this run began.
    let startedAt: Date
    /// The work that comes before the first pass, until it is done.
    var prepare: (@Sendable () async throws -> Void)?
    /// When the leases of the executions in flight must be renewed.
    var renewAt: Date?
    /// When the first of the leases ends, unless it is renewed.
    var leasesEndAt: Date?
    var polling: Polling
    /// Whether the store may have due executions that are not yet claimed.
    var mayClaim = true
    /// The number of consecutive polls in which other schedulers had already advanced every due job.
    var conflictStreak = 0
    private var deference = Deference()
    private var missingHandlers = MissingHandlers()
    var planning: DuePlanner
    var lookahead: Lookahead
    var outage = Outage()
    /// The results that are not yet handled, each with the decision about it.
    ///
    /// The store has yet to record them, except for those that a handler's transaction has recorded.
    var unrecorded: [PlannedCompletion] = []

    /// The length of a streak of conflicts after which the driver sleeps for a second before it plans again.
    private static let conflictLimit = 10

    init(
        context: SchedulerContext, queue: WorkQueue<ClaimedWork>, outbox: Outbox<AttemptResult>,
        thread: (any TaskExecutor)?,
        random: any RandomNumberGenerator & Sendable
    ) {
        self.context = context
        startedAt = context.clock.now
        takesTurns = context.store.prefersTurns
        // No more than there are workers: what is claimed and has not begun counts as crashed if the process dies.
        lookahead = Lookahead(limit: takesTurns ? context.configuration.maximumConcurrency : 0)
        self.queue = queue
        self.outbox = outbox
        polling = Polling(gap: context.store.pollingGap)
        planning = DuePlanner(
            firePlanner: context.firePlanner, ids: context.ids,
            catchUp: CatchUp(rate: context.configuration.catchUpRate),
            random: random)
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
            if outage.mayHoldUnknown { try? await releaseUnknown() }
            context.events.observers.tell { $0.didFail(error, at: context.clock.now) }
            await giveUp()
            throw error
        }
    }

    /// Repeats passes until it is time to stop.
    ///
    /// While the store is out of reach, it waits, keeps the results of attempts, and continues when the store is back.
    private mutating func loop(until cancellation: Flag) async throws {
        var hasYielded = false
        while !context.stop.isSet, !cancellation.isSet {
            do {
                try await step(&hasYielded)
                endOutage()
            } catch let error as StoreError where error.isTemporary {
                await waitOut(error, until: cancellation)
            }
        }
        try await drain(until: cancellation)
    }

    /// Does a pass, and waits if there is nothing to do.
    ///
    /// There are three ways to wait, the cheapest first: not at all, one yield, and sleep.
    private mutating func step(_ hasYielded: inout Bool) async throws {
        if let prepare {
            try await prepare()
            self.prepare = nil
        }
        // Leases come first after an outage.
        if outage.beganAt != nil {
            try await renewLeases()
            // A store may accept results and refuse everything else, such as claims by a wrong clock.
            try await recordRest(at: context.clock.usableTime())
        }
        if outage.mayHoldUnknown { try await releaseUnknown() }
        if try await pass() {
            hasYielded = false
        } else if !inFlight.isEmpty, !hasYielded {
            // Short work is done once its worker has run. Yielding is cheaper than to sleep and be woken.
            hasYielded = true
            await Task.yield()
        } else if let wake = try await doDueWorkBeforeSleeping() {
            hasYielded = false
            // The store has answered. A sleep may be long, and those who watch would take it for a part of the outage.
            endOutage()
            await sleep(until: wake)
        }
    }

    /// Does what can be done now.
    ///
    /// `FileJobStore` and `PostgresJobStore` do a pass as one operation of the store: see
    /// ``takeTurn(after:pollsAlways:)``. `InMemoryJobStore`, and stores that do not say otherwise, take these steps one
    /// by one:
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
    /// signal, when something is due, or after ``JobStore/pollingGap``.
    ///
    /// - Returns: Whether anything was done, so that there may be more to do.
    private mutating func pass() async throws -> Bool {
        // Refuse to record results while the clock is unusable.
        _ = try context.clock.usableTime()
        let results = takeResults()
        guard !takesTurns else { return try await takeTurn(after: results).isBusy }
        var isBusy = !results.isEmpty || !unrecorded.isEmpty
        if isBusy {
            unrecorded += plan(results, at: context.clock.now)
            _ = try await claim()
            try await recordRest(at: context.clock.now)
        }
        try await renewLeases()
        let now = try context.clock.usableTime()
        // While there are results, queued executions go before due jobs: an execution that is claimed and recorded soon
        // after it was created is still in the caches.
        let prefersQueuedWork = isBusy && mayClaim
        if polling.isNeeded(at: now, prefersQueuedWork: prefersQueuedWork), try await doDueWork(at: now) == nil {
            isBusy = true
        }
        if try await claim() { isBusy = true }
        return isBusy
    }

    /// Polls the store once more before sleeping.
    ///
    /// - Returns: The date to sleep until, or `nil` if anything was done.
    private mutating func doDueWorkBeforeSleeping() async throws -> Date? {
        if takesTurns { return try await takeTurn(after: [], pollsAlways: true).wake }
        let now = try context.clock.usableTime()
        guard let wake = try await doDueWork(at: now) else { return nil }
        return try await claim() ? nil : wake
    }

    /// The number of due jobs to ask for.
    ///
    /// Jobs whose fires are refused again and again, or postponed, stay at the head of the due work, so look behind
    /// them.
    var dueLimit: Int {
        min(context.configuration.batchSize * (conflictStreak + 1) + planning.postponements.count, 100_000)
    }

    /// Asks the store for due work and does it: fires jobs, reclaims expired leases, prunes history.
    ///
    /// - Returns: The date of the next work, or `nil` if anything was done.
    private mutating func doDueWork(at now: Date) async throws -> Date? {
        mayClaim = true
        planning.postponements.expire(at: now)
        var work = try await context.store.dueWork(at: now, limit: dueLimit)
        if work.isAhead {
            if try await rewind(to: now) { return nil }
            work = try await context.store.dueWork(at: now, limit: dueLimit)
        }
        polling.recordPoll(at: now, next: work.isTruncated ? now : work.nextWakeup ?? .distantFuture)
        let (inFlight, unrecorded, context) = (inFlight, unrecorded, context)
        let plan = planning.plan(work, at: now, uptime: context.clock.uptime) {
            Self.liveLeases(inFlight, unrecorded, context.heartbeats)
        }
        if plan.isCut { polling.poll(by: now) }
        report(plan.postponed, at: now)
        if !plan.reclaims.isEmpty { try await finish(plan.reclaims, at: now) }
        let hasFired = try await fire(plan) { driver in
            let outcomes = try await driver.context.store.fire(plan.fires)
            return try await driver.handleFireOutcomes(outcomes, of: plan, at: now)
        }
        let hasPruned = work.isPruningDue ? try await prune(at: now) : false
        guard plan.reclaims.isEmpty, !hasFired, !hasPruned else { return nil }
        return nextWake(after: work, at: now)
    }

    /// Fires the jobs of a plan, and counts the conflicts.
    ///
    /// - Parameter fire: Fires the jobs, if there are any, and returns whether any has fired.
    /// - Returns: Whether there may be more to do at once.
    mutating func fire(
        _ plan: DuePlan, by fire: (inout Driver) async throws -> Bool
    ) async throws -> Bool {
        // There may be more due jobs behind those that were postponed.
        guard !plan.fires.isEmpty else {
            conflictStreak = 0
            return !plan.postponed.isEmpty
        }
        let hasFired = try await fire(&self)
        conflictStreak = hasFired ? 0 : conflictStreak + 1
        return hasFired || !plan.postponed.isEmpty || conflictStreak < Self.conflictLimit
    }

    func report(_ postponed: [DuePlan.Postponed], at now: Date) {
        for entry in postponed {
            context.events.postponed(entry.job, until: entry.until, because: entry.error, at: now)
        }
    }

    /// The leases of this scheduler's own attempts that are alive.
    ///
    /// One that has expired is only late with its renewal, and must not be reclaimed.
    static func liveLeases(
        _ inFlight: InFlight, _ unrecorded: [PlannedCompletion], _ heartbeats: Heartbeats
    ) -> Set<LeaseKey> {
        Set(inFlight.held.filter { heartbeats[$0]?.isStale != true }).union(unrecorded.map(\.work.claim.leaseKey))
    }

    mutating func nextWake(after work: DueWork, at now: Date) -> Date {
        earliest(
            [
                work.nextWakeup, renewAt, lookahead.deadline, deference.end(at: now), planning.postponements.next,
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
            inFlight.end(results[index].work, isLate: results[index].isLate)
            if results[index].isLate { hasLateEnds = true }
        }
        if hasLateEnds { results.removeAll(where: \.isLate) }
        if inFlight.isEmpty {
            (renewAt, leasesEndAt) = (nil, nil)
            context.workers.forgetWithdrawn { [] }
        }
        return results
    }

    /// Decides what follows each result.
    mutating func plan(_ results: [AttemptResult], at now: Date) -> [PlannedCompletion] {
        let uptime = context.clock.uptime
        guard !results.isEmpty else { return [] }
        return results.map { result in
            if case .unhandled(let name, let similar) = result.report.ending {
                if missingHandlers.isNews(name, at: now) {
                    context.events.handlerMissing(name, jobs: [result.work.claim.job], similar: similar, at: now)
                }
                let date = deference.releaseDate(
                    of: result.work.claim.execution.id, after: now, longestSleep: context.clock.longestSleep)
                return CompletionPlanner.released(result.work, at: now, until: date)
            }
            if result.work.wasAbandoned { context.events.abandoned(result.work.claim, at: now) }
            if !result.work.claim.job.isSeries { polling.poll(by: now) }
            return planning.completion(of: result, uptime: uptime, at: now)
        }
    }

    /// Brings the store's records back after the clock was ahead.
    ///
    /// - Returns: Whether more records are left to be brought back.
    mutating func rewind(to now: Date) async throws -> Bool {
        // A call looks at every job, so it must not take many.
        let report = try await context.store.rewind(to: now, limit: 10_000)
        try await context.advanceIDs()
        if report != RewindReport() { context.events.send(report, at: now) }
        return report.hasMore
    }

    func prune(at now: Date) async throws -> Bool {
        let report = try await context.store.prune(at: now, limit: context.configuration.batchSize)
        guard report != PruneReport() else { return false }
        context.events.observers.tell { $0.didPrune(report, at: now) }
        try await context.announceEnds(of: report.expired, at: now)
        return true
    }

    mutating func finish(_ planned: [PlannedCompletion], at now: Date) async throws {
        let outcomes = try await context.store.finish(planned.map(\.completion))
        try await handleCompletionOutcomes(outcomes, of: planned, at: now)
    }

    /// Notifies observers and waiting callers of completions that the store has recorded.
    mutating func handleCompletionOutcomes(
        _ outcomes: [Completion.Outcome], of planned: [PlannedCompletion], at now: Date
    ) async throws {
        let outcomes = try outcomes.matching(planned.count, requestsTo: "finish")
        // By their places, because a loop over them would copy each of them.
        for place in planned.indices {
            switch planned[place].completion.next {
            case .retry(let date, _), .released(let date), .waiting(let date?): polling.poll(by: date)
            case .succeeded, .failed, .canceled, .waiting:
                planning.elapsedTimes.end(planned[place].completion.executionID)
            }
        }
        if !planning.elapsedTimes.isEmpty {
            for case .recorded(let execution) in outcomes where execution.progress.startedAt == nil {
                planning.elapsedTimes.end(execution.id)
            }
        }
        context.events.send(outcomes, of: planned, at: now)
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

    /// Records the results that are not yet recorded.
    mutating func recordRest(at now: Date) async throws {
        while !unrecorded.isEmpty {
            let planned = unrecorded.firstBatch
            let open = planned.open
            let answers = open.isEmpty ? [] : try await context.store.finish(open)
            unrecorded.removeBatch(planned)
            try await handleCompletionOutcomes(try planned.outcomes(answers), of: planned, at: now)
        }
    }

    /// Notifies observers of fires that the store has recorded, and withdraws the attempts of executions that were
    /// replaced.
    ///
    /// - Returns: Whether any job has fired.
    mutating func handleFireOutcomes(
        _ outcomes: [FireRequest.Outcome], of plan: DuePlan, at now: Date
    ) async throws -> Bool {
        var hasFired = false
        let outcomes = try outcomes.matching(plan.fires.count, requestsTo: "fire")
        // By their places, because a loop over the fires would copy each of them.
        for (place, outcome) in outcomes.enumerated() {
            guard case .fired(let executions, let skips, let replaced) = outcome else {
                polling.poll(by: now)
                continue
            }
            hasFired = true
            if let wake = plan.fires[place].scheduleState.nextWakeup { polling.poll(by: wake) }
            let id = plan.fires[place].jobID
            if !plan.paused.isEmpty, var job = plan.paused[id], plan.fires[place].scheduleState.state != .paused {
                job.scheduleState = plan.fires[place].scheduleState
                context.events.endedPause(of: job, at: now)
            }
            context.events.send(fired: executions, skips: skips, of: id, named: plan.names[place], at: now)
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
    mutating func claimRequest() -> ClaimRequest? {
        let free = context.configuration.maximumConcurrency + lookahead.count - inFlight.count
        guard free > 0, mayClaim, case let now = context.clock.now, deference.end(at: now) == nil else { return nil }
        var request = ClaimRequest(
            owner: context.owner, limit: min(free, context.configuration.batchSize), now: now,
            leaseExpiresAt: now.advanced(by: context.configuration.leaseDuration))
        request.free = max(0, free - lookahead.count)
        return request
    }

    /// Notes claimed executions as in flight, and returns them for the workers.
    mutating func register(_ claims: [Claim], of request: ClaimRequest) -> [ClaimedWork] {
        // Without a free worker, the store may have held back what has a limit.
        mayClaim = claims.count >= min(request.limit, request.free ?? request.limit)
        guard !claims.isEmpty else { return [] }
        renewAt = renewAt ?? request.now.advanced(by: context.configuration.leaseDuration / 3)
        leasesEndAt = leasesEndAt ?? request.leaseExpiresAt
        // From here on the claims are shared: copying one costs as much as planning its completion.
        let works = claims.map { ClaimedWork($0, slot: inFlight.begin($0)) }
        for work in works where work.claim.mayLimitTime {
            planning.elapsedTimes.begin(work.claim, uptime: context.clock.uptime, at: request.now)
        }
        if inFlight.count > context.configuration.maximumConcurrency { lookahead.begin(at: request.now) }
        return works
    }

    mutating func renewLeases() async throws {
        let now = context.clock.now
        let renewals = dueRenewals(at: now)
        guard !renewals.isEmpty else { return }
        try await handleRenewalOutcomes(try await context.store.renew(renewals), of: renewals, at: now)
    }

    /// The renewals of all leases, if it is time for them.
    mutating func dueRenewals(at now: Date) -> [LeaseRenewal] {
        guard let due = renewAt else { return [] }
        let next = now.advanced(by: context.configuration.leaseDuration / 3)
        // After the clock was set back, the planned date is further away than it was meant to be.
        renewAt = min(due, next)
        guard now >= due || next < due else { return [] }
        renewAt = next
        let end = now.advanced(by: context.configuration.leaseDuration)
        context.workers.forgetWithdrawn { Set(inFlight.held) }
        return inFlight.held.compactMap {
            context.heartbeats.renewal(of: $0, by: context.owner, at: now, until: end)
        }
    }

    /// Withdraws the attempts whose leases are lost, or whose executions were canceled.
    mutating func handleRenewalOutcomes(
        _ outcomes: [LeaseRenewal.Outcome], of renewals: [LeaseRenewal], at now: Date
    ) async throws {
        if let end = renewals.first?.expiresAt { leasesEndAt = end }
        for (renewal, outcome) in zip(renewals, try outcomes.matching(renewals.count, requestsTo: "renew")) {
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
        if !renewals.isEmpty { context.workers.forgetDeletedJobs() }
    }

    /// Notifies observers of a lost lease, with the execution unless it was deleted.
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
