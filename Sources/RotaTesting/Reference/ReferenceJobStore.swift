public import Foundation
public import RotaSchedule
public import RotaStore

/// A store of plain tables that states the protocol's promises as simply as possible.
///
/// Read it before you write a store of your own: each operation is what a transaction of a database would do, without
/// indexes or shortcuts. It passes ``StoreContract``, keeps nothing beyond the process, and scans all records in every
/// operation.
public actor ReferenceJobStore: JobStore {
    private var tables = ReferenceTables()

    /// Creates an empty store.
    public init() {}

    /// Inserts jobs, each with its first executions.
    public func insert(_ insertions: [JobInsertion]) throws -> [JobInsertion.Outcome] {
        try tables.insert(insertions)
    }

    /// Replaces a job's definition or schedule state.
    public func replace(_ replacement: JobReplacement) throws -> Job {
        try tables.replace(replacement)
    }

    /// Inserts, replaces and deletes jobs of an owner, in one step.
    public func declare(_ declaration: JobDeclaration) throws -> [Job] {
        try tables.declare(declaration)
    }

    /// Reads an owner of declared jobs.
    public func owner(_ name: String) -> JobOwner? {
        tables.owners[name]
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

    /// Lists the dependencies of a job.
    public func dependencies(of job: JobID) -> [JobDependency] {
        tables.dependencies(of: job)
    }

    /// Keeps a calendar under a name, and reschedules the jobs that name it.
    public func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        try tables.setCalendar(calendar, named: name, at: date)
    }

    /// Deletes a calendar that no job names.
    public func deleteCalendar(named name: String) async throws -> Bool {
        try tables.deleteCalendar(named: name)
    }

    /// Reads all calendars.
    public func calendars() async -> [String: ScheduleCalendar] {
        tables.calendars
    }

    /// Reads the due work at a date.
    public func dueWork(at now: Date, limit: Int) -> DueWork {
        tables.dueWork(at: now, limit: limit)
    }

    /// Turns due occurrences into executions and skips, and moves each schedule state.
    public func fire(_ fires: [FireRequest]) -> [FireRequest.Outcome] {
        tables.fire(fires)
    }

    /// Queues executions of existing jobs.
    public func enqueue(_ executions: [Execution]) throws -> [EnqueueOutcome] {
        try tables.enqueue(executions)
    }

    /// Returns what enqueuing an execution would do, by doing it to a copy.
    ///
    /// The limits are not among the holds.
    public func trial(of execution: Execution, at now: Date) throws -> EnqueueTrial {
        var copy = tables
        let outcomes = try copy.enqueue([execution])
        guard let outcome = outcomes.first, let job = tables.job(execution.jobID) else {
            throw StoreError.missing(execution.jobID)
        }
        return EnqueueTrial(outcome, holds: outcome.execution.holds(job, at: now))
    }

    /// Claims due executions, each under a lease with a new fencing token.
    public func claim(_ request: ClaimRequest) -> [Claim] {
        tables.claim(request)
    }

    /// Extends leases.
    public func renew(_ renewals: [LeaseRenewal]) -> [LeaseRenewal.Outcome] {
        tables.renew(renewals)
    }

    /// Records the ends of attempts with their consequences, fenced by tokens.
    public func finish(_ completions: [Completion]) -> [Completion.Outcome] {
        tables.finish(completions)
    }

    /// Cancels executions.
    public func cancel(_ requests: [Cancellation]) -> [Cancellation.Outcome] {
        tables.cancel(requests)
    }

    /// Cancels all unfinished executions that a query lists.
    public func cancel(matching request: BulkCancellation) throws -> CancellationReport {
        try tables.cancel(matching: request)
    }

    /// Discards dead letters.
    public func discard(_ ids: [ExecutionID], at date: Date) -> [Bool] {
        tables.discard(ids, at: date)
    }

    /// Completes waiting executions from outside.
    public func completeWaiting(_ answers: [ExternalCompletion]) -> [ExternalCompletion.Outcome] {
        tables.completeWaiting(answers)
    }

    /// Expires executions that were not started or completed in time, and removes history beyond the retention.
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

    /// Lists the skipped occurrences of a job, the oldest first.
    public func skips(of job: JobID) -> [SkippedOccurrence] {
        tables.skips(of: job)
    }

    /// Counts jobs and executions by state.
    public func counts() -> StoreCounts {
        tables.counts()
    }
}
