public import Foundation
import RotaCore
import RotaSchedule
public import RotaStore

extension Scheduler {
    /// The largest number of executions that can be triggered in one step.
    public static let maximumBulk = 500

    /// Triggers a job, in any state.
    ///
    /// Its schedule is not affected.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - payload: The payload for this execution only; `nil` for the one that the job gives its handler. A job that
    ///     sends a request accepts one only if its template uses `{{payload}}` or its fields.
    ///   - source: The recorded cause of the execution.
    /// - Returns: The queued execution.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` or `invalidRequest`; or the store's error.
    @discardableResult
    public func trigger(
        _ id: JobID, payload: JSONPayload? = nil, source: ExecutionSource = .manual
    ) async throws -> Execution {
        try await trigger(id, TriggerRequest(payload: payload).with { $0.source = source })
    }

    /// Schedules one extra execution of a job at a date, in any state of the job.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - date: The date on which the execution becomes due, in the years 1 to 9999. One in the past is due at once.
    /// - Returns: The execution, queued until then.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` or `invalidRequest`; or the store's error.
    @discardableResult
    public func trigger(_ id: JobID, at date: Date) async throws -> Execution {
        try await trigger(id, TriggerRequest(at: date))
    }

    /// Triggers a job, in any state, with the options of a request.
    ///
    /// Its schedule is not affected.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - request: The payload, the date, the keys and the other options.
    /// - Returns: The queued execution, or the earlier one that the request stands for: one with the same idempotency
    ///   key, or of the same unique work.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `executionNotFound`, `invalidRequest`, or `invalidPayload`
    ///   if the job's schema does not allow the payload; `HTTPRequestError` if the job's request cannot be made from
    ///   it; `RetryPolicyError` if the overrides are invalid; or the store's error.
    @discardableResult
    public func trigger(_ id: JobID, _ request: TriggerRequest) async throws -> Execution {
        try await outcome(ofTriggering: id, request).execution
    }

    /// Triggers a job, and tells a new execution from an earlier one that the request stands for.
    package func outcome(ofTriggering id: JobID, _ request: TriggerRequest) async throws -> EnqueueOutcome {
        try await context.prepareIDs()
        let job = try await job(id)
        return try await enqueue([execution(request, of: job, batch: nil)], of: id)[0]
    }

    /// Returns what a trigger would do, without doing it.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - id: The job.
    /// - Throws: The errors of ``trigger(_:_:)-(_,TriggerRequest)``, such as that of a payload that the job's schema
    ///   does not allow.
    public func preview(_ request: TriggerRequest, of id: JobID) async throws -> TriggerPreview {
        let job = try await job(id)
        let execution = try await execution(request, of: job, batch: nil)
        let now = context.clock.now
        let trial: EnqueueTrial
        do {
            trial = try await context.store.trial(of: execution, at: now)
        } catch let error as StoreError where error.code == .jobNotFound {
            throw SchedulerError.noJob(id)
        }
        return TriggerPreview(trial, of: request, job: job, at: now, handlers: handlers, transport: transport)
    }

    /// Triggers a job several times, all in one step or not at all.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - requests: The requests, at most ``maximumBulk``.
    /// - Returns: For each request, in order, its outcome.
    /// - Throws: The errors of ``trigger(_:_:)-(_,TriggerRequest)`` for the first invalid request; or
    ///   ``SchedulerError`` with code `tooMany`.
    @discardableResult
    public func trigger(_ id: JobID, _ requests: [TriggerRequest]) async throws -> BulkTriggerResult {
        try await context.prepareIDs()
        guard requests.count <= Self.maximumBulk else { throw SchedulerError.tooMany(requests.count, Self.maximumBulk) }
        let job = try await job(id)
        let batch = BatchID(bits: context.ids.makeID(at: context.clock.now))
        var executions: [Execution] = []
        for request in requests { executions.append(try await execution(request, of: job, batch: batch)) }
        return BulkTriggerResult(id: batch, outcomes: try await enqueue(executions, of: id))
    }

    /// Queues executions of a job and one that follows them, in one step.
    func enqueue(
        _ requests: [TriggerRequest], of id: JobID, then followUp: TriggerRequest, of other: JobID
    ) async throws -> BulkTriggerResult {
        let (job, otherJob) = (try await job(id), try await self.job(other))
        guard followUp.uniqueness == nil else {
            throw SchedulerError(
                .invalidRequest,
                "The work that follows a batch cannot be unique: it would follow another batch, or none. Leave out its "
                    + "uniqueness.", value: followUp.uniqueness?.key)
        }
        let batch = BatchID(bits: context.ids.makeID(at: context.clock.now))
        var executions: [Execution] = []
        for request in requests { executions.append(try await execution(request, of: job, batch: batch)) }
        let last = try await execution(followUp, of: otherJob, batch: nil)
        var details = last.details
        details.awaitedBatch = batch
        executions.append(last.with(details: details))
        let outcomes = try await enqueue(executions, of: id)
        return BulkTriggerResult(id: batch, outcomes: Array(outcomes.dropLast()), followUp: outcomes.last?.execution)
    }

