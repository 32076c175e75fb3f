package import Foundation

extension StoreState {
    /// What has to be done at an instant; it looks at limits too, so that nobody is woken for what they hold back.
    package mutating func agenda(at now: Date, limit: Int) -> Agenda {
        let limit = max(0, limit)
        setClock(to: now)
        _ = candidate(at: now)
        let due = dueJobs.suffix().lazy.prefix { $0.instant <= now }.prefix(limit).compactMap { jobs[$0.id] }
        let expired = leases.suffix().lazy.prefix { $0.instant <= now }.prefix(limit).compactMap { key -> Claim? in
            guard let execution = executions[key.id], let job = jobs[execution.jobID] else { return nil }
            return Claim(execution: execution, job: self.job(job, asSeenBy: execution))
        }
        let wakes = [
            dueJobs.next(after: .end(of: now))?.instant, claims.nextInstant(after: now),
            leases.next(after: .end(of: now))?.instant, nextPruning(after: now),
        ]
        let (dueList, expiredList) = (Array(due), Array(expired))
        return Agenda(
            dueJobs: dueList, expiredLeases: expiredList,
            isTruncated: dueList.count == limit || expiredList.count == limit, isPruningDue: isPruningDue(at: now),
            nextWake: wakes.compactMap(\.self).min())
    }
}
