public import Foundation
public import RotaStore

extension Scheduler {
    /// The largest number of runs that are asked for in one step (SX-13).
    public static let maximumBulk = 500

    /// Runs a job now, whatever its state; its schedule is unaffected (T-48 to T-50).
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - payload: A value for the handler, for this run alone.
    ///   - source: What caused the run, as the record will say.
    /// - Returns: The execution, queued.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` or `invalidRequest`; or the store's error.
    @discardableResult
    public func trigger(
        _ id: JobID, payload: JSONPayload? = nil, source: ExecutionSource = .manual
    ) async throws -> Execution {
        try await trigger(id, TriggerRequest(payload: payload, source: source))
    }

    /// Runs a job at an instant besides its schedule, whatever its state (S-61).
    ///
    /// - Returns: The execution, queued until then.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` or `invalidRequest`; or the store's error.
    @discardableResult
    public func trigger(_ id: JobID, at instant: Date) async throws -> Execution {
        try await trigger(id, TriggerRequest(at: instant))
    }

    /// Runs a job as a request says, whatever its state; its schedule is unaffected (S-9).
    ///
    /// - Returns: The execution, queued, or the earlier one with the request's idempotency key (SX-5).
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `executionNotFound` or `invalidRequest`;
    ///   `RetryPolicyError` for overrides that cannot be; or the store's error.
    @discardableResult
    public func trigger(_ id: JobID, _ request: TriggerRequest) async throws -> Execution {
        let job = try await job(id)
        return try await enqueue([execution(request, of: job, batch: nil)], of: id)[0].execution
    }

    /// Runs a job several times, all in one step or not at all (S-10).
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - requests: What is different about each run; at most ``maximumBulk``.
    /// - Returns: For each request, in order, what became of it.
    /// - Throws: As ``trigger(_:_:)`` does for the first request that cannot be; or with code `tooMany`.
    @discardableResult
    public func trigger(_ id: JobID, _ requests: [TriggerRequest]) async throws -> BulkTriggerResult {
        guard requests.count <= Self.maximumBulk else {
            throw SchedulerError(
                .tooMany, "At most \(Self.maximumBulk) runs are asked for in one step, not \(requests.count).",
                value: "\(requests.count)")
        }
        let job = try await job(id)
        let batch = BatchID(bits: context.ids.makeID(at: context.clock.now))
        var executions: [Execution] = []
        for request in requests { executions.append(try await execution(request, of: job, batch: batch)) }
        return BulkTriggerResult(id: batch, runs: try await enqueue(executions, of: id))
    }

    /// Runs an execution's job again, now, as the job is now; the original is unchanged (T-109, T-110).
    ///
    /// If the original run had a payload, tags, a priority, a concurrency key or overrides of its own, the new one has
    /// them too. A notice is sent again as it was, and is no run of the job.
    ///
    /// - Parameters:
    ///   - id: The execution, whatever became of it.
    ///   - idempotencyKey: A key under which a repeated request returns the replay of the first one.
    ///   - author: Who asks for it, if that is to be remembered.
    /// - Returns: The new execution, queued.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`; or the store's error.
    @discardableResult
    public func replay(
        _ id: ExecutionID, idempotencyKey: String? = nil, author: String? = nil
    ) async throws -> Execution {
        let original = try await execution(id)
        let job = try await job(original.jobID)
        let check = FieldCheck(code: .invalidRequest, jobName: job.definition.name)
        try check.length(of: idempotencyKey, "The idempotency key", 1...255)
        try check.length(of: author, "The author", 1...255)
        let now = context.clock.now
        var details = ExecutionDetails.none
        details.replayOf = id
        details.priority = original.details.priority
        details.concurrencyKey = original.source == .backfill ? nil : original.details.concurrencyKey
        details.tags = original.details.tags
        details.overrides = original.details.overrides
        details.idempotencyKey = idempotencyKey
        details.createdBy = author
        // A notice is sent again; to run the job in its place would be the last thing that is meant.
        let isNotification = original.details.notification != nil
        if isNotification {
            (details.notification, details.parentID) = (original.details.notification, original.details.parentID)
        }
        let replay = job.execution(
            id: ExecutionID(bits: context.ids.makeID(at: now)), source: isNotification ? .notification : .replay,
            scheduledFor: now, createdAt: now,
            payload: original.payload, metadata: original.metadata, details: details)
        return try await enqueue([replay], of: job.id)[0].execution
    }

    private func execution(_ request: TriggerRequest, of job: Job, batch: BatchID?) async throws -> Execution {
        var depth = 0
        for id in [request.parentID, request.continuationOf].compactMap(\.self) {
            depth = max(depth, try await execution(id).details.lineageDepth + 1)
        }
        let now = context.clock.now
        return try request.execution(
            of: job, id: ExecutionID(bits: context.ids.makeID(at: now)), at: now, depth: depth, batch: batch)
    }

    /// Queues executions of a job, in one step.
    func enqueue(_ executions: [Execution], of id: JobID) async throws -> [EnqueueOutcome] {
        let outcomes: [EnqueueOutcome]
        do {
            outcomes = try await context.store.enqueue(
                executions.map { $0.with(metadata: context.carried(with: $0.metadata)) })
        } catch let error as StoreError where error.code == .jobNotFound {
            throw SchedulerError.noJob(id)
        }
        context.signal.raise()
        _ = try outcomes.answers(to: "enqueue", of: executions.count)
        let queued = outcomes.compactMap { outcome -> Execution? in
            if case .queued(let execution) = outcome { execution } else { nil }
        }
        context.events.send(fired: queued, skips: [], of: id, at: context.clock.now)
        return outcomes
    }
}
