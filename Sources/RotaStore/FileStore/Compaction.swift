/// Writes a snapshot beside the journals, where it counts for nothing until it is complete, synced and named.
package struct SnapshotWriter: Sendable {
    /// The length of the file so far, in bytes.
    package private(set) var size: Int

    private let folder: StoreFolder
    private let generation: UInt64
    private let file: StoreFile
    private var nextSequence: UInt64 = 1

    /// Begins the snapshot of a generation.
    ///
    /// - Parameter sequence: The sequence number of the first frame in the journal of the same generation.
    package init(_ generation: UInt64, sequence: UInt64, in folder: StoreFolder) throws(FileStoreError) {
        self.folder = folder
        self.generation = generation
        file = try folder.begin(.snapshot, FileHeader(.snapshot, generation: generation, sequence: sequence))
        size = FileHeader.size
    }

    /// Writes a chunk of after-images.
    package mutating func append(_ payload: [UInt8]) throws {
        try append(.changes, payload)
    }

    /// Completes the snapshot: from here on it is what the store is opened from.
    package mutating func finish() throws {
        try append(.seal, [])
        try folder.publish(file, .snapshot, generation)
        file.close()
    }

    /// Gives the snapshot up.
    package func discard() {
        folder.discard(file, .snapshot, generation)
    }

    private mutating func append(_ kind: Frame.Kind, _ payload: [UInt8]) throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + Frame.headSize)
        try Frame.append(kind, sequence: nextSequence, unsynced: 1, generation: generation, to: &bytes) {
            $0.append(contentsOf: payload)
        }
        try file.append(bytes)
        nextSequence += 1
        size += bytes.count
    }
}

extension SnapshotWriter {
    /// Writes everything that a walk yields, without a pause; if that fails, gives the snapshot up.
    ///
    /// - Parameter next: The payloads of the next piece; nil if that was all.
    package mutating func append(_ next: () throws -> [[UInt8]]?) throws {
        do {
            while let payloads = try next() {
                for payload in payloads { try append(payload) }
            }
        } catch {
            discard()
            throw error
        }
    }

    /// Writes and completes the snapshot on a queue, so that its caller's actor is free meanwhile; if that fails, gives
    /// it up.
    ///
    /// - Parameters:
    ///   - next: The payloads of the next piece; nil if that was all. Called on the caller's actor.
    ///   - certain: Makes certain what the pieces may show. Called on the caller's actor, after all of them.
    /// - Returns: The length of the file, in bytes.
    /// - Throws: `CancellationError` if the task is cancelled before all is written, and what writing, `next` and
    ///   `certain` throw.
    package func write(
        on queue: SerialQueueExecutor, isolation: isolated (any Actor)? = #isolation, _ next: () throws -> [[UInt8]]?,
        certain: () throws -> Void
    ) async throws -> Int {
        var writer = self
        do {
            try Task.checkCancellation()
            while let payloads = try next() {
                for payload in payloads { try await writer.perform(on: queue) { try $0.append(payload) } }
                try Task.checkCancellation()
            }
            try certain()
            try await writer.perform(on: queue) { try $0.finish() }
        } catch {
            await queue.perform { [writer] in writer.discard() }
            throw error
        }
        return writer.size
    }

    private mutating func perform(
        on queue: SerialQueueExecutor, isolation: isolated (any Actor)? = #isolation,
        _ body: @escaping @Sendable (inout SnapshotWriter) throws -> Void
    ) async throws {
        self = try await queue.perform { [self] in
            var writer = self
            try body(&writer)
            return writer
        }
    }
}

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
