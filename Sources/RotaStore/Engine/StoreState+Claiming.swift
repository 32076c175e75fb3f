package import Foundation

extension StoreState {
    package mutating func claim(_ request: ClaimRequest, log: inout ChangeLog) -> [Claim] {
        setClock(to: request.now)
        var taken: [Claim] = []
        taken.reserveCapacity(min(max(0, request.limit), executionIndex.executions(.queued).count))
        while taken.count < request.limit, let ticket = candidate(at: request.now),
            let claim = start(ticket, for: request, log: &log)
        {
            taken.append(claim)
        }
        return taken
    }

    private mutating func start(_ ticket: ClaimTicket, for request: ClaimRequest, log: inout ChangeLog) -> Claim? {
        guard var execution = executions[ticket.id], let job = jobs[ticket.jobID] else { return nil }
        if execution.progress.startedAt == nil {
            let version = job.version(for: execution)
            execution.progress.runningVersion = version == execution.jobVersion ? nil : version
            execution.progress.startedAt = request.now
        }
        let token = (execution.progress.lease?.token ?? 0) &+ 1
        execution.progress.move(to: .running)
        execution.progress.attemptStartedAt = request.now
        execution.progress.lease = Lease(owner: request.owner, token: token, expiresAt: request.leaseExpiresAt)
        record(execution.progress, of: execution.id, log: &log)
        if claims.isLimited(ticket) {
            let start = AttemptStart(date: request.now, executionID: execution.id, token: token)
            for (pool, window) in claims.pools(of: job.id) {
                record(.putStart(pool, start), log: &log)
                if let horizon = claims.ledger.forgettable(in: pool, window: window, at: request.now) {
                    record(.forgetStarts(pool, through: horizon), log: &log)
                }
            }
        }
        return Claim(execution: execution, job: self.job(job, asSeenBy: execution))
    }

    /// The execution that is claimed next, if any may be; what is met on the way and may not is set aside.
    mutating func candidate(at now: Date) -> ClaimTicket? {
        while let id = claims.first(at: now), let ticket = executions.read(id, { $0.ticket }) {
            if ticket.dueAt > now {
                claims.postpone(ticket)
            } else if !claims.isLimited(ticket) || !claims.holdsBack(ticket.jobID, at: now) {
                return ticket
            }
        }
        return nil
    }

    /// Makes ready what has become due by an instant, lets go what was held until then, and sets aside what has expired.
    mutating func setClock(to now: Date) {
        if now < clock.addingTimeInterval(-1) {
            // The clock was set back: what was set aside by the later time has to be looked at again.
            clock = now
            claims.letGo(at: nil)
            let again = lapsed.compactMap { executions[$0] }
            lapsed = []
            for execution in again { expect(execution) }
        }
        if now > clock {
            let new = expiries.suffix(after: .end(of: clock)).prefix { $0.instant <= now }.map(\.id)
            clock = now
            for execution in new.compactMap({ executions[$0] }) where execution.progress.status == .queued {
                lapsed.insert(execution.id)
                if claims.setAside(execution.ticket) { passTurn(of: execution.jobID) }
            }
        }
        claims.letGo(at: now)
        while let id = claims.popDue(at: now) {
            if let execution = executions[id] { claims.makeReady(execution.ticket) }
        }
    }

    private mutating func expect(_ execution: Execution) {
        if let expiry = execution.expiry, expiry <= clock {
            lapsed.insert(execution.id)
            _ = claims.setAside(execution.ticket)
        } else if claims.add(execution.ticket) {
            passTurn(of: execution.jobID)
        }
    }
}

extension Job {
    /// The version with which an execution starts now (SX-7).
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
    /// Moves on to another status: the one place where that is done, so that no move is made that is not allowed.
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
    /// What has to be done at an instant; it looks at limits too, so that nobody is woken for what they hold back.
    package mutating func dueWork(at now: Date, limit: Int) -> DueWork {
        let limit = max(0, limit)
        setClock(to: now)
        _ = candidate(at: now)
        let dueKeys = dueJobs.suffix().lazy.prefix { $0.instant <= now }
        let expiredKeys = leases.suffix().lazy.prefix { $0.instant <= now }
        let due = dueKeys.prefix(limit).compactMap { jobs[$0.id] }
        let expired = expiredKeys.prefix(limit).compactMap { key -> Claim? in
            guard let execution = executions[key.id], let job = jobs[execution.jobID] else { return nil }
            return Claim(execution: execution, job: self.job(job, asSeenBy: execution))
        }
        let wakes = [
            dueJobs.next(after: .end(of: now))?.instant, claims.nextInstant(after: now),
            leases.next(after: .end(of: now))?.instant, nextPruning(after: now),
        ]
        let (dueList, expiredList) = (Array(due), Array(expired))
        return DueWork(
            dueJobs: dueList, expiredLeases: expiredList,
            isTruncated: dueKeys.dropFirst(limit).contains { _ in true }
                || expiredKeys.dropFirst(limit).contains { _ in true },
            isPruningDue: isPruningDue(at: now),
            nextWakeup: wakes.compactMap(\.self).min().flatMap { $0 < .distantFuture ? $0 : nil })
    }
}

extension StoreState {
    package mutating func renew(_ renewals: [LeaseRenewal], log: inout ChangeLog) -> [LeaseRenewal.Outcome] {
        renewals.map { renewal in
            guard var progress = executions[renewal.executionID]?.progress, progress.status == .running,
                progress.lease?.token == renewal.token
            else { return .lost }
            progress.lease?.expiresAt = renewal.expiresAt
            if let heartbeat = renewal.heartbeatAt { progress.heartbeatAt = heartbeat }
            if let report = renewal.report { progress.report = report }
            record(.putProgress(renewal.executionID, progress), log: &log)
            return progress.cancelRequestedAt == nil ? .renewed : .cancelRequested
        }
    }

    /// Ends every lease at once: for a store whose only writer has just opened it, so that no holder can be alive.
    package mutating func expireAllLeases(log: inout ChangeLog) {
        for key in Array(leases.suffix()) {
            guard var progress = executions[key.id]?.progress else { continue }
            progress.lease?.expiresAt = .distantPast
            record(.putProgress(key.id, progress), log: &log)
        }
    }

    /// The job as an execution sees it: with the definition of the version that it runs.
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
