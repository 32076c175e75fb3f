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
