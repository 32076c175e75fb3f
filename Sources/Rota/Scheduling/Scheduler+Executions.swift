public import RotaStore

extension Scheduler {
    /// Runs a job now, whatever its state; its schedule is unaffected (T-48 to T-50).
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - payload: A value for the handler, for this run alone.
    ///   - source: What caused the run, as the record will say.
    /// - Returns: The execution, queued.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    @discardableResult
    public func runNow(
        _ id: JobID, payload: Payload? = nil, source: ExecutionSource = .manual
    ) async throws -> Execution {
        try await enqueue(job(id), source: source, payload: payload)
    }

    /// Runs an execution's job again, now, as the job is now; the original is unchanged (T-109, T-110).
    ///
    /// If the original run had a payload of its own, the new one has it too.
    ///
    /// - Returns: The new execution, queued.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`; or the store's error.
    @discardableResult
    public func replay(_ id: ExecutionID) async throws -> Execution {
        let original = try await execution(id)
        return try await enqueue(
            job(original.jobID), source: .replay, payload: original.payload, replayOf: id, metadata: original.metadata)
    }

    /// Reads an execution with all its attempts (T-106).
    ///
    /// - Throws: ``SchedulerError`` with code `executionNotFound`; or the store's error.
    public func execution(_ id: ExecutionID) async throws -> Execution {
        guard let execution = try await context.store.execution(id) else {
            throw SchedulerError(
                .executionNotFound,
                "There is no execution \(id); it may have been deleted with its job, or by the job's retention.",
                value: id.description)
        }
        return execution
    }

    /// Lists executions, the newest first.
    public func executions(_ query: ExecutionQuery = ExecutionQuery()) async throws -> Page<Execution> {
        try await context.store.executions(query)
    }

    /// Reads the occurrences of a job that did not fire, with the reason.
    public func skips(of id: JobID) async throws -> [SkippedOccurrence] {
        try await context.store.skips(of: id)
    }

    private func enqueue(
        _ job: Job, source: ExecutionSource, payload: Payload?, replayOf: ExecutionID? = nil,
        metadata: [String: String]? = nil
    ) async throws -> Execution {
        let now = context.clock.now
        var details = ExecutionDetails.none
        details.replayOf = replayOf
        let execution = job.execution(
            id: ExecutionID(bits: context.ids.makeID(at: now)), source: source, scheduledFor: now, createdAt: now,
            payload: payload, metadata: context.carried(with: metadata ?? job.definition.metadata), details: details)
        do {
            _ = try await context.store.enqueue([execution])
        } catch let error as StoreError where error.code == .jobNotFound {
            throw SchedulerError.noJob(job.id)
        }
        context.signal.raise()
        context.events.send(fired: [execution], skips: [], of: job.id, at: now)
        return execution
    }
}
