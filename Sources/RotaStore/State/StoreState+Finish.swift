import Foundation

extension StoreState {
    package mutating func finish(_ completions: [Completion], log: inout ChangeLog) -> [Completion.Outcome] {
        completions.map { finish($0, log: &log) }
    }

    private mutating func finish(_ completion: Completion, log: inout ChangeLog) -> Completion.Outcome {
        guard var execution = executions[completion.executionID] else { return .missing }
        guard execution.progress.status == .running, execution.progress.lease?.token == completion.token
        else { return .stale }
        if let attempt = completion.attempt?.numbered(execution.attempts.count + 1) {
            execution.attempts.append(attempt)
            record(.putAttempt(execution.id, attempt), log: &log)
        }
        execution.progress = progress(of: execution, after: completion)
        record(.putProgress(execution.id, execution.progress), log: &log)
        if execution.progress.status.isTerminal { settle(execution, at: completion.date, log: &log) }
        return .recorded(execution)
    }

    private func progress(of execution: Execution, after completion: Completion) -> ExecutionProgress {
        var progress = execution.progress
        switch completion.next {
        case .succeeded:
            progress.move(to: .succeeded)
            progress.failure = nil
        case .failed(let failure):
            progress.failure = failure
            progress.move(to: progress.cancelRequestedAt == nil ? .failed : .canceled)
        case .retry(let instant, let failure):
            progress.failure = failure
            queue(&progress, at: instant)
        case .released(let instant):
            queue(&progress, at: instant)
            if progress.status == .queued, execution.attempts.isEmpty {
                progress.startedAt = nil
                progress.runningVersion = nil
            }
        case .canceled:
            progress.move(to: .canceled)
        case .parked(let instant):
            if progress.cancelRequestedAt == nil {
                progress.move(to: .waiting)
                progress.expiresAt = instant
            } else {
                progress.move(to: .canceled)
            }
        }
        if let output = completion.output { progress.output = output }
        if progress.status.isTerminal { progress.finishedAt = completion.date }
        return progress
    }

    /// Lets a running execution go on from an instant, unless it was to be called off: now nobody runs it.
    private func queue(_ progress: inout ExecutionProgress, at instant: Date) {
        guard progress.cancelRequestedAt == nil else {
            progress.move(to: .canceled)
            return
        }
        progress.move(to: .queued)
        progress.dueAt = instant
    }

    /// Brings the job up to date with an execution that is over, and removes history beyond its retention.
    mutating func settle(_ execution: Execution, at date: Date, log: inout ChangeLog) {
        guard let job = jobs[execution.jobID] else { return }
        passBackfillOn(after: execution, at: date, log: &log)
        // A notice tells of a run; it is none.
        if execution.source != .notification {
            var tally = job.tally
            tally.count(
                execution.progress.status, startedAt: execution.progress.startedAt,
                finishedAt: execution.progress.finishedAt)
            record(.putTally(job.id, tally), log: &log)
        }
        for notice in job.notices(of: execution, at: date) { record(.putExecution(notice), log: &log) }
        var position = job.position
        let proceeds = position.runEnded(execution.id, at: date, of: job.definition.schedule)
        let isCounted = position.runEnded(execution, policy: job.definition.breaker, at: date)
        if proceeds || isCounted {
            var moved = job
            moved.move(to: position)
            record(.putPosition(job.id, moved.position), log: &log)
        }
        let retention = job.definition.retention
        if retention.age(of: execution.progress.status) == .zero {
            record(.removeExecution(execution.id), log: &log)
        }
        trimHistory(of: job, log: &log)
    }

    /// Removes the oldest finished executions of a job beyond the number that it keeps; not all at once if that would
    /// take long, because the number was lowered: then ``prune(at:limit:log:)`` goes on.
    private mutating func trimHistory(of job: Job, log: inout ChangeLog) {
        for _ in 0..<Self.trimLimit {
            guard let oldest = oldestBeyondRetention(of: job.id) else { return }
            record(.removeExecution(oldest), log: &log)
        }
    }

    private static var trimLimit: Int { 100 }

    /// The oldest finished run of a job if there are more than it keeps, or else the oldest notice, by its own count.
    func oldestBeyondRetention(of id: JobID) -> ExecutionID? {
        guard let limit = jobs[id]?.retention.maximumCount else { return nil }
        if let finished = histories[id]?.finished, finished.count > limit { return finished.first }
        return finishedNotices[id].flatMap { $0.count > limit ? $0.first : nil }
    }
}
