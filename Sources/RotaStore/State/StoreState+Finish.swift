import Foundation

extension StoreState {
    package mutating func finish(_ completions: [Completion], log: inout ChangeLog) -> [Completion.Outcome] {
        completions.map { finish($0, log: &log) }
    }

    private mutating func finish(_ completion: Completion, log: inout ChangeLog) -> Completion.Outcome {
        let id = completion.executionID
        let found = executions.read(id) { (progress: $0.progress, attempts: $0.attempts.count) }
        guard var (progress, attempts) = found else { return .missing }
        guard progress.status == .running, progress.lease?.token == completion.token else { return .stale }
        if let attempt = completion.attempt {
            attempts += 1
            record(attempt.numbered(attempts), of: id, log: &log)
        }
        progress.goOn(after: completion, isUntried: attempts == 0)
        record(progress, of: id, log: &log)
        guard let execution = executions[id] else { return .missing }
        if progress.status.isTerminal { settle(execution, at: completion.date, log: &log) }
        return .recorded(execution)
    }

    /// Brings the job up to date with an execution that is over, and removes history beyond its retention.
    mutating func settle(_ execution: Execution, at date: Date, log: inout ChangeLog) {
        guard let job = jobs[execution.jobID] else { return }
        passBackfillOn(after: execution, at: date, log: &log)
        // A notice tells of a run; it is none.
        if execution.source != .notification {
            var statistics = job.statistics
            statistics.count(
                execution.progress.status, startedAt: execution.progress.startedAt,
                finishedAt: execution.progress.finishedAt)
            record(statistics, of: job.id, log: &log)
        }
        for notification in job.notifications(of: execution, at: date) { record(notification, log: &log) }
        var scheduleState = job.scheduleState
        let proceeds = scheduleState.recordCompleted(execution.id, at: date, of: job.schedule)
        let isCounted = scheduleState.recordCompleted(execution, policy: job.breaker, at: date)
        if proceeds || isCounted {
            var moved = job
            moved.move(to: scheduleState)
            record(moved.scheduleState, of: job.id, log: &log)
        }
        if job.retention.age(of: execution.progress.status) == .zero {
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
        guard let limit = jobs.read(id, { $0.retention.maximumCount }) else { return nil }
        let oldest = histories.read(id) { $0.finished.count > limit ? $0.finished.first : nil } ?? nil
        if let oldest { return oldest }
        guard !finishedNotifications.isEmpty else { return nil }
        return finishedNotifications[id].flatMap { $0.count > limit ? $0.first : nil }
    }
}

extension ExecutionProgress {
    /// Moves on after the end of an attempt.
    ///
    /// - Parameter isUntried: Whether no attempt is recorded.
    fileprivate mutating func goOn(after completion: Completion, isUntried: Bool) {
        switch completion.next {
        case .succeeded:
            move(to: .succeeded)
            failure = nil
        case .failed(let failure):
            self.failure = failure
            move(to: cancelRequestedAt == nil ? .failed : .canceled)
        case .retry(let instant, let failure):
            self.failure = failure
            queue(at: instant)
        case .released(let instant):
            queue(at: instant)
            if status == .queued, isUntried {
                startedAt = nil
                runningVersion = nil
            }
        case .canceled:
            move(to: .canceled)
        case .parked(let instant):
            if cancelRequestedAt == nil {
                move(to: .waiting)
                expiresAt = instant
            } else {
                move(to: .canceled)
            }
        }
        if let output = completion.output { self.output = output }
        if status.isTerminal { finishedAt = completion.date }
    }

    /// Lets a running execution go on from an instant, unless it was to be called off: now nobody runs it.
    private mutating func queue(at instant: Date) {
        guard cancelRequestedAt == nil else {
            move(to: .canceled)
            return
        }
        move(to: .queued)
        dueAt = instant
    }
}
