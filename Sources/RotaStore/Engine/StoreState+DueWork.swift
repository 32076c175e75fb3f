package import Foundation

extension StoreState {
    /// Does the work of a turn.
    ///
    /// Each of its parts may write much, and a commit has a limit. So it claims nothing if the others have written much
    /// already: the next turn does.
    package mutating func turn(_ turn: StoreTurn, log: inout ChangeLog) -> StoreTurn.Outcome {
        var outcome = StoreTurn.Outcome()
        let start = log.size
        outcome.completions = finish(turn.completions, log: &log)
        outcome.renewals = renew(turn.renewals, log: &log)
        if let due = turn.due {
            let work = dueWork(at: due.now, limit: due.limit, leasesBy: due.leasesBy)
            outcome.dueWork = work
            let plan = due.plan(work)
            outcome.reclaims = finish(plan.completions, log: &log)
            outcome.fires = fire(plan.fires, log: &log)
        }
        if let claim = turn.claim, log.size - start < 2 * Self.largeCommit {
            outcome.claims = self.claim(claim, log: &log)
        }
        return outcome
    }

    /// The work that is due at a date, and the date of the next wake-up, which takes limits into account.
    ///
    /// - Parameter leaseDate: The date by the clock from which leases are granted, if that is another one. By a
    ///   caller's clock that is ahead of it, leases would seem to end early.
    package mutating func dueWork(at now: Date, limit: Int, leasesBy leaseDate: Date? = nil) -> DueWork {
        let limit = max(0, limit)
        let leaseDate = min(leaseDate ?? now, now)
        setClock(to: now)
        // Blocks the jobs whose limits allow no start now, so that the wake-up below counts when they allow one again.
        _ = nextClaimable(at: now)
        let dueKeys = dueJobs.suffix().lazy.prefix { $0.date <= now }
        let expiredKeys = leases.suffix().lazy.prefix { $0.date <= leaseDate }
        let due = dueKeys.prefix(limit).compactMap { jobs[$0.id] }
        let expired = expiredKeys.prefix(limit).compactMap { key -> Claim? in
            guard let execution = executions[key.id], let lease = execution.progress.lease,
                let job = jobs[execution.jobID]
            else { return nil }
            return Claim(execution: execution, lease: lease, job: self.job(job, asSeenBy: execution))
        }
        let wakeups = [
            dueJobs.next(after: .end(of: now))?.date, claims.nextDate(after: now),
            leases.next(after: .end(of: leaseDate))?.date.addingTimeInterval(now.timeIntervalSince(leaseDate)),
            nextPruning(after: now),
        ]
        let (dueList, expiredList) = (Array(due), Array(expired))
        return DueWork(
            dueJobs: dueList, expiredLeases: expiredList,
            isTruncated: dueKeys.dropFirst(limit).contains { _ in true }
                || expiredKeys.dropFirst(limit).contains { _ in true },
            isPruningDue: isPruningDue(at: now), isAhead: isAhead(of: now),
            nextWakeup: wakeups.compactMap(\.self).min().flatMap { $0 < .distantFuture ? $0 : nil })
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
