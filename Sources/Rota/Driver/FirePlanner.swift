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
            now.elapsed(since: wake) <= tolerance
            ? onTime(from: first, schedule: schedule, now: now)
            : missed(from: first, job: job, now: now)
        verdict.dropLate(than: job.definition.misfire.maximumLateness, at: now)
        verdict.limit(toRuns: schedule.maximumRuns.map { max(0, $0 - job.position.scheduledRuns) })

        var position = job.position
        position.cursor = verdict.last
        // A delay after a run is counted from now if there was none: it is no series that could be made up for.
        let from = schedule.completionDelay == nil ? verdict.last : max(verdict.last, now)
        position.proceed(to: schedule.nextOccurrence(after: from))
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
            verdict = stillOnTime(verdict, schedule: schedule, now: now)
        case .all(let limit):
            verdict.fired = newest(limit, from: first, to: latest, schedule: schedule)
        }
        return verdict
    }

    /// The last occurrence that is due, not before the first.
    private func latestDue(from first: Date, schedule: Schedule, now: Date) -> Occurrence {
        let latest = schedule.latest(upTo: now.advanced(by: .zero - schedule.smoothingOffset)) ?? first
        return schedule.occurrence(at: max(first, latest))
    }

    /// The occurrences that are due but not late, as many as fit a batch; the rest of them is left to the next fire.
    private func stillOnTime(_ verdict: FireVerdict, schedule: Schedule, now: Date) -> FireVerdict {
        let bound = now.advanced(by: .zero - tolerance - schedule.smoothingOffset)
        var candidate = schedule.nextOccurrence(after: max(bound.addingTimeInterval(-0.001), verdict.first))
        while let occurrence = candidate, occurrence.nominal < bound {
            candidate = schedule.nextOccurrence(after: occurrence.nominal)
        }
        guard let from = candidate?.nominal, from <= verdict.last else { return verdict }
        let kept = onTime(from: from, schedule: schedule, now: now)
        return FireVerdict(first: verdict.first, last: kept.last, fired: kept.fired)
    }

    /// The newest occurrences, from the latest backwards, in the order of time.
    private func newest(
        _ limit: Int, from first: Date, to latest: Occurrence, schedule: Schedule
    ) -> [Occurrence] {
        var found: [Occurrence] = []
        var candidate: Occurrence? = latest
        while let occurrence = candidate, occurrence.nominal >= first, found.count < limit {
            found.append(occurrence)
            candidate = schedule.previous(before: occurrence.nominal).map { schedule.occurrence(at: $0) }
        }
        return found.reversed()
    }
}
