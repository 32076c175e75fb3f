import Foundation
package import RotaStore

extension ReferenceTables {
    package mutating func finish(_ completions: [Completion]) -> [Completion.Outcome] {
        completions.map { finish($0) }
    }

    private mutating func finish(_ completion: Completion) -> Completion.Outcome {
        guard let index = index(of: completion.executionID) else { return .missing }
        var execution = executions[index]
        guard execution.progress.status == .running,
            execution.progress.lease?.isHeld(under: completion.token, by: completion.owner) == true
        else { return execution.stands(after: completion) ? .recorded(execution) : .stale }
        if let attempt = completion.attempt {
            // The store numbers attempts by their place, not by what the worker says.
            let number = execution.attempts.count + 1
            execution.attempts.append(
                Attempt(
                    number: number, startedAt: attempt.startedAt, duration: attempt.duration, failure: attempt.failure,
                    statusCode: attempt.statusCode, bodyPreview: attempt.bodyPreview,
                    bodyWasTruncated: attempt.bodyWasTruncated, responseHeaders: attempt.responseHeaders,
                    trace: attempt.trace))
        }
        if let output = completion.output { execution.progress.output = output }
        // A requested cancellation overrides every result but a success.
        let isCancelRequested = execution.progress.cancelRequestedAt != nil
        switch completion.next {
        case .succeeded:
            execution.progress.status = .succeeded
            execution.progress.failure = nil
            execution.progress.checkpoint = nil
        case .failed(let failure):
            execution.progress.status = isCancelRequested ? .canceled : .failed
            execution.progress.failure = failure
        case .canceled:
            execution.progress.status = .canceled
        case .retry(let date, let failure):
            execution.progress.failure = failure
            execution.progress.status = isCancelRequested ? .canceled : .queued
            if !isCancelRequested {
                (execution.progress.dueAt, execution.progress.delayedFrom) = (date, completion.date)
            }
        case .released(let date):
            execution.progress.status = isCancelRequested ? .canceled : .queued
            if !isCancelRequested {
                (execution.progress.dueAt, execution.progress.delayedFrom) = (date, completion.date)
            }
            if !isCancelRequested, execution.attempts.isEmpty {
                execution.progress.startedAt = nil
                execution.progress.runningVersion = nil
            }
        case .waiting(let date):
            execution.progress.status = isCancelRequested ? .canceled : .waiting
            if !isCancelRequested {
                (execution.progress.expiresAt, execution.progress.delayedFrom) = (date, completion.date)
            }
        }
        if execution.progress.status != .canceled { execution.progress.trail?.append(completion) }
        executions[index] = execution
        if execution.progress.status.isTerminal { end(index, at: completion.date) }
        // A release with an attempt was an interruption: the job has run.
        if case .released = completion.next, completion.attempt != nil, execution.progress.status == .queued,
            execution.source != .notification, let startedAt = execution.progress.startedAt,
            let place = self.index(of: execution.jobID)
        {
            jobs[place].statistics.recordStart(startedAt, by: completion.date)
        }
        return .recorded(execution.ended(at: completion.date))
    }

    package mutating func cancel(_ requests: [Cancellation]) -> [Cancellation.Outcome] {
        requests.map { cancel($0) }
    }

    mutating func cancel(_ request: Cancellation) -> Cancellation.Outcome {
        guard let index = index(of: request.executionID) else { return .missing }
        guard !executions[index].progress.status.isTerminal else { return .alreadyOver(executions[index]) }
        executions[index].progress.cancelReason = request.reason ?? executions[index].progress.cancelReason
        executions[index].progress.cancelRequestedAt =
            executions[index].progress.cancelRequestedAt ?? request.date
        if executions[index].progress.status == .running { return .requested(executions[index]) }
        executions[index].progress.status = .canceled
        let canceled = executions[index].ended(at: request.date)
        end(index, at: request.date)
        return .canceled(canceled)
    }

    package mutating func cancel(matching request: BulkCancellation) throws(StoreError) -> CancellationReport {
        guard request.limit >= 1 else { throw StoreError(.invalidQuery, "The limit must be 1 or more.") }
        var query = request.query
        query.statuses = request.statuses
        // The same request does not ask a running execution again.
        let found = executions.filter {
            lists($0, query) && ($0.progress.status != .running || $0.progress.cancelRequestedAt == nil)
        }.map(\.id).sorted()
        var report = CancellationReport(hasMore: found.count > request.limit)
        for id in found.prefix(request.limit) {
            switch cancel(Cancellation(id, reason: request.reason, date: request.date)) {
            case .canceled(let execution): report.canceled.append(execution)
            case .requested(let execution): report.requested.append(execution)
            case .alreadyOver, .missing: break
            }
        }
        return report
    }

    package mutating func completeWaiting(_ answers: [ExternalCompletion]) -> [ExternalCompletion.Outcome] {
        answers.map { answer in
            guard let index = index(of: answer.executionID) else { return .missing }
            var execution = executions[index]
            guard execution.progress.status == .waiting, !execution.awaitsBatch else { return .notWaiting(execution) }
            let awaitsItsTurn = execution.source == .backfill && execution.progress.startedAt == nil
            if awaitsItsTurn, !answer.next.isQueued { return .notWaiting(execution) }
            if let output = answer.output { execution.progress.output = output }
            switch answer.next {
            case .queued(let date):
                execution.progress.status = .queued
                execution.progress.dueAt = date
                execution.progress.expiresAt = awaitsItsTurn ? end(ofLifeOf: execution.jobID, from: date) : nil
                execution.progress.delayedFrom = answer.date
            case .succeeded:
                execution.progress.status = .succeeded
                (execution.progress.failure, execution.progress.checkpoint) = (nil, nil)
            case .failed(let failure):
                execution.progress.status = .failed
                execution.progress.failure = failure
            case .canceled:
                execution.progress.status = .canceled
            case .waiting(let report):
                execution.progress.heartbeatAt = answer.date
                execution.progress.report = report ?? execution.progress.report
            }
            executions[index] = execution
            if execution.progress.status.isTerminal { end(index, at: answer.date) }
            return .recorded(execution.ended(at: answer.date))
        }
    }

