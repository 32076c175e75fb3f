public import Foundation

extension FileJobStore: JobStore {
    // MARK: Operations

    /// Inserts jobs, each with its first executions, as ``JobStore/insert(_:)`` says.
    public nonisolated func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        var definitions: [JobID: Data] = [:]
        for insertion in insertions { definitions[insertion.job.id] = try insertion.job.definition.json() }
        return try await commit(definitions) { state, log in try state.insert(insertions, log: &log) }
    }

    /// Replaces a job's definition or position, as ``JobStore/replace(_:)`` says.
    public nonisolated func replace(_ replacement: JobReplacement) async throws -> Job {
        var definitions: [JobID: Data] = [:]
        if let definition = replacement.definition { definitions[replacement.id] = try definition.json() }
        return try await commit(definitions) { state, log in try state.replace(replacement, log: &log) }
    }

    /// Deletes jobs with everything that belongs to them, as ``JobStore/delete(_:)`` says.
    public nonisolated func delete(_ ids: [JobID]) async throws -> [JobID] {
        try await commit { state, log in state.delete(ids, log: &log) }
    }

    /// Turns due occurrences into executions and skips, as ``JobStore/fire(_:)`` says.
    public nonisolated func fire(_ fires: [Fire]) async throws -> [Fire.Outcome] {
        try await commit { state, log in state.fire(fires, log: &log) }
    }

    /// Queues executions of existing jobs, as ``JobStore/enqueue(_:)`` says.
    @discardableResult
    public nonisolated func enqueue(_ executions: [Execution]) async throws -> [Enqueued] {
        try await commit { state, log in try state.enqueue(executions, log: &log) }
    }

    /// Takes queued executions that are due under a lease, as ``JobStore/claim(_:)`` says.
    public nonisolated func claim(_ request: ClaimRequest) async throws -> [Claim] {
        try await commit { state, log in state.claim(request, log: &log) }
    }

    /// Extends leases, as ``JobStore/renew(_:)`` says.
    public nonisolated func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        try await commit { state, log in state.renew(renewals, log: &log) }
    }

    /// Records the ends of attempts, as ``JobStore/finish(_:)`` says.
    public nonisolated func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try await commit { state, log in state.finish(completions, log: &log) }
    }

    /// Calls executions off, as ``JobStore/cancel(_:)`` says.
    public nonisolated func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        try await commit { state, log in state.cancel(requests, log: &log) }
    }

    /// Records what parked executions waited for, as ``JobStore/answer(_:)`` says.
    public nonisolated func answer(_ answers: [Answer]) async throws -> [Answer.Outcome] {
        try await commit { state, log in state.answer(answers, log: &log) }
    }

    /// Expires what is late and removes what is too old, as ``JobStore/prune(at:limit:)`` says.
    public nonisolated func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try await commit { state, log in state.prune(at: now, limit: limit, log: &log) }
    }

    /// Adds a dependency, as ``JobStore/add(_:)`` says.
    public nonisolated func add(_ dependency: JobDependency) async throws {
        try await commit { state, log in try state.add(dependency, log: &log) }
    }

    /// Removes a dependency.
    public nonisolated func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await commit { state, log in state.removeDependency(id, log: &log) }
    }

    // MARK: Queries

    /// Lists the versions of a job, the newest first.
    public nonisolated func versions(of job: JobID) async throws -> [JobVersion] {
        try await query { $0.versions(of: job) }
    }

    /// Lists what a job depends on.
    public nonisolated func dependencies(of job: JobID) async throws -> [JobDependency] {
        try await query { $0.dependencies(of: job) }
    }

    /// Counts jobs and executions by state.
    public nonisolated func counts() async throws -> StoreCounts {
        try await query { $0.counts() }
    }

    /// Reads a job.
    public nonisolated func job(_ id: JobID) async throws -> Job? {
        try await query { $0.jobs[id] }
    }

    /// Lists jobs, the oldest first.
    public nonisolated func jobs(_ query: JobQuery) async throws -> Page<Job> {
        try await self.query { try $0.jobs(query) }
    }

    /// Reads what has to be done at an instant, as ``JobStore/agenda(at:limit:)`` says.
    public nonisolated func agenda(at now: Date, limit: Int) async throws -> Agenda {
        try await query { $0.agenda(at: now, limit: limit) }
    }

    /// Reads an execution with its attempts.
    public nonisolated func execution(_ id: ExecutionID) async throws -> Execution? {
        try await query { $0.executions[id] }
    }

    /// Lists executions.
    public nonisolated func executions(_ query: ExecutionQuery) async throws -> Page<Execution> {
        try await self.query { try $0.executions(query) }
    }

    /// Reads the occurrences of a job that did not fire, the oldest first.
    public nonisolated func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try await query { $0.histories[job]?.skips ?? [] }
    }
}
