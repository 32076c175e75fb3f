#if Postgres
    import CLibPQ

    extension PostgresConnection {
        /// Sends statements in one round trip, and waits for their results.
        ///
        /// The server works through them in order. After one that fails it skips the rest; the connection remains
        /// usable, and if a transaction is open, it must be rolled back. Statements outside a transaction are committed
        /// together at the end of the batch.
        ///
        /// If the server refuses prepared statements because the schema or the session changed, the cache is dropped.
        /// The batch is then repeated once, without names, if no transaction was open before it and the statement that
        /// failed came before anything that may commit: nothing of the batch can have remained. Else the error is
        /// thrown, and the whole transaction can be repeated: `PostgresError.isTransient` is `true`.
        ///
        /// - Parameters:
        ///   - statements: The statements.
        ///   - deadline: When to give up; `nil` is after the configuration's `statementTimeout`. Past it the connection
        ///     is closed.
        /// - Returns: One result for each statement. If only the end of the batch is missing, because the connection
        ///   broke after everything was confirmed, that is a success, and ``isBroken`` is `true` afterwards.
        /// - Throws: ``PostgresError``. `isOutcomeUnknown` is `true` exactly if a statement that may commit was sent,
        ///   and no error of the server says that it was not carried out.
        @discardableResult
        package func perform(
            _ statements: [PostgresStatement], deadline: ContinuousClock.Instant? = nil
        ) throws(PostgresError) -> [PostgresResult] {
            guard !statements.isEmpty else { return [] }
            let handle = try live()
            let deadline = deadline ?? .now.advanced(by: configuration.statementTimeout)
            var encoded: [EncodedStatement] = []
            for statement in statements { encoded.append(try EncodedStatement(statement)) }
            // A server that ended the session while nothing was asked of it is noticed before anything is sent.
            guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else {
                let reason = lastMessage(handle)
                drop("the server ended the session")
                throw PostgresError(
                    .connectionLost,
                    "The server ended the session before this round trip: \(reason) Connect again, and check its log.")
            }
            let wasInTransaction = isInTransaction
            let track = TransactionTrack(statements.map(\.sql), isInTransaction: wasInTransaction)

            var batch = Batch(encoded, track, cache: cache)
            let failure = batch.run(on: handle, until: deadline)
            for (name, encoded) in batch.prepared { cache.insert(name, for: encoded.statement.sql, encoded.types) }
            guard let failure else { return try checked(batch, track) }
            if failure.breaksConnection { return try dropped(failure, batch, track) }
            guard let staleness = batch.staleness else { throw outcome(of: failure, batch, track) }
            cache.drop(because: staleness)
            guard !wasInTransaction, track.nothingCommits(before: batch.answered) else {
                throw outcome(of: failure, batch, track)
            }

            if isInTransaction {
                var rollback = Batch(
                    [try EncodedStatement(PostgresStatement("ROLLBACK", isPrepared: false))],
                    TransactionTrack(["ROLLBACK"], isInTransaction: true), cache: StatementCache(isPreparing: false))
                if let failure = rollback.run(on: handle, until: deadline) {
                    drop("a transaction could not be rolled back")
                    throw failure.error
                }
            }
            var repeated = Batch(encoded, track, cache: StatementCache(isPreparing: false))
            guard let failure = repeated.run(on: handle, until: deadline) else { return try checked(repeated, track) }
            if failure.breaksConnection { return try dropped(failure, repeated, track) }
            throw outcome(of: failure, repeated, track)
        }

        /// The results, unless the server answered a commit by a rollback.
        private func checked(_ batch: Batch, _ track: TransactionTrack) throws(PostgresError) -> [PostgresResult] {
            guard rollback(batch, track) == nil else {
                throw PostgresError(
                    .server, "PostgreSQL rolled the transaction back, because a statement of it had failed.",
                    sqlState: "25P02")
            }
            return batch.results
        }

        /// The first commit that the server answered by a rollback.
        private func rollback(_ batch: Batch, _ track: TransactionTrack) -> Int? {
            track.commitPoints.first { index in
                index < batch.answered && TransactionTrack.isCommit(batch.statements[index].statement.sql)
                    && batch.results[index].tag == "ROLLBACK"
            }
        }

        /// Closes the connection after a batch.
        ///
        /// - Returns: The results, if the server confirmed every statement and only the end of the batch is missing.
        private func dropped(
            _ failure: BatchFailure, _ batch: Batch, _ track: TransactionTrack
        ) throws(PostgresError) -> [PostgresResult] {
            drop("an earlier round trip failed: \(failure.error.message)")
            let count = batch.statements.count
            guard batch.answered == count, !track.commitPoints.contains(count) else {
                throw outcome(of: failure, batch, track)
            }
            return try checked(batch, track)
        }

        /// The error, with whether something may have been committed.
        private func outcome(of failure: BatchFailure, _ batch: Batch, _ track: TransactionTrack) -> PostgresError {
            // After an error the server skips what follows, and rolls back a transaction that has not ended.
            let mayContinue = batch.maySendCommit && !batch.hasFailed
            return failure.error.withOutcome(
                unknown: track.mayCommit(after: batch.answered, mayContinue: mayContinue),
                confirmed: rollback(batch, track) ?? batch.answered)
        }
    }

    /// Why a batch did not succeed.
    struct BatchFailure {
        var error: PostgresError
        var breaksConnection: Bool
    }
#endif
