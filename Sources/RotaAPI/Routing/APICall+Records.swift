import Foundation
import Rota
import RotaCore
import RotaRetry
import RotaStore

// The calls that every profile makes, each under names of its own.
extension APICall {
    /// Creates a job, or returns the one that the same idempotency key created.
    func create(_ draft: JobDraft, _ fields: Fields) async throws -> (job: Job, isNew: Bool) {
        var draft = draft
        draft.idempotencyKey = try idempotencyKey(fields) ?? draft.idempotencyKey
        draft.author = caller.actor ?? draft.author
        let outcome = try await scheduler.insert([draft])[0]
        if case .inserted(let job) = outcome { return (job, true) }
        repetition.tell()
        return (outcome.job, false)
    }

    /// Changes a job, atomically.
    ///
    /// A record that is sent back with other members says in which state the job was shown, which is no request for
    /// that state where it would be refused or do harm. Elsewhere it is one: a job that has completed and gets another
    /// schedule stays switched off if its record says so.
    ///
    /// The state is judged with the change, so that a repeated request is known by its key before it is refused.
    ///
    /// - Parameters:
    ///   - job: The job, as it was read.
    ///   - state: The state that the body names, if any.
    ///   - shown: The state in which the service shows the job now.
    ///   - fields: The body.
    ///   - change: Changes the definition.
    func update(
        _ job: Job, state: JobState? = nil, shownAs shown: JobState? = nil, _ fields: Fields,
        _ change: (inout JobDefinition) throws -> Void
    ) async throws -> Job {
        let isRecord = fields.names.contains {
            !["enabled", "state", "idempotency_key", "idempotencyKey"].contains($0)
        }
        return told(
            try await scheduler.outcome(ofChanging: job.id, self.change(of: job, fields)) { job, definition, now in
                guard state != .completed || shown == .completed else {
                    throw fields.fail("state", "state must be active, paused or draft.")
                }
                let present = definition.action.request
                try change(&definition)
                try Credentials.checkMove(from: present, to: definition.action.request, body: request.body)
                guard isRecord, let state, state == shown else { return state }
                return Self.isOnlyShown(state, of: job, changedTo: definition, at: now) ? nil : state
            })
    }

    /// Whether the state in a record that is sent back is no request: no job can be changed to it, or none should.
    private static func isOnlyShown(
        _ state: JobState, of job: Job, changedTo definition: JobDefinition, at now: Date
    ) -> Bool {
        switch job.state {
        // No client has a word for a draft that is shown as disabled.
        case .draft: true
        // A pause in the client's name would never end by itself.
        case .paused where job.scheduleState.isHeldByBreaker: true
        case .completed: state == .completed || !job.isRescheduled(by: definition, at: now)
        case .active, .paused: state == .completed
        }
    }

    func pause(_ fields: Fields) async throws -> Job { try await pause(jobToChange(fields), fields) }

    func pause(_ job: Job, reason: String? = nil, until end: Date? = nil, _ fields: Fields) async throws -> Job {
        told(try await scheduler.outcome(ofPausing: job.id, reason: reason, until: end, change(of: job, fields)))
    }

    func resume(_ fields: Fields) async throws -> Job { try await resume(jobToChange(fields), fields) }

    func resume(_ job: Job, _ fields: Fields) async throws -> Job {
        told(try await scheduler.outcome(ofResuming: job.id, change(of: job, fields)))
    }

    func skip(_ count: Int, of job: Job, _ fields: Fields) async throws -> Job {
        told(try await scheduler.outcome(ofSkipping: count, of: job.id, change(of: job, fields)))
    }

    /// The job after a change; the call notes it if the change had been made before.
    private func told(_ outcome: JobChangeOutcome) -> Job {
        if outcome.isRepeated { repetition.tell() }
        return outcome.job
    }

    /// Lets a job depend on another, or returns the dependency that says the same already.
    func dependency(of job: Job, on other: Job, _ condition: JobDependency.Condition) async throws -> JobDependency {
        let present = try await scheduler.dependencies(of: job.id)
        guard let same = present.first(where: { $0.dependsOn == other.id && $0.condition == condition }) else {
            return try await scheduler.addDependency(of: job.id, on: other.id, condition: condition)
        }
        repetition.tell()
        return same
    }

    /// Deletes a job and all that belongs to it.
    func delete() async throws {
        try await delete(job())
    }

