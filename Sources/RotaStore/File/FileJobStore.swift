public import Foundation

/// A store in a folder of its own, which survives a kill and a loss of power and says what it found when it comes back.
///
/// It is the state machine of ``InMemoryJobStore`` with a journal: every operation is written, and with
/// ``Durability/everyCommit`` synced, before it returns; operations that come in together share one sync. What a query
/// shows has been made as durable before. One process at a time may have the folder open.
///
/// The first write that fails stops the store: that operation and all later ones throw ``FileStoreError``, and opening
/// the folder again recovers everything that was acknowledged.
public actor FileJobStore: JobStore {
    /// What was found when the store was opened, and what was done about it.
    public nonisolated let recovery: RecoveryReport

    private let executor = SerialQueueExecutor(label: "rota.store")
    private let housekeeping = SerialQueueExecutor(label: "rota.store.housekeeping")
    private let environment: FileStoreEnvironment
    private let durability: Durability
    private let folder: StoreFolder
    private let lock: StoreFile
    private var journal: Journal
    private var state: StoreState
    private var isOpen = true
    private var waiting: [UnsafeContinuation<Void, any Error>] = []
    private var nextSync: Task<Void, Never>?
    private var compaction: Task<Void, any Error>?
    /// How many bytes of older journals lie behind the newest snapshot.
    private var olderJournalBytes: Int
    private var snapshotBytes: Int
    /// The length of all journals at which the next compaction begins.
    private var compactionThreshold: Int

    /// The executor of the store: a queue of its own, because it waits for the disk.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Opens the store in a folder, and makes the folder if it is missing.
    ///
    /// Executions that were running when the folder was last used turn up as expired leases in the next agenda.
    ///
    /// - Parameters:
    ///   - directory: A folder on a local disk, for this store alone.
    ///   - durability: When an operation counts as done.
    /// - Throws: ``FileStoreError`` if the folder cannot be used, is in use, or holds damaged files.
    public init(directory: URL, durability: Durability = .everyCommit) async throws {
        guard directory.isFileURL else {
            throw FileStoreError(
                .unusableFolder, path: directory.absoluteString, "is no file URL; use URL(filePath:) to name a folder")
        }
        try await self.init(
            path: directory.path(percentEncoded: false), durability: durability, environment: FileStoreEnvironment())
    }

    package init(
        path: String, durability: Durability = .everyCommit, environment: FileStoreEnvironment
    ) async throws {
        let opened = try await housekeeping.perform { try OpenedFolder(path, environment) }
        self.environment = environment
        self.durability = durability
        recovery = opened.report
        folder = opened.folder
        lock = opened.lock
        journal = opened.journal
        state = opened.state
        olderJournalBytes = opened.journalBytes - opened.journal.size
        snapshotBytes = opened.snapshotBytes
        compactionThreshold = max(environment.compactionMinimum, opened.snapshotBytes)
    }

    deinit {
        nextSync?.cancel()
        if isOpen {
            journal.abandon()
            lock.close()
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
        _ = await compaction?.result
        flush()
        defer { lock.close() }
        try journal.close()
    }

    // MARK: Operations

    /// Inserts jobs, each with its first executions, as ``JobStore/insert(_:)`` says.
    public func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        var definitions: [JobID: Data] = [:]
        for insertion in insertions { definitions[insertion.job.id] = try insertion.job.definition.json() }
        return try await commit(definitions) { state, log in try state.insert(insertions, log: &log) }
    }

    /// Replaces a job's definition or position, as ``JobStore/replace(_:)`` says.
    public func replace(_ replacement: JobReplacement) async throws -> Job {
        var definitions: [JobID: Data] = [:]
        if let definition = replacement.definition { definitions[replacement.id] = try definition.json() }
        return try await commit(definitions) { state, log in try state.replace(replacement, log: &log) }
    }

    /// Deletes jobs with everything that belongs to them, as ``JobStore/delete(_:)`` says.
    public func delete(_ ids: [JobID]) async throws -> [JobID] {
        try await commit { state, log in state.delete(ids, log: &log) }
    }

    /// Turns due occurrences into executions and skips, as ``JobStore/fire(_:)`` says.
    public func fire(_ fires: [Fire]) async throws -> [Fire.Outcome] {
        try await commit { state, log in state.fire(fires, log: &log) }
    }

    /// Queues executions of existing jobs, as ``JobStore/enqueue(_:)`` says.
    @discardableResult
    public func enqueue(_ executions: [Execution]) async throws -> [Enqueued] {
        try await commit { state, log in try state.enqueue(executions, log: &log) }
    }

    /// Takes queued executions that are due under a lease, as ``JobStore/claim(_:)`` says.
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        try await commit { state, log in state.claim(request, log: &log) }
    }

    /// Extends leases, as ``JobStore/renew(_:)`` says.
    public func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        try await commit { state, log in state.renew(renewals, log: &log) }
    }

    /// Records the ends of attempts, as ``JobStore/finish(_:)`` says.
    public func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try await commit { state, log in state.finish(completions, log: &log) }
    }

    /// Calls executions off, as ``JobStore/cancel(_:)`` says.
    public func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        try await commit { state, log in state.cancel(requests, log: &log) }
    }

    /// Records what parked executions waited for, as ``JobStore/answer(_:)`` says.
    public func answer(_ answers: [Answer]) async throws -> [Answer.Outcome] {
        try await commit { state, log in state.answer(answers, log: &log) }
    }

    /// Expires what is late and removes what is too old, as ``JobStore/prune(at:limit:)`` says.
    public func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try await commit { state, log in state.prune(at: now, limit: limit, log: &log) }
    }

    /// Adds a dependency, as ``JobStore/add(_:)`` says.
    public func add(_ dependency: JobDependency) async throws {
        try await commit { state, log in try state.add(dependency, log: &log) }
    }

    /// Removes a dependency.
    public func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await commit { state, log in state.removeDependency(id, log: &log) }
    }

    // MARK: Queries

    /// Lists the versions of a job, the newest first.
    public func versions(of job: JobID) async throws -> [JobVersion] {
        try await query { $0.versions(of: job) }
    }

    /// Lists what a job depends on.
    public func dependencies(of job: JobID) async throws -> [JobDependency] {
        try await query { $0.dependencies(of: job) }
    }

    /// Counts jobs and executions by state.
    public func counts() async throws -> StoreCounts {
        try await query { $0.counts() }
    }

    /// Reads a job.
    public func job(_ id: JobID) async throws -> Job? {
        try await query { $0.jobs[id] }
    }

    /// Lists jobs, the oldest first.
    public func jobs(_ query: JobQuery) async throws -> Page<Job> {
        try await self.query { try $0.jobs(query) }
    }

    /// Reads what has to be done at an instant, as ``JobStore/agenda(at:limit:)`` says.
    public func agenda(at now: Date, limit: Int) async throws -> Agenda {
        try await query { $0.agenda(at: now, limit: limit) }
    }

    /// Reads an execution with its attempts.
    public func execution(_ id: ExecutionID) async throws -> Execution? {
        try await query { $0.executions[id] }
    }

    /// Lists executions.
    public func executions(_ query: ExecutionQuery) async throws -> Page<Execution> {
        try await self.query { try $0.executions(query) }
    }

    /// Reads the occurrences of a job that did not fire, the oldest first.
    public func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try await query { $0.histories[job]?.skips ?? [] }
    }

    // MARK: Commits

    /// Carries an operation out, and returns when what it did, and what it saw, is as durable as promised.
    private func commit<Outcome: Sendable>(
        _ definitions: [JobID: Data] = [:], _ operation: (inout StoreState, inout ChangeLog) throws -> Outcome
    ) async throws -> Outcome {
        try checkOpen()
        var log = ChangeLog(isRecording: true)
        let outcome = Result { try operation(&state, &log) }
        if !log.changes.isEmpty {
            do {
                try journal.append { bytes in
                    try RecordWriter.append(to: &bytes) { payload in
                        for change in log.changes { try change.write(to: &payload, definitions: definitions) }
                    }
                }
            } catch {
                // The state has run ahead of what can be written: only reading the files again brings it back.
                let reason =
                    error as? FileStoreError
                    ?? FileStoreError(.writeFailed, path: folder.path, "cannot hold the commit: \(error)")
                journal.stop(reason)
                throw reason
            }
        }
        try await settle()
        return try outcome.get()
    }

    private func query<Answer: Sendable>(_ body: (StoreState) throws -> Answer) async throws -> Answer {
        try checkOpen()
        let answer = Result { try body(state) }
        try await settle()
        return try answer.get()
    }

    private func checkOpen() throws {
        guard isOpen else {
            throw StoreError(.closed, "The store in \(folder.path) is closed; open the folder again.")
        }
        try journal.checkRunning()
    }

    /// Waits for the flush that the operations of this round share, if there is anything to flush.
    private func settle() async throws {
        guard journal.hasPending else { return }
        if waiting.isEmpty {
            executor.atEndOfRound { self.assumeIsolated { $0.flush() } }
        }
        try await withUnsafeThrowingContinuation { waiting.append($0) }
    }

    private func flush() {
        let result = Result { try journal.flush(sync: durability.syncsEveryCommit) }
        let resumed = waiting
        waiting.removeAll(keepingCapacity: true)
        for continuation in resumed { continuation.resume(with: result) }
        guard isOpen, case .success = result else { return }
        if let interval = durability.syncInterval, journal.hasUnsynced, nextSync == nil { sync(after: interval) }
        if compaction == nil, journal.size + olderJournalBytes > compactionThreshold { startCompaction() }
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
        try? journal.flush(sync: true)
    }

    // MARK: Compaction

    /// Writes a snapshot of all records and removes the journals that it replaces.
    ///
    /// The store does this by itself when the journals outgrow the records; commits go on meanwhile.
    ///
    /// - Throws: ``FileStoreError`` if the snapshot cannot be written; the store is none the worse for it.
    public func compact() async throws {
        try checkOpen()
        if compaction == nil { startCompaction() }
        try await compaction?.value
    }

    private func startCompaction() {
        compaction = Task {
            defer {
                compaction = nil
                // Whatever became of it, the next one waits until the journals have grown again.
                let growth = max(environment.compactionMinimum, snapshotBytes)
                compactionThreshold = journal.size + olderJournalBytes + growth
            }
            try await writeSnapshot()
        }
    }

    private func writeSnapshot() async throws {
        let (folder, chunk) = (folder, environment.snapshotChunk)
        let generation = journal.generation + 1
        let next = try await housekeeping.perform { try folder.makeJournal(generation) }
        do {
            try Task.checkCancellation()
            let size = journal.size
            try journal.rotate(to: next)
            olderJournalBytes += size
        } catch {
            next.close()
            throw error
        }
        let sequence = journal.nextSequence
        var writer = try await housekeeping.perform {
            try SnapshotWriter(generation, sequence: sequence, in: folder)
        }
        do {
            var place: StoreState.SnapshotPlace? = .jobs(after: nil)
            while let from = place {
                try Task.checkCancellation()
                let (changes, following) = state.snapshot(from: from, limit: chunk)
                place = following
                var payload = RecordWriter()
                for (index, change) in changes.enumerated() {
                    try change.write(to: &payload)
                    // Records may be large: what goes into one frame is bounded by bytes as well as by number.
                    guard payload.bytes.count > 1 << 20 || index == changes.count - 1 else { continue }
                    writer = try await housekeeping.perform { [writer, payload] in
                        var writer = writer
                        try writer.append(payload.bytes)
                        return writer
                    }
                    payload = RecordWriter()
                }
            }
            try Task.checkCancellation()
            // The snapshot may hold parts of commits that are still being written: they must be certain before it is.
            try journal.flush(sync: true)
            writer = try await housekeeping.perform { [writer] in
                var writer = writer
                try writer.finish()
                return writer
            }
        } catch {
            await housekeeping.perform { [writer] in writer.discard() }
            throw error
        }
        snapshotBytes = writer.size
        olderJournalBytes = 0
        try await housekeeping.perform { try folder.removeSuperseded(before: generation) }
    }
}
