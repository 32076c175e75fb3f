package import Foundation

extension StoreState {
    package mutating func prune(at now: Date, limit: Int, log: inout ChangeLog) -> PruneReport {
        var report = PruneReport()
        var room = max(0, limit)
        endKeeping(at: now)
        var bytes = 0
        while let key = expiries.first, key.date <= now, room > 0, bytes < Self.largeCommit,
            var execution = executions[key.id]
        {
            bytes += execution.progress.savedBytes
            end(&execution, as: .expired, at: now, log: &log)
            report.expired.append(execution)
            room -= 1
        }
        while let key = aged.first, key.date <= now, room > 0 {
            record(.removeExecution(key.id), log: &log)
            report.removedExecutions += 1
            room -= 1
        }
        while room > 0, let id = overfull.first, let oldest = oldestBeyondRetention(of: id) {
            record(.removeExecution(oldest), log: &log)
            report.removedExecutions += 1
            room -= 1
        }
        while let key = expiringKeys.first, key.date <= now, room > 0 {
            record(.removeOperation(key.key), log: &log)
            report.removedKeys += 1
            room -= 1
        }
        while room > 0, let (pool, last) = claims.startLog.forgettableName(at: now) {
            record(.forgetStarts(pool, through: last), log: &log)
            room -= 1
        }
        let next = [
            expiries.first?.date, aged.first?.date, expiringKeys.first?.date,
            claims.startLog.nextForgettableDate,
        ]
        report.hasMore = !overfull.isEmpty || next.contains { $0.map { $0 <= now } ?? false }
        return report
    }

    /// Whether pruning has work to do.
    ///
    /// Expired executions are pruned at once, old history and keys once a minute.
    func isPruningDue(at now: Date) -> Bool {
        let minute = Self.minute(of: now)
        return !overfull.isEmpty || expiries.first.map { $0.date <= now } ?? false
            || kept.first.map { $0.date <= minute } ?? false
            || aged.first.map { $0.date <= minute } ?? false
            || expiringKeys.first.map { $0.date <= minute } ?? false
            || claims.startLog.nextForgettableDate.map { $0 <= minute } ?? false
    }

    /// The earliest date after `now` at which pruning becomes due.
    ///
    /// For old history and keys it is a whole minute.
    func nextPruning(after now: Date) -> Date? {
        let minute = Self.minute(of: now)
        let old = [
            aged.next(after: .end(of: minute))?.date, kept.next(after: .end(of: minute))?.date,
            expiringKeys.first.flatMap { $0.date > minute ? $0.date : nil },
            claims.startLog.nextForgettableDate.flatMap { $0 > minute ? $0 : nil },
        ].compactMap(\.self).min().map { Self.minute(of: $0) == $0 ? $0 : Self.minute(of: $0).addingTimeInterval(60) }
        return [expiries.next(after: .end(of: now))?.date, old].compactMap(\.self).min()
    }

    private static func minute(of date: Date) -> Date {
        Date(timeIntervalSince1970: (date.timeIntervalSince1970 / 60).rounded(.down) * 60)
    }

    package func counts() -> StoreCounts {
        var counts = StoreCounts()
        for state in JobState.allCases {
            let count = jobIndex.jobs(state).count
            if count > 0 { counts.jobs[state] = count }
        }
        for status in ExecutionStatus.allCases {
            let count = executionIndex.executions(status).count
            if count > 0 { counts.executions[status] = count }
        }
        return counts
    }
}
