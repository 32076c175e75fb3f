import Foundation
import RotaCore
public import RotaStore

extension Scheduler {
    /// Returns an execution with all its attempts.
    ///
    /// - Throws: ``SchedulerError`` with code `executionNotFound`; or the store's error.
    public func execution(_ id: ExecutionID) async throws -> Execution {
        guard let execution = try await context.store.execution(id) else { throw SchedulerError.noExecution(id) }
        return execution
    }

    /// Lists executions, by default the 50 newest.
    ///
    /// For more, set the query's limit, up to 1,000, and continue after the page's `next`.
    ///
    /// - Parameter query: The conditions, the order and the page.
    /// - Throws: The store's error.
    public func executions(_ query: ExecutionQuery = ExecutionQuery()) async throws -> RecordPage<Execution> {
        try await context.store.executions(query)
    }

    /// Lists the occurrences of a job that did not fire, with the reasons.
    ///
    /// - Parameter id: The job.
    /// - Throws: The store's error.
    public func skips(of id: JobID) async throws -> [SkippedOccurrence] {
        try await context.store.skips(of: id)
    }

    /// Cancels an execution: immediately if it has not started, otherwise by canceling its task.
    ///
    /// An attempt in this process is canceled immediately. An attempt in another one is canceled when it next renews
    /// its lease. An attempt that ignores its cancellation may still succeed. Use ``waitForCompletion(of:)`` to find
    /// out.
    ///
    /// - Parameters:
    ///   - id: The execution.
    ///   - reason: The reason, up to 2,000 characters.
    /// - Returns: The execution: `canceled`, still running with `cancelRequestedAt`, or as it had already ended.
    /// - Throws: ``SchedulerError`` with code `executionNotFound` or `invalidRequest`; or the store's error.
    @discardableResult
    public func cancel(_ id: ExecutionID, reason: String? = nil) async throws -> Execution {
        try FieldCheck(code: .invalidRequest).length(of: reason, "The reason of a cancellation", 0...2000)
        let now = context.clock.now
        let outcome = try await context.store.cancel([Cancellation(id, reason: reason, date: now)]).first
        switch outcome {
        case .canceled(let execution):
            // The execution is canceled, even if the store cannot say what follows.
            try? await context.announceEnds(of: [execution], at: now)
            return execution
        case .requested(let execution):
            context.withdraw(execution)
            return execution
        case .alreadyOver(let execution): return execution
        case .missing, nil: throw SchedulerError.noExecution(id)
        }
    }

    /// Cancels all unfinished executions that meet the conditions of a query: queued, waiting and running ones.
    ///
    /// Tens of thousands are canceled in one step of the store, more in several. The executions that a schedule
    /// or a trigger adds meanwhile may be canceled too.
    ///
    /// ```swift
    /// let result = try await scheduler.cancel(matching: ExecutionQuery(jobID: job.id, statuses: [.queued]))
    /// print("\(result.canceled) executions will not run")
    /// ```
    ///
    /// - Parameters:
    ///   - query: Which executions. Its sort key, order, limit and cursor have no effect.
    ///   - reason: The reason, up to 2,000 characters.
    /// - Returns: The numbers of executions that were canceled, and of those whose cancellation was requested.
    /// - Throws: ``SchedulerError`` with code `invalidRequest`; or the store's error, after which the steps before it
    ///   remain done.
    @discardableResult
    public func cancel(matching query: ExecutionQuery, reason: String? = nil) async throws -> BulkCancelResult {
        try FieldCheck(code: .invalidRequest).length(of: reason, "The reason of a cancellation", 0...2000)
        var result = BulkCancelResult()
        var hasMore = true
        while hasMore {
            let now = context.clock.now
            let report = try await context.store.cancel(
                matching: BulkCancellation(query, reason: reason, date: now, limit: 100_000))
            result.canceled += report.canceled.count
            result.requested += report.requested.count
            for execution in report.requested { context.withdraw(execution) }
            // The executions are canceled, even if the store cannot say what follows.
            try? await context.announceEnds(of: report.canceled, at: now)
            hasMore = report.hasMore
        }
        return result
    }

