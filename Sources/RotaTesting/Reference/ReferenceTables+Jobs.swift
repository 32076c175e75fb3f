package import Foundation
package import RotaSchedule
package import RotaStore

extension ReferenceTables {
    package mutating func insert(_ insertions: [JobInsertion]) throws(StoreError) -> [JobInsertion.Outcome] {
        var after = self
        var outcomes: [JobInsertion.Outcome] = []
        for insertion in insertions {
            if let id = insertion.idempotencyKey.flatMap({ after.insertionKeys[$0] }), let job = after.job(id) {
                outcomes.append(.existing(job))
                continue
            }
            guard after.job(insertion.job.id) == nil else {
                throw StoreError(.duplicate, "Job \(insertion.job.id) already exists.")
            }
            try after.requireFreeSlug(insertion.job.definition.attributes, for: insertion.job.id)
            try insertion.job.definition.checkCalendars(calendars)
            after.jobs.append(insertion.job.binding(calendars))
            after.presentSince[insertion.job.id] = (
                insertion.job.version == 1 ? insertion.job.createdAt : insertion.job.updatedAt,
                insertion.job.version == 1 ? insertion.job.createdBy : insertion.job.updatedBy
            )
            if let key = insertion.idempotencyKey { after.insertionKeys[key] = insertion.job.id }
            for execution in insertion.executions {
                guard execution.jobID == insertion.job.id else { throw .missing(execution.jobID) }
                try after.requireFree(execution.id)
                try after.requireNew(execution)
                guard after.existing(as: execution) == nil else {
                    throw StoreError(
                        .duplicate, "Two first executions of job \(execution.jobID) have the same idempotency key.")
                }
                after.executions.append(execution)
            }
            outcomes.append(.inserted(insertion.job.binding(calendars)))
        }
        self = after
        return outcomes
    }

    func requireFree(_ id: ExecutionID) throws(StoreError) {
        guard execution(id) == nil else { throw StoreError(.duplicate, "Execution \(id) already exists.") }
    }

    /// Requires that a new execution is not running and has an end date if and only if it is finished.
    func requireNew(_ execution: Execution) throws(StoreError) {
        let isOver = execution.progress.status.isTerminal
        guard execution.progress.status != .running, isOver == (execution.progress.finishedAt != nil) else {
            throw StoreError(
                .invalidExecution,
                "The execution \(execution.id) cannot be added with the status \(execution.progress.status.rawValue).")
        }
    }

    /// The execution of the same job that has the same idempotency key, if it has one.
    func existing(as execution: Execution) -> Execution? {
        guard let key = execution.details.idempotencyKey else { return nil }
        return executions.first { $0.jobID == execution.jobID && $0.details.idempotencyKey == key }
    }

    private func requireFreeSlug(_ attributes: JobAttributes, for id: JobID) throws(StoreError) {
        guard let slug = attributes.slug else { return }
        let isTaken = jobs.contains {
            $0.id != id && $0.definition.attributes.slug == slug
                && $0.definition.attributes.project == attributes.project
        }
        if isTaken { throw StoreError(.duplicate, "The slug \"\(slug)\" already exists in this project.") }
    }

    package mutating func replace(_ replacement: JobReplacement) throws(StoreError) -> Job {
        guard let index = index(of: replacement.id) else { throw .missing(replacement.id) }
        var job = jobs[index]
        if let key = replacement.idempotencyKey,
            operations.contains(where: {
                $0.job == job.id && $0.key.operation == key.operation && $0.key.key == key.key
                    && $0.key.expiresAt > replacement.date
            })
        {
            return job
        }
        guard job.scheduleState.revision == replacement.expectedRevision else {
            throw StoreError(.conflict, "Job \(job.id) has changed since revision \(replacement.expectedRevision).")
        }
        if let definition = replacement.definition {
            try requireFreeSlug(definition.attributes, for: job.id)
            try definition.checkCalendars(calendars)
        }
        let before = presentVersion(of: job)
        let isRescheduled = replacement.definition.map { $0.schedule != job.definition.schedule } ?? false
        job.take(replacement.scheduleState, isRescheduled: isRescheduled)
        job.updatedAt = replacement.date
        if let author = replacement.author { job.updatedBy = author }
        if let owner = replacement.declaredBy { job.declaredBy = owner }
        if let definition = replacement.definition {
            versions.append(before)
            job.definition = definition.binding(calendars)
            job.version += 1
            presentSince[job.id] = (replacement.date, replacement.author)
        }
        jobs[index] = job
        if replacement.definition != nil {
            forgetVersions(of: job)
            trimSkips(of: job)
        }
        if let key = replacement.idempotencyKey {
            operations.removeAll { $0.job == job.id && $0.key.operation == key.operation && $0.key.key == key.key }
            operations.append(DoneOperation(job: job.id, key: key))
        }
        for skip in replacement.skips { keep(skip, of: job, lastFired: job.scheduleState.lastFired) }
        return job
    }

    /// Removes earlier versions beyond the newest 100, except those that unfinished executions need.
    private mutating func forgetVersions(of job: Job) {
        let needed = executions.filter { $0.jobID == job.id && !$0.progress.status.isTerminal }
            .map(\.versionID.version)
        versions.removeAll {
            $0.jobID == job.id && $0.version < job.version - 100 && !needed.contains($0.version)
        }
    }

