extension FileJobStore {
    /// How the store is doing: its size, its work in the background, and what went wrong there.
    ///
    /// A compaction that fails harms nothing and is tried again, but as long as none succeeds the journals grow; here is
    /// the place to see it.
    public var status: FileStoreStatus {
        FileStoreStatus(
            jobs: state.jobs.count, executions: state.executions.count,
            journalBytes: (journal?.size ?? 0) + ledger.olderJournalBytes, snapshotBytes: ledger.snapshotBytes,
            compactionThreshold: ledger.threshold, isCompacting: compaction != nil, compactions: ledger.succeeded,
            failedCompactions: ledger.failed, compactionFailure: ledger.failure, failure: journal?.failure,
            isReadOnly: journal == nil)
    }

    /// Writes a snapshot of all records and removes the journals that it replaces.
    ///
    /// The store does this by itself when the journals outgrow the records; commits go on meanwhile.
    ///
    /// - Throws: ``FileStoreError`` if the snapshot cannot be written; the store is none the worse for it, and tries
    ///   again by itself when the journals have grown by some more.
    public func compact() async throws {
        try checkWritable()
        if compaction == nil { startCompaction() }
        try await compaction?.value
    }

    /// Waits until no compaction is under way, however the last one ends.
    package func compactionEnded() async {
        while let compaction { _ = await compaction.result }
    }

    /// Begins a compaction in the background.
    func startCompaction() {
        compaction = Task {
            defer { compaction = nil }
            do {
                let size = try await writeSnapshot()
                ledger.succeed(snapshot: size, journal: journal?.size ?? 0)
                let (folder, generation) = (folder, journal?.generation ?? 0)
                try await housekeeping.perform { try folder.removeSuperseded(before: generation) }
            } catch {
                // Closing the store ends a compaction too, and is no failure.
                if !(error is CancellationError) {
                    let failure =
                        error as? FileStoreError
                        ?? FileStoreError(.writeFailed, path: folder.path, "cannot be compacted: \(error)")
                    ledger.fail(failure, journal: journal?.size ?? 0)
                }
                throw error
            }
        }
    }

    /// Writes all records to a snapshot, in pieces between commits, and returns its length.
    private func writeSnapshot() async throws -> Int {
        let (folder, chunk) = (folder, environment.snapshotChunk)
        try checkWritable()
        let generation = (journal?.generation ?? 0) + 1
        let next = try await housekeeping.perform { try folder.makeJournal(generation) }
        do {
            try Task.checkCancellation()
            let size = journal?.size ?? 0
            try journal?.rotate(to: next)
            ledger.olderJournalBytes += size
        } catch {
            next.close()
            throw error
        }
        let sequence = journal?.nextSequence ?? 1
        var writer = try await housekeeping.perform {
            try SnapshotWriter(generation, sequence: sequence, in: folder)
        }
        do {
            var place: StoreState.SnapshotPlace? = .jobs(after: nil)
            while let from = place {
                try Task.checkCancellation()
                let (payloads, following) = try Self.payloads(of: state, from: from, limit: chunk)
                place = following
                for payload in payloads {
                    writer = try await housekeeping.perform { [writer] in
                        var writer = writer
                        try writer.append(payload)
                        return writer
                    }
                }
            }
            try Task.checkCancellation()
            // The snapshot may hold parts of commits that are still being written: they must be certain before it is.
            try journal?.flush(sync: true)
            writer = try await housekeeping.perform { [writer] in
                var writer = writer
                try writer.finish()
                return writer
            }
        } catch {
            await housekeeping.perform { [writer] in writer.discard() }
            throw error
        }
        return writer.size
    }

    /// Encodes the next records of a walk, in more than one frame if they are large: their size is bounded as well as
    /// their number.
    static func payloads(
        of state: StoreState, from place: StoreState.SnapshotPlace, limit: Int
    ) throws -> (payloads: [[UInt8]], next: StoreState.SnapshotPlace?) {
        var payload = RecordWriter()
        if case .executions(let after) = place {
            let next = try state.writeExecutions(after: after, limit: limit, bytes: frameSize, to: &payload)
            return (payload.bytes.isEmpty ? [] : [payload.bytes], next)
        }
        var payloads: [[UInt8]] = []
        let (changes, next) = state.snapshot(from: place, limit: limit)
        for change in changes {
            try change.write(to: &payload)
            guard payload.bytes.count > frameSize else { continue }
            payloads.append(payload.bytes)
            payload = RecordWriter()
        }
        if !payload.bytes.isEmpty { payloads.append(payload.bytes) }
        return (payloads, next)
    }

    /// The length in bytes from which on a frame of a snapshot takes no more records.
    private static let frameSize = 1 << 20
}