    /// Applies the consequences of a finished execution, which may be removed afterwards.
    mutating func end(_ index: Int, at date: Date, continuesChain: Bool = true) {
        let execution = executions[index].ended(at: date)
        executions[index] = execution
        guard let place = self.index(of: execution.jobID) else { return }
        queueNextOfBackfill(after: execution, at: date)
        count(execution, as: execution.progress.status, inBatchAt: date)
        trimmedAt = max(trimmedAt, date)
        executions += jobs[place].notifications(of: execution, at: date)
        // Notifications do not count in the statistics.
        if execution.source != .notification {
            jobs[place].statistics.count(
                execution.progress.status, startedAt: execution.progress.startedAt, finishedAt: date)
        }
        var scheduleState = jobs[place].scheduleState
        let proceeds = scheduleState.resumeAfterCompletion(
            of: execution.id, at: date, in: jobs[place].definition.schedule)
        let isCounted = scheduleState.recordBreakerOutcome(
            of: execution, policy: jobs[place].definition.breaker, at: date)
        if proceeds || isCounted { jobs[place].take(scheduleState) }
        if continuesChain { continueChain(of: execution, by: jobs[place], at: date) }
        let retention = jobs[place].definition.retention
        let age = retention.age(of: execution.progress.status, failure: execution.progress.failure?.kind)
        if age == .zero, !isKept(execution) {
            executions.removeAll { $0.id == execution.id }
        }
        trimHistory(of: jobs[place])
    }

    private mutating func continueChain(of execution: Execution, by job: Job, at date: Date) {
        let next = job.chained(from: execution, at: date) { target in
            switch target {
            case .job(let id): self.job(id)
            case .slug(let slug):
                jobs.first {
                    $0.attributes.slug == slug && $0.attributes.project == job.attributes.project
                }
            }
        }
        for execution in next where self.execution(execution.id) == nil {
            executions.append(execution)
            if execution.progress.status.isTerminal { end(executions.count - 1, at: date, continuesChain: false) }
        }
    }

    /// Counts the end of an execution in the one that awaits its batch, which the last end queues.
    mutating func count(_ execution: Execution, as status: ExecutionStatus, inBatchAt date: Date?) {
        guard let batch = execution.details.batchID,
            let index = executions.firstIndex(where: {
                $0.details.awaitedBatch == batch && $0.awaitsBatch
            })
        else { return }
        executions[index].progress.count(status, at: date)
    }

    /// Whether an execution must be kept regardless of the retention, because another like it is not to be queued yet.
    func isKept(_ execution: Execution) -> Bool {
        execution.source != .notification && execution.keptUntil.map { $0 > trimmedAt } ?? false
    }

    /// Removes the oldest finished executions beyond the number that a job keeps.
    private mutating func trimHistory(of job: Job) {
        let tooMany = excess(of: job)
        executions.removeAll { tooMany.contains($0.id) }
    }

    /// The finished executions beyond the number that a job keeps, the oldest first.
    ///
    /// Notifications are counted apart.
    func excess(of job: Job) -> [ExecutionID] {
        let ended = executions.filter { $0.jobID == job.id && $0.progress.status.isTerminal && !isKept($0) }
            .sorted { $0.id < $1.id }
        let limit = max(0, job.definition.retention.maximumCount)
        let runs = ended.filter { $0.source != .notification }.dropLast(limit)
        let notifications = ended.filter { $0.source == .notification }.dropLast(limit)
        return (runs + notifications).map(\.id)
    }

    /// Queues the next waiting execution of a backfill, if no other of the same batch is unfinished.
    private mutating func queueNextOfBackfill(after ended: Execution, at date: Date) {
        guard ended.source == .backfill, let batch = ended.details.batchID else { return }
        let others = executions.filter {
            $0.jobID == ended.jobID && $0.source == .backfill && $0.details.batchID == batch
                && !$0.progress.status.isTerminal
        }
        // An execution that has started waits for its external completion, not for its turn.
        let waiting = others.filter { $0.progress.status == .waiting && $0.progress.startedAt == nil }
        let next = waiting.min { ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id) }
        guard waiting.count == others.count, let index = next.flatMap({ index(of: $0.id) }) else { return }
        executions[index].progress.status = .queued
        executions[index].progress.dueAt = date
        executions[index].progress.delayedFrom = date
        executions[index].progress.expiresAt = end(ofLifeOf: ended.jobID, from: date)
    }

    /// When an execution of a backfill expires whose turn has come at a date.
    private func end(ofLifeOf id: JobID, from date: Date) -> Date? {
        (job(id)?.definition.limits.timeToLive).map { date.addingTimeInterval($0 / .seconds(1)) }
    }
}

extension Execution {
    /// The execution with the date of its end, if it has finished.
    fileprivate func ended(at date: Date) -> Execution {
        guard progress.status.isTerminal else { return self }
        var ended = self
        ended.progress.finishedAt = date
        return ended
    }
}