    package func versions(of id: JobID) -> [JobVersion] {
        guard let job = job(id) else { return [] }
        let earlier = versions.filter { $0.jobID == id }.sorted { $0.version > $1.version }
        return ([presentVersion(of: job)] + earlier).map { $0.binding(calendars) }
    }

    private func presentVersion(of job: Job) -> JobVersion {
        JobVersion(
            jobID: job.id, version: job.version, definition: job.definition,
            createdAt: presentSince[job.id]?.date ?? job.createdAt, createdBy: presentSince[job.id]?.author)
    }

    package mutating func declare(_ declaration: JobDeclaration) throws(StoreError) -> [Job] {
        let owner = declaration.owner
        guard owner.revision == (owners[owner.name]?.revision ?? 0) + 1 else {
            throw StoreError(.conflict, "The jobs of \(owner.name) have been declared since \(owner.revision - 1).")
        }
        var after = self
        var replaced: [Job] = []
        for replacement in declaration.replacements {
            guard after.job(replacement.id)?.scheduleState.revision == replacement.expectedRevision,
                !declaration.deletions.contains(replacement.id)
            else { throw StoreError(.conflict, "Job \(replacement.id) has changed or is gone.") }
            // A slug must have been free before this step.
            if let definition = replacement.definition {
                try requireFreeSlug(definition.attributes, for: replacement.id)
            }
            replaced.append(try after.replace(replacement))
        }
        var keys = Set(insertionKeys.keys)
        for insertion in declaration.insertions {
            if let key = insertion.idempotencyKey, !keys.insert(key).inserted { continue }
            try requireFreeSlug(insertion.job.definition.attributes, for: insertion.job.id)
        }
        let inserted = try after.insert(declaration.insertions).map(\.job)
        _ = after.delete(declaration.deletions)
        after.owners[owner.name] = owner
        self = after
        return inserted + replaced
    }

    package mutating func delete(_ ids: [JobID]) -> [JobID] {
        var gone: [JobID] = []
        for id in ids where job(id) != nil {
            gone.append(id)
            for execution in executions where execution.jobID == id && !execution.progress.status.isTerminal {
                count(execution, as: .canceled, inBatchAt: nil)
            }
            jobs.removeAll { $0.id == id }
            executions.removeAll { $0.jobID == id }
            versions.removeAll { $0.jobID == id }
            skips.removeAll { $0.jobID == id }
            dependencies.removeAll { $0.jobID == id || $0.dependsOn == id }
            operations.removeAll { $0.job == id }
            starts.removeAll { $0.counter == .job(id) }
            insertionKeys = insertionKeys.filter { $0.value != id }
            presentSince[id] = nil
        }
        return gone
    }

    package mutating func addDependency(_ dependency: JobDependency) throws(StoreError) {
        for id in [dependency.jobID, dependency.dependsOn] where job(id) == nil { throw .missing(id) }
        guard !dependencies.contains(where: { $0.id == dependency.id }) else {
            throw StoreError(.duplicate, "Dependency \(dependency.id) already exists.")
        }
        var reached = [dependency.dependsOn]
        while let next = dependencies.first(where: {
            reached.contains($0.jobID) && !reached.contains($0.dependsOn)
        }) {
            reached.append(next.dependsOn)
        }
        guard !reached.contains(dependency.jobID) else {
            throw StoreError(.cycle, "Job \(dependency.jobID) would depend on itself.")
        }
        dependencies.append(dependency)
    }

    package mutating func removeDependency(_ id: DependencyID) -> Bool {
        defer { dependencies.removeAll { $0.id == id } }
        return dependencies.contains { $0.id == id }
    }

    package func dependencies(of id: JobID) -> [JobDependency] {
        dependencies.filter { $0.jobID == id }.sorted { $0.id < $1.id }
    }
}

// Calendars are a table of their own. The schedules of jobs only name them, and every query returns them bound.

extension ReferenceTables {
    package mutating func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at now: Date
    ) throws(StoreError) -> CalendarChange {
        try StoreError.check(calendar, named: name)
        let users = jobs.indices.filter { jobs[$0].definition.schedule.calendarNames.contains(name) }
        guard calendars[name] != calendar else { return CalendarChange(isChanged: false, jobs: users.count) }
        calendars[name] = calendar
        var change = CalendarChange(isChanged: true, jobs: users.count)
        for index in users.sorted(by: { jobs[$0].id < jobs[$1].id }) {
            let plan = jobs[index].rescheduled(by: calendars, at: now)
            let before = jobs[index].scheduleState.nextWakeup
            jobs[index] = jobs[index].binding(calendars)
            jobs[index].take(plan.scheduleState)
            if jobs[index].scheduleState.nextWakeup != before { change.rescheduled += 1 }
            for skip in plan.skips {
                keep(skip, of: jobs[index], lastFired: jobs[index].scheduleState.lastFired)
            }
            change.skips += plan.skips
        }
        return change
    }

    package mutating func deleteCalendar(named name: String) throws(StoreError) -> Bool {
        guard calendars[name] != nil else { return false }
        let users = jobs.filter { $0.definition.schedule.calendarNames.contains(name) }.sorted { $0.id < $1.id }
        guard users.isEmpty else {
            throw .calendarInUse(name, by: users.prefix(3).map(\.definition.name), count: users.count)
        }
        calendars[name] = nil
        return true
    }
}

extension StoreError {
    static func missing(_ id: JobID) -> StoreError { StoreError(.jobNotFound, "Job \(id) does not exist.") }
}
