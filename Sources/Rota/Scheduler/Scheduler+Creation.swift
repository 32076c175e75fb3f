import Foundation
import RotaSchedule
public import RotaStore

extension Scheduler {
    /// The largest number of jobs that can be created, or of requests that can be enqueued as a batch, in one step.
    public static let maximumBatch = 10_000

    /// Creates a job.
    ///
    /// If the job is due immediately, for example with the schedule `.immediately`, its execution is queued when the
    /// method returns.
    ///
    /// - Returns: The job, or the one created earlier with the same idempotency key.
    /// - Throws: ``SchedulerError`` with code `invalidJob`, `ScheduleError` or `RetryPolicyError` if a value is
    ///   invalid; ``SchedulerError`` with code `calendarNotFound` if the schedule names a calendar that does not exist;
    ///   `StoreError` with code `duplicate` if another job of the project has the slug; or the store's error.
    @discardableResult
    public func create(_ draft: JobDraft) async throws -> Job {
        try await create([draft])[0]
    }

    /// Creates jobs, all of them or none.
    ///
    /// - Parameter drafts: The jobs, at most ``maximumBatch``.
    /// - Returns: For each draft, in order, the job, or the one created earlier with the same idempotency key.
    /// - Throws: The errors of ``create(_:)-(JobDraft)``, for the first invalid draft; or ``SchedulerError`` with code
    ///   `tooMany`.
    @discardableResult
    public func create(_ drafts: [JobDraft]) async throws -> [Job] {
        try await insert(drafts).map(\.job)
    }

    /// Creates jobs, all of them or none, and tells new ones from those created earlier.
    ///
    /// - Parameter drafts: The jobs, at most ``maximumBatch``.
    /// - Returns: For each draft, in order, `.inserted` with the new job, or `.existing` with the one created earlier
    ///   with the same idempotency key.
    /// - Throws: The errors of ``create(_:)-([JobDraft])``.
    public func insert(_ drafts: [JobDraft]) async throws -> [JobInsertion.Outcome] {
        guard drafts.count <= Self.maximumBatch else {
            throw SchedulerError(
                .tooMany, "At most \(Self.maximumBatch) jobs can be created in one step, not \(drafts.count).",
                value: "\(drafts.count)")
        }
        try await context.prepareIDs()
        var (calendars, now, insertions, answers) = try await tryInsert(drafts)
        while answers == nil {
            // A calendar has changed since the first occurrences were computed from it.
            try Task.checkCancellation()
            (calendars, now, insertions, answers) = try await tryInsert(drafts)
        }
        // After the events, so that an idle driver does not begin what is due before observers know of it.
        defer { context.signal.raise() }
        let outcomes = try (answers ?? []).matching(insertions.count, requestsTo: "insert")
        // By index, because a zip would copy every draft, insertion and outcome.
        for index in outcomes.indices {
            guard case .inserted(let job) = outcomes[index] else {
                tellKept(outcomes[index].job, instead: drafts[index].definition, calendars, at: now)
                continue
            }
            context.events.send(fired: insertions[index].executions, skips: [], of: job.id, named: job.name, at: now)
            context.events.checkNextOccurrence(of: job, at: now)
        }
        return outcomes
    }

    /// Notifies observers of a job that stays as it was created, although a draft with its key describes another one.
    private func tellKept(
        _ job: Job, instead definition: JobDefinition, _ calendars: [String: ScheduleCalendar], at now: Date
    ) {
        // A job that was changed since may be meant to differ.
        guard context.events.isWatched, job.version == 1 else { return }
        let wanted = (try? job.updated(to: definition, calendars, state: nil, at: now))?.definition
        guard let members = wanted?.changedMembers(from: job.definition), !members.isEmpty else { return }
        context.events.keptDefinition(of: job, differing: members, at: now)
    }

    /// Inserts jobs, unless a calendar that one of them names changes at the same time.
    ///
    /// - Returns: The outcomes, or `nil` if a calendar changed.
    private func tryInsert(
        _ drafts: [JobDraft]
    ) async throws -> (
        calendars: [String: ScheduleCalendar], now: Date, insertions: [JobInsertion], answers: [JobInsertion.Outcome]?
    ) {
        let calendars = try await calendars(for: drafts.lazy.map(\.definition.schedule))
        let now = context.clock.now
        let insertions = try drafts.map { try insertion(of: $0, calendars, at: now) }
        do {
            return (calendars, now, insertions, try await context.store.insert(insertions))
        } catch let error as StoreError where error.code == .conflict && !calendars.isEmpty {
            return (calendars, now, insertions, nil)
        }
    }

    /// Creates a job from another one.
    ///
    /// The clone starts active, with version 1 and a history of its own. It has the original's definition. An interval
    /// keeps the original's anchor, unless `change` sets another schedule. Dependencies are not cloned.
    ///
    /// - Parameters:
    ///   - id: The job to clone, in any state.
    ///   - name: The clone's name, from 1 to 255 characters.
    ///   - slug: The clone's slug, from 1 to 255 characters, unique within the project.
    ///   - author: The author of the clone, if it is to be recorded.
    ///   - idempotencyKey: A key that makes the call repeatable: it returns the first clone.
    ///   - change: Changes the clone's definition before it is created.
    /// - Returns: The clone, or the first one that the same key created.
    /// - Throws: ``SchedulerError`` with code `jobNotFound` or `invalidJob`; the error of `change`; `StoreError` with
    ///   code `duplicate` if another job of the project has the slug; or the store's error.
    @discardableResult
    public nonisolated func clone(
        _ id: JobID, name: String, slug: String, author: String? = nil, idempotencyKey: String? = nil,
        _ change: (inout JobDefinition) throws -> Void = { _ in }
    ) async throws -> Job {
        var definition = try await job(id).definition
        definition.name = name
        definition.attributes.slug = slug
        try change(&definition)
        return try await create(JobDraft(definition, idempotencyKey: idempotencyKey, author: author))
    }

