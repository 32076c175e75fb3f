package import Foundation
package import RotaStore

extension ReferenceTables {
    package mutating func prune(at now: Date, limit: Int) -> PruneReport {
        var report = PruneReport()
        var room = max(0, limit)
        trimmedAt = max(trimmedAt, now)
        func isPast(_ date: Date?) -> Bool { date.map { $0 <= now } ?? false }
        // One after another: the end of one begins the time to live of the next one of its backfill.
        while report.expired.count < room,
            let execution = executions.filter({ hasExpired($0, at: now) })
                .min(by: { ($0.progress.expiresAt ?? now, $0.id) < ($1.progress.expiresAt ?? now, $1.id) }),
            let index = index(of: execution.id)
        {
            executions[index].progress.status = .expired
            executions[index].progress.finishedAt = now
            report.expired.append(executions[index])
            end(index, at: now)
        }
        room -= report.expired.count
        let old = executions.compactMap { execution in endOfLife(of: execution).map { ($0, execution.id) } }
            .filter { $0.0 <= now }.sorted { $0 < $1 }
        for (_, id) in old.prefix(room) {
            executions.removeAll { $0.id == id }
            report.removedExecutions += 1
        }
        room -= report.removedExecutions
        let excess = jobs.sorted { $0.id < $1.id }.flatMap { self.excess(of: $0) }
        for id in excess.prefix(room) {
            executions.removeAll { $0.id == id }
            report.removedExecutions += 1
        }
        room -= min(room, excess.count)
        let keys = operations.filter { isPast($0.key.expiresAt) }.sorted { $0.key.expiresAt < $1.key.expiresAt }
        for key in keys.prefix(room) {
            operations.removeAll { $0 == key }
            report.removedKeys += 1
        }
        report.hasMore =
            executions.contains { hasExpired($0, at: now) || isPast(endOfLife(of: $0)) }
            || operations.contains { isPast($0.key.expiresAt) } || jobs.contains { !self.excess(of: $0).isEmpty }
        return report
    }

    /// When a finished execution exceeds its job's maximum age, if ever.
    private func endOfLife(of execution: Execution) -> Date? {
        guard let ended = execution.progress.finishedAt,
            let age = job(execution.jobID)?.definition.retention
                .age(of: execution.progress.status, failure: execution.progress.failure?.kind)
        else { return nil }
        return max(ended.addingTimeInterval(age / .seconds(1)), execution.keptUntil ?? .distantPast)
    }

    package func counts() -> StoreCounts {
        StoreCounts(
            jobs: Dictionary(jobs.map { ($0.scheduleState.state, 1) }, uniquingKeysWith: +),
            executions: Dictionary(executions.map { ($0.progress.status, 1) }, uniquingKeysWith: +))
    }

    package func skips(of id: JobID) -> [SkippedOccurrence] {
        skips.filter { $0.jobID == id }
    }

    /// The due work at a date.
    package func dueWork(at now: Date, limit: Int) -> DueWork {
        let due = jobs.compactMap { job in job.scheduleState.nextWakeup.map { ($0, job) } }.filter { $0.0 <= now }
            .sorted { ($0.0, $0.1.id) < ($1.0, $1.1.id) }.map(\.1)
        let expired = executions.filter {
            $0.progress.status == .running && $0.progress.lease.map { $0.expiresAt <= now } ?? false
        }
        .sorted { ($0.progress.lease?.expiresAt ?? now, $0.id) < ($1.progress.lease?.expiresAt ?? now, $1.id) }
        let claims: [Claim] = expired.compactMap { execution in
            guard let lease = execution.progress.lease, let job = job(execution.jobID) else { return nil }
            return Claim(execution: execution, lease: lease, job: self.job(job, asRunBy: execution))
        }
        let dates =
            jobs.compactMap(\.scheduleState.nextWakeup) + executions.flatMap { nextDates(of: $0, after: now) }
        return DueWork(
            dueJobs: Array(due.prefix(max(0, limit))), expiredLeases: Array(claims.prefix(max(0, limit))),
            isTruncated: due.count > limit || claims.count > limit,
            isPruningDue: executions.contains { hasExpired($0, at: now) }
                || jobs.contains { !excess(of: $0).isEmpty },
            nextWakeup: dates.filter { $0 > now }.min())
    }

    /// The dates at which an execution may need attention.
    private func nextDates(of execution: Execution, after now: Date) -> [Date] {
        let progress = execution.progress
        switch progress.status {
        case .queued:
            let expiry = progress.startedAt == nil ? progress.expiresAt : nil
            guard progress.dueAt <= now, let limits = job(execution.jobID)?.definition.limits else {
                return [progress.dueAt, expiry].compactMap(\.self)
            }
            // A limit may free the execution when its window opens, or when a start no longer counts.
            let opening = limits.window.flatMap { $0.contains(now) ? nil : $0.nextOpening(from: now) }
            let windows = ([limits.rate] + limits.sharedRates.map(\.limit)).compactMap { $0?.window }
            let ends = windows.flatMap { window in
                starts.map { $0.date.addingTimeInterval(window / .seconds(1)) }
            }
            return [expiry, opening].compactMap(\.self) + ends
        case .running: return [progress.lease?.expiresAt].compactMap(\.self)
        case .waiting: return [progress.expiresAt].compactMap(\.self)
        case .succeeded, .failed, .canceled, .expired: return []
        }
    }
}
