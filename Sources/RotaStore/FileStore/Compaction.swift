/// Writes a snapshot next to the journals.
///
/// It has no effect until it is complete, synced and renamed.
package struct SnapshotWriter: Sendable {
    /// The size of the file so far, in bytes.
    package private(set) var size: Int

    private let folder: StoreFolder
    private let generation: UInt64
    private let file: StoreFile
    private var nextSequence: UInt64 = 1

    /// Creates the file for the snapshot of a generation.
    ///
    /// - Parameter sequence: The sequence number of the first frame in the journal of the same generation.
    package init(_ generation: UInt64, sequence: UInt64, in folder: StoreFolder) throws(FileStoreError) {
        self.folder = folder
        self.generation = generation
        file = try folder.begin(.snapshot, FileHeader(.snapshot, generation: generation, sequence: sequence))
        size = FileHeader.size
    }

    /// Writes a frame of records.
    package mutating func append(_ payload: [UInt8]) throws {
        try append(.changes, payload)
    }

    /// Encodes and writes records.
    package mutating func append(_ chunk: SnapshotChunk) throws {
        for payload in try chunk.payloads() { try append(payload) }
    }

    /// Seals, syncs and renames the snapshot.
    ///
    /// From then on the store opens from it.
    package mutating func finish() throws {
        try append(.seal, [])
        try folder.publish(file, .snapshot, generation, size: size)
        file.close()
    }

    /// The file under its final name.
    package var held: HeldFile {
        HeldFile(file.renamed(to: StoreFolder.name(.snapshot, generation), in: folder), size: size)
    }

    /// Removes the unfinished snapshot.
    package func discard() {
        folder.discard(file, .snapshot, generation)
    }

    private mutating func append(_ kind: Frame.Kind, _ payload: [UInt8]) throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + Frame.headerSize)
        try Frame.append(kind, sequence: nextSequence, unsynced: 1, generation: generation, to: &bytes) {
            $0.append(contentsOf: payload)
        }
        try file.append(bytes)
        nextSequence += 1
        size += bytes.count
    }
}

extension SnapshotWriter {
    /// Writes all chunks at once, and removes the snapshot if that fails.
    ///
    /// - Parameter next: Returns the next chunk, or `nil` at the end.
    package mutating func append(_ next: () throws -> SnapshotChunk?) throws {
        do {
            while let chunk = try next() { try append(chunk) }
        } catch {
            discard()
            throw error
        }
    }

    /// Encodes, writes and finishes the snapshot on a queue, so that the caller's actor stays responsive.
    ///
    /// If that fails, the snapshot is removed.
    ///
    /// - Parameters:
    ///   - queue: Performs the work.
    ///   - next: Returns the next chunk, or `nil` at the end. Called on the caller's actor.
    ///   - beforeFinish: Makes the records in the snapshot durable. Called on the caller's actor, after the last chunk.
    /// - Returns: The finished file.
    /// - Throws: ``FileStoreError`` if a write fails, `CancellationError` if the task is cancelled, and any error of
    ///   the closures.
    package func write(
        on queue: SerialQueueExecutor, isolation: isolated (any Actor)? = #isolation,
        _ next: () throws -> SnapshotChunk?,
        beforeFinish: () throws -> Void
    ) async throws -> HeldFile {
        var writer = self
        do {
            try Task.checkCancellation()
            while let chunk = try next() {
                try await writer.perform(on: queue) { try $0.append(chunk) }
                try Task.checkCancellation()
            }
            try beforeFinish()
            try await writer.perform(on: queue) { try $0.finish() }
        } catch {
            await queue.perform { [writer] in writer.discard() }
            throw error
        }
        return writer.held
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

/// Tracks the sizes of a store's files, decides when to compact them, and counts the outcomes.
package struct CompactionTracker: Sendable {
    /// The size of the journals between the newest snapshot and the current journal, in bytes.
    package var olderJournalBytes: Int
    /// The size of the newest snapshot in bytes.
    package private(set) var snapshotBytes: Int
    /// The size of all journals above which the next compaction is due, in bytes.
    package private(set) var threshold: Int
    /// The number of compactions that have succeeded since the store was opened.
    package private(set) var succeeded = 0
    /// The number of compactions that have failed since the store was opened.
    package private(set) var failed = 0
    /// Why the last compaction failed, if it did.
    package private(set) var failure: FileStoreError?

    private let minimum: Int

    /// Creates a tracker for files that were just opened.
    ///
    /// - Parameter minimum: The size of the journals below which they are never compacted, in bytes.
    package init(olderJournalBytes: Int, snapshotBytes: Int, minimum: Int) {
        self.olderJournalBytes = olderJournalBytes
        self.snapshotBytes = snapshotBytes
        self.minimum = minimum
        threshold = max(minimum, snapshotBytes)
    }

    /// Whether a compaction is due.
    ///
    /// - Parameter journal: The size of the current journal in bytes.
    package func isDue(_ journal: Int) -> Bool { journal + olderJournalBytes > threshold }

    /// Records a compaction that succeeded.
    ///
    /// The next is due when the journals have outgrown the snapshot.
    package mutating func succeed(snapshot: Int, journal: Int) {
        succeeded += 1
        failure = nil
        snapshotBytes = snapshot
        olderJournalBytes = 0
        threshold = journal + max(minimum, snapshot)
    }

    /// Records a compaction that failed.
    ///
    /// The next is due when the journals have grown by another eighth.
    ///
    /// So a full disk is not tried again at every commit, but eight times before the journals have doubled.
    package mutating func fail(_ error: FileStoreError, journal: Int) {
        failed += 1
        failure = error
        threshold = journal + olderJournalBytes + max(minimum, snapshotBytes) / 8
    }
}
