import Foundation
import RotaSchedule
import RotaStore

/// What a claim must give, worked out from nothing but the records and the attempts made so far.
struct ClaimOracle {
    struct Started {
        var job: JobID
        var names: Set<String>
        var date: Date
    }

    var jobs: [Job] = []
    var executions: [Execution] = []
    /// The executions that have ended.
    var ended: [Execution] = []
    var dependencies: [JobDependency] = []
    /// Every start of an attempt, ever.
    var started: [Started] = []

    /// The executions that a request takes, in order.
    mutating func claim(limit: Int, at now: Date) -> [ExecutionID] {
        var taken: [ExecutionID] = []
        while taken.count < limit, let next = candidates(at: now).min(by: { rank($0) < rank($1) }) {
            taken.append(next.id)
            guard let index = executions.firstIndex(where: { $0.id == next.id }), let job = job(of: next) else { break }
            executions[index].progress.status = .running
            executions[index].progress.startedAt = next.progress.startedAt ?? now
            let names = Set(job.definition.limits.sharedRates.map(\.name))
            started.append(Started(job: job.id, names: names, date: now))
        }
        return taken
    }

    private func rank(_ execution: Execution) -> DueKey<ExecutionID> {
        let priority = execution.details.priority ?? job(of: execution)?.definition.priority ?? 0
        return DueKey(date: ClaimOrder.rank(dueAt: execution.progress.dueAt, priority: priority), id: execution.id)
    }

    private func job(of execution: Execution) -> Job? { jobs.first { $0.id == execution.jobID } }

    private func candidates(at now: Date) -> [Execution] {
        executions.filter { execution in
            guard execution.progress.status == .queued, execution.progress.dueAt <= now, !hasExpired(execution, now),
                let job = job(of: execution)
            else { return false }
            let limits = job.definition.limits
            let running = executions.filter { $0.jobID == job.id && $0.progress.status == .running }
            if let limit = limits.concurrency, running.count >= limit { return false }
            if let limit = limits.concurrencyPerKey, let key = execution.details.concurrencyKey,
                running.count(where: { $0.details.concurrencyKey == key }) >= limit
            {
                return false
            }
            if let window = limits.window, !window.contains(now) { return false }
            if let rate = limits.rate, !hasRoom(rate, at: now, where: { $0.job == job.id }) { return false }
            for shared in limits.sharedRates
            where !hasRoom(shared.limit, at: now, where: { $0.names.contains(shared.name) }) {
                return false
            }
            if execution.progress.startedAt == nil, !dependencies.allSatisfy({ isMet($0, for: execution) }) {
                return false
            }
            return !job.definition.overlap.isSerial
                || isItsTurn(execution, countingAll: job.definition.overlap.countsTriggered, at: now)
        }
    }

    private func isMet(_ dependency: JobDependency, for execution: Execution) -> Bool {
        guard dependency.jobID == execution.jobID else { return true }
        let others = ended.filter { $0.jobID == dependency.dependsOn }
        let last: ExecutionStatus?
        if let key = execution.details.idempotencyKey {
            last = others.first { $0.details.idempotencyKey == key }?.status
        } else if let key = execution.details.dependencyKey {
            last =
                others.filter { $0.details.dependencyKey == key }
                .max {
                    ($0.progress.finishedAt ?? .distantPast, $0.id) < ($1.progress.finishedAt ?? .distantPast, $1.id)
                }?
                .status
        } else {
            last = jobs.first { $0.id == dependency.dependsOn }?.statistics.lastStatus
        }
        switch dependency.condition {
        case .completed: return last == .succeeded
        case .failed: return last == .failed || last == .expired
        case .any: return last != nil
        }
    }

    private func hasExpired(_ execution: Execution, _ now: Date) -> Bool {
        execution.progress.startedAt == nil && execution.progress.expiresAt.map { $0 <= now } ?? false
    }

    private func hasRoom(_ rate: RateLimit, at now: Date, where counts: (Started) -> Bool) -> Bool {
        let window = rate.window / .seconds(1)
        return started.count { counts($0) && $0.date.addingTimeInterval(window) > now } < rate.maximum
    }

    private func isItsTurn(_ execution: Execution, countingAll: Bool, at now: Date) -> Bool {
        guard countingAll || execution.source == .schedule else { return true }
        let series = executions.filter {
            $0.jobID == execution.jobID && (countingAll || $0.source == .schedule) && !$0.progress.status.isTerminal
        }
        let begun = series.filter { $0.progress.startedAt != nil }
        let open = begun.isEmpty ? series.filter { !hasExpired($0, now) } : begun
        return open.min { ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id) }?.id == execution.id
    }
}
