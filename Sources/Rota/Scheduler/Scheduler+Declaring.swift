import Foundation
import RotaSchedule
import RotaStore

extension Scheduler {
    /// The largest number of jobs that can be declared in one step.
    public static let maximumDeclared = 100_000

    /// Makes the jobs in the store follow the code: creates what is new, changes what differs, and handles what is
    /// gone.
    ///
    /// Call it at every start, with all jobs of the program. Within its project, a job is found again by its slug, or
    /// by its name if it has none. A job that is as declared is not touched. A job that differs gets the new
    /// definition, and keeps its history, its state, its pause, and the anchor of its interval. Everything happens in
    /// one atomic step, so several processes can declare the same jobs at the same time.
    ///
    /// ```swift
    /// let result = try await scheduler.declare(
    ///     [
    ///         .init(name: "backup", schedule: .cron("0 3 * * *", in: "Europe/Berlin"), action: .handler("backup")),
    ///         .init(name: "cleanup", schedule: .every(.seconds(900)), action: .handler("cleanup")),
    ///     ], owner: "my-app")
    /// print(result)  // 2 created (backup, cleanup), 0 unchanged
    /// ```
    ///
    /// In a rolling deploy, two versions of a program run side by side. Give each version a greater `generation`, such
    /// as its build number: once a newer one has declared its jobs, an older one changes nothing, and its result says
    /// so.
    ///
    /// - Parameters:
    ///   - drafts: The jobs, at most ``maximumDeclared``, without idempotency keys, each with a name or slug that is
    ///     unique in its project. Their `state` applies to new jobs only. An existing job with the same slug that no
    ///     owner has declared is adopted.
    ///   - owner: The name of the program, from 1 to 64 characters. Jobs of others are never touched.
    ///   - generation: The version of the declaration. Of equal generations, the last one to declare wins.
    ///   - orphans: The treatment of the owner's jobs that are no longer declared.
    ///   - isDryRun: Whether to change nothing, and only to return what would be done.
    ///   - author: The author of the changes, if it is to be recorded. The author of a draft wins.
    /// - Returns: What was done.
    /// - Throws: ``SchedulerError`` with code `invalidJob` for a draft that is invalid, or declared twice, or whose
    ///   slug another owner's job has; `invalidRequest`; `tooMany`; or `illegalState` if the jobs were changed a
    ///   hundred times meanwhile; or `calendarNotFound`. `ScheduleError`; `RetryPolicyError`; or the store's error.
    ///   Then nothing was changed.
    /// - Complexity: O(n) in the number of jobs. If nothing differs, nothing is written.
    @discardableResult
    public func declare(
        _ drafts: [JobDraft], owner: String, generation: Int = 0, orphans: DeclarationResult.Orphans = .pause,
        isDryRun: Bool = false, author: String? = nil
    ) async throws -> DeclarationResult {
        try await declare(
            drafts, states: [], owner: owner, generation: generation, orphans: orphans, isDryRun: isDryRun,
            author: author)
    }

    /// Declares jobs, some of them with the state that they have afterwards, also if they exist.
    ///
    /// - Parameter states: For each draft a state, or `nil` for a job that keeps its own. Empty if all do.
    package func declare(
        _ drafts: [JobDraft], states: [JobState?], owner: String, generation: Int = 0,
        orphans: DeclarationResult.Orphans = .pause, isDryRun: Bool = false, author: String? = nil
    ) async throws -> DeclarationResult {
        let check = FieldCheck(code: .invalidRequest)
        try check.length(of: owner, "The owner of declared jobs", 1...64)
        try check.length(of: author, "The author", 1...255)
        guard drafts.count <= Self.maximumDeclared else {
            throw SchedulerError(
                .tooMany, "At most \(Self.maximumDeclared) jobs can be declared in one step, not \(drafts.count).",
                value: "\(drafts.count)")
        }
        let planner = DeclarationPlanner(owner: owner, generation: generation, author: author)
        try planner.check(drafts)
        try await context.prepareIDs()
        for _ in 0..<Self.declarationTries {
            let known = try await context.store.owner(owner)
            if let known, known.generation > generation {
                return DeclarationResult(newerGeneration: known.generation)
            }
            let calendars = try await calendars(for: drafts.lazy.map(\.definition.schedule))
            let now = context.clock.now
            var plan = try await plan(drafts, states, orphans, by: planner, calendars, at: now)
            let isRecorded = known?.generation == generation && plan.result.isUnchanged
            guard !isDryRun, !isRecorded else { return plan.result }
            plan.declaration.owner = JobOwner(
                owner, generation: generation, revision: (known?.revision ?? 0) + 1, declaredAt: now)
            do {
                let jobs = try await context.store.declare(plan.declaration)
                return try finish(plan, with: jobs, at: now)
            } catch let error as StoreError where error.code == .conflict {
                try Task.checkCancellation()
            }
        }
        throw SchedulerError(
            .illegalState,
            "The jobs of \"\(owner)\" were changed or fired again and again while they were declared, so nothing was "
                + "declared. Declare them before `run()`, or fewer in one step.", value: owner)
    }

    /// How often a declaration is planned again because its jobs were changed meanwhile.
    private static let declarationTries = 100

    /// The changes that make an owner's jobs follow a declaration, and the result they will have.
    private struct DeclarationPlan {
        var declaration: JobDeclaration
        /// The schedule states of the jobs to replace, before.
        var before: [JobID: ScheduleState] = [:]
        var result = DeclarationResult()
    }

