#if Postgres
    import Foundation
    import RotaCore
    import RotaStore

    // The work of other transactions: requests that they left in the inbox, and those that the store commits with its
    // own changes.

    /// Decides where to look for the requests of other programs.
    ///
    /// While a transaction holds an old snapshot, the server cannot remove the rows of requests that were taken, and a
    /// look from the first row on passes them all. But the library's identifiers, and those of the SQL function, begin
    /// with a date, and nearly all new requests have one of the last seconds. So most looks begin there. Now and then a
    /// full look finds requests that took longer to commit.
    ///
    /// ```
    ///   taken, but not removed yet                    the last 5 s
    ///   ░░░░░░░░░░░░░░░░░░░░░░░░░░░░ a late one ░░░░░░│░░ new ones
    ///   ├──────── a full look ────────▶               ├──── most looks ────▶
    ///                                ├── those that follow, until it is taken
    /// ```
    struct InboxWatch: Sendable {
        /// A date of the server's clock, and when it was read by the environment's clock.
        private var server: (date: Date, readAt: Duration)?
        /// When the next full look is due, by the environment's clock.
        private var nextFullLook: Duration?
        /// How long the last full look took.
        private var cost = Duration.zero
        /// The first late request that is known, before which none is left.
        private var late: UInt128?

        /// How old a request may be and still be found by every look.
        ///
        /// It allows for clocks that differ, and for the time that a transaction takes to commit.
        static let margin = Duration.seconds(5)
        /// The shortest time between two full looks, a little less than that between two questions for news.
        static let interval = Duration.milliseconds(400)
        /// The longest time between two full looks.
        static let longestInterval = Duration.seconds(10)
        /// How long a full look may take under the lock, where all instances wait for it.
        static let patience = Duration.milliseconds(5)

        /// The smallest identifier of a request to look for; 0 for a full look.
        ///
        /// - Parameters:
        ///   - now: The current time of the environment's clock.
        ///   - isLocking: Whether other instances wait meanwhile. Slow looks are then left to queries, unless none was
        ///     made for long.
        ///   - comparesClocks: Whether this machine's clock can be compared with the server's.
        func start(at now: Duration, isLocking: Bool, comparesClocks: Bool) -> UInt128 {
            guard comparesClocks, let server, let nextFullLook else { return 0 }
            let overdue = now - nextFullLook
            let waits = isLocking && cost > Self.patience && overdue < Self.longestInterval
            guard overdue < .zero || waits else { return 0 }
            let recent = Self.identifier(server.date.advanced(by: now - server.readAt - Self.margin))
            return min(late ?? recent, recent)
        }

        /// Records what a look has found.
        ///
        /// - Parameters:
        ///   - first: The first request that it found.
        ///   - start: Where it began.
        ///   - seconds: How long it took the server.
        ///   - date: The server's date at that look.
        ///   - now: The current time of the environment's clock.
        mutating func record(
            _ first: UInt128?, from start: UInt128, in seconds: Double, date: Date, at now: Duration
        ) {
            server = (date, now)
            late = first.flatMap { $0 < Self.identifier(date.advanced(by: .zero - Self.margin)) ? $0 : nil }
            guard start == 0 else { return }
            cost = Duration(clamping: seconds)
            nextFullLook = nil
            postpone(for: cost, at: now)
        }

        /// Puts the next full look off, so that looks take up to a twentieth of the time.
        ///
        /// - Parameters:
        ///   - duration: How long a look took.
        ///   - now: The current time of the environment's clock.
        mutating func postpone(for duration: Duration, at now: Duration) {
            let pause = min(max(Self.interval, min(duration, .seconds(60)) * 20), Self.longestInterval)
            nextFullLook = max(nextFullLook ?? now, now + pause)
        }

        /// The smallest identifier of a date.
        private static func identifier(_ date: Date) -> UInt128 {
            let milliseconds = UInt64(exactly: (date.timeIntervalSince1970 * 1000).rounded(.down)) ?? 0
            return UInt128(min(milliseconds, 1 << 48 - 1)) << 80
        }
    }

    extension PostgresJobStore {
        /// Does what other programs have asked for in their own transactions.
        ///
        /// - Returns: The statements that remove the requests in the transaction of this round.
        func takeRequests(
            _ facts: Facts, _ connection: PostgresConnection, _ changes: inout [UInt8]
        ) throws -> [PostgresStatement] {
            guard let first = facts.firstRequest else { return [] }
            var (ids, statements): ([UInt128], [PostgresStatement]) = ([], [])
            // Newer instances take theirs. What is still there is found again.
            if laterRequests.count >= 10_000 { laterRequests = [] }
            let askedAt = environment.elapsed()
            let page = try connection.perform([log.inbox(from: first, ignoring: laterRequests)], deadline: deadline)[0]
            let answeredAt = environment.elapsed()
            inbox.postpone(for: answeredAt - askedAt, at: answeredAt)
            for row in page {
                let (id, bytes): (UInt128, [UInt8]?) = (try row.read(0), try row.readIfPresent(1))
                ids.append(id)
                guard let record = bytes else {
                    statements.append(log.refuseUnread(id, because: EnqueueRecord.sizeReason))
                    continue
                }
                var log = ChangeLog(encodingWith: [:], limit: PendingOperation.sizeLimit)
                do {
                    let execution = try requested(by: record, id: id, facts)
                    _ = try replica.state.enqueue([execution], log: &log)
                } catch let error as RecordFormatError where error.isLaterFormat {
                    // A newer instance takes it. This one must not wake for it again, nor be kept from younger ones.
                    ids.removeLast()
                    if laterRequests.count < 10_000 { laterRequests.append(id) }
                } catch {
                    statements.append(self.log.refuse(id, record, because: "\(error)"))
                }
                do { changes += try log.encoded() } catch { throw RoundError.unencodable(error) }
            }
            return ids.isEmpty ? [] : statements + [log.removeRequests(ids)]
        }

        /// The execution that a record of the inbox asks for.
        private func requested(by record: [UInt8], id: UInt128, _ facts: Facts) throws -> Execution {
            let execution: Execution
            if environment.schemaVersion >= 2, let request = try EnqueueRequest(record) {
                execution = try request.execution(id: id, in: replica.state)
            } else {
                execution = try EnqueueRecord.execution(record, id: id)
                try EnqueueRecord.check(execution, in: replica.state)
            }
            if clockCheck != .off {
                let newest = try replica.state.executions(ExecutionQuery(order: .descending, limit: 1)).items.first
                try EnqueueRecord.check(id: id, newest: newest?.id.bits, at: facts.date)
            }
            return facts.dated(execution)
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
                        try operation(&replica.state, &log, facts)
                        do { changes += try log.encoded() } catch { throw RoundError.unencodable(error) }
                    }
                    guard changes.count <= PendingOperation.sizeLimit else { throw RoundError.tooLarge }
                    if changes.isEmpty {
                        try connection.perform(["COMMIT"], deadline: deadline)
                    } else {
                        try append(changes, [], connection, isWhole: false)
                    }
                } catch {
                    // The copy has changes that are not committed. Reading it again is expensive, and a lost lease is
                    // not rare.
                    if uncertain == nil, hasChanged { invalidate() }
                    throw error
                }
                announce()
            } catch let error as PostgresError where error.isRefusal || error.code == .invalidValue {
                drop()
                throw error
            } catch {
                drop()
                throw RoundError.forCaller(error)
            }
        }
    }
#endif
