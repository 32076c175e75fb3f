/// What a file store knows about the sizes of its files, and when it has to compact them.
package struct CompactionLedger: Sendable {
    /// How many bytes of older journals lie behind the newest snapshot.
    package var olderJournalBytes: Int
    /// The length of the newest snapshot.
    package private(set) var snapshotBytes: Int
    /// The length of all journals beyond which the next compaction begins.
    package private(set) var threshold: Int
    /// How many compactions have succeeded since the store was opened.
    package private(set) var succeeded = 0
    /// How many compactions have failed since the store was opened.
    package private(set) var failed = 0
    /// Why the last compaction failed, if it did.
    package private(set) var failure: FileStoreError?

    private let minimum: Int

    /// Begins with what an opening found.
    ///
    /// - Parameter minimum: How many bytes the journals hold at least when they are compacted.
    package init(olderJournalBytes: Int, snapshotBytes: Int, minimum: Int) {
        self.olderJournalBytes = olderJournalBytes
        self.snapshotBytes = snapshotBytes
        self.minimum = minimum
        threshold = max(minimum, snapshotBytes)
    }

    /// Whether a compaction is due.
    ///
    /// - Parameter journal: The length of the newest journal.
    package func isDue(_ journal: Int) -> Bool { journal + olderJournalBytes > threshold }

    /// Takes note that a snapshot is in place.
    package mutating func succeed(snapshot: Int, journal: Int) {
        succeeded += 1
        failure = nil
        snapshotBytes = snapshot
        olderJournalBytes = 0
        threshold = journal + max(minimum, snapshot)
    }

    /// Takes note that a compaction failed; the next attempt is made when the journals have grown by some more.
    ///
    /// A full disk is tried again eight times before the journals have doubled, not at every commit.
    package mutating func fail(_ error: FileStoreError, journal: Int) {
        failed += 1
        failure = error
        threshold = journal + olderJournalBytes + max(minimum, snapshotBytes) / 8
    }
}