    /// Returns a preview of a job, without creating it.
    ///
    /// - Parameters:
    ///   - draft: The job.
    ///   - count: The number of occurrences to show, from 0 to 1,000.
    /// - Throws: The errors of ``create(_:)-(JobDraft)``.
    public func preview(_ draft: JobDraft, count: Int = 10) async throws -> JobPreview {
        let calendars = try await calendars(for: [draft.definition.schedule])
        let now = context.clock.now
        let job = try insertion(of: draft, calendars, at: now).job
        return try JobPreview(
            of: job, count: count, at: now, handlers: handlers, transport: transport,
            warnings: try await warnings(of: job),
            // Executions that are due immediately have moved the schedule state on. Preview from before.
            from: .starting(job.definition.schedule, state: draft.state, at: now))
    }

    /// Finds what only the store's other jobs tell.
    private func warnings(of job: Job) async throws -> [JobPreview.Warning] {
        try await sharedRateWarnings(of: job) + chainWarnings(of: job.definition)
    }

    /// Finds the chain rules that name no job.
    private nonisolated func chainWarnings(of definition: JobDefinition) async throws -> [JobPreview.Warning] {
        var warnings: [JobPreview.Warning] = []
        for rule in definition.chain
        where try await context.store.target(of: rule, in: definition.attributes.project) == nil {
            let target =
                switch rule.target {
                case .job(let id): "the job \(id)"
                case .slug(let slug):
                    "the slug \"\(slug)\"" + (definition.attributes.project.map { " in project \"\($0)\"" } ?? "")
                }
            warnings.append(
                JobPreview.Warning(
                    code: .missingChainTarget,
                    message: "A chain rule names \(target), which no job has. Until one does, the rule does nothing."))
        }
        return warnings
    }

    /// Returns a preview of a change to a job, without making it.
    ///
    /// - Parameters:
    ///   - id: The job.
    ///   - count: The number of occurrences to show, from 0 to 1,000.
    ///   - change: Changes the definition.
    /// - Throws: The errors of ``update(_:state:author:idempotencyKey:ifRevision:_:)``.
    public nonisolated func preview(
        updating id: JobID, count: Int = 10, _ change: (inout JobDefinition) throws -> Void = { _ in }
    ) async throws -> JobPreview {
        var job = try await job(id)
        let now = context.clock.now
        var definition = job.definition
        try change(&definition)
        // Even if nothing changes: a preview without the rules of its zones would be empty.
        try definition.validate()
        let calendars = try await calendars(for: [definition.schedule])
        if let replacement = try job.updated(to: definition, calendars, state: nil, at: now) {
            job.scheduleState = replacement.scheduleState
            if let definition = replacement.definition { job.definition = definition }
        }
        return try JobPreview(
            of: job, count: count, at: now, handlers: handlers, transport: transport,
            warnings: try await warnings(of: job), from: job.forecast(at: now))
    }

    /// Warns of shared rates that another job, among the first thousand of the store, gives other numbers.
    private func sharedRateWarnings(of job: Job) async throws -> [JobPreview.Warning] {
        guard !job.definition.limits.sharedRates.isEmpty else { return [] }
        var rates = SharedRates()
        for other in try await context.store.jobs(JobQuery(limit: 1000)).items where !other.isSame(as: job) {
            _ = rates.add(other.definition)
        }
        return rates.add(job.definition)
    }

    /// Creates the record of a new job, with the executions that are due immediately.
    ///
    /// - Parameter calendars: The calendars that its schedule may name.
    func insertion(
        of draft: JobDraft, _ calendars: [String: ScheduleCalendar], at now: Date
    ) throws -> JobInsertion {
        var definition = draft.definition
        definition.schedule = definition.schedule.anchored(at: now)
        try definition.validate()
        definition.schedule = try definition.schedule.bound(to: calendars)
        let check = FieldCheck(code: .invalidJob, jobName: definition.name)
        try check.length(of: draft.author, "The author", 1...255)
        try check.length(of: draft.idempotencyKey, "The idempotency key", 1...4096)
        guard draft.state != .completed else {
            throw SchedulerError(.invalidJob, "A new job cannot be completed. Create it as active, paused or draft.")
        }
        var job = Job(
            id: JobID(bits: context.ids.makeID(at: now)), definition: definition, createdAt: now,
            scheduleState: .starting(definition.schedule, state: draft.state, at: now), createdBy: draft.author)
        // A schedule that is due already, such as `.immediately`, fires in the same step.
        var catchUp = CatchUp(rate: context.configuration.catchUpRate)
        let fire = try context.firePlanner.plan(job, at: now, catchUp: &catchUp) {
            ExecutionID(bits: context.ids.makeID(at: now))
        }
        // Leave a one-shot in the past to the driver, which records skips.
        guard let fire, fire.skips.isEmpty else {
            return JobInsertion(job, idempotencyKey: draft.idempotencyKey)
        }
        job.scheduleState = fire.scheduleState
        job.scheduleState.recordFired(
            fire.executions.count, last: fire.executions.last.map { ($0.id, $0.scheduledFor) }, of: definition.schedule)
        return JobInsertion(
            job, idempotencyKey: draft.idempotencyKey,
            executions: fire.executions.map { $0.with(metadata: context.carried(with: $0.metadata)) })
    }
}

extension Job {
    /// Whether a job is this one, or the draft of its next version.
    fileprivate func isSame(as other: Job) -> Bool {
        id == other.id
            || name == other.name && definition.attributes.slug == other.definition.attributes.slug
                && definition.attributes.project == other.definition.attributes.project
    }
}
