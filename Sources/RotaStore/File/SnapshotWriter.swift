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
