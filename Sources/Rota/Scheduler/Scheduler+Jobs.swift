public import Foundation
import RotaCore
import RotaSchedule
public import RotaStore

extension Scheduler {
    /// Returns a job.
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func job(_ id: JobID) async throws -> Job {
        guard let job = try await context.store.job(id) else { throw SchedulerError.noJob(id) }
        return job
    }

    /// Returns the job with a name.
    ///
    /// - Parameter name: The whole name, in the same case.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` if no job has the name, or `invalidRequest` if several have
    ///   it; or the store's error.
    /// - Complexity: O(*n*) for *n* jobs. ``job(slug:project:)`` is faster.
    public func job(named name: String) async throws -> Job {
        let found = try await jobs(allNamed: name)
        guard let job = found.first else {
            throw SchedulerError(
                .jobNotFound,
                "There is no job named \"\(name)\"\(try await meant(by: name) { $0.name }) `jobs()` lists the existing ones.",
                value: name)
        }
        guard found.count == 1 else {
            throw SchedulerError(
                .invalidRequest,
                "Several jobs are named \"\(name)\", among them \(found[0].id) and \(found[1].id). Use an identifier, or "
                    + "give each a slug.", value: name)
        }
        return job
    }

    /// Returns the jobs with a name, the oldest first.
    func jobs(allNamed name: String) async throws -> [Job] {
        var query = JobQuery(nameContains: name, limit: 1000)
        var found: [Job] = []
        repeat {
            let page = try await context.store.jobs(query)
            found += page.items.filter { $0.name == name }
            query.after = page.next
        } while query.after != nil
        return found
    }

