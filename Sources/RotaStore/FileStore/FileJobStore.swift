public import Foundation

/// A store in a folder of its own, which survives a kill and a loss of power and says what it found when it comes back.
///
/// It is the state machine of ``InMemoryJobStore`` with a journal: every operation is written, and with
/// ``Durability/everyCommit`` synced, before it returns; operations that come in together share one sync. What a query
/// shows has been made as durable before. One process at a time may have the folder open; others may look at it
/// meanwhile (``init(inspecting:)``).
///
/// The first write that fails stops the store: that operation and all later ones throw ``FileStoreError``, and opening
/// the folder again recovers everything that was acknowledged.
public actor FileJobStore {
    /// What was found when the store was opened, and what was done about it.
    public nonisolated let recovery: RecoveryReport

    private let executor = SerialQueueExecutor(label: "rota.store")
    private let housekeeping: SerialQueueExecutor
    private let environment: FileStoreEnvironment
    private let durability: Durability
    private let folder: StoreFolder
    /// Holds the folder's lock; nil if the store was opened to look at only.
    private let lock: StoreFile?
    /// Where commits go; nil if the store was opened to look at only.
    private var journal: Journal?
    private var state: StoreState
    private var isOpen = true
    private var waiting = FlushQueue()
    private var nextSync: Task<Void, Never>?
    private var compaction: Task<Void, any Error>?
    private var ledger: CompactionLedger

    /// The executor of the store: a queue of its own, because it waits for the disk.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    // MARK: Opening and closing

    /// Opens the store in a folder, and makes the folder if it is missing.
    ///
    /// Executions that were running when the folder was last used turn up as expired leases in the next agenda.
    ///
    /// - Parameters:
    ///   - directory: A folder on a local disk, for this store alone.
    ///   - durability: When an operation counts as done.
    /// - Throws: ``FileStoreError`` if the folder cannot be used, is in use, or holds damaged files.
    public init(directory: URL, durability: Durability = .everyCommit) async throws {
        try await self.init(
            path: try StoreFolder.path(of: directory), durability: durability, environment: FileStoreEnvironment())
    }

    package init(path: String, durability: Durability = .everyCommit, environment: FileStoreEnvironment) async throws {
        housekeeping = SerialQueueExecutor(label: "rota.store.housekeeping")
        let opened = try await housekeeping.perform { try OpenedFolder<StoreState>(path, environment) }
        (folder, lock, journal) = (opened.folder, opened.lock, opened.journal)
        (state, recovery) = (opened.state, opened.report)
        ledger = opened.ledger(minimum: environment.compactionMinimum)
        (self.durability, self.environment) = (durability, environment)
    }

    /// Opens the store in a folder to look at it, without changing a byte there, and even while another process has it
    /// open.
    ///
    /// The store shows what had been written when it was opened, at least everything acknowledged by then, and does not
    /// follow what is written later. Nothing is repaired: leases stay as they are, and what cannot be read is reported
    /// in ``recovery``, with the records before it to look at. Every operation that would change something throws
    /// ``FileStoreError`` with the code `readOnly`.
    ///
    /// - Parameter directory: The folder of a file store.
    /// - Throws: ``FileStoreError`` if the folder is missing or cannot be read, or nothing in it makes sense.
    public init(inspecting directory: URL) async throws {
        try await self.init(inspecting: try StoreFolder.path(of: directory), environment: FileStoreEnvironment())
    }

    package init(inspecting path: String, environment: FileStoreEnvironment) async throws {
        housekeeping = SerialQueueExecutor(label: "rota.store.housekeeping")
        let found = try await housekeeping.perform { try FolderInspection<StoreState>(path, environment) }
        (folder, lock, journal) = (found.folder, nil, nil)
        (state, recovery) = (found.state, found.report)
        ledger = found.ledger(minimum: environment.compactionMinimum)
        (durability, self.environment) = (.operatingSystem, environment)
    }

    deinit {
        nextSync?.cancel()
        if isOpen {
            journal?.abandon()
            lock?.close()
        }
    }

    /// Syncs what is written, ends all work in the background and gives the folder free; the store takes nothing more.
    ///
    /// A store that is not closed loses nothing by it: the next one to open the folder has a little more to do.
    ///
    /// - Throws: ``FileStoreError`` if the last sync fails.
    public func close() async throws {
        guard isOpen else { return }
        isOpen = false
        nextSync?.cancel()
        compaction?.cancel()
        await compactionEnded()
        flush()
        defer { lock?.close() }
        try journal?.close()
    }

    /// Throws if the store is closed or has stopped.
    private func checkOpen() throws {
        guard isOpen else {
            throw StoreError(.closed, "The store in \(folder.path) is closed; open the folder again.")
        }
        try journal?.checkRunning()
    }

    /// Throws if the store takes no commits.
    private func checkWritable() throws {
        try checkOpen()
        guard journal != nil else { throw FileStoreError.readOnly(folder.path) }
    }

    // MARK: Commits

    /// Carries an operation out, and returns when what it did, and what it saw, is as durable as promised.
    ///
    /// - Parameter definitions: The JSON of the definitions that the operation brings along.
    private nonisolated func commit<Outcome: Sendable>(
        _ definitions: [JobID: Data] = [:],
        _ operation: @escaping @Sendable (inout StoreState, inout ChangeLog) throws -> Outcome
    ) async throws -> Outcome {
        try await settled { store in try store.write(definitions, operation) }
    }

    /// Answers a query, when what it shows is as durable as promised; it changes nothing that is remembered.
    private nonisolated func query<ExternalCompletion: Sendable>(
        _ body: @escaping @Sendable (inout StoreState) throws -> ExternalCompletion
    ) async throws -> ExternalCompletion {
        try await settled { store in
            try store.checkOpen()
            return Result { try body(&store.state) }
        }
    }

    /// Returns an outcome when it is as durable as promised.
    ///
    /// The caller waits once: to be a job of the actor would cost its task two more switches.
    private nonisolated func settled<Outcome: Sendable>(
        _ body: @escaping @Sendable (isolated FileJobStore) throws -> Result<Outcome, any Error>
    ) async throws -> Outcome {
        try await withUnsafeThrowingContinuation { caller in
            executor.submit { self.assumeIsolated { $0.settle(caller, body) } }
        }
    }

    /// Changes the state and adds what has changed to the journal.
    ///
    /// - Returns: What the operation returned or threw, which is for its caller only when it is durable.
    /// - Throws: An error if nothing was done.
    private func write<Outcome>(
        _ definitions: [JobID: Data], _ operation: (inout StoreState, inout ChangeLog) throws -> Outcome
    ) throws -> Result<Outcome, any Error> {
        try checkWritable()
        var log = ChangeLog(isRecording: true)
        let outcome = Result { try operation(&state, &log) }
        if log.changes.isEmpty { return outcome }
        do {
            try journal?.append(log.changes, definitions: definitions, limit: environment.frameLimit)
        } catch {
            try takeBack()
            throw FileStoreError(error, path: folder.path, "cannot hold the commit")
        }
        return outcome
    }

    /// Undoes a commit that changed the state and cannot be written: what the files hold is what counts.
    ///
    /// Reading them takes as long as opening the store, but this happens only to commits of absurd size. If it fails,
    /// the store stops.
    private func takeBack() throws(FileStoreError) {
        do throws(FileStoreError) {
            try journal?.flush(sync: durability.syncsEveryCommit)
            let found = try FolderInspection<StoreState>(folder)
            if let damage = found.report.damage { throw damage }
            state = found.state
        } catch {
            journal?.stop(error)
            throw error
        }
    }

    /// Lets a caller go on with an outcome, after the flush that all of this round share, if there is anything to flush.
    private func settle<Outcome: Sendable>(
        _ caller: UnsafeContinuation<Outcome, any Error>,
        _ body: (isolated FileJobStore) throws -> Result<Outcome, any Error>
    ) {
        let outcome: Result<Outcome, any Error>
        do {
            outcome = try body(self)
        } catch {
            return caller.resume(throwing: error)
        }
        guard journal?.hasPending == true else { return caller.resume(with: outcome) }
        if waiting.isEmpty {
            executor.atEndOfRound { self.assumeIsolated { $0.flush() } }
        }
        waiting.add(caller, outcome)
    }

    /// Writes what is pending, and lets all who wait for it go on.
    private func flush() {
        var failure: FileStoreError?
        do throws(FileStoreError) {
            try journal?.flush(sync: durability.syncsEveryCommit)
        } catch {
            failure = error
        }
        waiting.release(failure)
        guard isOpen, let journal, failure == nil else { return }
        if let interval = durability.syncInterval, journal.hasUnsynced, nextSync == nil { sync(after: interval) }
        if compaction == nil, ledger.isDue(journal.size) { startCompaction() }
    }

    private func sync(after interval: Duration) {
        nextSync = Task { [environment, weak self] in
            guard (try? await environment.sleep(interval)) != nil else { return }
            await self?.syncNow()
        }
    }

    private func syncNow() {
        nextSync = nil
        guard isOpen else { return }
        // A failure stops the journal, and whoever comes next is told.
        try? journal?.flush(sync: true)
    }

    // MARK: Compaction

    /// How the store is doing: its size, its work in the background, and what went wrong there.
    ///
    /// A compaction that fails harms nothing and is tried again, but as long as none succeeds the journals grow; here is
    /// the place to see it.
    public var status: FileStoreStatus {
        FileStoreStatus(
            jobs: state.jobs.count, executions: state.executions.count, journal: journal, ledger: ledger,
            isCompacting: compaction != nil)
    }

    /// Writes a snapshot of all records and removes the journals that it replaces.
    ///
    /// The store does this by itself when the journals outgrow the records; commits go on meanwhile.
    ///
    /// - Throws: ``FileStoreError`` if the snapshot cannot be written; the store is none the worse for it, and tries
    ///   again by itself when the journals have grown by some more.
    public func compact() async throws {
        try checkWritable()
        if compaction == nil { startCompaction() }
        try await compaction?.value
    }

    /// Waits until no compaction is under way, however the last one ends.
    package func compactionEnded() async {
        while let compaction { _ = await compaction.result }
    }

    /// Begins a compaction in the background.
    private func startCompaction() {
        compaction = Task {
            defer { compaction = nil }
            do {
                let size = try await writeSnapshot()
                ledger.succeed(snapshot: size, journal: journal?.size ?? 0)
                let (folder, generation) = (folder, journal?.generation ?? 0)
                try await housekeeping.perform { try folder.removeSuperseded(before: generation) }
            } catch {
                // Closing the store ends a compaction too, and is no failure.
                if !(error is CancellationError) {
                    let failure = FileStoreError(error, path: folder.path, "cannot be compacted")
                    ledger.fail(failure, journal: journal?.size ?? 0)
                }
                throw error
            }
        }
    }

    /// Writes all records to a snapshot, in pieces between commits, and returns its length.
    private func writeSnapshot() async throws -> Int {
        let folder = folder
        try checkWritable()
        let generation = (journal?.generation ?? 0) + 1
        let next = try await housekeeping.perform { try folder.makeJournal(generation) }
        guard !Task.isCancelled else {
            next.close()
            throw CancellationError()
        }
        try goOn(in: next)
        let sequence = journal?.nextSequence ?? 1
        let writer = try await housekeeping.perform { try SnapshotWriter(generation, sequence: sequence, in: folder) }
        var place: StoreState.SnapshotPlace? = .jobs(after: nil)
        return try await writer.write(on: housekeeping) {
            try state.payloads(from: &place, limit: environment.snapshotChunk)
        } certain: {
            // The snapshot may hold parts of commits that are still being written: they must be certain before it is.
            try journal?.flush(sync: true)
        }
    }

    /// Lets commits go on in another journal, which a snapshot belongs to.
    private func goOn(in next: StoreFile) throws(FileStoreError) {
        let size = journal?.size ?? 0
        try journal?.rotate(to: next)
        ledger.olderJournalBytes += size
    }

    // MARK: Exchange

    /// Takes all records as they are now, to be written as lines of JSON while the store goes on.
    ///
    /// - Throws: ``FileStoreError`` if the store has stopped.
    public nonisolated func exportRecords() async throws -> StoreExport {
        try await query { $0.export() }
    }

    /// Fills an empty store with the records of an export: with all of them, or with none.
    ///
    /// Nothing else is done meanwhile. Leases are taken as they are, and end when their time is over. If the process
    /// dies half-way, the store is empty when it is next opened.
    ///
    /// - Parameter lines: The lines of a ``StoreExport``, in order.
    /// - Throws: ``StoreImportError`` if the store is not empty, or the lines are no export; ``FileStoreError`` if the
    ///   records cannot be written; and what the lines throw.
    public func importRecords<Lines: AsyncSequence & Sendable>(_ lines: Lines) async throws
    where Lines.Element == String {
        try checkEmpty()
        try await adopt(try await StoreState(importing: lines))
    }

    /// Fills an empty store with the records of a file that ``StoreExport/write(to:)`` wrote.
    ///
    /// - Parameter file: A file of lines.
    /// - Throws: As ``importRecords(_:)`` does, and ``FileStoreError`` if the file cannot be read.
    public func importRecords(from file: URL) async throws {
        try checkEmpty()
        let path = file.path(percentEncoded: false)
        let imported = try await housekeeping.perform { [files = environment.files] in
            try StoreState(importing: path, in: files)
        }
        try await adopt(imported)
    }

    private func checkEmpty() throws {
        try checkWritable()
        guard state.isEmpty else { throw StoreImportError.notEmpty }
    }

    /// Makes records the store's own, by a snapshot that counts when it has its name.
    private func adopt(_ imported: StoreState) async throws {
        await compactionEnded()
        // From here on nothing waits, so that nothing comes in between.
        try checkEmpty()
        let generation = (journal?.generation ?? 0) + 1
        let next = try folder.makeJournal(generation)
        try goOn(in: next)
        var writer = try SnapshotWriter(generation, sequence: journal?.nextSequence ?? 1, in: folder)
        var place: StoreState.SnapshotPlace? = .jobs(after: nil)
        try writer.append { try imported.payloads(from: &place, limit: environment.snapshotChunk) }
        do {
            try writer.finish()
        } catch {
            writer.discard()
            // Whether the snapshot has its name is not known, so no commit may follow upon either state.
            journal?.stop(FileStoreError(error, path: folder.path, "cannot be imported"))
            throw error
        }
        state = imported
        ledger.succeed(snapshot: writer.size, journal: journal?.size ?? 0)
        // What is left over is removed by the next compaction or opening.
        try? folder.removeSuperseded(before: generation)
    }
}

