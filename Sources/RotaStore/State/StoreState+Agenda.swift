package import Foundation

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
