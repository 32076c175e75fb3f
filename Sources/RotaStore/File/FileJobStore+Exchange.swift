public import Foundation

extension FileJobStore {
    /// Takes all records as they are now, to be written as lines of JSON while the store goes on.
    ///
    /// - Throws: ``FileStoreError`` if the store has stopped.
    public nonisolated func exportRecords() async throws -> StoreExport {
        try await query { $0.export() }
    }

    /// Fills an empty store with the records of an export: with all of them, or with none.
    ///
    /// Nothing else is done meanwhile. Leases are taken as they are, and end when their time is over. If the process
    /// dies half-way, the store is empty when it is next opened.
    ///
    /// - Parameter lines: The lines of a ``StoreExport``, in order.
    /// - Throws: ``StoreImportError`` if the store is not empty, or the lines are no export; ``FileStoreError`` if the
    ///   records cannot be written; and what the lines throw.
    public func importRecords<Lines: AsyncSequence & Sendable>(_ lines: Lines) async throws
    where Lines.Element == String {
        try checkEmpty()
        try await adopt(try await StoreState(importing: lines))
    }

    /// Fills an empty store with the records of a file that ``StoreExport/write(to:)`` wrote.
    ///
    /// - Parameter file: A file of lines.
    /// - Throws: As ``importRecords(_:)`` does, and ``FileStoreError`` if the file cannot be read.
    public func importRecords(from file: URL) async throws {
        try checkEmpty()
        let path = file.path(percentEncoded: false)
        let imported = try await housekeeping.perform { [files = environment.files] in
            try StoreState(importing: path, in: files)
        }
        try await adopt(imported)
    }

    private func checkEmpty() throws {
        try checkWritable()
        guard state.isEmpty else { throw StoreImportError.notEmpty }
    }

    /// Makes records the store's own, by a snapshot that counts when it has its name.
    private func adopt(_ imported: StoreState) async throws {
        await compactionEnded()
        // From here on nothing waits, so that nothing comes in between.
        try checkEmpty()
        let generation = (journal?.generation ?? 0) + 1
        let next = try folder.makeJournal(generation)
        do {
            let size = journal?.size ?? 0
            try journal?.rotate(to: next)
            ledger.olderJournalBytes += size
        } catch {
            next.close()
            throw error
        }
        var writer = try SnapshotWriter(generation, sequence: journal?.nextSequence ?? 1, in: folder)
        do {
            var place: StoreState.SnapshotPlace? = .jobs(after: nil)
            while let from = place {
                let (payloads, following) = try Self.payloads(
                    of: imported, from: from, limit: environment.snapshotChunk)
                place = following
                for payload in payloads { try writer.append(payload) }
            }
        } catch {
            writer.discard()
            throw error
        }
        do {
            try writer.finish()
        } catch {
            writer.discard()
            // Whether the snapshot has its name is not known, so no commit may follow upon either state.
            let reason = error as? FileStoreError
            journal?.stop(reason ?? FileStoreError(.writeFailed, path: folder.path, "cannot be imported: \(error)"))
            throw error
        }
        state = imported
        ledger.succeed(snapshot: writer.size, journal: journal?.size ?? 0)
        // What is left over is removed by the next compaction or opening.
        try? folder.removeSuperseded(before: generation)
    }
}
