#if Postgres
    import Foundation
    import RotaCore
    import RotaStore

    // How the copy follows the log of commits. Every read is a transaction with time limits of its own, so that the
    // server does not continue it when the client has given up.

    extension PostgresJobStore {
        /// The answers of the server when the copy was brought up to date.
        struct Facts {
            var date = Date.distantPast
            /// When the question for that date was sent, and when its answer was there, by the environment's clock.
            var (sentAt, receivedAt) = (Duration.zero, Duration.zero)
            /// How far the clock of a caller may differ.
            var clockCheck = ClockCheck.off
            /// The first request of other programs that was found.
            var firstRequest: UInt128?
        }

        /// Brings the copy up to date.
        ///
        /// - Parameters:
        ///   - connection: The connection.
        ///   - locking: The statements that begin a transaction and take the lock, sent with the first round trip.
        ///     Without any, each page of commits is a transaction.
        ///   - isPatient: Whether to read more than one page under the lock.
        /// - Throws: `RoundError.isBehind` if there is more than one page, and it is not patient.
        func readCommits(
            _ connection: PostgresConnection, locking: [PostgresStatement] = [], isPatient: Bool = true
        ) throws -> Facts {
            var (facts, reloads, isForeign) = (Facts(), 0, false)
            facts.clockCheck = clockCheck
            var first = locking.isEmpty ? log.beginReading : locking
            let last: [PostgresStatement] = locking.isEmpty ? ["COMMIT"] : []
            while true {
                guard let position = replica.position else {
                    guard locking.isEmpty else { throw RoundError.needsReload }
                    guard reloads < 3 else { throw unreadable(isForeign: isForeign) }
                    reloads += 1
                    try reload(connection)
                    newsDesk.hasNews = true
                    continue
                }
                facts.sentAt = environment.elapsed()
                let start = inbox.start(
                    at: facts.sentAt, isLocking: !locking.isEmpty, comparesClocks: clockCheck != .off)
                let sentDate = environment.now()
                let results = try connection.perform(
                    first
                        + [log.facts(from: start, ignoring: laterRequests), log.commits(after: position)]
                        + last, deadline: deadline)
                facts.receivedAt = environment.elapsed()
                if !locking.isEmpty { first = [] }
                let page = results.count - last.count - 1
                (facts.date, facts.firstRequest) = try checkVersion(results[page - 1])
                inbox.record(
                    facts.firstRequest, from: start, in: try results[page - 1].first?.read(5) ?? 0, date: facts.date,
                    at: facts.receivedAt)
                if let newer = ClockEstimate(
                    server: facts.date, sentAt: sentDate, receivedAt: environment.now(), measuredAt: facts.receivedAt)
                {
                    clock = clock?.updated(by: newer) ?? newer
                }
                var rows: [CommitRow] = []
                for row in results[page] { rows.append(try CommitRow(row)) }
                guard let hasOthers = try replica.apply(rows, writer: environment.writer) else {
                    // Commits that are missing at the front were removed. Others were lost.
                    isForeign = rows.first.map { $0.position.sequence <= position.sequence } ?? true
                    epoch += 1
                    continue
                }
                if hasOthers { newsDesk.hasNews = true }
                guard rows.count >= CommitLog.pageSize || rows.last?.isCut == true else { return facts }
                guard locking.isEmpty || isPatient else { throw RoundError.isBehind }
            }
        }

        /// The error if a snapshot was read three times, and never continued by the log.
        private func unreadable(isForeign: Bool) -> StoreError {
            guard isForeign else {
                return StoreError(
                    .unavailable,
                    "Snapshots in the schema \"\(log.schema.name)\" are replaced faster than this machine reads them. Try "
                        + "again, and check the network.")
            }
            return StoreError(
                .incompatibleSchema,
                "The newest snapshot in the schema \"\(log.schema.name)\" is not in its log of commits, as after a "
                    + "partial restore. Restore all tables of the schema from one backup.")
        }

        private func checkVersion(_ result: PostgresResult) throws -> (date: Date, firstRequest: UInt128?) {
            guard let row = result.first else {
                throw StoreError(.incompatibleSchema, "The table `meta` of the schema \"\(log.schema.name)\" is empty.")
            }
            let seconds: Double = try row.read(0)
            let (version, oldestReader): (Int, Int) = (try row.read(1), try row.read(2))
            guard version >= PostgresSchema.oldestUsable else {
                throw StoreError(
                    .incompatibleSchema,
                    "The tables have version \(version), and this library needs \(PostgresSchema.oldestUsable). Bring them "
                        + "up to date with `PostgresJobStore.migrate(_:schema:)`.")
            }
            try PostgresSchema.check(oldestReader: oldestReader, known: environment.schemaVersion)
            let isolation: String = try row.read(4)
            guard isolation == "read committed" else {
                throw PostgresError(
                    .invalidValue,
                    "The transaction is \(isolation.uppercased()), and changes of the store need READ COMMITTED, with "
                        + "which `withTransaction` begins it: they must see what others commit meanwhile.")
            }
            return (Date(timeIntervalSince1970: seconds), try row.readIfPresent(3))
        }

        /// Reads the newest snapshot, if there is one.
        ///
        /// The commits after it are read as usual. If the snapshot is removed meanwhile, because a newer one has
        /// replaced it, the copy has no position afterwards.
        private func reload(_ connection: PostgresConnection) throws {
            invalidate()
            let results = try read(
                [log.facts(from: .max, ignoring: []), log.newestSnapshot, log.firstCommit],
                connection)
            _ = try checkVersion(results[0])
            guard let snapshot = results[1].first else {
                guard let row = results[2].first else {
                    throw StoreError(
                        .incompatibleSchema, "The table `commits` of the schema \"\(log.schema.name)\" is empty.")
                }
                return replica.begin(at: LogPosition(sequence: try row.read(0), id: try row.read(1)), snapshot: nil)
            }
            let position = LogPosition(sequence: try snapshot.read(0), id: try snapshot.read(1))
            let (parts, bytes): (Int, Int64) = (try snapshot.read(2), try snapshot.read(3))
            var next = 0
            while next < parts {
                let page = try read(
                    [log.parts(of: position.sequence, from: Int32(clamping: next), limit: 8)], connection)[0]
                if page.isEmpty { return invalidate() }
                for row in page {
                    // Parts are removed step by step, from the first on.
                    guard try row.read(0, as: Int.self) == next else { return invalidate() }
                    try replica.load(try row.read(1))
                    next += 1
                }
            }
            replica.begin(at: position, snapshot: (position.sequence, Int(clamping: bytes)))
        }

        /// Performs queries in a transaction.
        private func read(_ queries: [PostgresStatement], _ connection: PostgresConnection) throws -> [PostgresResult] {
            Array(
                try connection.perform(log.beginReading + queries + ["COMMIT"], deadline: deadline)
                    .dropFirst(log.beginReading.count))
        }
    }
#endif
