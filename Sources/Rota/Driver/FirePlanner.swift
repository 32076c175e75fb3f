import Foundation
import RotaSchedule
import RotaStore

/// Decides what becomes of a job's due occurrences; a pure function of the job and the time.
struct FirePlanner: Sendable {
    /// How late an occurrence may be noticed without counting as missed.
    let tolerance: Duration
    /// The largest number of executions in one fire.
    let batchSize: Int

    /// The most occurrences that are counted one by one; beyond, a skip's count is unknown.
    private static let countingLimit = 10_000

    /// Plans a fire.
    ///
    /// If the oldest due occurrence is no later than the tolerance, every due one fires. Otherwise some were missed,
    /// and the job's misfire policy decides about all that are due.
    ///
    /// - Returns: `nil` if nothing is due.
    func plan(_ job: Job, at now: Date, makeID: () -> ExecutionID) -> Fire? {
        guard let wake = job.position.wake, wake <= now, let first = job.position.next else { return nil }
        let schedule = job.definition.schedule
        var verdict =
            now.elapsed(since: first) <= tolerance
            ? onTime(from: first, schedule: schedule, now: now)
            : missed(from: first, job: job, now: now)
        verdict.dropLate(than: job.definition.misfire.maximumLateness, at: now)
        let remaining = schedule.maximumRuns.map { max(0, $0 - job.position.scheduledRuns) }
        if let remaining { verdict.fired = Array(verdict.fired.prefix(remaining)) }

        var position = job.position
        position.cursor = verdict.last
        position.settle(
            next: schedule.nextOccurrence(after: verdict.last), of: schedule,
            isExhausted: remaining.map { $0 <= verdict.fired.count } ?? false, fired: !verdict.fired.isEmpty)
        return Fire(
            jobID: job.id,
            expectedRevision: job.position.revision,
            executions: verdict.fired.map {
                job.execution(
                    id: makeID(), source: .schedule, scheduledFor: $0.nominal, dueAt: $0.effective, createdAt: now)
            },
            skips: verdict.skips(of: job.id, schedule: schedule, countingLimit: Self.countingLimit, at: now),
            position: position)
    }

    private func onTime(from first: Date, schedule: Schedule, now: Date) -> FireVerdict {
        var fired: [Occurrence] = []
        var candidate: Occurrence? = schedule.occurrence(at: first)
        while let occurrence = candidate, occurrence.effective <= now, fired.count < batchSize {
            fired.append(occurrence)
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        return FireVerdict(first: first, last: fired.last?.nominal ?? first, fired: fired)
    }

    private func missed(from first: Date, job: Job, now: Date) -> FireVerdict {
        let schedule = job.definition.schedule
        let latest = latestDue(from: first, schedule: schedule, now: now)
        var verdict = FireVerdict(first: first, last: latest.nominal, fired: [])
        switch job.definition.misfire.rule {
        case .latest:
            verdict.fired = [latest]
        case .skip:
            verdict.fired = newest(from: first, to: latest, schedule: schedule, limit: batchSize) {
                now.elapsed(since: $0.nominal) <= tolerance
            }
        case .all(let limit):
            verdict.fired = newest(from: first, to: latest, schedule: schedule, limit: limit) { _ in true }
        }
        return verdict
    }

    /// The last occurrence that is due, not before the first.
    private func latestDue(from first: Date, schedule: Schedule, now: Date) -> Occurrence {
        var instant = now.addingTimeInterval(0.001)
        while let nominal = schedule.previous(before: instant), nominal > first {
            let occurrence = schedule.occurrence(at: nominal)
            if occurrence.effective <= now { return occurrence }
            instant = nominal
        }
        return schedule.occurrence(at: first)
    }

    /// The newest occurrences for which a condition holds, from the latest backwards, in the order of time.
    private func newest(
        from first: Date, to latest: Occurrence, schedule: Schedule, limit: Int, while holds: (Occurrence) -> Bool
    ) -> [Occurrence] {
        var found: [Occurrence] = []
        var candidate: Occurrence? = latest
        while let occurrence = candidate, occurrence.nominal >= first, found.count < limit, holds(occurrence) {
            found.append(occurrence)
            candidate = schedule.previous(before: occurrence.nominal).map { schedule.occurrence(at: $0) }
        }
        return found.reversed()
    }
}
