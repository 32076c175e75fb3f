public import Foundation

/// A store that remembers for as long as the process runs.
///
/// It is the same state machine as ``FileJobStore`` without the journal: for tests, and for apps whose jobs are
/// declared anew at every start.
public actor InMemoryJobStore: JobStore {
    private var state = StoreState()
    private var log = ChangeLog(isRecording: false)

    /// Makes an empty store.
    public init() {}

    /// Inserts jobs, each with its first executions.
    public func insert(_ insertions: [JobInsertion]) throws -> [JobInsertion.Outcome] {
        try state.insert(insertions, log: &log)
    }

    /// Replaces a job's definition or position.
    public func replace(_ replacement: JobReplacement) throws -> Job {
        try state.replace(replacement, log: &log)
    }

    /// Deletes jobs with everything that belongs to them.
    public func delete(_ ids: [JobID]) -> [JobID] {
        state.delete(ids, log: &log)
    }

    /// Reads a job.
    public func job(_ id: JobID) -> Job? {
        state.jobs[id]
    }

    /// Lists jobs.
    public func jobs(_ query: JobQuery) throws -> RecordPage<Job> {
        try state.jobs(query)
    }

    /// Reads what has to be done at an instant.
    public func dueWork(at now: Date, limit: Int) -> DueWork {
        state.dueWork(at: now, limit: limit)
    }

    /// Turns due occurrences into executions and skips and moves each job on.
    public func fire(_ fires: [FireRequest]) -> [FireRequest.Outcome] {
        state.fire(fires, log: &log)
    }

    /// Queues executions of existing jobs.
    @discardableResult
    public func enqueue(_ executions: [Execution]) throws -> [EnqueueOutcome] {
        try state.enqueue(executions, log: &log)
    }

    /// Takes queued executions that are due, under a lease with a new token.
    public func claim(_ request: ClaimRequest) -> [Claim] {
        state.claim(request, log: &log)
    }

    /// Extends leases.
    public func renew(_ renewals: [LeaseRenewal]) -> [LeaseRenewal.Outcome] {
        state.renew(renewals, log: &log)
    }

    /// Records the ends of attempts and what follows from them, fenced by the tokens.
    public func finish(_ completions: [Completion]) -> [Completion.Outcome] {
        state.finish(completions, log: &log)
    }

    /// Lists the versions of a job, the newest first.
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

    /// Lists what a job depends on.
    public func dependencies(of job: JobID) -> [JobDependency] {
        state.dependencies(of: job)
    }

    /// Calls executions off.
    public func cancel(_ requests: [Cancellation]) -> [Cancellation.Outcome] {
        state.cancel(requests, log: &log)
    }

    /// Records what parked executions waited for.
    public func completeWaiting(_ answers: [ExternalCompletion]) -> [ExternalCompletion.Outcome] {
        state.completeWaiting(answers, log: &log)
    }

    /// Expires what was not started or answered in time, and removes history that is too old.
    public func prune(at now: Date, limit: Int) -> PruneReport {
        state.prune(at: now, limit: limit, log: &log)
    }

    /// Counts jobs and executions by state.
    public func counts() -> StoreCounts {
        state.counts()
    }

    /// Reads an execution.
    public func execution(_ id: ExecutionID) -> Execution? {
        state.executions[id]
    }

    /// Lists executions.
    public func executions(_ query: ExecutionQuery) throws -> RecordPage<Execution> {
        try state.executions(query)
    }

    /// Reads the occurrences of a job that did not fire, the oldest first.
    public func skips(of job: JobID) -> [SkippedOccurrence] {
        state.histories[job]?.skips ?? []
    }

    // MARK: Export and import

    /// Takes all records as they are now, to be written as lines of JSON while the store goes on.
    public func exportRecords() -> StoreExport {
        state.export()
    }

    /// Fills an empty store with the records of an export: with all of them, or with none.
    ///
    /// Leases are taken as they are, and end when their time is over.
    ///
    /// - Parameter lines: The lines of a ``StoreExport``, in order.
    /// - Throws: ``StoreImportError`` if the store is not empty, or the lines are no export; and what the lines throw.
    public func importRecords<Lines: AsyncSequence & Sendable>(_ lines: Lines) async throws
    where Lines.Element == String {
        try checkEmpty()
        let imported = try await StoreState(importing: lines)
        try checkEmpty()
        state = imported
    }

    /// Fills an empty store with the records of a file that ``StoreExport/write(to:)`` wrote.
    ///
    /// - Parameter file: A file of lines.
    /// - Throws: As ``importRecords(_:)`` does, and ``FileStoreError`` if the file cannot be read.
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
