import Foundation
import RotaSchedule

extension StoreState {
    package mutating func insert(
        _ insertions: [JobInsertion], log: inout ChangeLog
    ) throws(StoreError) -> [JobInsertion.Outcome] {
        try checkIdentifiers(of: insertions)
        return insertions.map { insertion in
            if let key = insertion.idempotencyKey, let id = idempotencyKeys[key], let job = jobs[id] {
                return .existing(job)
            }
            let job = insertion.job.schedule.namesCalendars ? insertion.job.binding(calendars) : insertion.job
            record(job, log: &log)
            if let key = insertion.idempotencyKey { record(.putIdempotencyKey(key, insertion.job.id), log: &log) }
            for execution in insertion.executions { record(execution, log: &log) }
            return .inserted(job)
        }
    }

    /// Checks that the identifiers, slugs and keys of new jobs are free.
    ///
    /// - Parameter slugs: Slugs, each with its project, that other changes of the same step take.
    func checkIdentifiers(
        of insertions: [JobInsertion], besides slugs: Set<[String?]> = []
    ) throws(StoreError) {
        var seenJobs = SeenIDs<JobID>()
        var seenExecutions = SeenIDs<ExecutionID>()
        var seenKeys = Set<String>()
        var seenSlugs = slugs
        for insertion in insertions {
            if let key = insertion.idempotencyKey {
                guard idempotencyKeys[key] == nil, seenKeys.insert(key).inserted else { continue }
            }
            guard !jobs.contains(insertion.job.id), seenJobs.insert(insertion.job.id) else {
                throw StoreError(
                    .duplicate, "The job \(insertion.job.id) already exists. Use a new identifier.")
            }
            if insertion.job.hasExtras {
                let attributes = insertion.job.definition.attributes
                if let slug = attributes.slug, !seenSlugs.insert([slug, attributes.project]).inserted {
                    throw .slugIsTaken(attributes)
                }
                try checkSlug(of: insertion.job.id, attributes)
            }
            if insertion.job.schedule.namesCalendars { try insertion.job.definition.checkCalendars(calendars) }
            var executionKeys = Set<String>()
            for execution in insertion.executions {
                guard execution.jobID == insertion.job.id else { throw .noJob(execution.jobID) }
                guard !executions.contains(execution.id), seenExecutions.insert(execution.id) else {
                    throw .executionExists(execution.id)
                }
                guard execution.isInsertable else { throw .notInsertable(execution) }
                if let key = execution.idempotencyKey, !executionKeys.insert(key).inserted {
                    throw StoreError(
                        .duplicate,
                        "Two executions inserted with job \(insertion.job.id) have the idempotency key \"\(key)\". Remove one."
                    )
                }
            }
        }
    }

    /// Checks that no other job of the project has the slug.
    func checkSlug(of id: JobID, _ attributes: JobAttributes) throws(StoreError) {
        guard let slug = attributes.slug, let other = jobIndex.job(slug: slug, project: attributes.project), other != id
        else { return }
        throw .slugIsTaken(attributes)
    }

    package mutating func replace(_ replacement: JobReplacement, log: inout ChangeLog) throws(StoreError) -> Job {
        guard var job = jobs[replacement.id] else { throw .noJob(replacement.id) }
        if let key = replacement.idempotencyKey,
            let expiry = operations[JobOperationKey(job: job.id, operation: key.operation, key: key.key)],
            expiry > replacement.date
        {
            return job
        }
        try check(replacement.expectedRevision, of: job)
        if let attributes = replacement.definition?.attributes { try checkSlug(of: job.id, attributes) }
        try replacement.definition?.checkCalendars(calendars)
        let isRescheduled = replacement.definition.map { $0.schedule != job.definition.schedule } ?? false
        let before = currentVersion(of: job)
        let limit = max(0, job.definition.retention.maximumCount)
        job.move(to: replacement.scheduleState, restarting: isRescheduled)
        job.updatedAt = replacement.date
        if let definition = replacement.definition {
            job.definition = definition.binding(calendars)
            job.version &+= 1
        }
        if let author = replacement.author { job.updatedBy = author }
        if let owner = replacement.declaredBy { job.declaredBy = owner }
        record(.putJob(job), log: &log)
        trimSkips(of: job, after: limit, log: &log)
        if job.version != before.version {
            keep(before, replacement, of: job, log: &log)
        }
        if let key = replacement.idempotencyKey { record(.putOperation(key, job.id), log: &log) }
        for skip in replacement.skips { recordSkip(skip, job: job, lastFired: job.scheduleState.lastFired, log: &log) }
        return job
    }

    /// Checks that a job was not changed since a revision.
    func check(_ expected: Int, of job: Job) throws(StoreError) {
        guard job.scheduleState.revision != expected else { return }
        throw StoreError(
            .conflict,
            "Job \(job.id) was changed in the meantime (revision \(job.scheduleState.revision), expected \(expected)). "
                + "Read the job again and retry the change.")
    }

