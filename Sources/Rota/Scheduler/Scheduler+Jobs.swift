public import Foundation
import RotaCore
public import RotaStore

extension Scheduler {
    /// Reads a job.
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func job(_ id: JobID) async throws -> Job {
        guard let job = try await context.store.job(id) else { throw SchedulerError.noJob(id) }
        return job
    }

    /// Lists jobs, the oldest first.
    public func jobs(_ query: JobQuery = JobQuery()) async throws -> RecordPage<Job> {
        try await context.store.jobs(query)
    }

    /// Counts jobs and executions by state.
    public func counts() async throws -> StoreCounts {
        try await context.store.counts()
    }

    /// Lists the versions of a job, the newest first; the first is the present one (S-11).
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func versions(of id: JobID) async throws -> [JobVersion] {
        let versions = try await context.store.versions(of: id)
        guard !versions.isEmpty else { throw SchedulerError.noJob(id) }
        return versions
    }

    /// Reads one version of a job (S-12).
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, or `versionNotFound`; or the store's error.
    public func version(_ id: JobVersionID) async throws -> JobVersion {
        guard let version = try await versions(of: id.jobID).first(where: { $0.version == id.version }) else {
            throw SchedulerError(
                .versionNotFound,
                "Job \(id.jobID) has no version \(id.version) that is kept; `versions(of:)` lists those that are.",
                value: id.description)
        }
        return version
    }

    /// Changes a job's definition, and its state if one is given, in one atomic step (T-44, T-45).
    ///
    /// If the schedule changes, the next run is computed anew from the present time (T-47).
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - state: `.active` or `.paused`, as ``resume(_:author:idempotencyKey:)`` and
    ///     ``pause(_:reason:until:author:idempotencyKey:)`` would make it; `nil` to leave it as it is.
    ///   - author: Who makes the change, if that is to be remembered.
    ///   - idempotencyKey: A key under which a repeated change does nothing (I-28).
    ///   - change: Changes the definition; it may be called again if the job was moved on in the meantime.
    /// - Returns: The job as it is now.
    /// - Throws: What `change` throws; ``SchedulerError`` with code `jobNotFound`, `invalidJob` or `illegalState`,
    ///   `ScheduleError` or `RetryPolicyError`; or the store's error.
    @discardableResult
    public func update(
        _ id: JobID, state: JobState? = nil, author: String? = nil, idempotencyKey: String? = nil,
        _ change: (inout JobDefinition) throws -> Void
    ) async throws -> Job {
        try await replace(id, .init("update", author, idempotencyKey)) { job, now in
            var definition = job.definition
            try change(&definition)
            return try job.updated(to: definition, state: state, at: now)
        }
    }

    /// Deletes a job, with its executions and everything else that belongs to it (T-57).
    ///
    /// - Returns: Whether there was such a job; deleting twice is no error (I-29).
    @discardableResult
    public func delete(_ id: JobID) async throws -> Bool {
        try await !context.store.delete([id]).isEmpty
    }

    /// Who changes a job, and under which key.
    struct Change {
        let operation: String
        let author: String?
        let key: String?

        init(_ operation: String, _ author: String?, _ key: String?) {
            self.operation = operation
            self.author = author
            self.key = key
        }
    }

    /// Plans a replacement from the job as it is, and does so again if the job was moved on in the meantime.
    ///
    /// - Parameter plan: Returns `nil` if nothing has to be changed.
    func replace(
        _ id: JobID, _ change: Change, _ plan: (Job, _ now: Date) throws -> JobReplacement?
    ) async throws -> Job {
        let check = FieldCheck(code: .invalidRequest)
        try check.length(of: change.author, "The author", 1...255)
        try check.length(of: change.key, "The idempotency key", 1...255)
        while true {
            let job = try await self.job(id)
            let now = context.clock.now
            let planned = try plan(job, now)
            // What changes nothing is not written, unless its key has to be remembered.
            guard var replacement = planned ?? change.key.map({ _ in job.replacement(job.scheduleState, at: now) })
            else { return job }
            replacement.author = change.author
            replacement.idempotencyKey = change.key.map {
                OperationKey(
                    $0, for: change.operation, until: now.advanced(by: context.configuration.idempotencyLifetime))
            }
            do {
                let replaced = try await context.store.replace(replacement)
                context.signal.raise()
                // A change whose key was used before was not made.
                if replaced.scheduleState.revision > job.scheduleState.revision {
                    context.events.send(fired: [], skips: replacement.skips, of: id, at: now)
                }
                return replaced
            } catch let error as StoreError where error.code == .conflict {
                try Task.checkCancellation()
            } catch let error as StoreError where error.code == .jobNotFound {
                throw SchedulerError.noJob(id)
            }
        }
    }
}

extension Scheduler {
    /// Suspends a job's schedule until it is resumed, or until an instant; what is running goes on (K-33).
    ///
    /// Pausing twice is no error (T-28); the later pause says until when. An occurrence at the very end of a pause
    /// fires, the ones before it are recorded as skipped.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - reason: Why, in words, for those who look at the job; up to 2,000 characters.
    ///   - end: When the job goes on by itself; `nil` if only ``resume(_:author:idempotencyKey:)`` lets it.
    ///   - author: Who pauses it, if that is to be remembered.
    ///   - idempotencyKey: A key under which a repeated pause does nothing (I-28).
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `illegalState` for a draft or a completed job, or
    ///   `invalidRequest` for an end that is over.
    @discardableResult
    public func pause(
        _ id: JobID, reason: String? = nil, until end: Date? = nil, author: String? = nil,
        idempotencyKey: String? = nil
    ) async throws -> Job {
        try await replace(id, .init("pause", author, idempotencyKey)) { job, now in
            try job.paused(reason: reason, until: end, at: now)
        }
    }