    private func plan(
        _ drafts: [JobDraft], _ states: [JobState?], _ treatment: DeclarationResult.Orphans,
        by planner: DeclarationPlanner, _ calendars: [String: ScheduleCalendar], at now: Date
    ) async throws -> DeclarationPlan {
        var plan = DeclarationPlan(
            declaration: JobDeclaration(JobOwner(planner.owner, generation: planner.generation, declaredAt: now)))
        var rates = SharedRates()
        plan.result.warnings = drafts.flatMap { rates.add($0.definition) }
        var (matches, orphans) = planner.match(drafts, with: try await declared(by: planner.owner))
        var taken = Set(matches.compactMap { $0?.id })
        for (place, draft) in drafts.enumerated() {
            if matches[place] == nil, let job = try await adoptable(draft, by: planner.owner) {
                guard taken.insert(job.id).inserted else {
                    throw SchedulerError(
                        .invalidJob, "Two declared jobs mean the job \(job.id), \"\(job.name)\". Leave one out.",
                        value: job.id.description)
                }
                matches[place] = job
            }
            guard let job = matches[place] else {
                var draft = draft
                draft.author = draft.author ?? planner.author
                var insertion = try insertion(of: draft, calendars, at: now)
                insertion.job.declaredBy = planner.owner
                plan.declaration.insertions.append(insertion)
                plan.result.created.append(insertion.job)
                plan.result.jobs.append(insertion.job)
                continue
            }
            plan.result.jobs.append(job)
            let state = states.indices.contains(place) ? states[place] : nil
            guard let replacement = try planner.change(of: job, to: draft, state: state, calendars, at: now) else {
                continue
            }
            plan.declaration.replacements.append(replacement)
            plan.before[job.id] = job.scheduleState
            let members = replacement.definition?.changedMembers(from: job.definition) ?? []
            plan.result.updated.append(.init(job: job.replaced(by: replacement), members: members))
        }
        for (place, orphan) in orphans.enumerated() {
            if treatment == .delete {
                plan.declaration.deletions.append(orphan.id)
                plan.result.removed.append(orphan)
            } else if treatment == .pause, let replacement = try planner.pause(of: orphan, at: now) {
                plan.declaration.replacements.append(replacement)
                plan.before[orphan.id] = orphan.scheduleState
                orphans[place] = orphan.replaced(by: replacement)
                plan.result.removed.append(orphans[place])
            }
        }
        plan.result.orphans = orphans
        plan.result.treatment = treatment
        return plan
    }

    /// Returns the jobs that an owner declared, the oldest first.
    private func declared(by owner: String) async throws -> [Job] {
        var query = JobQuery(declaredBy: owner, limit: 1000)
        var jobs: [Job] = []
        repeat {
            let page = try await context.store.jobs(query)
            jobs += page.items
            query.after = page.next
        } while query.after != nil
        return jobs
    }

    /// Returns the job that a draft means, or that has its slug already, if no owner declared it.
    private func adoptable(_ draft: JobDraft, by owner: String) async throws -> Job? {
        if let id = draft.declaredJob {
            let job = try await job(id)
            guard let other = job.declaredBy, other != owner else { return job }
            throw SchedulerError(
                .invalidJob,
                "Job \"\(draft.definition.name)\": \"\(other)\" declares it already. Declare it as that owner, or leave "
                    + "it out.", value: id.description)
        }
        guard draft.definition.hasExtras, let slug = draft.definition.attributes.slug else { return nil }
        let project = draft.definition.attributes.project
        let found = try await findJob(slug: slug, project: project)
        guard let other = found?.declaredBy, other != owner else { return found }
        throw SchedulerError(
            .invalidJob,
            "Job \"\(draft.definition.name)\": The slug \"\(slug)\" is that of a job that \"\(other)\" declares. Choose "
                + "another slug, or delete that job first.", value: slug)
    }

    /// Puts the jobs that the store returned into the result, and tells what was fired and skipped.
    private func finish(_ plan: DeclarationPlan, with jobs: [Job], at now: Date) throws -> DeclarationResult {
        let declaration = plan.declaration
        // After the events, so that an idle driver does not begin what is due before observers know of it.
        defer {
            context.withdraw(jobs: declaration.deletions)
            context.signal.raise()
        }
        _ = try jobs.matching(
            declaration.insertions.count + declaration.replacements.count, requestsTo: "declare")
        let stored = Dictionary(jobs.map { ($0.id, $0) }) { $1 }
        for insertion in declaration.insertions {
            let job = insertion.job
            context.events.send(fired: insertion.executions, skips: [], of: job.id, named: job.name, at: now)
        }
        for replacement in declaration.replacements {
            guard let job = stored[replacement.id], let old = plan.before[replacement.id] else { continue }
            tell(replacement, of: job, after: old, at: now)
        }
        for insertion in declaration.insertions {
            if let job = stored[insertion.job.id] { context.events.checkNextOccurrence(of: job, at: now) }
        }
        func current(_ job: Job) -> Job { stored[job.id] ?? job }
        var result = plan.result
        result.jobs = result.jobs.map(current)
        result.created = result.created.map(current)
        result.updated = result.updated.map { .init(job: current($0.job), members: $0.members) }
        result.orphans = result.orphans.map(current)
        result.removed = result.removed.map(current)
        return result
    }
}

extension Job {
    /// The job as a replacement will leave it, but for its revision.
    fileprivate func replaced(by replacement: JobReplacement) -> Job {
        var job = self
        if let definition = replacement.definition {
            job.definition = definition
            job.version += 1
        }
        job.scheduleState = replacement.scheduleState
        job.updatedAt = replacement.date
        if let author = replacement.author { job.updatedBy = author }
        if let owner = replacement.declaredBy { job.declaredBy = owner }
        return job
    }
}
