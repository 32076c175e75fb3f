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
