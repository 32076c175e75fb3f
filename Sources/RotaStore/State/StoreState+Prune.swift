package import Foundation

extension StoreState {
    package mutating func prune(at now: Date, limit: Int, log: inout ChangeLog) -> PruneReport {
        var report = PruneReport()
        let late = executions.values.filter { execution in
            let progress = execution.progress
            return (progress.status == .waiting || progress.status == .queued && progress.startedAt == nil)
                && progress.expiresAt.map { $0 <= now } ?? false
        }
        for var execution in late.sorted(by: { $0.id < $1.id }).prefix(max(0, limit)) {
            end(&execution, as: .expired, at: now, log: &log)
            report.expired.append(execution)
        }
        report.hasMore = late.count > report.expired.count
        return report
    }

    package func counts() -> StoreCounts {
        var counts = StoreCounts()
        for job in jobs.values { counts.jobs[job.position.state, default: 0] += 1 }
        for execution in executions.values { counts.executions[execution.progress.status, default: 0] += 1 }
        return counts
    }
}
