import Foundation
import RotaRetry
import RotaSchedule
import RotaStore

extension Job {
    /// The occurrences that were due until an instant and will not be fired, as one record.
    func passedOver(at now: Date, because reason: SkippedOccurrence.Reason) -> [SkippedOccurrence] {
        guard let first = scheduleState.next, first <= now,
            let last = definition.schedule.latest(upTo: now), last >= first
        else { return [] }
        return [
            SkippedOccurrence(
                jobID: id, first: first, last: last,
                count: definition.schedule.count(from: first, through: last, limit: 10_000), reason: reason,
                decidedAt: now)
        ]
    }
}

extension ScheduleState {
    /// Why occurrences do not fire while the job is paused.
    var reasonWhilePaused: SkippedOccurrence.Reason {
        isHeldByBreaker ? .breaker : .paused
    }
}

extension SchedulerError {
    static func noJob(_ id: JobID) -> SchedulerError {
        SchedulerError(
            .jobNotFound, "There is no job \(id); it may have been deleted. `jobs()` lists those that exist.",
            value: id.description)
    }
}
