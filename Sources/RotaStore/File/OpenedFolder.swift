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
