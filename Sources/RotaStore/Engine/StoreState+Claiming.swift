package import Foundation

extension StoreState {
    package mutating func claim(_ request: ClaimRequest, log: inout ChangeLog) -> [Claim] {
        setClock(to: request.now)
        longestLease = max(longestLease ?? 0, request.leaseExpiresAt.timeIntervalSince(request.now))
        var taken: [Claim] = []
        taken.reserveCapacity(min(max(0, request.limit), executionIndex.executions(.queued).count))
        while taken.count < request.limit, let entry = nextClaimable(at: request.now),
            taken.count < request.free ?? .max || !claims.isLimited(entry),
            let claim = start(entry, for: request, log: &log)
        {
            taken.append(claim)
        }
        if !trailKeepers.isEmpty { recordHolds(at: request.now, log: &log) }
        return taken
    }

    /// Adds to the trails of due executions the reasons why they do not start.
    ///
    /// Those that are not due, or wait for something else than a claim, got their reason when they were recorded.
    ///
    /// - Complexity: O(*k* log *n*) in the number *k* of due executions that keep a trail, up to 100. The longest due
    ///   come first.
    private mutating func recordHolds(at now: Date, log: inout ChangeLog) {
        for key in Array(trailKeepers.suffix().prefix(Self.trailLimit)) {
            guard key.date <= now else { break }
            guard let execution = executions[key.id], let job = jobs[execution.jobID], var trail = execution.trail,
                trail.append(holds(on: execution, of: job, at: now), at: now)
            else { continue }
            var progress = execution.progress
            progress.trail = trail
            record(progress, of: key.id, log: &log)
        }
    }

    private static var trailLimit: Int { 100 }

    private mutating func start(_ entry: QueueEntry, for request: ClaimRequest, log: inout ChangeLog) -> Claim? {
        guard var execution = executions[entry.id], let job = jobs[entry.jobID] else { return nil }
        if execution.progress.startedAt == nil {
            let version = job.version(for: execution)
            execution.progress.runningVersion = version == execution.jobVersion ? nil : version
            execution.progress.startedAt = request.now
        }
        let token = (execution.progress.lease?.token ?? 0) &+ 1
        execution.progress.move(to: .running)
        execution.progress.attemptStartedAt = request.now
        execution.progress.delayedFrom = nil
        execution.progress.lease = Lease(owner: request.owner, token: token, expiresAt: request.leaseExpiresAt)
        if execution.progress.hasNotes {
            execution.progress.trail?.appendClaim(
                by: request.owner, attempt: execution.attempts.count + 1, at: request.now)
        }
        record(execution.progress, of: execution.id, log: &log)
        if claims.isLimited(entry) {
            let start = AttemptStart(date: request.now, executionID: execution.id, token: token)
            for (pool, window) in claims.pools(of: job.id) {
                record(.putStart(pool, start), log: &log)
                if let horizon = claims.startLog.forgettable(in: pool, window: window, at: request.now) {
                    record(.forgetStarts(pool, through: horizon), log: &log)
                }
            }
        }
        return Claim(execution, job: self.job(job, asSeenBy: execution))
    }

    /// The execution to claim next, if any may start.
    ///
    /// Blocks the jobs that it meets and whose limits allow no start.
    mutating func nextClaimable(at now: Date) -> QueueEntry? {
        while let id = claims.first(at: now), let entry = executions.read(id, { $0.queueEntry }) {
            if entry.dueAt > now {
                claims.postpone(entry)
            } else if !claims.isLimited(entry) || !claims.blockIfLimited(entry.jobID, at: now) {
                return entry
            }
        }
        return nil
    }

    /// Advances the queue to a date: makes due executions ready, unblocks jobs, and removes expired executions.
    mutating func setClock(to now: Date) {
        if now < clock.addingTimeInterval(-1) {
            // The clock was set back: executions that had expired by the later time may not have expired now.
            clock = now
            claims.unblock(at: nil)
            let again = expiredInQueue.compactMap { executions[$0] }
            expiredInQueue = []
            for execution in again { requeue(execution) }
        }
        if now > clock {
            let new = expiries.suffix(after: .end(of: clock)).prefix { $0.date <= now }.map(\.id)
            clock = now
            for execution in new.compactMap({ executions[$0] }) where execution.progress.status == .queued {
                expiredInQueue.insert(execution.id)
                apply(claims.removeExpired(execution.queueEntry), toSerialOrderOf: execution.jobID)
            }
        }
        claims.unblock(at: now)
        while let id = claims.popDue(at: now) {
            guard let entry = executions.read(id, { $0.queueEntry }) else { continue }
            claims.makeReady(entry, isOpen: !claims.isGated(entry) || allowsStart(of: entry.jobID, entry.match))
        }
    }

    /// Puts a queued execution back into the queue after the clock was set back.
    private mutating func requeue(_ execution: Execution) {
        if let expiry = execution.expiry, expiry <= clock {
            expiredInQueue.insert(execution.id)
            _ = claims.removeExpired(execution.queueEntry)
        } else {
            apply(claims.add(execution.queueEntry), toSerialOrderOf: execution.jobID)
        }
    }
}

extension Job {
    /// The version of the definition with which an execution starts now.
    fileprivate func version(for execution: Execution) -> Int {
        guard execution.jobVersion != version else { return version }
        return switch definition.versionPolicy {
        case .pin: execution.jobVersion
        case .latest: version
        case .minor: definition.isBackwardsCompatible ? version : execution.jobVersion
        }
    }
}

