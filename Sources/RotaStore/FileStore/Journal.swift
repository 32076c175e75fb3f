import Foundation
import RotaCore

/// The newest journal file, to which commits are appended.
///
/// Frames are buffered in memory until a flush writes and syncs them together. Before a flush counts, it checks that
/// the next opening will find the same folder, the same snapshot and the same journals. The first write, sync or check
/// that fails stops the journal for good, because only reading the files again tells what the disk then contains.
package struct Journal: Sendable {
    /// The generation of the file.
    package private(set) var generation: UInt64
    /// The sequence number of the next frame.
    package private(set) var nextSequence: UInt64
    /// The size of the file in bytes, without the pending frames.
    package private(set) var size: Int
    /// Why the journal stopped, if it did.
    package private(set) var failure: FileStoreError?

    private let folder: StoreFolder
    /// The complete files that this one continues: the snapshot, if any, and older journals.
    private var base: [HeldFile]
    private var file: StoreFile
    private var lastSynced: UInt64
    /// The size of the file up to the last acknowledged commit.
    private var acknowledgedSize: Int
    private var pending: [UInt8] = []

    /// Creates a journal that continues a file whose content is synced.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - folder: The folder of the file.
    ///   - base: The complete files that it continues.
    ///   - generation: The generation of the file.
    ///   - nextSequence: The sequence number of the next frame.
    ///   - size: The size of the file in bytes.
    package init(
        _ file: StoreFile, in folder: StoreFolder, after base: [HeldFile] = [], generation: UInt64,
        nextSequence: UInt64, size: Int
    ) {
        self.file = file
        self.folder = folder
        self.base = base
        self.generation = generation
        self.nextSequence = nextSequence
        self.size = size
        acknowledgedSize = size
        lastSynced = nextSequence - 1
    }

    /// Whether there are frames that the next flush writes.
    package var hasPending: Bool { !pending.isEmpty }

    /// Whether there are frames that are not synced, written or pending.
    package var hasUnsynced: Bool { lastSynced + 1 < nextSequence }

    /// Appends the changes of a commit as one frame, which the next flush writes.
    ///
    /// - Parameters:
    ///   - definitions: The definitions of jobs that are already encoded.
    ///   - limit: The maximum size of the payload in bytes.
    /// - Throws: ``FileStoreError`` if the journal has stopped or the payload is too large. Nothing is appended then.
    package mutating func append(
        _ changes: some Sequence<Change>, definitions: [JobID: [UInt8]] = [:], limit: Int = Frame.maximumPayload
    ) throws {
        try appendPayload(limit: limit) { bytes in
            let start = bytes.count
            try RecordWriter.append(to: &bytes) { payload in
                for change in changes {
                    try change.write(to: &payload, definitions: definitions)
                    // Stop at the limit. The rest of the commit may be gigabytes.
                    if payload.bytes.count - start > limit { break }
                }
            }
        }
    }

    /// Appends a frame, which the next flush writes.
    ///
    /// - Parameters:
    ///   - limit: The maximum size of the payload in bytes.
    ///   - write: Appends the payload. If it throws, no frame is appended.
    package mutating func appendPayload(
        limit: Int = Frame.maximumPayload, _ write: (inout [UInt8]) throws -> Void
    ) throws {
        try appendFrame(.changes, limit: limit, write)
    }

    /// Writes the pending frames, syncs the file on request, and checks that all files are still in place.
    ///
    /// - Throws: ``FileStoreError`` if a write, sync or check fails. The pending frames are then dropped and the
    ///   journal stops.
    package mutating func flush(sync: Bool) throws(FileStoreError) {
        try flush(sync: sync, before: [])
    }

    /// - Parameter next: The file that follows this one already, if any.
    private mutating func flush(sync: Bool, before next: [HeldFile]) throws(FileStoreError) {
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
            try folder.check(base + [HeldFile(file, size: size)] + next)
            acknowledgedSize = size
        } catch {
            failure = error
            forgetPending()
            takeBack(after: error)
            throw error
        }
    }

    /// Cuts off what was not acknowledged, to keep a commit that is reported as failed from coming back.
    ///
    /// If this fails too, it may come back.
    private func takeBack(after error: FileStoreError) {
        guard error.code == .filesChanged else {
            cut(to: acknowledgedSize)
            return
        }
        // Something else may have put other bytes into the file. Remove only what was appended to them.
        let appended = size - acknowledgedSize
        guard appended > 0, let end = try? file.size(), end >= appended else { return }
        cut(to: end - appended)
    }

    private func cut(to size: Int) {
        try? file.truncate(to: size)
        // Else bytes that were synced before would be back after a power failure.
        try? file.sync()
    }

    /// Syncs this file, and continues in the file of the next generation.
    ///
    /// - Parameter next: An empty journal from ``StoreFolder/makeJournal(_:)``, which is closed if this fails.
    package mutating func rotate(to next: StoreFile) throws(FileStoreError) {
        do {
            try flush(sync: true, before: [HeldFile(next, size: FileHeader.size)])
        } catch {
            next.close()
            throw error
        }
        base.append(HeldFile(file, size: size))
        file.close()
        file = next
        generation += 1
        size = FileHeader.size
        acknowledgedSize = size
    }

    /// Records that a snapshot has replaced all files before this one.
    package mutating func follow(_ snapshot: HeldFile) {
        base = [snapshot]
    }

    /// Syncs the file, seals it and closes it.
    ///
    /// A seal proves later that everything before it was synced.
    ///
    /// - Throws: ``FileStoreError`` if that fails, or why the journal stopped earlier.
    package mutating func close() throws {
        defer { file.close() }
        if let failure { throw failure }
        try flush(sync: true)
        guard size > FileHeader.size else { return }
        try appendFrame(.seal) { _ in }
        try flush(sync: true)
    }

    /// Throws if the journal has stopped.
    package func checkRunning() throws(FileStoreError) {
        if let failure { throw Self.stopped(by: failure) }
    }

    /// Closes the file without writing anything more.
    package func abandon() {
        file.close()
    }

    /// Stops the journal, because the state in memory is ahead of it.
    package mutating func stop(_ error: FileStoreError) {
        failure = failure ?? error
        forgetPending()
    }

    private mutating func appendFrame(
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
        // Keep the memory for the next commits, but not that of a huge one.
        pending.removeAll(keepingCapacity: pending.capacity <= 1 << 20)
    }

    private static func stopped(by failure: FileStoreError) -> FileStoreError {
        FileStoreError(
            .stopped, path: failure.path,
            "the store stopped after a failure and must be opened again: \(failure.message)")
    }
}

/// The callers that wait for the next flush, each with the outcome that the flush makes durable.
struct FlushQueue {
    private var callers: [(_ failure: (any Error)?) -> Void] = []

    /// Whether no caller is waiting.
    var isEmpty: Bool { callers.isEmpty }

    /// Adds a caller, to be resumed with its outcome, or with the error of the flush.
    mutating func append<Outcome: Sendable>(
        _ caller: UnsafeContinuation<Outcome, any Error>, _ outcome: Result<Outcome, any Error>
    ) {
        callers.append { failure in
            if let failure { caller.resume(throwing: failure) } else { caller.resume(with: outcome) }
        }
    }

    /// Resumes all callers.
    mutating func resumeAll(failure: FileStoreError?) {
        let resumed = callers
        callers = []
        callers.reserveCapacity(resumed.count)
        for resume in resumed { resume(failure) }
    }
}
