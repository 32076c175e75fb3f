#if Postgres
    import RotaStore

    // The work of other transactions: requests that they left in the inbox, and those that the store commits with its own
    // changes.

    extension PostgresJobStore {
        /// Does what other programs have asked for in their own transactions.
        ///
        /// - Returns: The statements that remove the requests in the transaction of this round.
        func takeRequests(
            _ connection: PostgresConnection, _ changes: inout [UInt8]
        ) throws -> [PostgresStatement] {
            var (ids, statements): ([UInt128], [PostgresStatement]) = ([], [])
            for row in try connection.perform([log.inbox], deadline: deadline)[0] {
                let (id, record): (UInt128, [UInt8]) = (try row.read(0), try row.read(1))
                ids.append(id)
                var log = ChangeLog(encodingWith: [:], limit: PendingOperation.sizeLimit)
                do {
                    let execution = try EnqueueRecord.execution(record, id: id)
                    _ = try replica.state.enqueue([execution], log: &log)
                } catch let error as RecordFormatError where error.isLaterFormat {
                    // A newer instance takes it.
                    ids.removeLast()
                } catch {
                    statements.append(self.log.refuse(id, record, because: "\(error)"))
                }
                if let failure = log.failure { throw RoundError.unencodable(failure) }
                changes += log.payload.bytes
            }
            return ids.isEmpty ? [] : statements + [log.removeRequests(ids)]
        }

        /// Commits the changes of an app's own transaction and of the store in one.
        ///
        /// - Parameter operations: Each changes the state, or throws to roll everything back.
        func commit(_ session: PostgresSession, _ operations: [PostgresTransaction.Operation]) throws {
            guard isOpen, let connection = session.connection else {
                throw StoreError(.closed, "The store or the transaction is closed.")
            }
            do {
                do { try settle(try connected()) } catch RoundError.notCommitted {}
                if replica.position == nil { _ = try readCommits(try connected()) }
                // A violated constraint must not be found after the state has changed.
                let first: [PostgresStatement] = ["SET CONSTRAINTS ALL IMMEDIATE"] + log.begin.dropFirst() + [log.lock]
                _ = try readCommits(connection, after: first)
                var changes: [UInt8] = []
                do {
                    for operation in operations {
                        var log = ChangeLog(encodingWith: [:], limit: PendingOperation.sizeLimit)
                        try operation(&replica.state, &log)
                        if let failure = log.failure { throw RoundError.unencodable(failure) }
                        changes += log.payload.bytes
                    }
                    guard changes.count <= PendingOperation.sizeLimit else { throw RoundError.tooLarge }
                    if changes.isEmpty {
                        try connection.perform(["COMMIT"], deadline: deadline)
                    } else {
                        try append(changes, [], connection, isWhole: false)
                    }
                } catch {
                    if uncertain == nil { invalidate() }
                    throw error
                }
                announce()
            } catch {
                drop()
                throw RoundError.forCaller(error)
            }
        }
    }
#endif
