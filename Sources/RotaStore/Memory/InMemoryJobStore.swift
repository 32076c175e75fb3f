public import Foundation
public import RotaSchedule

/// A store that keeps its records in memory.
///
/// It has the same state machine as ``FileJobStore`` but no journal, so its jobs end with the process. Use it in tests,
/// and in apps that create their jobs at every launch.
///
/// ```swift
/// let store = InMemoryJobStore()
/// let demo = Scheduler(store: store, transport: .automatic)
/// try await demo.create(JobDraft(name: "greeting", schedule: .every(.seconds(60)), action: .handler("greet")))
/// print(await store.counts().jobs[.active] ?? 0)  // 1
/// ```
public actor InMemoryJobStore: JobStore {
    // Where the protocol has a default implementation, a method must be `async`: from outside the actor, a call by the
    // concrete type would prefer the default to a synchronous one.

    private var state = StoreState()
    private var log = ChangeLog(isRecording: false)

    /// Creates an empty store.
    public init() {}

    /// Inserts jobs, each with its first executions.
    public func insert(_ insertions: [JobInsertion]) throws -> [JobInsertion.Outcome] {
        try state.insert(insertions, log: &log)
    }

    /// Replaces a job's definition or schedule state.
    public func replace(_ replacement: JobReplacement) throws -> Job {
        try state.replace(replacement, log: &log)
    }

    /// Inserts, replaces and deletes jobs of an owner, in one step.
    public func declare(_ declaration: JobDeclaration) throws -> [Job] {
        try state.declare(declaration, log: &log)
    }

    /// Returns an owner of declared jobs.
    public func owner(_ name: String) -> JobOwner? {
        state.owners[name]
    }

    /// Deletes jobs with their executions, skips and versions.
    public func delete(_ ids: [JobID]) -> [JobID] {
        state.delete(ids, log: &log)
    }

    /// Returns a job.
    public func job(_ id: JobID) -> Job? {
        state.jobs[id]
    }

    /// Lists jobs.
    public func jobs(_ query: JobQuery) throws -> RecordPage<Job> {
        try state.jobs(query)
    }

    /// Keeps a calendar under a name, and reschedules the jobs that use it.
    public func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        try state.setCalendar(calendar, named: name, at: date, log: &log)
    }

    /// Deletes a calendar that no job uses.
    public func deleteCalendar(named name: String) async throws -> Bool {
        try state.deleteCalendar(named: name, log: &log)
    }

    /// Returns all calendars, by name.
    public func calendars() async -> [String: ScheduleCalendar] {
        state.calendars
    }

    /// Returns the work that is due at a date.
    public func dueWork(at now: Date, limit: Int) -> DueWork {
        state.dueWork(at: now, limit: limit)
    }

    /// Turns due occurrences into executions and skips and updates each job's schedule state.
    public func fire(_ fires: [FireRequest]) -> [FireRequest.Outcome] {
        state.fire(fires, log: &log)
    }

    /// Queues executions of existing jobs.
    @discardableResult
    public func enqueue(_ executions: [Execution]) throws -> [EnqueueOutcome] {
        try state.enqueue(executions, log: &log)
    }

    /// Claims queued executions that are due, each under a lease with a new token.
    public func claim(_ request: ClaimRequest) -> [Claim] {
        state.claim(request, log: &log)
    }

    /// Extends leases.
    public func renew(_ renewals: [LeaseRenewal]) -> [LeaseRenewal.Outcome] {
        state.renew(renewals, log: &log)
    }

    /// Records the outcomes of attempts and their consequences, fenced by the tokens.
    public func finish(_ completions: [Completion]) -> [Completion.Outcome] {
        state.finish(completions, log: &log)
    }

    /// Lists the versions of a job, newest first.
    public func versions(of job: JobID) -> [JobVersion] {
        state.versions(of: job)
    }

    /// Adds a dependency.
    public func addDependency(_ dependency: JobDependency) throws {
        try state.addDependency(dependency, log: &log)
    }

    /// Removes a dependency.
    public func removeDependency(_ id: DependencyID) -> Bool {
        state.removeDependency(id, log: &log)
    }

    /// Lists the dependencies of a job.
    public func dependencies(of job: JobID) -> [JobDependency] {
        state.dependencies(of: job)
    }

    /// Cancels executions.
    public func cancel(_ requests: [Cancellation]) -> [Cancellation.Outcome] {
        state.cancel(requests, log: &log)
    }

    /// Cancels all unfinished executions that a query lists.
    public func cancel(matching request: BulkCancellation) throws -> CancellationReport {
        try state.cancel(matching: request, log: &log)
    }

    /// Discards dead letters.
    public func discard(_ ids: [ExecutionID], at date: Date) -> [Bool] {
        state.discard(ids, at: date, log: &log)
    }

    /// Completes waiting executions from outside.
    public func completeWaiting(_ completions: [ExternalCompletion]) -> [ExternalCompletion.Outcome] {
        state.completeWaiting(completions, log: &log)
    }

    /// Expires executions that did not start or complete in time, and removes history beyond its retention.
    public func prune(at now: Date, limit: Int) -> PruneReport {
        state.prune(at: now, limit: limit, log: &log)
    }

    /// Brings records that a clock wrote while it was ahead back to the current time.
    public func rewind(to now: Date, limit: Int) async -> RewindReport {
        state.rewind(to: now, limit: limit, log: &log)
    }

    /// Counts jobs and executions by state.
    public func counts() -> StoreCounts {
        state.counts()
    }

    /// Returns an execution.
    public func execution(_ id: ExecutionID) -> Execution? {
        state.executions[id]
    }

    /// Returns what enqueuing an execution would do.
    public func trial(of execution: Execution, at now: Date) throws -> EnqueueTrial {
        try state.trial(of: execution, at: now)
    }

    /// Returns the running executions under leases of an owner.
    public func leases(of owner: String) async -> [Claim] {
        state.leases(of: owner)
    }

    /// Returns everything that keeps an execution from starting.
    public func holds(on id: ExecutionID, at now: Date) async -> [ExecutionHold] {
        state.holds(on: id, at: now)
    }

    /// Returns how the executions of a scope have fared.
    public func health(of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date) -> JobHealth {
        state.health(of: scope, over: window, at: now)
    }

    /// Lists executions.
    public func executions(_ query: ExecutionQuery) throws -> RecordPage<Execution> {
        try state.executions(query)
    }

    /// Lists the skipped occurrences of a job, oldest first.
    public func skips(of job: JobID) -> [SkippedOccurrence] {
        state.histories[job]?.skips ?? []
    }

    // MARK: Export and import

    /// Returns a snapshot of all records, which can be written as lines of JSON while the store continues to change.
    public func exportRecords() -> StoreExport {
        state.export()
    }

    /// Fills an empty store with all records of an export, or with none if one is invalid.
    ///
    /// Leases are imported unchanged and expire at their dates.
    ///
    /// - Parameter lines: The lines of a ``StoreExport``, in order.
    /// - Throws: ``StoreImportError`` if the store is not empty or a line is invalid, and any error of `lines`.
    public func importRecords<Lines: AsyncSequence & Sendable>(_ lines: Lines) async throws
    where Lines.Element == String {
        try checkEmpty()
        let imported = try await StoreState(importing: lines)
        try checkEmpty()
        state = imported
    }

    /// Fills an empty store with the records of a file written by ``StoreExport/write(to:)``.
    ///
    /// - Parameter file: The file of an export.
    /// - Throws: ``StoreImportError`` if the store is not empty or a line is invalid, and ``FileStoreError`` if the
    ///   file cannot be read.
    public func importRecords(from file: URL) async throws {
        try checkEmpty()
        let path = file.path(percentEncoded: false)
        let imported = try await SerialQueueExecutor(label: "rota.store.import").perform {
            try StoreState(importing: path, in: PosixFileSystem())
        }
        try checkEmpty()
        state = imported
    }

    private func checkEmpty() throws(StoreImportError) {
        guard state.isEmpty else { throw .notEmpty }
    }
}
