import Foundation
public import RotaStore

extension Scheduler {
    /// Creates a job.
    ///
    /// A job that is due at once, such as one with the schedule `.immediately`, has its execution queued when the
    /// method returns (T-6).
    ///
    /// - Returns: The job, or the one that was created before with the same idempotency key (T-55).
    /// - Throws: ``SchedulerError`` with code `invalidJob`, `ScheduleError` or `RetryPolicyError` if the draft has a
    ///   value that it cannot have; or the store's error.
    @discardableResult
    public func create(_ draft: JobDraft) async throws -> Job {
        try await create([draft])[0]
    }

    /// Creates jobs, all of them or none.
    ///
    /// - Returns: For each draft, in order, the job, or the one that was created before with the same idempotency key.
    /// - Throws: As ``create(_:)-(JobDraft)`` does, for the first draft that has a value that it cannot have.
    @discardableResult
    public func create(_ drafts: [JobDraft]) async throws -> [Job] {
        let now = context.clock.now
        let insertions = try drafts.map { try insertion(of: $0, at: now) }
        let outcomes = try await context.store.insert(insertions)
        context.signal.raise()
        return zip(insertions, outcomes).map { insertion, outcome in
            switch outcome {
            case .existing(let job): return job
            case .inserted(let job):
                context.events.send(fired: insertion.executions, skips: [], of: job.id, at: now)
                return job
            }
        }
    }

    /// The record of a new job, with the executions that are due at once.
    private func insertion(of draft: JobDraft, at now: Date) throws -> JobInsertion {
        var definition = draft.definition
        definition.schedule = definition.schedule.anchored(at: now)
        try definition.validate()
        guard draft.state != .completed else {
            throw SchedulerError(.invalidJob, "A new job cannot be completed; it starts as active, paused or draft.")
        }
        var job = Job(
            id: JobID(bits: context.ids.makeID(at: now)), definition: definition, createdAt: now,
            position: .starting(definition.schedule, state: draft.state, at: now))
        let fire = context.planner.plan(job, at: now) { ExecutionID(bits: context.ids.makeID(at: now)) }
        // What a one-shot in the past leaves to its misfire policy is decided by the driver, which records skips.
        guard let fire, fire.skips.isEmpty else {
            return JobInsertion(job, idempotencyKey: draft.idempotencyKey)
        }
        job.position = fire.position
        job.position.runsBegan(
            fire.executions.count, last: fire.executions.last.map { ($0.id, $0.scheduledFor) }, of: definition.schedule)
        return JobInsertion(
            job, idempotencyKey: draft.idempotencyKey,
            executions: fire.executions.map { $0.with(metadata: context.carried(with: $0.metadata)) })
    }

    /// Reads a job.
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func job(_ id: JobID) async throws -> Job {
        guard let job = try await context.store.job(id) else { throw SchedulerError.noJob(id) }
        return job
    }

    /// Lists jobs, the oldest first.
    public func jobs(_ query: JobQuery = JobQuery()) async throws -> Page<Job> {
        try await context.store.jobs(query)
    }

    /// Changes a job's definition, in one atomic step (T-44).
    ///
    /// If the schedule changes, the next run is computed anew from the present time (T-47).
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - change: Changes the definition; it may be called again if the job was moved on in the meantime.
    /// - Returns: The job as it is now.
    /// - Throws: What `change` throws; ``SchedulerError`` with code `jobNotFound` or `invalidJob`, `ScheduleError` or
    ///   `RetryPolicyError`; or the store's error.
    @discardableResult
    public func update(_ id: JobID, _ change: (inout JobDefinition) throws -> Void) async throws -> Job {
        try await replace(id) { job, now in
            var definition = job.definition
            try change(&definition)
            definition.schedule = definition.schedule.anchored(at: now)
            try definition.validate()
            guard definition != job.definition else { return nil }
            guard definition.schedule != job.definition.schedule else {
                return JobReplacement(
                    id: id, expectedRevision: job.position.revision, definition: definition, position: job.position,
                    date: now)
            }
            let state = job.position.state == .completed ? .active : job.position.state
            var position = job.position
            // Runs count for the schedule that started them; raising its limit alone makes no other schedule of it.
            if definition.schedule.limited(toRuns: 1) != job.definition.schedule.limited(toRuns: 1) {
                position.scheduledRuns = 0
            }
            return JobReplacement(
                id: id, expectedRevision: job.position.revision, definition: definition,
                position: .starting(definition.schedule, state: state, at: now, continuing: position),
                skips: job.passedOver(at: now, because: state == .paused ? .paused : .rescheduled), date: now)
        }
    }

    /// Suspends a job's schedule until it is resumed; what is running goes on (K-33).
    ///
    /// Pausing twice is no error (T-28).
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - reason: Why, in words, for those who look at the job.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, or `illegalState` for a draft or a completed job.
    @discardableResult
    public func pause(_ id: JobID, reason: String? = nil) async throws -> Job {
        try await replace(id) { job, now in
            switch job.position.state {
            case .paused: return nil
            case .active:
                var position = job.position
                position.state = .paused
                position.reason = reason
                return JobReplacement(
                    id: id, expectedRevision: job.position.revision, position: position, date: now)
            case .draft, .completed:
                throw SchedulerError(
                    .illegalState, "Job \(id) is \(job.position.state); only an active job can be paused.")
            }
        }
    }

    /// Lets a paused job or a draft run; its next run is computed from the present time (T-30, T-25).
    ///
    /// The occurrences that the pause passed over are recorded as skipped. Resuming an active job is no error.
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, or `illegalState` for a completed job.
    @discardableResult
    public func resume(_ id: JobID) async throws -> Job {
        try await replace(id) { job, now in
            switch job.position.state {
            case .active: return nil
            case .paused, .draft:
                let position = JobPosition.starting(
                    job.definition.schedule, state: .active, at: now, continuing: job.position, isNew: false)
                // The occurrence of a one-shot that is made up for was not passed over.
                let isMadeUpFor = position.next.map { $0 <= now } ?? false
                let skips = isMadeUpFor || job.position.state == .draft ? [] : job.passedOver(at: now, because: .paused)
                return JobReplacement(
                    id: id, expectedRevision: job.position.revision, position: position, skips: skips, date: now)
            case .completed:
                throw SchedulerError(
                    .illegalState,
                    "Job \(id) is completed: \(job.position.reason ?? "its schedule is over"). "
                        + "Give it another schedule with `update(_:_:)` instead.")
            }
        }
    }

    /// Deletes a job, with its executions and everything else that belongs to it (T-57).
    ///
    /// - Returns: Whether there was such a job; deleting twice is no error (I-29).
    @discardableResult
    public func delete(_ id: JobID) async throws -> Bool {
        try await !context.store.delete([id]).isEmpty
    }

    /// Plans a replacement from the job as it is, and does so again if the job was moved on in the meantime.
    ///
    /// - Parameter plan: Returns `nil` if nothing has to be changed.
    private func replace(
        _ id: JobID, _ plan: (Job, _ now: Date) throws -> JobReplacement?
    ) async throws -> Job {
        while true {
            let job = try await self.job(id)
            guard let replacement = try plan(job, context.clock.now) else { return job }
            do {
                let replaced = try await context.store.replace(replacement)
                context.signal.raise()
                context.events.send(fired: [], skips: replacement.skips, of: id, at: replacement.date)
                return replaced
            } catch let error as StoreError where error.code == .conflict {
                try Task.checkCancellation()
            } catch let error as StoreError where error.code == .jobNotFound {
                throw SchedulerError.noJob(id)
            }
        }
    }
}