    /// Keeps the previous version of a job, for its history and the executions that started with it, and the date and
    /// author of the current one.
    private mutating func keep(
        _ before: JobVersion, _ replacement: JobReplacement, of job: Job, log: inout ChangeLog
    ) {
        if histories[job.id]?.versions.contains(where: { $0.version == before.version }) != true {
            record(.putVersion(before), log: &log)
        }
        let current = JobVersion(
            jobID: job.id, version: job.version, definition: job.definition, createdAt: replacement.date,
            createdBy: replacement.author)
        record(.putVersion(current), log: &log)
        let old = (histories[job.id]?.versions ?? []).map(\.version).filter { $0 < job.version &- Self.versionLimit }
        guard !old.isEmpty else { return }
        let needed = Set(liveExecutions(of: job.id).map(\.versionID.version))
        for version in old where !needed.contains(version) {
            record(.removeVersion(JobVersionID(jobID: job.id, version: version)), log: &log)
        }
    }

    /// The number of earlier versions that are kept although no execution needs them.
    private static var versionLimit: Int { 100 }

    /// Lists the versions of a job, newest first.
    package func versions(of id: JobID) -> [JobVersion] {
        guard let job = jobs[id] else { return [] }
        let earlier = (histories[id]?.versions ?? []).filter { $0.version != job.version }
        return ([currentVersion(of: job)] + earlier.reversed()).map { $0.binding(calendars) }
    }

    /// The current version of a job.
    ///
    /// Only the first version has no record of its own.
    private func currentVersion(of job: Job) -> JobVersion {
        histories[job.id]?.versions.last { $0.version == job.version }
            ?? JobVersion(
                jobID: job.id, version: job.version, definition: job.definition,
                createdAt: job.version == 1 ? job.createdAt : job.updatedAt,
                createdBy: job.version == 1 ? job.createdBy : job.updatedBy)
    }

    package mutating func delete(_ ids: [JobID], log: inout ChangeLog) -> [JobID] {
        ids.filter { id in
            guard jobs.contains(id) else { return false }
            // Batches with executions in other queues must not wait for these for ever.
            if !followUps.isEmpty {
                for execution in liveExecutions(of: id) {
                    count(execution, as: .canceled, inBatchAt: nil, log: &log)
                }
            }
            record(.removeJob(id), log: &log)
            return true
        }
    }
}

extension StoreState {
    package mutating func declare(_ declaration: JobDeclaration, log: inout ChangeLog) throws(StoreError) -> [Job] {
        try check(declaration)
        // Nothing below throws: every part was checked.
        var replaced: [Job] = []
        for replacement in declaration.replacements { replaced.append(try replace(replacement, log: &log)) }
        let inserted = try insert(declaration.insertions, log: &log).map(\.job)
        _ = delete(declaration.deletions, log: &log)
        record(.putOwner(declaration.owner), log: &log)
        return inserted + replaced
    }

    private func check(_ declaration: JobDeclaration) throws(StoreError) {
        let owner = declaration.owner
        let revision = owners[owner.name]?.revision ?? 0
        guard owner.revision == revision &+ 1 else {
            throw StoreError(
                .conflict,
                "The jobs of \"\(owner.name)\" were declared in the meantime (revision \(revision), expected "
                    + "\(owner.revision &- 1)). Read them again and repeat the declaration.")
        }
        var changed = Set(declaration.deletions)
        var slugs = Set<[String?]>()
        for replacement in declaration.replacements {
            guard let job = jobs[replacement.id], changed.insert(replacement.id).inserted else {
                throw StoreError(
                    .conflict,
                    "Job \(replacement.id) was deleted in the meantime, or is changed twice. Read the jobs again and "
                        + "repeat the declaration.")
            }
            try check(replacement.expectedRevision, of: job)
            try replacement.definition?.checkCalendars(calendars)
            guard let attributes = replacement.definition?.attributes else { continue }
            try checkSlug(of: job.id, attributes)
            if let slug = attributes.slug, !slugs.insert([slug, attributes.project]).inserted {
                throw .slugIsTaken(attributes)
            }
        }
        try checkIdentifiers(of: declaration.insertions, besides: slugs)
    }
}

extension Job {
    /// Sets the schedule state with a new revision and a `decidedThrough` that never goes back.
    ///
    /// - Parameter restarting: Whether the schedule has changed, so that all its occurrences are new.
    mutating func move(to scheduleState: ScheduleState, restarting: Bool = false) {
        var next = scheduleState
        next.revision = self.scheduleState.revision &+ 1
        if !restarting { next.decidedThrough = max(next.decidedThrough, self.scheduleState.decidedThrough) }
        self.scheduleState = next
    }
}

extension StoreError {
    static func slugIsTaken(_ attributes: JobAttributes) -> StoreError {
        StoreError(
            .duplicate,
            "The slug \"\(attributes.slug ?? "")\" is taken by another job "
                + (attributes.project.map { "of the project \"\($0)\"" } ?? "without a project")
                + ". Choose another slug.")
    }

    static func executionExists(_ id: ExecutionID) -> StoreError {
        StoreError(.duplicate, "The execution \(id) already exists. Use a new identifier.")
    }
}
