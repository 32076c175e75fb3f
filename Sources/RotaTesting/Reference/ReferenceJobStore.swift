public import Foundation
public import RotaStore

/// A store of plain tables that every operation searches from one end to the other: the protocol's promises as code.
///
/// Read it before you write a store of your own: each operation says what a transaction of a database would have to
/// say, without an index and without a trick. It keeps ``StoreContract``, remembers nothing beyond the process, and is
/// slow when there is much to remember.
public actor ReferenceJobStore: JobStore {
    private var tables = ReferenceTables()

    /// Makes an empty store.
    public init() {}

    /// Inserts jobs, each with its first executions.
    public func insert(_ insertions: [JobInsertion]) throws -> [JobInsertion.Outcome] {
        try tables.insert(insertions)
    }

    /// Replaces a job's definition or position.
    public func replace(_ replacement: JobReplacement) throws -> Job {
        try tables.replace(replacement)
    }

    /// Deletes jobs with everything that belongs to them.
    public func delete(_ ids: [JobID]) -> [JobID] {
        tables.delete(ids)
    }

    /// Reads a job.
    public func job(_ id: JobID) -> Job? {
        tables.job(id)
    }

    /// Lists jobs.
    public func jobs(_ query: JobQuery) throws -> RecordPage<Job> {
        try tables.jobs(query)
    }

    /// Lists the versions of a job, the newest first.
    public func versions(of job: JobID) -> [JobVersion] {
        tables.versions(of: job)
    }

    /// Adds a dependency.
    public func addDependency(_ dependency: JobDependency) throws {
        try tables.addDependency(dependency)
    }

    /// Removes a dependency.
    public func removeDependency(_ id: DependencyID) -> Bool {
        tables.removeDependency(id)
    }

    /// Lists what a job depends on.
    public func dependencies(of job: JobID) -> [JobDependency] {
        tables.dependencies(of: job)
    }

    /// Reads what has to be done at an instant.
    public func dueWork(at now: Date, limit: Int) -> DueWork {
        tables.dueWork(at: now, limit: limit)
    }

    /// Turns due occurrences into executions and skips and moves each job on.
    public func fire(_ fires: [FireRequest]) -> [FireRequest.Outcome] {
        tables.fire(fires)
    }

    /// Queues executions of existing jobs.
    public func enqueue(_ executions: [Execution]) throws -> [EnqueueOutcome] {
        try tables.enqueue(executions)
    }

    /// Takes queued executions that are due, under a lease with a new token.
    public func claim(_ request: ClaimRequest) -> [Claim] {
        tables.claim(request)
    }

    /// Extends leases.
    public func renew(_ renewals: [LeaseRenewal]) -> [LeaseRenewal.Outcome] {
        tables.renew(renewals)
    }

    /// Records the ends of attempts and what follows from them, fenced by the tokens.
    public func finish(_ completions: [Completion]) -> [Completion.Outcome] {
        tables.finish(completions)
    }

    /// Calls executions off.
    public func cancel(_ requests: [Cancellation]) -> [Cancellation.Outcome] {
        tables.cancel(requests)
    }

    /// Records what parked executions waited for.
    public func completeWaiting(_ answers: [ExternalCompletion]) -> [ExternalCompletion.Outcome] {
        tables.completeWaiting(answers)
    }

    /// Expires what was not started or answered in time, and removes history that is too old.
    public func prune(at now: Date, limit: Int) -> PruneReport {
        tables.prune(at: now, limit: limit)
    }

    /// Reads an execution.
    public func execution(_ id: ExecutionID) -> Execution? {
        tables.execution(id)
    }

    /// Lists executions.
    public func executions(_ query: ExecutionQuery) throws -> RecordPage<Execution> {
        try tables.executions(query)
    }

    /// Reads the occurrences of a job that did not fire, the oldest first.
    public func skips(of job: JobID) -> [SkippedOccurrence] {
        tables.skips(of: job)
    }

    /// Counts jobs and executions by state.
    public func counts() -> StoreCounts {
        tables.counts()
    }
}
