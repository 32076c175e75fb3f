import Foundation

extension StoreState {
    package mutating func finish(_ completions: [Completion], log: inout ChangeLog) -> [Completion.Outcome] {
        completions.map { finish($0, log: &log) }
    }

    private mutating func finish(_ completion: Completion, log: inout ChangeLog) -> Completion.Outcome {
        let id = completion.executionID
        guard var (progress, attempts) = executions.read(id, { ($0.progress, $0.attempts.count) }) else {
            return .missing
        }
        guard progress.status == .running,
            progress.lease?.isHeld(under: completion.token, by: completion.owner) == true
        else {
            return executions[id].flatMap { $0.stands(after: completion) ? .recorded($0) : nil } ?? .stale
        }
        if let attempt = completion.attempt {
            attempts += 1
            record(attempt.numbered(attempts), of: id, log: &log)
        }
        progress.advance(after: completion, isUntried: attempts == 0)
        if progress.hasRareMembers, progress.status != .canceled { progress.trail?.append(completion) }
        record(progress, of: id, log: &log)
        guard let execution = executions[id] else { return .missing }
        if progress.status.isTerminal {
            recordEnd(of: execution, at: completion.date, log: &log)
        } else if case .released = completion.next, completion.attempt != nil {
            recordInterruption(of: execution, at: completion.date, log: &log)
        }
        return .recorded(execution)
    }

    /// Records the start of an execution that was released mid-attempt.
    private mutating func recordInterruption(of execution: Execution, at date: Date, log: inout ChangeLog) {
        guard execution.source != .notification, let startedAt = execution.progress.startedAt,
            var statistics = jobs[execution.jobID]?.statistics
        else { return }
        statistics.recordStart(startedAt, by: date)
        record(statistics, of: execution.jobID, log: &log)
    }

    /// Applies the consequences of a finished execution: backfill, batch, statistics, notifications, schedule state,
    /// breaker, chain and retention.
    mutating func recordEnd(
        of execution: Execution, at date: Date, continuesChain: Bool = true, log: inout ChangeLog
    ) {
        guard let job = jobs[execution.jobID] else { return }
        startNextOfBackfill(after: execution, at: date, log: &log)
        count(execution, as: execution.progress.status, inBatchAt: date, log: &log)
        endKeeping(at: date)
        // The delivery of a notification is not an execution of the job.
        if execution.source != .notification {
            var statistics = job.statistics
            statistics.count(
                execution.progress.status, startedAt: execution.progress.startedAt,
                finishedAt: execution.progress.finishedAt)
            record(statistics, of: job.id, log: &log)
        }
        for notification in job.notifications(of: execution, at: date) { record(notification, log: &log) }
        var scheduleState = job.scheduleState
        let isAwaited = scheduleState.resumeAfterCompletion(of: execution.id, at: date, in: job.schedule)
        let isCounted =
            (job.hasExtras || scheduleState.hasBreaker)
            && scheduleState.recordBreakerOutcome(of: execution, policy: job.breaker, at: date)
        if isAwaited || isCounted {
            var moved = job
            moved.move(to: scheduleState)
            record(moved.scheduleState, of: job.id, log: &log)
        }
        // Last: a chained execution that cannot be created ends here and updates its own job.
        if continuesChain, !job.chain.isEmpty { recordChain(of: execution, by: job, at: date, log: &log) }
        let age = job.retention.age(of: execution.progress.status, failure: execution.progress.failure?.kind)
        if age == .zero, execution.keptUntil ?? trimmedAt <= trimmedAt {
            record(.removeExecution(execution.id), log: &log)
        }
        trimHistory(of: job.id, to: job.retention.maximumCount, log: &log)
    }

    /// Queues the executions that the end of one asks for.
    ///
    /// Those that could not be made end here.
    private mutating func recordChain(of execution: Execution, by job: Job, at date: Date, log: inout ChangeLog) {
        let next = job.chained(from: execution, at: date) { target in
            switch target {
            case .job(let id): jobs[id]
            case .slug(let slug): self.job(slug: slug, project: job.attributes.project)
            }
        }
        for execution in next where !executions.contains(execution.id) {
            record(execution, log: &log)
            guard execution.progress.status.isTerminal else { continue }
            recordEnd(of: execution, at: date, continuesChain: false, log: &log)
        }
    }

    /// Counts the end of an execution of a batch, and queues the execution that waits for the end of the last one.
    mutating func count(
        _ execution: Execution, as status: ExecutionStatus, inBatchAt date: Date?, log: inout ChangeLog
    ) {
        guard !followUps.isEmpty, let batch = execution.batchID,
            let followUp = followUps[batch], var progress = executions[followUp]?.progress, progress.batch != nil
        else { return }
        progress.count(status, at: date)
        record(.putProgress(followUp, progress), log: &log)
    }

