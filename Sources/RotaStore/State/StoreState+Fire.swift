import Foundation

extension StoreState {
    package mutating func fire(_ fires: [Fire], log: inout ChangeLog) -> [Fire.Outcome] {
        fires.map { fire($0, log: &log) }
    }

    private mutating func fire(_ fire: Fire, log: inout ChangeLog) -> Fire.Outcome {
        guard var job = jobs[fire.jobID], job.position.revision == fire.expectedRevision,
            job.position.wake != nil, isInOrder(fire, after: job.position.cursor)
        else { return .conflict }
        var fired: [Execution] = []
        var skipped = fire.skips
        let skipsOverlap = job.definition.overlap.rule == .skip
        var live = histories.read(job.id, \.liveCount) ?? 0
        for execution in fire.executions {
            if let reason = reasonToSkip(execution, of: job, skipsOverlap: skipsOverlap && live > 0) {
                skipped.append(
                    SkippedOccurrence(
                        jobID: job.id, first: execution.scheduledFor, last: execution.scheduledFor, count: 1,
                        reason: reason, decidedAt: execution.createdAt))
            } else {
                record(.putExecution(execution), log: &log)
                fired.append(execution)
                live += 1
            }
        }
        skipped.sort { $0.first < $1.first }
        for skip in skipped {
            let lastFired = fired.last { $0.scheduledFor < skip.first }?.scheduledFor ?? job.position.lastFired
            recordSkip(skip, job: job, lastFired: lastFired, log: &log)
        }
        var position = fire.position
        position.scheduledRuns = job.position.scheduledRuns
        position.lastFired = job.position.lastFired
        position.awaiting = job.position.awaiting
        position.runsBegan(
            fired.count, last: fired.last.map { ($0.id, $0.scheduledFor) }, of: job.schedule)
        job.move(to: position)
        record(.putPosition(job.id, job.position), log: &log)
        return .fired(executions: fired, skips: skipped, replaced: [])
    }

    private func reasonToSkip(
        _ execution: Execution, of job: Job, skipsOverlap: Bool
    ) -> SkippedOccurrence.Reason? {
        // Only a schedule that was begun anew can come back to an instant for which the job has run.
        if let lastFired = job.position.lastFired, execution.scheduledFor <= lastFired, let history = histories[job.id],
            history.executions.suffix().contains(where: {
                executions[$0].map { $0.source == .schedule && $0.scheduledFor == execution.scheduledFor } ?? false
            })
        {
            return .duplicate
        }
        return skipsOverlap ? .overlap : nil
    }

    /// Whether a fire's executions belong to its job, are new, and lie in order behind the cursor.
    private func isInOrder(_ fire: Fire, after cursor: Date) -> Bool {
        var last = cursor
        for execution in fire.executions {
            guard execution.jobID == fire.jobID, execution.scheduledFor > last, !executions.contains(execution.id)
            else { return false }
            last = execution.scheduledFor
        }
        return fire.position.cursor >= last
    }

    @discardableResult
    package mutating func enqueue(_ new: [Execution], log: inout ChangeLog) throws(StoreError) -> [Enqueued] {
        var seen = Set<ExecutionID>()
        for execution in new {
            guard jobs[execution.jobID] != nil else { throw .noJob(execution.jobID) }
            guard executions[execution.id] == nil, seen.insert(execution.id).inserted else {
                throw .executionExists(execution.id)
            }
        }
        return new.map { execution in
            record(.putExecution(execution), log: &log)
            return .queued(execution)
        }
    }
}