extension ExecutionProgress {
    /// Changes the status if the transition is allowed.
    ///
    /// Status changes of stored executions go through here, except that the end of a batch queues its follow-up.
    ///
    /// - Returns: Whether it was allowed.
    @discardableResult
    mutating func move(to next: ExecutionStatus) -> Bool {
        guard status.canMove(to: next) else { return false }
        status = next
        return true
    }
}

extension StoreState {
    /// The work that is due at a date, and the date of the next wake-up, which takes limits into account.
    package mutating func dueWork(at now: Date, limit: Int) -> DueWork {
        let limit = max(0, limit)
        setClock(to: now)
        _ = nextClaimable(at: now)
        let dueKeys = dueJobs.suffix().lazy.prefix { $0.date <= now }
        let expiredKeys = leases.suffix().lazy.prefix { $0.date <= now }
        let due = dueKeys.prefix(limit).compactMap { jobs[$0.id] }
        let expired = expiredKeys.prefix(limit).compactMap { key -> Claim? in
            guard let execution = executions[key.id], let lease = execution.progress.lease,
                let job = jobs[execution.jobID]
            else { return nil }
            return Claim(execution: execution, lease: lease, job: self.job(job, asSeenBy: execution))
        }
        let wakeups = [
            dueJobs.next(after: .end(of: now))?.date, claims.nextDate(after: now),
            leases.next(after: .end(of: now))?.date, nextPruning(after: now),
        ]
        let (dueList, expiredList) = (Array(due), Array(expired))
        return DueWork(
            dueJobs: dueList, expiredLeases: expiredList,
            isTruncated: dueKeys.dropFirst(limit).contains { _ in true }
                || expiredKeys.dropFirst(limit).contains { _ in true },
            isPruningDue: isPruningDue(at: now), isAhead: isAhead(of: now),
            nextWakeup: wakeups.compactMap(\.self).min().flatMap { $0 < .distantFuture ? $0 : nil })
    }
}

extension StoreState {
    /// Everything that keeps an execution from starting.
    package mutating func holds(on id: ExecutionID, at now: Date) -> [ExecutionHold] {
        setClock(to: now)
        guard let execution = executions[id], let job = jobs[execution.jobID] else { return [] }
        return holds(on: execution, of: job, at: now)
    }

    /// Everything that keeps an execution from starting, or would if it were queued.
    func holds(on execution: Execution, of job: Job, at now: Date) -> [ExecutionHold] {
        let holds = execution.holds(job, at: now)
        guard execution.status == .queued, execution.expiry.map({ $0 > now }) ?? true else { return holds }
        return holds + claims.holds(on: execution.queueEntry, at: now) + dependencyHolds(on: execution)
    }

    package mutating func renew(_ renewals: [LeaseRenewal], log: inout ChangeLog) -> [LeaseRenewal.Outcome] {
        renewals.map { renewal in
            guard var progress = executions[renewal.executionID]?.progress, progress.status == .running,
                progress.lease?.token == renewal.token
            else { return .lost }
            progress.lease?.expiresAt = renewal.expiresAt
            if let heartbeat = renewal.heartbeatAt { progress.heartbeatAt = heartbeat }
            if let report = renewal.report { progress.report = report }
            if let checkpoint = renewal.checkpoint { progress.checkpoint = checkpoint }
            record(.putProgress(renewal.executionID, progress), log: &log)
            return progress.cancelRequestedAt == nil ? .renewed : .cancelRequested
        }
    }

    /// Expires all leases at once, for a store that its only writer has just opened: no lease holder can be alive.
    package mutating func expireAllLeases(log: inout ChangeLog) {
        for key in Array(leases.suffix()) {
            guard var progress = executions[key.id]?.progress else { continue }
            progress.lease?.expiresAt = .distantPast
            record(.putProgress(key.id, progress), log: &log)
        }
    }

    /// The job with the definition of the version that an execution runs.
    func job(_ job: Job, asSeenBy execution: Execution) -> Job {
        let version = execution.versionID.version
        guard version != job.version else { return job }
        let pinned = version == execution.jobVersion ? execution.pinned?.value : nil
        let definition = pinned ?? histories[job.id]?.versions.first { $0.version == version }?.definition
        guard let definition else { return job }
        var seen = job
        seen.definition = definition
        seen.version = version
        return seen
    }
}

extension StoreState {
    /// Does the work of a turn.
    package mutating func turn(_ turn: StoreTurn, log: inout ChangeLog) -> StoreTurn.Outcome {
        var outcome = StoreTurn.Outcome()
        outcome.completions = finish(turn.completions, log: &log)
        outcome.renewals = renew(turn.renewals, log: &log)
        if let due = turn.due {
            let work = dueWork(at: due.now, limit: due.limit)
            outcome.dueWork = work
            let plan = due.plan(work)
            outcome.reclaims = finish(plan.completions, log: &log)
            outcome.fires = fire(plan.fires, log: &log)
        }
        if let claim = turn.claim { outcome.claims = self.claim(claim, log: &log) }
        return outcome
    }

    /// The running executions under leases of an owner, as claims.
    package func leases(of owner: String) -> [Claim] {
        leases.suffix().compactMap { key in
            guard let execution = executions[key.id], let lease = execution.progress.lease, lease.owner == owner,
                let job = jobs[execution.jobID]
            else { return nil }
            return Claim(execution: execution, lease: lease, job: self.job(job, asSeenBy: execution))
        }
    }
}