    /// Completes an execution that waits for an external completion.
    ///
    /// ```swift
    /// try await scheduler.complete(execution.id, as: .succeeded, output: JSONPayload(["approved": true]))
    /// ```
    ///
    /// - Parameters:
    ///   - id: The execution. Its status must be `waiting`, and not because of a batch or a backfill.
    ///   - next: The outcome, or the date of another attempt.
    ///   - output: The output of the execution, up to 5 MiB.
    /// - Returns: The execution after the completion.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`, `illegalState` if it is not so, or
    ///   `invalidRequest`; or the store's error.
    @discardableResult
    public func complete(
        _ id: ExecutionID, as next: ExternalCompletion.Next, output: JSONPayload? = nil
    ) async throws -> Execution {
        let check = FieldCheck(code: .invalidRequest)
        try check.payload(output, "The output of an external completion")
        if case .queued(let date) = next { try check.date(date, "The date of the next attempt") }
        if next.isQueued, let execution = try await context.store.execution(id), execution.awaitsItsTurn {
            throw SchedulerError.notWaiting(execution)
        }
        let now = context.clock.now
        let completion = ExternalCompletion(id, next: next, output: output, date: now)
        switch try await context.store.completeWaiting([completion]).first {
        case .recorded(let execution):
            context.signal.raise()
            if execution.status.isTerminal { try? await context.announceEnds(of: [execution], at: now) }
            return execution
        case .notWaiting(let execution): throw SchedulerError.notWaiting(execution)
        case .missing, nil: throw SchedulerError.noExecution(id)
        }
    }
}

extension SchedulerError {
    fileprivate static func notWaiting(_ execution: Execution) -> SchedulerError {
        let status = execution.status.rawValue
        let rule =
            execution.awaitsItsTurn || execution.awaitsBatch
            ? "It waits for other executions, not for an external completion. Cancel it if it is not to start."
            : "Only a waiting execution can be completed."
        return SchedulerError(.illegalState, "Execution \(execution.id) is \(status). \(rule)", value: status)
    }

    static func noExecution(_ id: ExecutionID) -> SchedulerError {
        SchedulerError(
            .executionNotFound,
            "There is no execution \(id). It may have been deleted with its job, or by the job's retention.",
            value: id.description)
    }
}

extension Scheduler {
    /// Waits until an execution ends, on any scheduler of the store.
    ///
    /// Completions in this process are delivered immediately. Others are polled, first after 100 milliseconds, later
    /// every 5 seconds. To stop waiting, cancel the task.
    ///
    /// ```swift
    /// let started = try await scheduler.trigger(job.id)
    /// let ended = try await scheduler.waitForCompletion(of: started.id)
    /// print(ended.status)  // succeeded
    /// ```
    ///
    /// - Returns: The execution, with its outcome.
    /// - Throws: ``SchedulerError`` with code `executionNotFound` if it does not exist or is deleted meanwhile;
    ///   `CancellationError`; or the store's error.
    public nonisolated func waitForCompletion(of id: ExecutionID) async throws -> Execution {
        let context = self.context
        // Subscribe before reading, so that no completion is missed.
        let stream = context.ends.completion(of: id)
        let present = try await context.store.execution(id)
        guard let present else { throw SchedulerError.noExecution(id) }
        if present.status.isTerminal { return present }
        return try await withThrowingTaskGroup(of: Execution?.self) { group in
            group.addTask {
                for await execution in stream { return execution }
                return nil
            }
            group.addTask { try await context.poll(for: id) }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let ended { return ended }
            }
            throw CancellationError()
        }
    }
}

extension SchedulerContext {
    /// Polls the store until an execution has ended.
    fileprivate func poll(for id: ExecutionID) async throws -> Execution {
        var pause = Duration.milliseconds(100)
        while true {
            let start = clock.now
            try await clock.sleep(until: start.advanced(by: pause))
            guard let execution = try await store.execution(id) else { throw SchedulerError.noExecution(id) }
            if execution.status.isTerminal { return execution }
            pause = min(pause * 2, .seconds(5))
        }
    }
}

extension Scheduler {
    /// Whether anything waits for an execution to end.
    package nonisolated var isAwaited: Bool { context.ends.isWatched }
}
