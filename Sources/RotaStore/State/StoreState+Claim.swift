import Foundation

extension StoreState {
    package mutating func claim(_ request: ClaimRequest, log: inout ChangeLog) -> [Claim] {
        setClock(to: request.now)
        var taken: [Claim] = []
        taken.reserveCapacity(min(max(0, request.limit), executionIndex.executions(.queued).count))
        while taken.count < request.limit, let (execution, job) = candidate(at: request.now) {
            taken.append(start(execution, of: job, for: request, log: &log))
        }
        return taken
    }

    private mutating func start(
        _ execution: Execution, of job: Job, for request: ClaimRequest, log: inout ChangeLog
    ) -> Claim {
        var claimed = execution
        if execution.progress.startedAt == nil {
            let version = job.version(for: execution)
            claimed.progress.runningVersion = version == execution.jobVersion ? nil : version
            claimed.progress.startedAt = request.now
        }
        let token = (execution.progress.lease?.token ?? 0) &+ 1
        claimed.progress.move(to: .running)
        claimed.progress.attemptStartedAt = request.now
        claimed.progress.lease = Lease(owner: request.owner, token: token, expiresAt: request.leaseExpiresAt)
        record(claimed.progress, of: claimed.id, log: &log)
        if claims.isLimited(execution.ticket) {
            let start = AttemptStart(date: request.now, executionID: claimed.id, token: token)
            for (pool, window) in claims.pools(of: job.id) {
                record(.putStart(pool, start), log: &log)
                if let horizon = claims.ledger.forgettable(in: pool, window: window, at: request.now) {
                    record(.forgetStarts(pool, through: horizon), log: &log)
                }
            }
        }
        return Claim(execution: claimed, job: self.job(job, asSeenBy: claimed))
    }

    /// The execution that is claimed next, if any may be; what is met on the way and may not is set aside.
    mutating func candidate(at now: Date) -> (Execution, Job)? {
        while let id = claims.first(at: now), let execution = executions[id], let job = jobs[execution.jobID] {
            if execution.progress.dueAt > now {
                claims.postpone(execution.ticket)
            } else if !claims.isLimited(execution.ticket) || !claims.holdsBack(job.id, at: now) {
                return (execution, job)
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
