import Foundation

extension StoreState {
    /// Lets the next run of a backfill start that goes one after the other, once no earlier one is under way.
    ///
    /// The runs that wait for their turn are `waiting`; whatever became of the one before, the next follows.
    ///
    /// - Complexity: O(n) in the number of the job's executions that are kept.
    mutating func passBackfillOn(after ended: Execution, at date: Date, log: inout ChangeLog) {
        guard ended.source == .backfill, let batch = ended.details.batchID, let history = histories[ended.jobID]
        else { return }
        var next: Execution?
        for id in history.liveExecutions where id != ended.id {
            guard let other = executions[id], other.source == .backfill, other.details.batchID == batch
            else { continue }
            // Runs that may go at once are never waiting, so that there is nothing to pass on among them.
            guard other.progress.status == .waiting else { return }
            if next.map({ other.scheduledFor < $0.scheduledFor }) ?? true { next = other }
        }
        guard var progress = next?.progress, let id = next?.id else { return }
        progress.move(to: .queued)
        progress.dueAt = date
        record(.putProgress(id, progress), log: &log)
    }
}