extension FileJobStore: JobStore {
    // MARK: Operations

    /// Inserts jobs, each with its first executions, as ``JobStore/insert(_:)`` says.
    public nonisolated func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        try await commit(insertions.definitions()) { state, log in try state.insert(insertions, log: &log) }
    }

    /// Replaces a job's definition or position, as ``JobStore/replace(_:)`` says.
    public nonisolated func replace(_ replacement: JobReplacement) async throws -> Job {
        try await commit(replacement.definitions()) { state, log in try state.replace(replacement, log: &log) }
    }

    /// Deletes jobs with everything that belongs to them, as ``JobStore/delete(_:)`` says.
    public nonisolated func delete(_ ids: [JobID]) async throws -> [JobID] {
        try await commit { state, log in state.delete(ids, log: &log) }
    }

    /// Turns due occurrences into executions and skips, as ``JobStore/fire(_:)`` says.
    public nonisolated func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        try await commit { state, log in state.fire(fires, log: &log) }
    }

    /// Queues executions of existing jobs, as ``JobStore/enqueue(_:)`` says.
    @discardableResult
    public nonisolated func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
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

    /// Records what parked executions waited for, as ``JobStore/completeWaiting(_:)`` says.
    public nonisolated func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion
        .Outcome]
    {
        try await commit { state, log in state.completeWaiting(answers, log: &log) }
    }

    /// Expires what is late and removes what is too old, as ``JobStore/prune(at:limit:)`` says.
    public nonisolated func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try await commit { state, log in state.prune(at: now, limit: limit, log: &log) }
    }

    /// Adds a dependency, as ``JobStore/add(_:)`` says.
    public nonisolated func addDependency(_ dependency: JobDependency) async throws {
        try await commit { state, log in try state.addDependency(dependency, log: &log) }
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
    public nonisolated func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
        try await self.query { try $0.jobs(query) }
    }

    /// Reads what has to be done at an instant, as ``JobStore/dueWork(at:limit:)`` says.
    public nonisolated func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        try await query { $0.dueWork(at: now, limit: limit) }
    }

    /// Reads an execution with its attempts.
    public nonisolated func execution(_ id: ExecutionID) async throws -> Execution? {
        try await query { $0.executions[id] }
    }

    /// Lists executions.
    public nonisolated func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
        try await self.query { try $0.executions(query) }
    }

    /// Reads the occurrences of a job that did not fire, the oldest first.
    public nonisolated func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try await query { $0.histories[job]?.skips ?? [] }
    }
}
