public import Foundation

extension FileJobStore {
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
            path: try Self.path(of: directory), durability: durability, environment: FileStoreEnvironment())
    }

    package init(
        path: String, durability: Durability = .everyCommit, environment: FileStoreEnvironment
    ) async throws {
        let housekeeping = SerialQueueExecutor(label: "rota.store.housekeeping")
        let opened = try await housekeeping.perform { try OpenedFolder(path, environment) }
        self.init(
            in: opened.folder, state: opened.state, recovery: opened.report, lock: opened.lock,
            journal: opened.journal,
            ledger: CompactionLedger(
                olderJournalBytes: opened.journalBytes - opened.journal.size, snapshotBytes: opened.snapshotBytes,
                minimum: environment.compactionMinimum),
            durability: durability, environment: environment, housekeeping: housekeeping)
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
        try await self.init(inspecting: try Self.path(of: directory), environment: FileStoreEnvironment())
    }

    package init(inspecting path: String, environment: FileStoreEnvironment) async throws {
        let housekeeping = SerialQueueExecutor(label: "rota.store.housekeeping")
        let found = try await housekeeping.perform { () throws -> FolderInspection in
            let start = environment.elapsed()
            var found = try FolderInspection(StoreFolder(path, in: environment.files))
            found.report.duration = environment.elapsed() - start
            return found
        }
        self.init(
            in: found.folder, state: found.state, recovery: found.report, lock: nil, journal: nil,
            ledger: CompactionLedger(
                olderJournalBytes: found.journalBytes, snapshotBytes: found.snapshotBytes,
                minimum: environment.compactionMinimum),
            durability: .operatingSystem, environment: environment, housekeeping: housekeeping)
    }

    private static func path(of directory: URL) throws(FileStoreError) -> String {
        guard directory.isFileURL else {
            throw FileStoreError(
                .unusableFolder, path: directory.absoluteString, "is no file URL; use URL(filePath:) to name a folder")
        }
        return directory.path(percentEncoded: false)
    }
}
