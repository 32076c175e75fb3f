#if Postgres
    import Foundation
    import RotaCore
    import RotaStore

    // The work of other transactions: requests that they left in the inbox, and those that the store commits with its
    // own changes.

    extension PostgresJobStore {
        /// Does what other programs have asked for in their own transactions.
        ///
        /// - Returns: The statements that remove the requests in the transaction of this round.
        func takeRequests(
            _ connection: PostgresConnection, _ changes: inout [UInt8]
        ) throws -> [PostgresStatement] {
            var (ids, statements): ([UInt128], [PostgresStatement]) = ([], [])
            // Newer instances take theirs. What is still there is found again.
            if laterRequests.count >= 10_000 { laterRequests = [] }
            for row in try connection.perform([log.inbox(ignoring: laterRequests)], deadline: deadline)[0] {
                let (id, bytes): (UInt128, [UInt8]?) = (try row.read(0), try row.readIfPresent(1))
                ids.append(id)
                guard let record = bytes else {
                    statements.append(log.refuseUnread(id, because: EnqueueRecord.sizeReason))
                    continue
                }
                var log = ChangeLog(encodingWith: [:], limit: PendingOperation.sizeLimit)
                do {
                    let request = environment.schemaVersion < 2 ? nil : try EnqueueRequest(record)
                    let execution =
                        try request?.execution(id: id, in: replica.state) ?? EnqueueRecord.execution(record, id: id)
                    _ = try replica.state.enqueue([execution], log: &log)
                } catch let error as RecordFormatError where error.isLaterFormat {
                    // A newer instance takes it. This one must not wake for it again, nor be kept from younger ones.
                    ids.removeLast()
                    if laterRequests.count < 10_000 { laterRequests.append(id) }
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
        /// - Parameters:
        ///   - session: The connection of the transaction.
        ///   - operations: Each changes the state, or throws to roll everything back.
        ///   - date: The latest date of the caller's clock in the operations.
        func commit(
            _ session: PostgresSession, _ operations: [PostgresTransaction.Operation], by date: Date?
        ) throws {
            guard isOpen, let connection = session.connection else {
                throw StoreError(.closed, "The store or the transaction is closed.")
            }
            do {
                do {
                    try settle(try connected())
                } catch RoundError.notCommitted {
                    // The caller of that commit has got its error.
                } catch RoundError.outcomeUnknown {}
                // Reading much takes long, so not under the lock.
                _ = try readCommits(try connected())
                // A violated constraint must not be found after the state has changed.
                let first: [PostgresStatement] = ["SET CONSTRAINTS ALL IMMEDIATE"] + log.limits() + [log.lock]
                let facts = try readCommits(connection, locking: first)
                if let date, case let skew = date.elapsed(since: facts.date), skew > .zero,
                    let error = clockCheck.error(for: skew)
                {
                    throw error
                }
                var (changes, hasChanged): ([UInt8], Bool) = ([], false)
                do {
                    for operation in operations {
                        var log = ChangeLog(encodingWith: [:], limit: PendingOperation.sizeLimit)
                        defer { if !log.isEmpty { hasChanged = true } }
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
                    // The copy has changes that are not committed. Reading it anew is expensive, and a lost lease is
                    // not rare.
                    if uncertain == nil, hasChanged { invalidate() }
                    throw error
                }
                announce()
            } catch let error as PostgresError where error.isViolation || error.code == .invalidValue {
                drop()
                throw error
            } catch {
                drop()
                throw RoundError.forCaller(error)
            }
        }
    }
#endif
