/// The folder of a store, locked, read and repaired.
package struct OpenedFolder<State: Sendable>: Sendable {
    package let folder: StoreFolder
    /// Keeps the folder open and locked until it is closed.
    package let lock: FolderLock
    package var journal: Journal
    package var state: State
    package var report: RecoveryReport
    /// The size of the journals that follow the newest snapshot, in bytes.
    package var journalBytes: Int
    /// The size of the newest snapshot in bytes.
    package var snapshotBytes: Int

    /// Opens a folder, and creates it if necessary.
    ///
    /// Blocks on the disk.
    ///
    /// - Parameters:
    ///   - path: The path of the folder.
    ///   - files: The file system.
    ///   - read: Reads the files into a state, without changing them.
    /// - Throws: ``FileStoreError``, and any error of `read`.
    package init(
        _ path: String, in files: any FileSystem,
        read: (StoreFolder.Listing, StoreFolder) throws -> Recovery<State>
    ) throws {
        lock = try FolderLock(path, in: files)
        folder = lock.folder
        do {
            let listing = try folder.listing()
            var recovery = try read(listing, folder)
            journal = try recovery.repair(listing, in: folder)
            state = recovery.state
            report = recovery.report
            snapshotBytes = recovery.snapshotBytes
            // The journal of a new folder was not read.
            journalBytes = max(journal.size, recovery.report.replayedBytes - snapshotBytes)
        } catch {
            lock.close()
            throw error
        }
    }

    /// Returns a tracker for the sizes of the files.
    ///
    /// - Parameter minimum: The size of the journals below which they are never compacted, in bytes.
    package func compactions(minimum: Int) -> CompactionTracker {
        CompactionTracker(
            olderJournalBytes: journalBytes - journal.size, snapshotBytes: snapshotBytes, minimum: minimum)
    }

    /// Closes the files without writing anything more.
    package func close() {
        journal.abandon()
        lock.close()
    }
}

extension OpenedFolder where State == StoreState {
    /// Opens a folder of records, creates it if necessary, and ends all leases.
    ///
    /// Blocks on the disk.
    ///
    /// Leases can end because their holder is gone: only one process can lock the folder. Their executions are due
    /// again as expired leases.
    ///
    /// - Throws: ``FileStoreError``.
    package init(_ path: String, _ environment: FileStoreEnvironment) throws {
        let start = environment.elapsed()
        try self.init(path, in: environment.files) { listing, folder in try Recovery(of: listing, in: folder) }
        do {
            state.endLoading()
            try endLeases(environment)
        } catch {
            close()
            throw error
        }
        report.duration = environment.elapsed() - start
    }

    private mutating func endLeases(_ environment: FileStoreEnvironment) throws {
        var log = ChangeLog(isRecording: true)
        state.expireAllLeases(log: &log)
        guard !log.changes.isEmpty else { return }
        report.endedLeases = log.changes.count
        // Leases are independent, so they are spread over frames of limited size.
        for first in stride(from: 0, to: log.changes.count, by: environment.leasesPerFrame) {
            try journal.append(log.changes[first...].prefix(environment.leasesPerFrame))
        }
        try journal.flush(sync: true)
    }
}

/// The records in a folder, read without changing it, even while another process writes to it.
package struct FolderInspection<State: Sendable>: Sendable {
    /// The folder, which is closed unless the caller opened it.
    package let folder: StoreFolder
    package var state: State
    package var report: RecoveryReport
    /// The size of the journals that follow the newest snapshot, in bytes.
    package let journalBytes: Int
    /// The size of the newest snapshot in bytes.
    package let snapshotBytes: Int

    /// How many times to read files that change meanwhile.
    private static var attempts: Int { 16 }

    /// Reads a folder.
    ///
    /// A writer may extend, rename and remove files while they are read, which can look like damage. Real damage does
    /// not go away, so only damage that is found twice in a row is reported.
    ///
    /// - Parameters:
    ///   - folder: The folder of a store.
    ///   - read: Reads the files into a state.
    /// - Throws: ``FileStoreError`` if the files cannot be read, or are too damaged to show anything.
    package init(
        _ folder: StoreFolder,
        read: (StoreFolder.Listing, StoreFolder) throws(FileStoreError) -> Recovery<State>
    ) throws(FileStoreError) {
        var last: FileStoreError?
        for attempt in 1...Self.attempts {
            let isLast = attempt == Self.attempts
            do throws(FileStoreError) {
                let recovery = try read(try folder.listing(), folder)
                let damage = recovery.damage
                guard damage == nil || damage == last || isLast else {
                    last = damage
                    continue
                }
                self.init(recovery, damage, in: folder)
                return
            } catch {
                if error == last || isLast { throw error }
                last = error
            }
        }
        throw last ?? FileStoreError(.readFailed, path: folder.path, "cannot be read; try again")
    }

    /// Returns a tracker for the sizes of the files.
    ///
    /// - Parameter minimum: The size of the journals below which they are never compacted, in bytes.
    package func compactions(minimum: Int) -> CompactionTracker {
        CompactionTracker(olderJournalBytes: journalBytes, snapshotBytes: snapshotBytes, minimum: minimum)
    }

    private init(_ recovery: Recovery<State>, _ damage: FileStoreError?, in folder: StoreFolder) {
        self.folder = folder
        state = recovery.state
        report = recovery.report
        report.damage = damage
        if case .torn(let journal, let offset) = recovery.ending {
            report.cutFile = StoreFolder.name(.journal, journal)
            report.cutBytes = recovery.journals.filter { $0 >= journal }.reduce(0) { bytes, generation in
                bytes + Self.bytes(of: generation, from: generation == journal ? offset : FileHeader.size, in: folder)
            }
        }
        snapshotBytes = recovery.snapshotBytes
        journalBytes = recovery.report.replayedBytes - recovery.snapshotBytes
    }

    private static func bytes(of journal: UInt64, from offset: Int, in folder: StoreFolder) -> Int {
        // The writer may have removed the file meanwhile.
        guard let file = try? StoreFile(StoreFolder.name(.journal, journal), .read, in: folder) else { return 0 }
        defer { file.close() }
        return max(0, ((try? file.size()) ?? 0) - offset)
    }
}

extension FolderInspection where State == StoreState {
    /// Reads the records in a folder.
    ///
    /// - Throws: ``FileStoreError`` if the files cannot be read, or are too damaged to show anything.
    package init(_ folder: StoreFolder) throws(FileStoreError) {
        try self.init(folder) { listing, folder throws(FileStoreError) in try Recovery(of: listing, in: folder) }
        state.endLoading()
    }

    /// Reads the records in the folder at a path, and measures how long it takes.
    ///
    /// Blocks on the disk.
    ///
    /// - Throws: ``FileStoreError`` if the files cannot be read, or are too damaged to show anything.
    package init(_ path: String, _ environment: FileStoreEnvironment) throws(FileStoreError) {
        let start = environment.elapsed()
        let folder = try StoreFolder(path, in: environment.files)
        defer { folder.close() }
        try self.init(folder)
        report.duration = environment.elapsed() - start
    }
}
