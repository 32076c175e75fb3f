#if Postgres
    import RotaStore

    extension PostgresJobStore {
        /// Writes all records to a snapshot, and removes the commits that two snapshots have replaced.
        ///
        /// It is one transaction on a connection of its own, so a snapshot is there as a whole or not at all. If
        /// another instance is writing one, this does nothing. A failure loses nothing: the next commits try again.
        func writeSnapshot(at position: LogPosition, epoch: Int) async {
            var (isPublished, failure): (Bool, (any Error)?) = (false, nil)
            defer {
                snapshotting = nil
                snapshotEnded(isPublished: isPublished, failure)
            }
            let session = SnapshotSession(configuration, log)
            do {
                let minimum = environment.snapshotMinimum
                guard try await housekeeping.perform({ try session.begin(at: position, minimum: minimum) }) else {
                    if let newest = session.newest {
                        replica.follow(snapshot: newest.sequence, bytes: newest.bytes, since: session.bytesSinceNewest)
                    }
                    return
                }
                var place: StoreState.SnapshotPosition? = .jobs(after: nil)
                while let chunk = try chunk(from: &place, epoch: epoch) {
                    try await housekeeping.perform { try session.write(chunk) }
                }
                // After a failover the log may lack commits that the records have.
                guard epoch == self.epoch, let last = replica.position else { throw CancellationError() }
                let bytes = try await housekeeping.perform { try session.finish(at: position, last: last) }
                replica.follow(snapshot: position.sequence, bytes: bytes, since: 0)
                isPublished = true
                while isOpen, try await housekeeping.perform({ try session.removeReplaced() }) {}
            } catch {
                failure = error
            }
            await housekeeping.perform { session.close() }
        }
    }

    extension PostgresJobStore {
        /// Records how a snapshot ended.
        ///
        /// - Parameters:
        ///   - isPublished: Whether it is there, even if what it has replaced could not be removed.
        ///   - failure: Why something of it could not be done. Without one, another instance does it.
        private func snapshotEnded(isPublished: Bool, _ failure: (any Error)?) {
            // An end that is due to the end of the store says nothing.
            guard isOpen else { return }
            housekeepingRecord.end(isPublished: isPublished, failure, at: environment.elapsed())
            guard let reason = housekeepingRecord.failures.lastingReason else { return }
            advisories.add(
                "The log of commits in PostgreSQL grows, and new instances take longer to start, because snapshots cannot "
                    + "be made: \(reason)", on: .snapshots)
        }

        /// Waits until no snapshot is being written.
        package func snapshotEnded() async {
            while let snapshotting { await snapshotting.value }
        }
    }

    extension PostgresJobStore {
        /// For benchmarks: the number of the last commit, and the server's place in its write-ahead log in bytes.
        package func serverPosition() async throws -> (commits: Int64, bytes: Int64) {
            let configuration = configuration
            let bytes = try await housekeeping.perform {
                let connection = try PostgresConnection.open(configuration)
                defer { connection.close() }
                return try connection.perform(
                    ["SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::int8"],
                    deadline: .now.advanced(by: configuration.statementTimeout))[0][0].read(0, as: Int64.self)
            }
            _ = try await query { _ in }
            return (replica.position?.sequence ?? 0, bytes)
        }
    }

    /// The transaction that writes a snapshot.
    ///
    /// Only the housekeeping queue uses it.
    private final class SnapshotSession: @unchecked Sendable {
        private let configuration: PostgresConfiguration
        private let log: CommitLog
        private var connection: PostgresConnection?
        private var sequence: Int64 = 0
        private var parts: Int32 = 0
        private var bytes = 0
        /// The newest snapshot before this one.
        private(set) var newest: (sequence: Int64, bytes: Int)?
        /// The size of the commits since that snapshot, in bytes.
        private(set) var bytesSinceNewest = 0
        /// The tables from which replaced rows are still to be removed.
        private var removals = CommitLog.Removal.all

        init(_ configuration: PostgresConfiguration, _ log: CommitLog) {
            (self.configuration, self.log) = (configuration, log)
        }

        private var deadline: ContinuousClock.Instant { .now.advanced(by: configuration.statementTimeout) }

        /// How long the transaction may wait for the next records, which the store may be too busy to give.
        private static let idle = Duration.seconds(60)

        /// Begins the transaction.
        ///
        /// - Parameters:
        ///   - position: The last commit that the snapshot has.
        ///   - minimum: The smallest size of the commits that are worth a snapshot, in bytes.
        /// - Returns: `false` if another instance writes a snapshot, or has written one that is new enough.
        func begin(at position: LogPosition, minimum: Int) throws -> Bool {
            let connection = try PostgresConnection.open(configuration)
            self.connection = connection
            sequence = position.sequence
            // Read the newest snapshot only when the lock is taken: another instance may just have published it.
            let isFree: Bool =
                try connection.perform(
                    log.begin(idle: Self.idle) + [
                        PostgresStatement("SELECT pg_try_advisory_xact_lock($1)", [.int8(log.schema.snapshotLock)])
                    ], deadline: deadline
                ).last?.first?.read(0) ?? false
            if let row = try connection.perform([log.newestSnapshot], deadline: deadline)[0].first {
                let (sequence, size): (Int64, Int64) = (try row.read(0), try row.read(3))
                newest = (sequence, Int(clamping: size))
            }
            let threshold = max(minimum, newest?.bytes ?? 0)
            try addSizes(upTo: threshold, connection)
            return isFree && newest?.sequence ?? -1 < position.sequence && bytesSinceNewest > threshold
        }

        /// Adds up the commits since the newest snapshot, step by step, until there are enough for another one.
        private func addSizes(upTo threshold: Int, _ connection: PostgresConnection) throws {
            let limit: Int64 = 100_000
            var last = newest?.sequence ?? -1
            while bytesSinceNewest <= threshold {
                let sizes = try connection.perform([log.bytes(after: last, limit: limit)], deadline: deadline)
                guard let row = sizes[0].first else { return }
                let (bytes, count): (Int64, Int64) = (try row.read(0), try row.read(2))
                last = try row.read(1)
                bytesSinceNewest += Int(clamping: bytes)
                guard count == limit else { return }
            }
        }

        func write(_ chunk: SnapshotChunk) throws {
            guard let connection else { return }
            for payload in try chunk.payloads() {
                let statement = PostgresStatement(
                    "INSERT INTO \(log.schema.table("snapshot_parts")) (sequence, part, records) VALUES ($1, $2, $3)",
                    [.int8(sequence), .int4(parts), .bytea(payload)])
                try connection.perform([statement], deadline: deadline)
                parts += 1
                bytes += payload.count
            }
        }

        /// Publishes the snapshot.
        ///
        /// - Parameters:
        ///   - position: The last commit before the first record was read.
        ///   - last: The last commit before the last record was read. Both must be in the log.
        /// - Returns: The size of the snapshot in bytes.
        func finish(at position: LogPosition, last: LogPosition) throws -> Int {
            guard let connection else { throw CancellationError() }
            let (schema, commits) = (log.schema, log.schema.table("commits"))
            let result = try connection.perform(
                [
                    PostgresStatement(
                        """
                        INSERT INTO \(schema.table("snapshots")) (sequence, id, parts, bytes) SELECT $1, $2, $3, $4
                        WHERE EXISTS (SELECT FROM \(commits) WHERE sequence = $1 AND id = $2)
                          AND EXISTS (SELECT FROM \(commits) WHERE sequence = $5 AND id = $6)
                        """,
                        [
                            .int8(position.sequence), .uuid(position.id), .int4(parts), .int8(Int64(bytes)),
                            .int8(last.sequence), .uuid(last.id),
                        ])
                ], deadline: deadline)
            guard result[0].affectedRows == 1 else { throw CancellationError() }
            try connection.perform(["COMMIT"], deadline: deadline)
            return bytes
        }

        /// Removes a bounded part of what two snapshots have replaced.
        ///
        /// The snapshot before the newest one and the commits since then stay, for instances that are still reading
        /// them.
        ///
        /// - Returns: Whether there is more.
        func removeReplaced() throws -> Bool {
            guard let connection, let newest, let table = removals.first else { return false }
            let removal = log.remove(table, before: newest.sequence)
            let removed = try connection.perform(
                log.begin() + [removal, "COMMIT"], deadline: deadline)[log.begin().count].affectedRows
            // Fewer than the limit may be all that their bytes allow.
            if removed == 0 { removals.removeFirst() }
            return !removals.isEmpty
        }

        func close() {
            connection?.close()
            connection = nil
        }
    }
#endif
