import Foundation
import Rota
import RotaCore
import RotaRetry
import RotaStore

// The calls that every profile makes, under whatever names.
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

    /// Changes the job that the path names, atomically.
    func update(
        state: JobState? = nil, _ fields: Fields? = nil, _ change: (inout JobDefinition) throws -> Void
    ) async throws -> Job {
        try await update(jobToChange(fields), state: state, fields, change)
    }

    /// Changes a job, atomically.
    ///
    /// A record that is sent back with other members says that the job is paused because its breaker holds it, and does
    /// not ask for that: the job would never resume.
    func update(
        _ job: Job, state: JobState? = nil, _ fields: Fields? = nil, _ change: (inout JobDefinition) throws -> Void
    ) async throws -> Job {
        let isRecord = job.scheduleState.isHeldByBreaker && fields?.names.count ?? 0 > 1
        let state = isRecord && state == .paused ? nil : state
        return told(
            try await scheduler.outcome(ofUpdating: job.id, state: state, self.change(of: job, fields)) { definition in
                let present = definition.action.request
                try change(&definition)
                try Credentials.checkMove(from: present, to: definition.action.request, body: request.body)
            })
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

    /// The job after a change, which is told if it had been made before.
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

    /// Deletes a job that has the revision which the client states, if it states any.
    func delete(_ job: Job) async throws {
        try await scheduler.delete(job.id, ifRevision: revision(of: job))
    }

    /// Starts an execution of a job, or returns the one that the same idempotency key started.
    func trigger(_ request: TriggerRequest, _ fields: Fields) async throws -> (execution: Execution, isNew: Bool) {
        let job = try await job()
        let outcome = try await trigger(job, request, fields)
        guard case .queued(let execution) = outcome else {
            repetition.tell()
            return (outcome.execution, false)
        }
        return (execution, true)
    }

    func trigger(_ job: Job, _ request: TriggerRequest, _ fields: Fields) async throws -> EnqueueOutcome {
        var request = request
        request.idempotencyKey = try idempotencyKey(fields) ?? request.idempotencyKey
        request.author = caller.actor ?? request.author
        return try await scheduler.outcome(ofTriggering: job.id, request)
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
