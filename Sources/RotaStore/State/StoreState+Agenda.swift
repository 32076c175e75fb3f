package import Foundation

extension StoreState {
    package func agenda(at now: Date, limit: Int) -> Agenda {
        let due = dueJobs.suffix().lazy.prefix { $0.instant <= now }.prefix(limit).compactMap { jobs[$0.id] }
        let expired = leases.suffix().lazy.prefix { $0.instant <= now }.prefix(limit).compactMap { key -> Claim? in
            guard let execution = executions[key.id], let job = jobs[execution.jobID] else { return nil }
            return Claim(execution: execution, job: self.job(job, asSeenBy: execution))
        }
        let wakes = [
            dueJobs.next(after: .end(of: now))?.instant,
            queue.next(after: .end(of: now))?.instant,
            leases.next(after: .end(of: now))?.instant,
        ]
        let (dueList, expiredList) = (Array(due), Array(expired))
        return Agenda(
            dueJobs: dueList, expiredLeases: expiredList,
            isTruncated: dueList.count == limit || expiredList.count == limit,
            nextWake: wakes.compactMap(\.self).min())
    }
}
