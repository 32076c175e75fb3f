package import Foundation
import RotaCore

/// The end of the newest journal, where commits are written.
///
/// Frames gather in memory until a flush writes and syncs them together. The first write or sync that fails stops the
/// journal for good: what the disk then holds can be found out only by reading it again.
package struct Journal: Sendable {
    /// The generation of the file.
    package private(set) var generation: UInt64
    /// The sequence number that the next frame gets.
    package private(set) var nextSequence: UInt64
    /// The length of the file with everything written so far, in bytes.
    package private(set) var size: Int
    /// Why the journal takes nothing more, if it does not.
    package private(set) var failure: FileStoreError?

    private var file: StoreFile
    private var lastSynced: UInt64
    /// Up to where the file holds commits that were reported as done.
    private var acknowledgedSize: Int
    private var pending: [UInt8] = []

    /// Continues a file in which everything is known to be synced.
    package init(_ file: StoreFile, generation: UInt64, nextSequence: UInt64, size: Int) {
        self.file = file
        self.generation = generation
        self.nextSequence = nextSequence
        self.size = size
        acknowledgedSize = size
        lastSynced = nextSequence - 1
    }

    /// Whether frames wait for a flush.
    package var hasPending: Bool { !pending.isEmpty }

    /// Whether frames were written, or wait to be, that are not synced.
    package var hasUnsynced: Bool { lastSynced + 1 < nextSequence }

    /// Adds a frame to those that the next flush writes.
    ///
    /// - Parameters:
    ///   - limit: The longest payload, in bytes; a longer one is refused.
    ///   - write: Appends the payload; if it throws, nothing is added.
    package mutating func append(
        limit: Int = Frame.maximumPayload, _ write: (inout [UInt8]) throws -> Void
    ) throws {
        try append(.changes, limit: limit, write)
    }

    /// Writes what is pending and, if asked, syncs.
    ///
    /// - Throws: ``FileStoreError``, after which nothing pending counts and the journal is stopped.
    package mutating func flush(sync: Bool) throws(FileStoreError) {
        try checkRunning()
        do throws(FileStoreError) {
            if !pending.isEmpty {
                try file.append(pending)
                size += pending.count
                forgetPending()
            }
            if sync && hasUnsynced {
                try file.sync()
                lastSynced = nextSequence - 1
            }
            acknowledgedSize = size
        } catch {
            failure = error
            forgetPending()
            // So that a commit reported as failed does not come back; if even this fails, it may.
            try? file.truncate(to: acknowledgedSize)
            throw error
        }
    }

    /// Goes on in another file, after everything in this one is synced.
    ///
    /// - Parameter next: An empty journal of the generation after this one, from ``StoreFolder/makeJournal(_:)``; it is
    ///   closed if this fails.
    package mutating func rotate(to next: StoreFile) throws(FileStoreError) {
        do {
            try flush(sync: true)
        } catch {
            next.close()
            throw error
        }
        file.close()
        file = next
        generation += 1
        size = FileHeader.size
        acknowledgedSize = size
    }

    /// Ends the journal: syncs it and writes down that everything in it was synced.
    package mutating func close() throws {
        defer { file.close() }
        guard failure == nil else { return }
        try flush(sync: true)
        guard size > FileHeader.size else { return }
        try append(.seal) { _ in }
        try flush(sync: true)
    }

    /// Throws if the journal was stopped.
    package func checkRunning() throws(FileStoreError) {
        if let failure { throw Self.stopped(by: failure) }
    }

    /// Gives the file back without writing anything more.
    package func abandon() {
        file.close()
    }

    /// Stops the journal because what a commit changed could not be added to it.
    package mutating func stop(_ error: FileStoreError) {
        failure = failure ?? error
        forgetPending()
    }

    private mutating func append(
        _ kind: Frame.Kind, limit: Int = Frame.maximumPayload, _ write: (inout [UInt8]) throws -> Void
    ) throws {
        try checkRunning()
        let unsynced = UInt32(clamping: nextSequence - lastSynced)
        try Frame.append(
            kind, sequence: nextSequence, unsynced: unsynced, generation: generation, limit: limit, to: &pending,
            payload: write)
        nextSequence += 1
    }

    private mutating func forgetPending() {
        // One huge commit should not keep its memory for ever.
        pending.removeAll(keepingCapacity: pending.capacity <= 1 << 20)
    }

    private static func stopped(by failure: FileStoreError) -> FileStoreError {
        FileStoreError(
            .stopped, path: failure.path,
            "the store stopped when this failed, and takes nothing more until it is opened again: \(failure.message)")
    }
}

extension Journal {
    /// Adds the changes of a commit as one frame, which a flush writes.
    ///
    /// - Parameters:
    ///   - definitions: The JSON of definitions that is there already.
    ///   - limit: The longest payload, in bytes; a longer one is refused.
    /// - Throws: ``FileStoreError`` if the journal was stopped or the changes are too long, and nothing is added.
    package mutating func append(
        _ changes: some Sequence<Change>, definitions: [JobID: Data] = [:], limit: Int = Frame.maximumPayload
    ) throws {
        try append(limit: limit) { bytes in
            let start = bytes.count
            try RecordWriter.append(to: &bytes) { payload in
                for change in changes {
                    try change.write(to: &payload, definitions: definitions)
                    // What is too long by a few bytes may turn out to be so by gigabytes.
                    if payload.bytes.count - start > limit { break }
                }
            }
        }
    }
}

/// Those who wait for the next flush, each with the outcome that it makes durable.
struct FlushQueue {
    private var waiting: [((any Error)?) -> Void] = []

    /// Whether nobody waits.
    var isEmpty: Bool { waiting.isEmpty }

    /// Lets a caller wait; it gets its outcome, or the error if the flush fails.
    mutating func add<Outcome: Sendable>(
        _ caller: UnsafeContinuation<Outcome, any Error>, _ outcome: Result<Outcome, any Error>
    ) {
        waiting.append { failure in
            if let failure { caller.resume(throwing: failure) } else { caller.resume(with: outcome) }
        }
    }

    /// Lets all who wait go on.
    mutating func release(_ failure: FileStoreError?) {
        let released = waiting
        waiting = []
        waiting.reserveCapacity(released.count)
        for goOn in released { goOn(failure) }
    }
}
