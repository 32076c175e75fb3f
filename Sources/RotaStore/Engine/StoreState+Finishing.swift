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

extension StoreState {
    package mutating func cancel(_ requests: [Cancellation], log: inout ChangeLog) -> [Cancellation.Outcome] {
        requests.map { cancel($0, log: &log) }
    }

    mutating func cancel(_ request: Cancellation, log: inout ChangeLog) -> Cancellation.Outcome {
        guard var execution = executions[request.executionID] else { return .missing }
        guard !execution.progress.status.isTerminal else { return .alreadyOver(execution) }
        execution.progress.cancelReason = request.reason ?? execution.progress.cancelReason
        execution.progress.cancelRequestedAt = execution.progress.cancelRequestedAt ?? request.date
        guard execution.progress.status != .running else {
            record(.putProgress(execution.id, execution.progress), log: &log)
            return .requested(execution)
        }
        end(&execution, as: .canceled, at: request.date, log: &log)
        return .canceled(execution)
    }

    package mutating func completeWaiting(_ answers: [ExternalCompletion], log: inout ChangeLog) -> [ExternalCompletion
        .Outcome]
    {
        answers.map { answer in
            guard var execution = executions[answer.executionID] else { return .missing }
            guard execution.progress.status == .waiting else { return .notWaiting(execution) }
            if let output = answer.output { execution.progress.output = output }
            switch answer.next {
            case .queued(let instant):
                execution.progress.move(to: .queued)
                execution.progress.dueAt = instant
                execution.progress.expiresAt = nil
                record(.putProgress(execution.id, execution.progress), log: &log)
            case .succeeded:
                execution.progress.failure = nil
                end(&execution, as: .succeeded, at: answer.date, log: &log)
            case .failed(let failure):
                execution.progress.failure = failure
                end(&execution, as: .failed, at: answer.date, log: &log)
            case .canceled: end(&execution, as: .canceled, at: answer.date, log: &log)
            }
            return .recorded(execution)
        }
    }

    /// Brings an execution that nobody runs to its end.
    mutating func end(
        _ execution: inout Execution, as status: ExecutionStatus, at date: Date, log: inout ChangeLog
    ) {
        guard execution.progress.move(to: status) else { return }
        execution.progress.finishedAt = date
        record(.putProgress(execution.id, execution.progress), log: &log)
        settle(execution, at: date, log: &log)
    }
}

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
