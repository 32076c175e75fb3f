import Foundation

extension StoreState {
    package mutating func fire(_ fires: [FireRequest], log: inout ChangeLog) -> [FireRequest.Outcome] {
        fires.map { fire($0, log: &log) }
    }

    private mutating func fire(_ fire: FireRequest, log: inout ChangeLog) -> FireRequest.Outcome {
        guard var job = jobs[fire.jobID], job.scheduleState.revision == fire.expectedRevision,
            job.scheduleState.allowsFire, isInOrder(fire, after: job.scheduleState.decidedThrough)
        else { return .conflict }
        var replaced: [Execution] = []
        var skipped = fire.skips
        var refused: Set<ExecutionID> = []
        for execution in fire.executions {
            if let reason = reasonToSkip(execution, of: job) {
                refused.insert(execution.id)
                skipped.append(
                    SkippedOccurrence(
                        jobID: job.id, first: execution.scheduledFor, last: execution.scheduledFor, count: 1,
                        reason: reason, decidedAt: execution.createdAt))
            } else {
                if job.overlap.rule == .replace { replaced += replaceRuns(with: execution, log: &log) }
                record(execution, log: &log)
            }
        }
        let fired = refused.isEmpty ? fire.executions : fire.executions.filter { !refused.contains($0.id) }
        // A run that was replaced may have been the one that the schedule waited for.
        if !replaced.isEmpty { job = jobs[job.id] ?? job }
        if skipped.count > 1 { skipped.sort { $0.first < $1.first } }
        for skip in skipped {
            let lastFired = fired.last { $0.scheduledFor < skip.first }?.scheduledFor ?? job.scheduleState.lastFired
            recordSkip(skip, job: job, lastFired: lastFired, log: &log)
        }
        var scheduleState = fire.scheduleState
        scheduleState.firedCount = job.scheduleState.firedCount
        scheduleState.lastFired = job.scheduleState.lastFired
        scheduleState.awaitedExecutionID = job.scheduleState.awaitedExecutionID
        scheduleState.recordFired(
            fired.count, last: fired.last.map { ($0.id, $0.scheduledFor) }, of: job.schedule)
        job.move(to: scheduleState)
        record(job.scheduleState, of: job.id, log: &log)
        return .fired(executions: fired, skips: skipped, replaced: replaced)
    }

    /// Calls off the runs of the schedule that an execution takes the place of.
    ///
    /// - Returns: What became of them: canceled, or still running.
    private mutating func replaceRuns(with execution: Execution, log: inout ChangeLog) -> [Execution] {
        claims.series(of: execution.jobID).compactMap { id in
            guard executions[id]?.progress.cancelRequestedAt == nil else { return nil }
            let request = Cancellation(
                id, reason: "Replaced by the next execution of the schedule.", date: execution.createdAt)
            return switch cancel(request, log: &log) {
            case .canceled(let old), .requested(let old): old
            case .alreadyOver, .missing: nil
            }
        }
    }

    private mutating func reasonToSkip(_ execution: Execution, of job: Job) -> SkippedOccurrence.Reason? {
        if hasRun(job, for: execution.scheduledFor) || earlierRun(as: execution) != nil { return .duplicate }
        let rule = job.overlap.rule
        if rule == .allow { return nil }
        let live = histories.read(job.id) { $0.scheduledCount } ?? 0
        switch rule {
        case .allow, .replace, .queue(limit: nil): return nil
        case .skip: return live > 0 ? .overlap : nil
        case .queue(let limit?):
            // The first of those that have not begun does not wait for another, if none has begun.
            return live + 1 - max(1, claims.begunCount(of: job.id)) > limit ? .overlap : nil
        }
    }

    /// Whether there is a run of a job's schedule for an instant.
    ///
    /// Only a schedule that was begun anew can come back to one. It is looked for among all the job's executions then,
    /// and from there on in constant time, until the schedule is beyond what has run.
    private mutating func hasRun(_ job: Job, for instant: Date) -> Bool {
        guard let lastFired = job.scheduleState.lastFired, instant <= lastFired else {
            if !restarted.isEmpty { restarted[job.id] = nil }
            return false
        }
        if restarted[job.id] == nil {
            let runs = histories[job.id].map { history in
                history.executions.suffix().compactMap { executions[$0] }.filter { $0.source == .schedule }
            }
            restarted[job.id] = Dictionary((runs ?? []).map { ($0.scheduledFor, 1) }, uniquingKeysWith: +)
        }
        return restarted[job.id]?[instant] ?? 0 > 0
    }

    /// Whether a fire's executions and skips belong to its job, and the executions are new, and lie in order behind the cursor.
    private func isInOrder(_ fire: FireRequest, after cursor: Date) -> Bool {
        var last = cursor
        for execution in fire.executions {
            guard execution.jobID == fire.jobID, execution.scheduledFor > last, !executions.contains(execution.id),
                execution.progress.status == .queued
            else { return false }
            last = execution.scheduledFor
        }
        if fire.executions.count > 1, Set(fire.executions.map(\.id)).count < fire.executions.count { return false }
        return fire.scheduleState.decidedThrough >= last && fire.skips.allSatisfy { $0.jobID == fire.jobID }
    }
}

extension StoreState {
    @discardableResult
    package mutating func enqueue(_ new: [Execution], log: inout ChangeLog) throws(StoreError) -> [EnqueueOutcome] {
        try check(new)
        return new.map { execution in
            if let existing = earlierRun(as: execution) { return .existing(existing) }
            record(execution, log: &log)
            if execution.progress.status.isTerminal { markIfOverfull(execution.jobID) }
            return .queued(execution)
        }
    }

    /// The execution of the same job that was asked for with the same key before (SX-5).
    func earlierRun(as execution: Execution) -> Execution? {
        guard let key = execution.idempotencyKey else { return nil }
        return executionIndex.execution(of: execution.jobID, key: key).flatMap { executions[$0] }
    }

    /// Checks that all executions can be queued, but for those that are repetitions.
    private func check(_ new: [Execution]) throws(StoreError) {
        var ids = SeenIDs<ExecutionID>()
        var keys: [JobID: Set<String>] = [:]
        for execution in new {
            guard jobs.contains(execution.jobID) else { throw .noJob(execution.jobID) }
            if let key = execution.idempotencyKey {
                guard earlierRun(as: execution) == nil, keys[execution.jobID, default: []].insert(key).inserted
                else { continue }
            }
            guard !executions.contains(execution.id), ids.insert(execution.id) else {
                throw .executionExists(execution.id)
            }
            guard execution.canBegin else { throw .cannotBegin(execution) }
        }
    }
}

extension Execution {
    /// The key under which it was asked for, if it has one.
    var idempotencyKey: String? { hasDetails ? details.idempotencyKey : nil }

    /// Whether it may be handed in: as one that waits to run, or as the record of one that is over.
    ///
    /// Nobody would hold the lease of one that runs, or take it over.
    var canBegin: Bool {
        switch progress.status {
        case .queued, .waiting: progress.finishedAt == nil
        case .running: false
        case .succeeded, .failed, .canceled, .expired: progress.finishedAt != nil
        }
    }
}

extension StoreError {
    static func cannotBegin(_ execution: Execution) -> StoreError {
        StoreError(
            .invalidExecution,
            "The execution \(execution.id) cannot be queued as “\(execution.progress.status.rawValue)”"
                + (execution.progress.finishedAt.map { ", finished at \($0.timeIntervalSince1970) s" } ?? "")
                + "; a new one is queued or waiting and has not finished, or has an end and its date.")
    }
}