    /// Returns the job with a slug.
    ///
    /// - Parameters:
    ///   - slug: The slug, which is unique within the project.
    ///   - project: The job's project; `nil` for the jobs without one.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func job(slug: String, project: String? = nil) async throws -> Job {
        guard let job = try await findJob(slug: slug, project: project) else {
            let place = project.map { " in project \"\($0)\"" } ?? ""
            throw SchedulerError(
                .jobNotFound,
                "There is no job with slug \"\(slug)\"\(place)\(try await meant(by: slug) { $0.attributes.slug }) `jobs()` "
                    + "lists the existing ones.", value: slug)
        }
        return job
    }

    /// The end of a sentence that names the job that a name or slug probably means, if one of the first is similar.
    private func meant(by text: String, _ member: (Job) -> String?) async throws -> String {
        let jobs = try await context.store.jobs(JobQuery(limit: 1000)).items
        let meant = Spelling.meant(by: text, among: jobs.compactMap(member))
        return meant.map { "; did you mean \"\($0)\"?" } ?? "."
    }

    package func findJob(slug: String, project: String?) async throws -> Job? {
        try await context.store.job(slug: slug, in: project)
    }

    /// Lists jobs, the oldest first.
    ///
    /// - Parameter query: The conditions and the page.
    /// - Throws: The store's error.
    public func jobs(_ query: JobQuery = JobQuery()) async throws -> RecordPage<Job> {
        try await context.store.jobs(query)
    }

    /// Counts jobs and executions by state.
    ///
    /// - Throws: The store's error.
    public func counts() async throws -> StoreCounts {
        try await context.store.counts()
    }

    /// Returns how the executions of a job, a group of jobs, or all jobs have fared within a window that ends now.
    ///
    /// ```swift
    /// let health = try await scheduler.health(of: .group("billing"), over: .day)
    /// if health.total > 0, health.score < 80 {
    ///     print("\(health.failed + health.timedOut + health.crashed) of \(health.total) failed")
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - scope: Which executions count.
    ///   - window: The window in which they were created.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    /// - Complexity: With Rota's stores, the first question about a scope reads its history, and later ones take
    ///   O(log n).
    public func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window = .week
    ) async throws -> JobHealth {
        if case .job(let id) = scope { _ = try await job(id) }
        return try await context.store.health(of: scope, over: window, at: context.clock.now)
    }

    /// Lists the versions of a job, the newest first.
    ///
    /// The first one is current.
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func versions(of id: JobID) async throws -> [JobVersion] {
        let versions = try await context.store.versions(of: id)
        guard !versions.isEmpty else { throw SchedulerError.noJob(id) }
        return versions
    }

    /// Returns a version of a job.
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound` or `versionNotFound`; or the store's error.
    public func version(_ id: JobVersion.ID) async throws -> JobVersion {
        guard let version = try await versions(of: id.jobID).first(where: { $0.version == id.version }) else {
            throw SchedulerError(
                .versionNotFound,
                "Job \(id.jobID) has no version \(id.version), or it is no longer kept. `versions(of:)` lists the kept ones.",
                value: id.description)
        }
        return version
    }

    /// Changes a job's definition, and optionally its state, in one atomic step.
    ///
    /// If the schedule changes, the next occurrence is computed again from the current date.
    ///
    /// ```swift
    /// try await scheduler.update(job.id) { definition in
    ///     definition.schedule = try .cron("0 8 * * *", in: "Europe/Paris")
    ///     definition.retry = .exponential(maxAttempts: 3)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - state: `.active` or `.paused`, like ``resume(_:author:idempotencyKey:ifRevision:)`` and
    ///     ``pause(_:reason:until:author:idempotencyKey:ifRevision:)``; `nil` for no change.
    ///   - author: The author of the change, if it is to be recorded.
    ///   - idempotencyKey: A key that makes the call repeatable: a repeated change does nothing.
    ///   - revision: The `scheduleState.revision` of the job that the change is based on, or `nil` for
    ///     any. Every change of a job, and every occurrence that fires, raises it.
    ///   - change: Changes the definition, where the method is called. It is called again if the job was changed in the
    ///     meantime.
    /// - Returns: The job after the change.
    /// - Throws: The error of `change`; ``SchedulerError`` with code `jobNotFound`, `invalidJob`, `illegalState`,
    ///   `changed` if the job has another revision, `invalidRequest` if the author or the key is too long, or
    ///   `calendarNotFound`; `ScheduleError` or `RetryPolicyError`; `StoreError` with code `duplicate` if another job
    ///   of the project has the slug; or the store's error.
    @discardableResult
    public nonisolated func update(
        _ id: JobID, state: JobState? = nil, author: String? = nil, idempotencyKey: String? = nil,
        ifRevision revision: Int? = nil, _ change: (inout JobDefinition) throws -> Void
    ) async throws -> Job {
        try await outcome(
            ofUpdating: id, state: state, JobChange(author, idempotencyKey, ifRevision: revision), change
        ).job
    }

    /// Deletes a job, with its executions and everything else that belongs to it.
    ///
    /// Attempts in this process are canceled immediately, those in another one when it next renews their leases.
    ///
    /// - Returns: Whether the job existed. Deleting a job twice is not an error.
    /// - Throws: The store's error.
    @discardableResult
    public func delete(_ id: JobID) async throws -> Bool {
        try await !deleteNow([id]).isEmpty
    }

    /// Deletes a job if it has a revision.
    ///
    /// - Throws: ``SchedulerError`` with code `changed` if it has another one, or `jobNotFound`; or the store's error.
    package func delete(_ id: JobID, ifRevision revision: Int?) async throws {
        if let revision {
            let job = try await job(id)
            guard job.scheduleState.revision == revision else { throw SchedulerError.changed(job) }
            // Takes the revision away from all others who know it. What follows is no race with them.
            do {
                _ = try await context.store.replace(job.replacement(job.scheduleState, at: job.updatedAt))
            } catch let error as StoreError where error.code == .conflict {
                throw SchedulerError.changed(try await self.job(id))
            }
        }
        try await delete(id)
    }

    /// Deletes all jobs that match a query, with their executions and everything else that belongs to them.
    ///
    /// - Parameter query: The query. Its limit is the page size, not the number of jobs in all. A query without any
    ///   condition deletes every job.
    /// - Returns: The number of jobs that were deleted. A job that is created meanwhile may be left.
    /// - Throws: The store's error. Jobs may have been deleted before it; the call can be repeated.
    @discardableResult
    public func deleteAll(_ query: JobQuery) async throws -> Int {
        let ids = try await ids(of: query)
        var count = 0
        for start in stride(from: 0, to: ids.count, by: Self.maximumBatch) {
            let batch = Array(ids[start..<min(start + Self.maximumBatch, ids.count)])
            count += try await deleteNow(batch).count
        }
        return count
    }

    /// Deletes jobs, cancels their attempts in this process, and wakes the driver.
    ///
    /// Executions that waited for theirs, such as those of dependent jobs and the follow-ups of batches, may start.
    func deleteNow(_ ids: [JobID]) async throws -> [JobID] {
        let deleted = try await context.store.delete(ids)
        guard !deleted.isEmpty else { return [] }
        context.withdraw(jobs: deleted)
        context.signal.raise()
        return deleted
    }
}

