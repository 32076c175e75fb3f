import Foundation

/// A store's folder, locked and recovered: what a file store is made from.
package struct OpenedFolder: Sendable {
    package let folder: StoreFolder
    /// Holds the folder's lock until it is closed.
    package let lock: StoreFile
    package var journal: Journal
    package var state: StoreState
    package var report: RecoveryReport
    /// How many bytes of journals lie behind the newest snapshot.
    package var journalBytes: Int
    /// The length of the newest snapshot, in bytes.
    package var snapshotBytes: Int

    /// Makes the folder if it is missing, locks it, and reads what is in it; blocks on the disk.
    ///
    /// All leases end: only one process writes, so whoever held them is no more. What they were for turns up as expired
    /// in the next agenda.
    ///
    /// - Throws: ``FileStoreError``.
    package init(_ path: String, _ environment: FileStoreEnvironment) throws {
        let start = environment.elapsed()
        folder = StoreFolder(path, in: environment.files)
        try folder.makeIfMissing()
        lock = try folder.lock()
        do {
            let listing = try folder.listing()
            var recovery = try Recovery(of: listing, in: folder)
            journal = try recovery.repair(listing, in: folder)
            state = recovery.state
            state.markOverfull()
            report = recovery.report
            snapshotBytes = recovery.snapshotBytes
            // A folder that was just made has a journal that was not read.
            journalBytes = max(journal.size, recovery.report.replayedBytes - snapshotBytes)
        } catch {
            lock.close()
            throw error
        }
        do {
            try endLeases(environment)
        } catch {
            close()
            throw error
        }
        report.duration = environment.elapsed() - start
    }

    /// Gives the files back without writing anything more.
    package func close() {
        journal.abandon()
        lock.close()
    }

    private mutating func endLeases(_ environment: FileStoreEnvironment) throws {
        var log = ChangeLog(isRecording: true)
        state.expireAllLeases(log: &log)
        guard !log.changes.isEmpty else { return }
        report.endedLeases = log.changes.count
        // Each lease ends by itself, so they need not be in one frame, which has a limit.
        for first in stride(from: 0, to: log.changes.count, by: environment.leasesPerFrame) {
            let changes = log.changes[first...].prefix(environment.leasesPerFrame)
            try journal.append { bytes in
                try RecordWriter.append(to: &bytes) { payload in
                    for change in changes { try change.write(to: &payload) }
                }
            }
        }
        try journal.flush(sync: true)
    }
}
