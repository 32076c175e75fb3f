import Foundation
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