    /// Lets a paused job or a draft run; its next run is computed from the present time (T-30, T-25).
    ///
    /// The occurrences that the pause passed over are recorded as skipped. Resuming an active job is no error.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - author: Who resumes it, if that is to be remembered.
    ///   - idempotencyKey: A key under which a repeated resumption does nothing (I-28).
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, or `illegalState` for a completed job.
    @discardableResult
    public func resume(_ id: JobID, author: String? = nil, idempotencyKey: String? = nil) async throws -> Job {
        try await replace(id, .init("resume", author, idempotencyKey)) { job, now in try job.resumed(at: now) }
    }

    /// Has the next occurrences of a job skipped, and recorded as such; what is due after them fires.
    ///
    /// The number counts occurrences that fall due while the job is active, and survives pauses, new schedules and
    /// restarts.
    ///
    /// - Parameters:
    ///   - count: How many from now on, from 0 to 10,000, in place of what was asked for before; 0 takes it back.
    ///   - id: The job.
    ///   - author: Who asks for it, if that is to be remembered.
    ///   - idempotencyKey: A key under which a repeated request does nothing (I-28).
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `invalidRequest`, or `illegalState` for a completed job.
    @discardableResult
    public func skipNext(
        _ count: Int, of id: JobID, author: String? = nil, idempotencyKey: String? = nil
    ) async throws -> Job {
        try await replace(id, .init("skip", author, idempotencyKey)) { job, now in
            try job.skippingNext(count, at: now)
        }
    }
}

extension Scheduler {
    /// Pauses jobs one after another, as ``pause(_:reason:until:author:idempotencyKey:)`` does (S-5).
    ///
    /// - Returns: The jobs as they are now, and those that were refused or could not be stored; the call may be repeated.
    public func pause(
        _ ids: [JobID], reason: String? = nil, author: String? = nil
    ) async throws -> BulkChangeResult {
        await each(ids) { try await self.pause($0, reason: reason, author: author) }
    }

    /// Resumes jobs one after another, as ``resume(_:author:idempotencyKey:)`` does (S-4).
    ///
    /// - Returns: The jobs as they are now, and those that were refused or could not be stored; the call may be repeated.
    public func resume(_ ids: [JobID], author: String? = nil) async throws -> BulkChangeResult {
        await each(ids) { try await self.resume($0, author: author) }
    }

    /// Pauses all active jobs that a query selects, such as those of a group (S-20).
    ///
    /// - Parameters:
    ///   - query: Which jobs; its limit is the number read at a time, not of jobs in all.
    ///   - reason: Why, in words.
    ///   - author: Who pauses them, if that is to be remembered.
    /// - Returns: The jobs that were paused, as they are now; a job that is created meanwhile may be missing.
    /// - Throws: The store's error if the jobs cannot be listed; then none was paused.
    public func pauseAll(
        _ query: JobQuery, reason: String? = nil, author: String? = nil
    ) async throws -> BulkChangeResult {
        let ids = try await ids(of: query, in: .active)
        return try await pause(ids, reason: reason, author: author)
    }

    /// Resumes all paused jobs that a query selects, such as those of a group (S-20).
    ///
    /// - Parameters:
    ///   - query: Which jobs; its limit is the number read at a time, not of jobs in all.
    ///   - author: Who resumes them, if that is to be remembered.
    /// - Returns: The jobs that were resumed, as they are now.
    /// - Throws: The store's error if the jobs cannot be listed; then none was resumed.
    public func resumeAll(_ query: JobQuery, author: String? = nil) async throws -> BulkChangeResult {
        try await resume(ids(of: query, in: .paused), author: author)
    }

    private func ids(of query: JobQuery, in state: JobState) async throws -> [JobID] {
        var query = query
        guard query.states?.contains(state) ?? true else { return [] }
        query.states = [state]
        var ids: [JobID] = []
        repeat {
            let page = try await context.store.jobs(query)
            ids += page.items.map(\.id)
            query.after = page.next
        } while query.after != nil
        return ids
    }

    private func each(_ ids: [JobID], _ body: (JobID) async throws -> Job) async -> BulkChangeResult {
        var batch = BulkChangeResult()
        for id in ids {
            do { batch.jobs.append(try await body(id)) } catch {
                batch.refusals.append(BulkChangeResult.Refusal(jobID: id, error: error))
            }
        }
        return batch
    }
}

extension Scheduler {
    /// Has a job wait for another one (S-16).
    ///
    /// - Parameters:
    ///   - id: The job that waits.
    ///   - other: The job that it waits for.
    ///   - condition: What the other job's run must have come to.
    /// - Returns: The dependency.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; `StoreError` with code `cycle` if a job would wait for
    ///   itself, directly or through others (S-112).
    @discardableResult
    public func addDependency(
        of id: JobID, on other: JobID, condition: JobDependency.Condition = .completed
    ) async throws -> JobDependency {
        let now = context.clock.now
        for id in [id, other] { _ = try await job(id) }
        let dependency = JobDependency(
            id: DependencyID(bits: context.ids.makeID(at: now)), jobID: id, dependsOn: other, condition: condition,
            createdAt: now)
        try await context.store.addDependency(dependency)
        return dependency
    }

    /// Lists what a job waits for, the oldest dependency first (S-15).
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func dependencies(of id: JobID) async throws -> [JobDependency] {
        _ = try await job(id)
        return try await context.store.dependencies(of: id)
    }

    /// Removes a dependency (S-17).
    ///
    /// - Returns: Whether there was such a dependency; removing it twice is no error.
    @discardableResult
    public func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await context.store.removeDependency(id)
    }
}
