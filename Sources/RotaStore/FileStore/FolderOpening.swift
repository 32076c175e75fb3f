/// A store's folder, locked and recovered: what a file store is made from.
package struct OpenedFolder<State: Sendable>: Sendable {
    package let folder: StoreFolder
    /// Holds the folder's lock until it is closed.
    package let lock: StoreFile
    package var journal: Journal
    package var state: State
    package var report: RecoveryReport
    /// How many bytes of journals lie behind the newest snapshot.
    package var journalBytes: Int
    /// The length of the newest snapshot, in bytes.
    package var snapshotBytes: Int

    /// Makes the folder if it is missing, locks it, reads what is in it, and repairs it; blocks on the disk.
    ///
    /// - Parameter read: Reads the files into a state, without changing any of them.
    /// - Throws: ``FileStoreError``, and what `read` throws.
    package init(
        _ path: String, in files: any FileSystem,
        read: (StoreFolder.Listing, StoreFolder) throws -> Recovery<State>
    ) throws {
        folder = StoreFolder(path, in: files)
        try folder.makeIfMissing()
        lock = try folder.lock()
        do {
            let listing = try folder.listing()
            var recovery = try read(listing, folder)
            journal = try recovery.repair(listing, in: folder)
            state = recovery.state
            report = recovery.report
            snapshotBytes = recovery.snapshotBytes
            // A folder that was just made has a journal that was not read.
            journalBytes = max(journal.size, recovery.report.replayedBytes - snapshotBytes)
        } catch {
            lock.close()
            throw error
        }
    }

    /// The sizes of the files, and when they have to be compacted.
    ///
    /// - Parameter minimum: How many bytes the journals hold at least when they are compacted.
    package func ledger(minimum: Int) -> CompactionLedger {
        CompactionLedger(
            olderJournalBytes: journalBytes - journal.size, snapshotBytes: snapshotBytes, minimum: minimum)
    }

    /// Gives the files back without writing anything more.
    package func close() {
        journal.abandon()
        lock.close()
    }
}

extension OpenedFolder where State == StoreState {
    /// Makes the folder if it is missing, locks it, and reads the records in it; blocks on the disk.
    ///
    /// All leases end: only one process writes, so whoever held them is no more. What they were for turns up as expired
    /// in the next agenda.
    ///
    /// - Throws: ``FileStoreError``.
    package init(_ path: String, _ environment: FileStoreEnvironment) throws {
        let start = environment.elapsed()
        try self.init(path, in: environment.files) { listing, folder in try Recovery(of: listing, in: folder) }
        do {
            state.markOverfull()
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
        // Each lease ends by itself, so they need not be in one frame, which has a limit.
        for first in stride(from: 0, to: log.changes.count, by: environment.leasesPerFrame) {
            try journal.append(log.changes[first...].prefix(environment.leasesPerFrame))
        }
        try journal.flush(sync: true)
    }
}

/// What a store's files hold, read without changing any of them, and even while another process writes them.
package struct FolderInspection<State: Sendable>: Sendable {
    package let folder: StoreFolder
    package var state: State
    package var report: RecoveryReport
    /// How many bytes of journals lie behind the newest snapshot.
    package let journalBytes: Int
    /// The length of the newest snapshot, in bytes.
    package let snapshotBytes: Int

    /// How often to read files that change meanwhile.
    private static var attempts: Int { 16 }

    /// Reads the folder.
    ///
    /// A writer may extend, rename and remove files at any time, so that what was read does not fit together and looks
    /// like damage. Real damage stays: what is found twice in a row is believed.
    ///
    /// - Parameter read: Reads the files into a state.
    /// - Throws: ``FileStoreError`` if the files cannot be read, or are damaged such that there is nothing to show.
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

    /// The sizes of the files, and when they would have to be compacted.
    ///
    /// - Parameter minimum: How many bytes the journals hold at least when they are compacted.
    package func ledger(minimum: Int) -> CompactionLedger {
        CompactionLedger(olderJournalBytes: journalBytes, snapshotBytes: snapshotBytes, minimum: minimum)
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
        // The file may be gone by now; then there is nothing in it to speak of.
        guard let file = try? StoreFile(folder.path(.journal, journal), .read, in: folder.files) else { return 0 }
        defer { file.close() }
        return max(0, ((try? file.size()) ?? 0) - offset)
    }
}

extension FolderInspection where State == StoreState {
    /// Reads the records in a folder.
    ///
    /// - Throws: ``FileStoreError`` if the files cannot be read, or are damaged such that there is nothing to show.
    package init(_ folder: StoreFolder) throws(FileStoreError) {
        try self.init(folder) { listing, folder throws(FileStoreError) in try Recovery(of: listing, in: folder) }
        state.markOverfull()
    }

    /// Reads the records in the folder at a path, and takes the time; blocks on the disk.
    ///
    /// - Throws: ``FileStoreError`` as the other does.
    package init(_ path: String, _ environment: FileStoreEnvironment) throws(FileStoreError) {
        let start = environment.elapsed()
        try self.init(StoreFolder(path, in: environment.files))
        report.duration = environment.elapsed() - start
    }
}