extension Scheduler {
    /// Pauses a job's schedule until it is resumed, or until a date.
    ///
    /// Running executions continue.
    ///
    /// Pausing a paused job is not an error; the later pause replaces the earlier one. Occurrences before the end of
    /// the pause are recorded as skipped. One exactly at the end fires.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - reason: The reason to show, up to 2,000 characters.
    ///   - end: The date on which the job resumes by itself; `nil` if only
    ///     ``resume(_:author:idempotencyKey:ifRevision:)`` resumes it.
    ///   - author: The author of the pause, if it is to be recorded.
    ///   - idempotencyKey: A key that makes the call repeatable: a repeated pause does nothing.
    ///   - revision: The `scheduleState.revision` that the job must have, or `nil` for any.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `illegalState` for a draft or completed job, `changed` if
    ///   the job has another revision, or `invalidRequest` if the end is in the past, or the reason, the author or the
    ///   key is too long; or the store's error.
    @discardableResult
    public func pause(
        _ id: JobID, reason: String? = nil, until end: Date? = nil, author: String? = nil,
        idempotencyKey: String? = nil, ifRevision revision: Int? = nil
    ) async throws -> Job {
        try await outcome(
            ofPausing: id, reason: reason, until: end, JobChange(author, idempotencyKey, ifRevision: revision)
        ).job
    }

    /// Resumes a paused job or activates a draft.
    ///
    /// The next occurrence is computed from the current date.
    ///
    /// The occurrences that the pause passed over are recorded as skipped. Resuming an active job is not an error.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - author: The author of the change, if it is to be recorded.
    ///   - idempotencyKey: A key that makes the call repeatable: a repeated call does nothing.
    ///   - revision: The `scheduleState.revision` that the job must have, or `nil` for any.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `illegalState` for a completed job, `changed` if the job
    ///   has another revision, or `invalidRequest` if the author or the key is too long; `ScheduleError` if the rules
    ///   of the schedule's time zone cannot be read now; or the store's error.
    @discardableResult
    public func resume(
        _ id: JobID, author: String? = nil, idempotencyKey: String? = nil, ifRevision revision: Int? = nil
    ) async throws -> Job {
        try await outcome(ofResuming: id, JobChange(author, idempotencyKey, ifRevision: revision)).job
    }

    /// Skips the next occurrences of a job, and records them as skipped.
    ///
    /// Later ones fire as usual.
    ///
    /// Only occurrences that become due while the job is active are counted. The count survives pauses, schedule
    /// changes and restarts.
    ///
    /// - Parameters:
    ///   - count: The number of occurrences to skip from now on, from 0 to 10,000. It replaces any earlier number.
    ///   - id: The job.
    ///   - author: The author of the change, if it is to be recorded.
    ///   - idempotencyKey: A key that makes the call repeatable: a repeated call does nothing.
    ///   - revision: The `scheduleState.revision` that the job must have, or `nil` for any.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`, `illegalState` for a completed job, `changed` if the job
    ///   has another revision, or `invalidRequest` if the count is out of range, or the author or the key is too long;
    ///   or the store's error.
    @discardableResult
    public func skipNext(
        _ count: Int, of id: JobID, author: String? = nil, idempotencyKey: String? = nil,
        ifRevision revision: Int? = nil
    ) async throws -> Job {
        try await outcome(ofSkipping: count, of: id, JobChange(author, idempotencyKey, ifRevision: revision)).job
    }
}

