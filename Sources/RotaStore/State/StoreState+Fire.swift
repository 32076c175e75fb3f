import Foundation

extension StoreState {
    package mutating func fire(_ fires: [Fire], log: inout ChangeLog) -> [Fire.Outcome] {
        fires.map { fire($0, log: &log) }
    }

    private mutating func fire(_ fire: Fire, log: inout ChangeLog) -> Fire.Outcome {
        guard var job = jobs[fire.jobID], job.position.revision == fire.expectedRevision,
            job.position.state == .active, isInOrder(fire, after: job.position.cursor)
        else { return .conflict }
        var fired: [Execution] = []
        var skipped = fire.skips
        let skipsOverlap = job.definition.overlap.rule == .skip
        var live = histories[job.id]?.liveCount ?? 0
        for execution in fire.executions {
            if skipsOverlap, live > 0 {
                skipped.append(
                    SkippedOccurrence(
                        jobID: job.id, first: execution.scheduledFor, last: execution.scheduledFor, count: 1,
                        reason: .overlap, decidedAt: execution.createdAt))
            } else {
                record(.putExecution(execution), log: &log)
                fired.append(execution)
                live += 1
            }
        }
        skipped.sort { $0.first < $1.first }
        for skip in skipped {
            // An occurrence that fired between the last skip and this one keeps the two apart.
            let boundary = histories[job.id]?.skips.last?.last ?? .distantPast
            let lastFired = fired.contains { $0.scheduledFor > boundary && $0.scheduledFor < skip.first }
            let firedBefore = job.position.lastFired.map { $0 > boundary } ?? false
            recordSkip(skip, job: job, firedAfterLast: lastFired || firedBefore, log: &log)
        }
        var position = fire.position
        position.scheduledRuns = job.position.scheduledRuns + fired.count
        position.lastFired = fired.last?.scheduledFor ?? job.position.lastFired
        job.move(to: position)
        record(.putPosition(job.id, job.position), log: &log)
        return .fired(executions: fired, skips: skipped)
    }

    /// Whether a fire's executions belong to its job, are new, and lie in order behind the cursor.
    private func isInOrder(_ fire: Fire, after cursor: Date) -> Bool {
        var last = cursor
        for execution in fire.executions {
            guard execution.jobID == fire.jobID, execution.scheduledFor > last, executions[execution.id] == nil
            else { return false }
            last = execution.scheduledFor
        }
        return fire.position.cursor >= last
    }

    package mutating func enqueue(_ new: [Execution], log: inout ChangeLog) throws(StoreError) {
        var seen = Set<ExecutionID>()
        for execution in new {
            guard jobs[execution.jobID] != nil else { throw .noJob(execution.jobID) }
            guard executions[execution.id] == nil, seen.insert(execution.id).inserted else {
                throw .executionExists(execution.id)
            }
        }
        for execution in new { record(.putExecution(execution), log: &log) }
    }
}