    /// Runs an execution's job again immediately, with the job's current definition.
    ///
    /// The original is not changed.
    ///
    /// The replay keeps the original's payload, tags, priority, concurrency and dependency keys, and overrides. A
    /// notification is sent again unchanged. If the job sends a request by now that uses no `{{payload}}`, the payload
    /// is left out.
    ///
    /// - Parameters:
    ///   - id: The execution, in any status.
    ///   - idempotencyKey: A key that makes the call repeatable: it returns the first replay.
    ///   - author: The author of the replay, if it is to be recorded.
    /// - Returns: The new execution, queued.
    /// - Throws: ``SchedulerError`` with code `executionNotFound`, or `invalidPayload` if the job's present schema does
    ///   not allow the payload; or the store's error.
    @discardableResult
    public func replay(
        _ id: ExecutionID, idempotencyKey: String? = nil, author: String? = nil
    ) async throws -> Execution {
        try await outcome(ofReplaying: id, idempotencyKey: idempotencyKey, author: author).execution
    }

    /// Replays an execution, and tells a new replay from the one that the same key started.
    package func outcome(
        ofReplaying id: ExecutionID, idempotencyKey: String?, author: String?
    ) async throws -> EnqueueOutcome {
        try await context.prepareIDs()
        let original = try await execution(id)
        let job = try await job(original.jobID)
        let check = FieldCheck(code: .invalidRequest, jobName: job.definition.name)
        try check.idempotencyKey(idempotencyKey)
        try check.length(of: author, "The author", 1...255)
        let replay = replay(of: original, by: job, idempotencyKey: idempotencyKey, author: author)
        do {
            try job.checkPayload(ofReplay: replay)
        } catch {
            // One that was possible when it was made is answered as it was then.
            guard idempotencyKey != nil,
                case .existing(let known) = try await context.store.trial(of: replay, at: context.clock.now).outcome
            else { throw error }
            return .existing(known)
        }
        return try await enqueue([replay], of: job.id)[0]
    }

    /// The execution that replays another.
    func replay(of original: Execution, by job: Job, idempotencyKey: String?, author: String?) -> Execution {
        let now = context.clock.now
        var details = ExecutionDetails.none
        details.replayOf = original.id
        details.priority = original.details.priority
        details.concurrencyKey = original.source == .backfill ? nil : original.details.concurrencyKey
        details.dependencyKey = original.details.dependencyKey
        details.tags = original.details.tags
        details.overrides = original.details.overrides
        details.idempotencyKey = idempotencyKey
        details.createdBy = author
        // Send a notification again, instead of executing the job it is about.
        let isNotification = original.details.notification != nil
        if isNotification {
            (details.notification, details.parentID) = (original.details.notification, original.details.parentID)
        }
        let hasPayload =
            isNotification || job.action.handler != nil || job.action.request?.usesPayload == true
        var replay = job.execution(
            id: ExecutionID(bits: context.ids.makeID(at: now)), source: isNotification ? .notification : .replay,
            scheduledFor: now, createdAt: now,
            payload: hasPayload ? original.payload : nil, metadata: original.metadata, details: details)
        // An execution that followed a batch still knows how the batch ended.
        replay.progress.batch = original.progress.batch
        if original.trail != nil { replay.progress.trail = ExecutionTrail() }
        return replay
    }

    func execution(_ request: TriggerRequest, of job: Job, batch: BatchID?) async throws -> Execution {
        var depth = 0
        for id in [request.parentID, request.continuationOf].compactMap(\.self) {
            depth = max(depth, min(max(0, try await execution(id).details.lineageDepth), ChainRule.longest) + 1)
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
        // After the events, so that an idle driver does not begin them before observers know of them.
        defer { context.signal.raise() }
        _ = try outcomes.matching(executions.count, requestsTo: "enqueue")
        // Report those that wait for others here too: the scheduler does not learn when the store queues them.
        let queued = outcomes.compactMap { outcome -> Execution? in
            guard case .queued(let execution) = outcome else { return nil }
            return execution
        }
        let now = context.clock.now
        for (job, executions) in Dictionary(grouping: queued, by: \.jobID) {
            context.events.send(fired: executions, skips: [], of: job, named: executions[0].jobName, at: now)
        }
        return outcomes
    }
}

extension Job {
    /// Checks the payload that a replay takes from its original against the present schema.
    ///
    /// An execution of the schedule has none, and is not checked when it fires either.
    fileprivate func checkPayload(ofReplay replay: Execution) throws {
        guard replay.source != .notification, let payload = replay.payload else { return }
        try definition.payloadSchema?.check(payload, "The payload of the replay", of: name)
    }
}

extension Scheduler {
    /// The largest number of occurrences in one backfill.
    public static let maximumBackfill = 10_000