extension Scheduler {
    /// Pauses jobs one after another, like ``pause(_:reason:until:author:idempotencyKey:ifRevision:)``.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - reason: The reason to show, up to 2,000 characters.
    ///   - author: The author of the pause, if it is to be recorded.
    /// - Returns: The jobs after the change, and those that could not be changed, each with its error. The call may be
    ///   repeated.
    public func pause(
        _ ids: [JobID], reason: String? = nil, author: String? = nil
    ) async throws -> BulkChangeResult {
        await each(ids) { try await self.pause($0, reason: reason, author: author) }
    }

    /// Resumes jobs one after another, like ``resume(_:author:idempotencyKey:ifRevision:)``.
    ///
    /// - Parameters:
    ///   - ids: The jobs.
    ///   - author: The author of the change, if it is to be recorded.
    /// - Returns: The jobs after the change, and those that could not be changed, each with its error. The call may be
    ///   repeated.
    public func resume(_ ids: [JobID], author: String? = nil) async throws -> BulkChangeResult {
        await each(ids) { try await self.resume($0, author: author) }
    }

    /// Pauses all active jobs that match a query, such as those of a group.
    ///
    /// - Parameters:
    ///   - query: The query. Its limit is the page size, not the number of jobs in all.
    ///   - reason: The reason to show.
    ///   - author: The author of the pause, if it is to be recorded.
    /// - Returns: The paused jobs. A job that is created meanwhile may be missing.
    /// - Throws: The store's error if the jobs cannot be listed. Then none was paused.
    public func pauseAll(
        _ query: JobQuery, reason: String? = nil, author: String? = nil
    ) async throws -> BulkChangeResult {
        let ids = try await ids(of: query, in: .active)
        return try await pause(ids, reason: reason, author: author)
    }

    /// Resumes all paused jobs that match a query, such as those of a group.
    ///
    /// - Parameters:
    ///   - query: The query. Its limit is the page size, not the number of jobs in all.
    ///   - author: The author of the change, if it is to be recorded.
    /// - Returns: The resumed jobs.
    /// - Throws: The store's error if the jobs cannot be listed. Then none was resumed.
    public func resumeAll(_ query: JobQuery, author: String? = nil) async throws -> BulkChangeResult {
        try await resume(ids(of: query, in: .paused), author: author)
    }

    private func ids(of query: JobQuery, in state: JobState) async throws -> [JobID] {
        var query = query
        guard query.states?.contains(state) ?? true else { return [] }
        query.states = [state]
        return try await ids(of: query)
    }

    private func ids(of query: JobQuery) async throws -> [JobID] {
        var query = query
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
    /// Records that a job depends on another one.
    ///
    /// - Parameters:
    ///   - id: The dependent job.
    ///   - other: The job it depends on.
    ///   - condition: The outcome of the other job's execution that is required.
    /// - Returns: The dependency.
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; `StoreError` with code `cycle` if a job would depend on
    ///   itself, directly or through others; or the store's error.
    @discardableResult
    public func addDependency(
        of id: JobID, on other: JobID, condition: JobDependency.Condition = .completed
    ) async throws -> JobDependency {
        try await context.prepareIDs()
        let now = context.clock.now
        for id in [id, other] { _ = try await job(id) }
        let dependency = JobDependency(
            id: DependencyID(bits: context.ids.makeID(at: now)), jobID: id, dependsOn: other, condition: condition,
            createdAt: now)
        try await context.store.addDependency(dependency)
        return dependency
    }

    /// Lists the dependencies of a job, the oldest first.
    ///
    /// - Throws: ``SchedulerError`` with code `jobNotFound`; or the store's error.
    public func dependencies(of id: JobID) async throws -> [JobDependency] {
        _ = try await job(id)
        return try await context.store.dependencies(of: id)
    }

    /// Removes a dependency.
    ///
    /// - Returns: Whether the dependency existed. Removing it twice is not an error.
    /// - Throws: The store's error.
    @discardableResult
    public func removeDependency(_ id: DependencyID) async throws -> Bool {
        let existed = try await context.store.removeDependency(id)
        // Executions that waited for it may start.
        context.signal.raise()
        return existed
    }
}
