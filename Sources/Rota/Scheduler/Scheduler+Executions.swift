import Foundation
import RotaCore
public import RotaStore

extension Scheduler {
    /// Reads an execution with all its attempts (T-106).
    ///
    /// - Throws: ``SchedulerError`` with code `executionNotFound`; or the store's error.
    public func execution(_ id: ExecutionID) async throws -> Execution {
        guard let execution = try await context.store.execution(id) else { throw SchedulerError.noExecution(id) }
        return execution
    }

    /// Lists executions, the newest first.
    public func executions(_ query: ExecutionQuery = ExecutionQuery()) async throws -> RecordPage<Execution> {
        try await context.store.executions(query)
    }

    /// Reads the occurrences of a job that did not fire, with the reason.
    public func skips(of id: JobID) async throws -> [SkippedOccurrence] {
        try await context.store.skips(of: id)
    }

    /// Calls an execution off: one that has not started at once, one that runs by canceling its work.
    ///
    /// Work of this scheduler is canceled now, and does not begin if it has not; that of another one, when it next
    /// renews the lease. It may still end well if it does not heed the cancellation; ``waitForCompletion(of:)`` tells.
    ///
    /// - Parameters:
    ///   - id: The execution.
    ///   - reason: Why, in words; up to 2,000 characters.
    /// - Returns: The execution as it is now: `canceled`; still running, with `cancelRequestedAt`; or as it had ended,
    ///   if it was over.
    /// - Throws: ``SchedulerError`` with code `executionNotFound` or `invalidRequest`; or the store's error.
    @discardableResult
    public func cancel(_ id: ExecutionID, reason: String? = nil) async throws -> Execution {
        try FieldCheck(code: .invalidRequest).length(of: reason, "The reason of a cancellation", 0...2000)
        let now = context.clock.now
        let outcome = try await context.store.cancel([Cancellation(id, reason: reason, date: now)]).first
        switch outcome {
        case .canceled(let execution):
            // It is canceled, whether or not the store can say what follows from it.
            try? await context.tellEnds(of: [execution], at: now)
            return execution
        case .requested(let execution):
            context.withdraw(execution)
            return execution
        case .alreadyOver(let execution): return execution
        case .missing, nil: throw SchedulerError.noExecution(id)
        }
    }

    /// Gives a parked execution what it waited for (T-73).
    ///
    /// - Parameters:
    ///   - id: The execution, whose status is `waiting`.
    ///   - next: What follows: it is over, or another attempt may start from an instant.
    ///   - output: What came with the answer, which becomes the execution's output; up to 5 MiB.
    /// - Returns: The execution as it is now.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`, `illegalState` if it does not wait, or
    ///   `invalidRequest`; or the store's error.
    @discardableResult
    public func complete(
        _ id: ExecutionID, as next: ExternalCompletion.Next, output: JSONPayload? = nil
    ) async throws -> Execution {
        let check = FieldCheck(code: .invalidRequest)
        try check.payload(output, "The output of an answer")
        if case .queued(let instant) = next { try check.instant(instant, "The instant of the next attempt") }
        let now = context.clock.now
        let answer = ExternalCompletion(id, next: next, output: output, date: now)
        switch try await context.store.completeWaiting([answer]).first {
        case .recorded(let execution):
            context.signal.raise()
            if execution.status.isTerminal { try? await context.tellEnds(of: [execution], at: now) }
            return execution
        case .notWaiting(let execution):
            throw SchedulerError(
                .illegalState, "Execution \(id) waits for no answer; it is \(execution.status.rawValue).",
                value: execution.status.rawValue)
        case .missing, nil: throw SchedulerError.noExecution(id)
        }
    }
}

extension SchedulerError {
    static func noExecution(_ id: ExecutionID) -> SchedulerError {
        SchedulerError(
            .executionNotFound,
            "There is no execution \(id); it may have been deleted with its job, or by the job's retention.",
            value: id.description)
    }
}

extension Scheduler {
    /// Waits until an execution is over, whichever scheduler of the store runs it.
    ///
    /// An end that comes about in this process is told at once. Others are found by looking into the store, first
    /// every 100 milliseconds, later every 5 seconds. Whoever no longer wants to wait cancels the task.
    ///
    /// - Returns: The execution, with its outcome.
    /// - Throws: ``SchedulerError`` with code `executionNotFound` if there is none, or it is deleted meanwhile;
    ///   `CancellationError`; or the store's error.
    public nonisolated func waitForCompletion(of id: ExecutionID) async throws -> Execution {
        let context = self.context
        // Whoever watches before reading misses nothing.
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
    /// Looks into the store again and again until an execution is over.
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
    /// Whether anybody waits for the end of an execution.
    package nonisolated var isAwaited: Bool { context.ends.isWatched }
}
