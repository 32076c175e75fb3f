import Foundation

extension FileJobStore {
    /// Carries an operation out, and returns when what it did, and what it saw, is as durable as promised.
    ///
    /// The caller waits once: to be a job of the actor would cost its task two more switches.
    ///
    /// - Parameter definitions: The JSON of the definitions that the operation brings along.
    nonisolated func commit<Outcome: Sendable>(
        _ definitions: [JobID: Data] = [:],
        _ operation: @escaping @Sendable (inout StoreState, inout ChangeLog) throws -> Outcome
    ) async throws -> Outcome {
        try await withUnsafeThrowingContinuation { continuation in
            executor.submit {
                self.assumeIsolated { store in
                    store.settle(continuation) { try store.write(definitions, operation) }
                }
            }
        }
    }

    /// Answers a query, when what it shows is as durable as promised; it changes nothing that is remembered.
    nonisolated func query<Answer: Sendable>(
        _ body: @escaping @Sendable (inout StoreState) throws -> Answer
    ) async throws -> Answer {
        try await withUnsafeThrowingContinuation { continuation in
            executor.submit {
                self.assumeIsolated { store in
                    store.settle(continuation) {
                        try store.checkOpen()
                        return Result { try body(&store.state) }
                    }
                }
            }
        }
    }

    /// Changes the state and adds what has changed to the journal.
    ///
    /// - Returns: What the operation returned or threw, which is for its caller only when it is durable.
    /// - Throws: An error if nothing was done.
    private func write<Outcome>(
        _ definitions: [JobID: Data], _ operation: (inout StoreState, inout ChangeLog) throws -> Outcome
    ) throws -> Result<Outcome, any Error> {
        try checkWritable()
        var log = ChangeLog(isRecording: true)
        let outcome = Result { try operation(&state, &log) }
        if log.changes.isEmpty { return outcome }
        let limit = environment.frameLimit
        do {
            try journal?.append(limit: limit) { bytes in
                let start = bytes.count
                try RecordWriter.append(to: &bytes) { payload in
                    for change in log.changes {
                        try change.write(to: &payload, definitions: definitions)
                        // What is too long by a few bytes may turn out to be so by gigabytes.
                        if payload.bytes.count - start > limit { break }
                    }
                }
            }
        } catch {
            try takeBack()
            throw reason(error)
        }
        return outcome
    }

    /// Throws if the store is closed or has stopped.
    func checkOpen() throws {
        guard isOpen else {
            throw StoreError(.closed, "The store in \(folder.path) is closed; open the folder again.")
        }
        try journal?.checkRunning()
    }

    /// Throws if the store takes no commits.
    func checkWritable() throws {
        try checkOpen()
        guard journal != nil else {
            throw FileStoreError(
                .readOnly, path: folder.path,
                "was opened to look at only; close it and open it with init(directory:) to change something")
        }
    }

    /// Undoes a commit that changed the state and cannot be written: what the files hold is what counts.
    ///
    /// Reading them takes as long as opening the store, but this happens only to commits of absurd size. If it fails,
    /// the store stops.
    private func takeBack() throws(FileStoreError) {
        do throws(FileStoreError) {
            try journal?.flush(sync: durability.syncsEveryCommit)
            let found = try FolderInspection(folder)
            if let damage = found.report.damage { throw damage }
            state = found.state
        } catch {
            journal?.stop(error)
            throw error
        }
    }

    private func reason(_ error: any Error) -> FileStoreError {
        switch error as? FileStoreError {
        case let error? where error.path.isEmpty: FileStoreError(error.code, path: folder.path, error.message)
        case let error?: error
        case nil: FileStoreError(.writeFailed, path: folder.path, "cannot hold the commit: \(error)")
        }
    }

    /// Lets a caller go on with an outcome, after the flush that all of this round share, if there is anything to flush.
    private func settle<Outcome: Sendable>(
        _ caller: UnsafeContinuation<Outcome, any Error>, _ body: () throws -> Result<Outcome, any Error>
    ) {
        let outcome: Result<Outcome, any Error>
        do {
            outcome = try body()
        } catch {
            return caller.resume(throwing: error)
        }
        guard journal?.hasPending == true else { return caller.resume(with: outcome) }
        if waiting.isEmpty {
            executor.atEndOfRound { self.assumeIsolated { $0.flush() } }
        }
        waiting.append { failure in
            if let failure { caller.resume(throwing: failure) } else { caller.resume(with: outcome) }
        }
    }

    /// Writes what is pending, and lets all who wait for it go on.
    func flush() {
        var failure: FileStoreError?
        do throws(FileStoreError) {
            try journal?.flush(sync: durability.syncsEveryCommit)
        } catch {
            failure = error
        }
        let resumed = waiting
        waiting = []
        waiting.reserveCapacity(resumed.count)
        for goOn in resumed { goOn(failure) }
        guard isOpen, let journal, failure == nil else { return }
        if let interval = durability.syncInterval, journal.hasUnsynced, nextSync == nil { sync(after: interval) }
        if compaction == nil, ledger.isDue(journal.size) { startCompaction() }
    }

    private func sync(after interval: Duration) {
        nextSync = Task { [environment, weak self] in
            guard (try? await environment.sleep(interval)) != nil else { return }
            await self?.syncNow()
        }
    }

    private func syncNow() {
        nextSync = nil
        guard isOpen else { return }
        // A failure stops the journal, and whoever comes next is told.
        try? journal?.flush(sync: true)
    }
}