    /// Executes the occurrences that a job's current schedule names in a range of past dates.
    ///
    /// It does not matter whether they fired at the time, and the schedule is not affected. Backfills execute an
    /// occurrence only once, as long as its execution is kept. Backfilling the same or an overlapping range again adds
    /// only what is missing.
    ///
    /// - Parameters:
    ///   - id: The job, in any state.
    ///   - range: The range of nominal dates. Future dates are left out.
    ///   - overlap: Whether the executions follow one another or run all at once.
    ///   - limit: The largest number of occurrences, from 1 to ``maximumBackfill``.
    ///   - author: The author of the backfill, if it is to be recorded.
    /// - Returns: The executions, the oldest occurrence first. Their source is `backfill`.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `invalidRequest`, or `tooMany` if the range has more
    ///   occurrences than the limit, in which case none is executed; `ScheduleError` if the rules of the schedule's
    ///   time zone cannot be read now; or the store's error.
    @discardableResult
    public func backfill(
        _ id: JobID, _ range: Range<Date>, overlap: BackfillResult.Overlap = .serial, limit: Int = 1000,
        author: String? = nil
    ) async throws -> BackfillResult {
        try await context.prepareIDs()
        let job = try await job(id)
        let check = FieldCheck(code: .invalidRequest, jobName: job.definition.name)
        try check.number(limit, "The limit of a backfill", 1...Self.maximumBackfill)
        try check.date(range.lowerBound, "The start of a backfill")
        try check.date(range.upperBound, "The end of a backfill")
        try check.length(of: author, "The author", 1...255)
        guard job.definition.schedule.isSeries else {
            throw check.fail(
                "A schedule that counts from the end of the previous execution has no past occurrences to backfill.")
        }
        try job.definition.schedule.checkComputable()
        let now = context.clock.now
        let end = min(range.upperBound, now.justAfter)
        guard range.lowerBound < end else {
            return BackfillResult(id: BatchID(bits: context.ids.makeID(at: now)), outcomes: [])
        }
        guard let dates = job.occurrences(in: range.lowerBound..<end, limit: limit) else {
            throw SchedulerError(
                .tooMany,
                "The range from \(range.lowerBound.text) to \(range.upperBound.text) has more than \(limit) "
                    + "occurrences of job \"\(job.definition.name)\". Use a smaller range, or raise the limit.",
                value: "\(limit)")
        }
        return try await execute(dates, of: job, overlap: overlap, author: author, at: now)
    }

    private func execute(
        _ dates: [Date], of job: Job, overlap: BackfillResult.Overlap, author: String?, at now: Date
    ) async throws -> BackfillResult {
        let batch = BatchID(bits: context.ids.makeID(at: now))
        var missing: [Execution] = []
        var known: [Date: Execution] = [:]
        let earlier = try await backfilled(dates, of: job)
        for date in dates {
            if let execution = earlier[date] {
                known[date] = execution
                continue
            }
            var details = ExecutionDetails.none
            details.batchID = batch
            details.createdBy = author
            details.idempotencyKey = "backfill/\(date.text)"
            var execution = job.execution(
                id: ExecutionID(bits: context.ids.makeID(at: now)), source: .backfill, scheduledFor: date,
                dueAt: now, createdAt: now, details: details)
            // Each one is queued in the step that finishes the one before.
            if overlap == .serial, !missing.isEmpty {
                execution.progress.status = .waiting
                execution.progress.expiresAt = nil
            }
            missing.append(execution)
        }
        for outcome in try await queuingFirst(enqueue(missing, of: job.id), at: now) {
            known[outcome.execution.scheduledFor] = outcome.execution
        }
        let new = Set(missing.map(\.id))
        return BackfillResult(
            id: batch,
            outcomes: dates.compactMap { date in
                known[date].map { new.contains($0.id) ? .queued($0) : .existing($0) }
            })
    }

    /// Queues the first new execution if it is waiting, because a concurrent backfill created the one before it.
    private func queuingFirst(_ outcomes: [EnqueueOutcome], at now: Date) async throws -> [EnqueueOutcome] {
        let index = outcomes.firstIndex { outcome in
            if case .queued = outcome { true } else { false }
        }
        guard let index, outcomes[index].execution.status == .waiting else { return outcomes }
        let completion = ExternalCompletion(outcomes[index].execution.id, next: .queued(at: now), date: now)
        guard case .recorded(let execution)? = try await context.store.completeWaiting([completion]).first else {
            return outcomes
        }
        context.signal.raise()
        var outcomes = outcomes
        outcomes[index] = .queued(execution)
        return outcomes
    }

    /// Returns the executions that earlier backfills created for dates.
    private func backfilled(_ dates: [Date], of job: Job) async throws -> [Date: Execution] {
        guard let first = dates.first, let last = dates.last else { return [:] }
        var query = ExecutionQuery(
            jobID: job.id, from: first, to: last.millisecondLater, order: .ascending, limit: 1000)
        var found: [Date: Execution] = [:]
        repeat {
            let page = try await context.store.executions(query)
            for execution in page.items where execution.source == .backfill {
                found[execution.scheduledFor] = execution
            }
            query.after = page.next
        } while query.after != nil
        return found
    }
}