    /// Deletes a job that has the revision which the client states, if it states any, and the secrets kept for it.
    func delete(_ job: Job) async throws {
        let secrets = try await keptSecrets(of: job)
        try await scheduler.delete(job.id, ifRevision: revision(of: job))
        await forget(secrets)
    }

    /// Creates a job from another one, or returns the one that the same idempotency key created.
    ///
    /// - Parameters:
    ///   - job: The job to clone.
    ///   - name: The clone's name.
    ///   - slug: The clone's slug.
    ///   - fields: The body, which may have the key.
    ///   - change: Changes the clone's definition before it is created.
    func clone(
        _ job: Job, name: String, slug: String, _ fields: Fields, _ change: (inout JobDefinition) throws -> Void
    ) async throws -> (job: Job, isNew: Bool) {
        let key = try idempotencyKey(fields)
        do {
            try checkMatch(job)
            var definition = job.definition
            (definition.name, definition.attributes.slug) = (name, slug)
            try change(&definition)
            let draft = JobDraft(definition, idempotencyKey: key, author: caller.actor)
            let outcome = try await scheduler.insert([draft])[0]
            if case .inserted(let job) = outcome { return (job, true) }
            repetition.tell()
            return (outcome.job, false)
        } catch {
            guard let known = try await clone(of: job, madeBy: key) else { throw error }
            repetition.tell()
            return (known, false)
        }
    }

    /// The job that an earlier request with the same idempotency key created, or `nil`.
    ///
    /// A store looks at the key first, and refuses an execution that comes twice.
    private func clone(of job: Job, madeBy key: String?) async throws -> Job? {
        guard let key else { return nil }
        let twice = question(of: job)
        let insertion = JobInsertion(job, idempotencyKey: key, executions: [twice, twice])
        do {
            return try await scheduler.store.insert([insertion]).first?.job
        } catch let error as StoreError where error.code == .duplicate {
            return nil
        }
    }

    /// Starts an execution of the job that the path names, or returns the one that the same key started.
    func trigger(_ request: TriggerRequest, _ fields: Fields) async throws -> (execution: Execution, isNew: Bool) {
        try await trigger(anyJob(), request, fields)
    }

    /// Starts an execution of a job, or returns the one that the same idempotency key started.
    ///
    /// A request that is refused may be one that was possible when it was made: it is answered as it was then, though
    /// the job has changed since.
    ///
    /// - Parameters:
    ///   - job: The job, in any revision.
    ///   - request: What to start.
    ///   - fields: The body, which may have the key.
    ///   - check: Throws if the job must not be triggered now.
    func trigger(
        _ job: Job, _ request: TriggerRequest, _ fields: Fields, if check: (Job) throws -> Void = { _ in }
    ) async throws -> (execution: Execution, isNew: Bool) {
        var request = request
        request.idempotencyKey = try idempotencyKey(fields) ?? request.idempotencyKey
        request.author = caller.actor ?? request.author
        do {
            try checkMatch(job)
            try check(job)
            let outcome = try await scheduler.outcome(ofTriggering: job.id, request)
            if case .queued(let execution) = outcome { return (execution, true) }
            repetition.tell()
            return (outcome.execution, false)
        } catch {
            guard let known = try await execution(of: job, startedBy: request.idempotencyKey) else { throw error }
            repetition.tell()
            return (known, false)
        }
    }

    /// The execution of a job that an earlier request with the same idempotency key started, or `nil`.
    func execution(of job: Job, startedBy key: String?) async throws -> Execution? {
        guard let key else { return nil }
        let asked = question(of: job, key)
        guard case .existing(let known) = try await scheduler.store.trial(of: asked, at: now).outcome else {
            return nil
        }
        return known
    }

    /// An execution that is never queued: it only asks the store what it knows.
    private func question(of job: Job, _ key: String? = nil) -> Execution {
        var details = ExecutionDetails.none
        details.idempotencyKey = key
        return job.execution(
            id: ExecutionID(bits: 0), source: .manual, scheduledFor: now, createdAt: now, details: details)
    }

    /// Runs an execution's job again, or returns the replay that the same idempotency key started.
    func replay(_ id: ExecutionID? = nil) async throws -> (execution: Execution, isNew: Bool) {
        let outcome = try await scheduler.outcome(
            ofReplaying: id ?? executionID(), idempotencyKey: idempotencyKey(fields()), author: caller.actor)
        guard case .queued(let execution) = outcome else {
            repetition.tell()
            return (outcome.execution, false)
        }
        return (execution, true)
    }
}
