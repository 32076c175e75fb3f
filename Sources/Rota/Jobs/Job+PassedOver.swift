import Foundation
import RotaStore

extension Job {
    /// The occurrences that a pause has passed over until now, as one record.
    func passedOver(at now: Date) -> [SkippedOccurrence] {
        guard let first = position.next, first <= now,
            let last = definition.schedule.previous(before: now.addingTimeInterval(0.001)), last >= first
        else { return [] }
        return [
            SkippedOccurrence(
                jobID: id, first: first, last: last,
                count: definition.schedule.count(from: first, through: last, limit: 10_000), reason: .paused,
                decidedAt: now)
        ]
    }
}

extension SchedulerError {
    static func noJob(_ id: JobID) -> SchedulerError {
        SchedulerError(
            .jobNotFound, "There is no job \(id); it may have been deleted. `jobs()` lists those that exist.",
            value: id.description)
    }
}
