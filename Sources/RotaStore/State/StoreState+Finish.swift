import Foundation

extension StoreState {
    package mutating func finish(_ completions: [Completion], log: inout ChangeLog) -> [Completion.Outcome] {
        completions.map { finish($0, log: &log) }
    }

    private mutating func finish(_ completion: Completion, log: inout ChangeLog) -> Completion.Outcome {
        guard var execution = executions[completion.executionID] else { return .missing }
        guard execution.progress.status == .running, execution.progress.lease?.token == completion.token
        else { return .stale }
        execution.progress = progress(of: execution, after: completion)
        record(.putProgress(execution.id, execution.progress), log: &log)
        if let attempt = completion.attempt {
            record(.putAttempt(execution.id, attempt), log: &log)
            // Read, not made a second time: both share one array.
            execution.attempts = executions.read(execution.id, \.attempts) ?? []
        }
        if execution.progress.status.isTerminal { settle(execution, at: completion.date, log: &log) }
        return .recorded(execution)
    }

    private func progress(of execution: Execution, after completion: Completion) -> ExecutionProgress {
        var progress = execution.progress
        switch completion.next {
        case .succeeded:
            progress.status = .succeeded
            progress.failure = nil
        case .failed(let failure):
            progress.status = .failed
            progress.failure = failure
        case .retry(let instant, let failure):
            progress.status = .queued
            progress.dueAt = instant
            progress.failure = failure
        case .released(let instant):
            progress.status = .queued
            progress.dueAt = instant
            if execution.attempts.isEmpty { progress.startedAt = nil }
        case .canceled:
            progress.status = .canceled
        case .parked(let instant):
            progress.status = .waiting
            progress.expiresAt = instant
        }
        if let output = completion.output { progress.output = output }
        if progress.status.isTerminal { progress.finishedAt = completion.date }
        return progress
    }

    /// Brings the job up to date with an execution that is over, and removes history beyond its retention.
    mutating func settle(_ execution: Execution, at date: Date, log: inout ChangeLog) {
        guard let job = jobs[execution.jobID] else { return }
        let maximumCount = job.retention.maximumCount
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
        let proceeds = position.runEnded(execution.id, at: date, of: job.schedule)
        let isCounted = position.runEnded(execution, policy: job.definition.breaker, at: date)
        if proceeds || isCounted {
            var moved = job
            moved.move(to: position)
            record(.putPosition(job.id, moved.position), log: &log)
        }
        while let oldest = histories.read(job.id, { $0.finished.count > maximumCount ? $0.finished.first : nil }) ?? nil
        {
            record(.removeExecution(oldest), log: &log)
        }
    }
}
