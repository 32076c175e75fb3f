import Foundation

extension StoreState {
    package mutating func insert(
        _ insertions: [JobInsertion], log: inout ChangeLog
    ) throws(StoreError) -> [JobInsertion.Outcome] {
        try checkIdentifiers(of: insertions)
        return insertions.map { insertion in
            if let key = insertion.idempotencyKey, let id = idempotencyKeys[key], let job = jobs[id] {
                return .existing(job)
            }
            record(.putJob(insertion.job), log: &log)
            if let key = insertion.idempotencyKey { record(.putIdempotencyKey(key, insertion.job.id), log: &log) }
            for execution in insertion.executions { record(.putExecution(execution), log: &log) }
            return .inserted(insertion.job)
        }
    }

    private func checkIdentifiers(of insertions: [JobInsertion]) throws(StoreError) {
        // Identifiers mostly grow, and those that grow are not the same.
        var greatest: JobID?
        let areGrowing = insertions.allSatisfy { insertion in
            defer { greatest = insertion.job.id }
            return greatest.map { $0 < insertion.job.id } ?? true
        }
        var seenJobs = Set<JobID>()
        var seenExecutions = Set<ExecutionID>()
        for insertion in insertions {
            if let key = insertion.idempotencyKey, idempotencyKeys[key] != nil { continue }
            guard !jobs.contains(insertion.job.id), areGrowing || seenJobs.insert(insertion.job.id).inserted
            else {
                throw StoreError(.duplicate, "There is a job \(insertion.job.id) already; a new job needs a new id.")
            }
            for execution in insertion.executions {
                guard execution.jobID == insertion.job.id else { throw .noJob(execution.jobID) }
                guard executions[execution.id] == nil, seenExecutions.insert(execution.id).inserted else {
                    throw .executionExists(execution.id)
                }
            }
        }
    }

    package mutating func replace(_ replacement: JobReplacement, log: inout ChangeLog) throws(StoreError) -> Job {
        guard var job = jobs[replacement.id] else { throw .noJob(replacement.id) }
        if let key = replacement.idempotencyKey,
            let done = operations[OperationKey(operation: key.operation, key: key.key)], done.job == job.id,
            done.expiresAt > replacement.date
        {
            return job
        }
        guard job.position.revision == replacement.expectedRevision else {
            throw StoreError(
                .conflict,
                "Job \(replacement.id) was changed in the meantime (revision \(job.position.revision), "
                    + "expected \(replacement.expectedRevision)): read it again and repeat the change.")
        }
        let isRescheduled = replacement.definition.map { $0.schedule != job.definition.schedule } ?? false
        job.move(to: replacement.position, restarting: isRescheduled)
        job.updatedAt = replacement.date
        if let definition = replacement.definition {
            keepVersion(of: job, log: &log)
            job.definition = definition
            job.version += 1
        }
        if let author = replacement.author { job.updatedBy = author }
        record(.putJob(job), log: &log)
        if let key = replacement.idempotencyKey { record(.putOperation(key, job.id), log: &log) }
        for skip in replacement.skips { recordSkip(skip, job: job, lastFired: job.position.lastFired, log: &log) }
        return job
    }

    /// Keeps the definition that a job has had so far, for the record and for the executions that began with it.
    private mutating func keepVersion(of job: Job, log: inout ChangeLog) {
        record(.putVersion(job.presentVersion), log: &log)
        guard let history = histories[job.id], history.versions.count > Self.versionLimit else { return }
        let needed = Set(history.liveExecutions.compactMap { executions[$0]?.versionID.version })
        if let oldest = history.versions.first(where: { !needed.contains($0.version) }) {
            record(.removeVersion(oldest.id), log: &log)
        }
    }

    /// The number of earlier versions that are kept even if no execution needs them.
    private static var versionLimit: Int { 100 }

    package func versions(of id: JobID) -> [JobVersion] {
        guard let job = jobs[id] else { return [] }
        return [job.presentVersion] + (histories[id]?.versions ?? []).reversed()
    }

    package mutating func delete(_ ids: [JobID], log: inout ChangeLog) -> [JobID] {
        ids.filter { id in
            guard jobs[id] != nil else { return false }
            record(.removeJob(id), log: &log)
            return true
        }
    }

    mutating func record(_ change: Change, log: inout ChangeLog) {
        log.append(change)
        apply(change)
    }

    /// Adds a skip to a job's history; one that follows the last without a run in between extends it.
    ///
    /// - Parameter lastFired: The nominal instant of the last occurrence before the skip that fired.
    mutating func recordSkip(_ skip: SkippedOccurrence, job: Job, lastFired: Date?, log: inout ChangeLog) {
        let limit = job.definition.retention.maximumCount
        guard limit > 0 else { return }
        let merged = histories[job.id]?.merged(skip, lastFired: lastFired) ?? skip
        record(.putSkip(merged, keeping: limit), log: &log)
    }
}

extension Job {
    /// Takes over a position, under the rules of every move: a new revision, and a cursor that never goes back.
    ///
    /// - Parameter restarting: Whether the job has another schedule from now on, whose occurrences are new ones.
    mutating func move(to position: JobPosition, restarting: Bool = false) {
        var next = position
        next.revision = self.position.revision + 1
        if !restarting { next.cursor = max(next.cursor, self.position.cursor) }
        self.position = next
    }
}

extension Job {
    /// The version that the job has now.
    var presentVersion: JobVersion {
        JobVersion(
            jobID: id, version: version, definition: definition, createdAt: version == 1 ? createdAt : updatedAt,
            createdBy: version == 1 ? createdBy : updatedBy)
    }
}

extension StoreError {
    static func executionExists(_ id: ExecutionID) -> StoreError {
        StoreError(.duplicate, "There is an execution \(id) already; a new execution needs a new id.")
    }
}