    /// Removes the oldest finished executions beyond the job's retention, at most 100 at a time.
    ///
    /// After the limit was lowered there may be many more, which ``prune(at:limit:log:)`` removes.
    private mutating func trimHistory(of id: JobID, to limit: Int, log: inout ChangeLog) {
        for _ in 0..<Self.trimLimit {
            guard let oldest = oldest(of: id, beyond: limit) else { return }
            record(.removeExecution(oldest), log: &log)
        }
    }

    private static var trimLimit: Int { 100 }

    /// The oldest finished execution beyond the job's retention, or else the oldest such notification, counted
    /// separately.
    func oldestBeyondRetention(of id: JobID) -> ExecutionID? {
        jobs.read(id, { $0.retention.maximumCount }).flatMap { oldest(of: id, beyond: $0) }
    }

    private func oldest(of id: JobID, beyond limit: Int) -> ExecutionID? {
        let oldest = histories.read(id) { $0.finished.count > limit ? $0.finished.first : nil } ?? nil
        if let oldest { return oldest }
        guard !finishedNotifications.isEmpty else { return nil }
        return finishedNotifications[id].flatMap { $0.count > limit ? $0.first : nil }
    }
}

extension ExecutionProgress {
    /// Applies the outcome of an attempt.
    ///
    /// - Parameter isUntried: Whether no attempt is recorded.
    fileprivate mutating func advance(after completion: Completion, isUntried: Bool) {
        switch completion.next {
        case .succeeded:
            move(to: .succeeded)
            failure = nil
            // No attempt follows, and it may be large.
            if checkpoint != nil { checkpoint = nil }
        case .failed(let failure):
            self.failure = failure
            move(to: cancelRequestedAt == nil ? .failed : .canceled)
        case .retry(let date, let failure):
            self.failure = failure
            queue(at: date, from: completion.date)
        case .released(let date):
            queue(at: date, from: completion.date)
            if status == .queued, isUntried {
                startedAt = nil
                runningVersion = nil
            }
        case .canceled:
            move(to: .canceled)
        case .waiting(let date):
            if cancelRequestedAt == nil {
                move(to: .waiting)
                expiresAt = date
                delayedFrom = completion.date
            } else {
                move(to: .canceled)
            }
        }
        if let output = completion.output { self.output = output }
        if status.isTerminal { finishedAt = completion.date }
    }

    /// Queues a running execution again, or cancels it if that was requested: it is no longer running.
    private mutating func queue(at date: Date, from now: Date) {
        guard cancelRequestedAt == nil else {
            move(to: .canceled)
            return
        }
        move(to: .queued)
        dueAt = date
        delayedFrom = now
    }
}

extension StoreState {
    /// Queues the next execution of a sequential backfill once none of its earlier ones is under way.
    ///
    /// The others are `waiting` and have not started, unlike those that wait for an external completion. The next one
    /// follows after any outcome of the one before.
    ///
    /// - Complexity: O(log n).
    mutating func startNextOfBackfill(after ended: Execution, at date: Date, log: inout ChangeLog) {
        // In a concurrent backfill no execution waits, so `waiting` is empty.
        guard ended.source == .backfill, let batch = ended.batchID,
            let backfill = histories[ended.jobID]?.backfills[batch], backfill.underWay == 0,
            let next = backfill.waiting.first, var progress = executions[next.id]?.progress
        else { return }
        progress.move(to: .queued)
        progress.dueAt = date
        progress.delayedFrom = date
        progress.expiresAt = expiry(ofNextInBackfillOf: ended.jobID, dueAt: date)
        record(.putProgress(next.id, progress), log: &log)
    }

    /// When an execution of a backfill expires whose turn has come: its time to live begins then.
    func expiry(ofNextInBackfillOf id: JobID, dueAt date: Date) -> Date? {
        jobs[id]?.limits.timeToLive.map { date.addingTimeInterval($0 / .seconds(1)) }
    }
}

extension JobHistory {
    /// Adds an unfinished execution of a backfill.
    mutating func addToBackfill(_ execution: IndexedExecution) {
        guard let batch = execution.backfill else { return }
        if execution.waitsForEarlier {
            backfills[batch, default: Backfill()].waiting.insert(execution.queueEntry.nominalKey)
        } else {
            backfills[batch, default: Backfill()].underWay += 1
        }
    }

    /// Removes an execution of a backfill, given as it was when it was added.
    mutating func removeFromBackfill(_ execution: IndexedExecution) {
        guard let batch = execution.backfill, var backfill = backfills.removeValue(forKey: batch) else { return }
        if execution.waitsForEarlier {
            backfill.waiting.remove(execution.queueEntry.nominalKey)
        } else {
            backfill.underWay -= 1
        }
        if backfill.underWay > 0 || !backfill.waiting.isEmpty { backfills[batch] = backfill }
    }
}

extension IndexedExecution {
    /// Whether it waits for earlier executions of its backfill rather than for an external completion.
    fileprivate var waitsForEarlier: Bool { status == .waiting && startedAt == nil }
}
