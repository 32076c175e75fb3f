import Foundation

extension StoreState {
    /// Lets the next run of a backfill start that goes one after the other, once no earlier one is under way.
    ///
    /// The runs that wait for their turn are `waiting` and have not begun, as one has that is parked; whatever became of
    /// the one before, the next follows.
    ///
    /// - Complexity: O(log n).
    mutating func passBackfillOn(after ended: Execution, at date: Date, log: inout ChangeLog) {
        // Runs that may go at once are never waiting, so that there is nothing to pass on among them.
        guard ended.source == .backfill, let batch = ended.details.batchID,
            let backfill = histories[ended.jobID]?.backfills[batch], backfill.underWay == 0,
            let next = backfill.waiting.first, var progress = executions[next.id]?.progress
        else { return }
        progress.move(to: .queued)
        progress.dueAt = date
        record(.putProgress(next.id, progress), log: &log)
    }
}

extension JobHistory {
    /// Takes note of a run of a backfill that is not over.
    mutating func addToBackfill(_ run: FiledExecution) {
        guard let batch = run.backfill else { return }
        if run.waitsForTurn {
            backfills[batch, default: Backfill()].waiting.insert(run.ticket.turn)
        } else {
            backfills[batch, default: Backfill()].underWay += 1
        }
    }

    /// Forgets a run of a backfill as it was when it was added.
    mutating func removeFromBackfill(_ run: FiledExecution) {
        guard let batch = run.backfill, var backfill = backfills.removeValue(forKey: batch) else { return }
        if run.waitsForTurn { backfill.waiting.remove(run.ticket.turn) } else { backfill.underWay -= 1 }
        if backfill.underWay > 0 || !backfill.waiting.isEmpty { backfills[batch] = backfill }
    }
}

extension FiledExecution {
    /// Whether it waits for its turn in a backfill, and not for an answer.
    fileprivate var waitsForTurn: Bool { status == .waiting && startedAt == nil }
}
