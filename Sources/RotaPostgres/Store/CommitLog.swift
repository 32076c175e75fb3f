#if Postgres
    import RotaCore
    import RotaStore

    /// A place in the sequence of commits.
    struct LogPosition: Sendable, Hashable {
        var sequence: Int64
        /// The identifier of the commit, which tells it from another one with the same number in a restored database.
        var id: UInt128
    }

    /// The statements on the tables of a store.
    struct CommitLog: Sendable {
        let schema: PostgresSchema
        /// How long a statement may take in the server.
        let timeout: Duration

        /// The largest number of commits to read at once.
        static let pageSize: Int64 = 500

        /// The largest size of the commits to read at once, in bytes; one commit may be larger.
        static let pageBytes: Int64 = 16 << 20

        /// Begins a transaction that waits no longer than the timeout.
        ///
        /// - Parameter idle: How long it may then wait for its client. After that the server ends the session, so that
        ///   a machine that freezes or vanishes does not keep the lock.
        func begin(idle: Duration? = nil) -> [PostgresStatement] {
            // Each statement sees what was committed while the one before waited for the lock.
            ["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"] + limits(idle: idle)
        }

        /// Begins a transaction that only reads.
        var beginReading: [PostgresStatement] { ["BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY"] + limits() }

        /// Limits the times of a transaction that has begun, and makes the planner use indexes in their order.
        ///
        /// A plan that was made while a table was empty would read and sort all of it, and is kept for long. Compiling
        /// plans takes longer than any of these statements.
        func limits(idle: Duration? = nil) -> [PostgresStatement] {
            let milliseconds = max(1, timeout.millisecondsRoundedUp)
            let idle = max(1, (idle ?? timeout).millisecondsRoundedUp)
            return [
                // One statement, as each costs the server time.
                PostgresStatement(
                    """
                    SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),
                      set_config('idle_in_transaction_session_timeout', $3, true),
                      set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
                      set_config('jit', 'off', true)
                    """,
                    // The limit for locks is the shorter one: the other error would not say that it was a lock.
                    [milliseconds, max(1, milliseconds * 9 / 10), idle].map { .text("\($0)") })
            ]
        }

        /// Waits until no other instance is making a commit.
        ///
        /// The lock ends with the transaction, so it works through a pooler too.
        var lock: PostgresStatement {
            PostgresStatement("SELECT pg_advisory_xact_lock($1)::text", [.int8(schema.commitLock)])
        }

        /// Reads the server's clock, the versions of the tables, the first request that other programs have left, the
        /// isolation level, and how long the look for that request took.
        ///
        /// - Parameters:
        ///   - floor: The smallest identifier of a request to look for.
        ///   - ignored: Requests that only a later version can do.
        func facts(from floor: UInt128, ignoring ignored: [UInt128]) -> PostgresStatement {
            PostgresStatement(
                """
                SELECT extract(epoch FROM began)::float8, version, oldest_reader, first,
                  current_setting('transaction_isolation'), extract(epoch FROM clock_timestamp() - began)::float8
                FROM (
                  SELECT clock_timestamp() AS began, version, oldest_reader, (
                    SELECT id FROM \(schema.table("inbox")) WHERE id >= $1 AND id <> ALL ($2) ORDER BY id LIMIT 1
                  ) AS first FROM \(schema.table("meta")) WHERE one OFFSET 0
                ) AS looked
                """, [.uuid(floor), .uuidArray(ignored)])
        }

        /// Reads the oldest requests of other programs, up to 8 MiB but at least one, without waiting for open
        /// transactions.
        ///
        /// The record of a request that is too large is `NULL`.
        ///
        /// - Parameters:
        ///   - first: The smallest identifier.
        ///   - ignored: Requests that only a later version can do.
        func inbox(from first: UInt128, ignoring ignored: [UInt128]) -> PostgresStatement {
            PostgresStatement(
                """
                SELECT id, record FROM (
                  SELECT id, record, row_number() OVER (ORDER BY id) AS number,
                    sum(octet_length(record)) OVER (ORDER BY id) AS total
                  FROM (
                    SELECT id, CASE WHEN octet_length(record) <= $3 THEN record END AS record
                    FROM \(schema.table("inbox")) WHERE id >= $1 AND id <> ALL ($2)
                    ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
                  ) AS oldest
                ) AS sized WHERE coalesce(total, 0) <= 8388608 OR number = 1 ORDER BY id
                """, [.uuid(first), .uuidArray(ignored), .int4(Int32(EnqueueRecord.sizeLimit))])
        }

        /// Removes requests that were done or refused.
        func removeRequests(_ ids: [UInt128]) -> PostgresStatement {
            PostgresStatement("DELETE FROM \(schema.table("inbox")) WHERE id = ANY ($1)", [.uuidArray(ids)])
        }

        /// Keeps a request that could not be done, with the reason.
        func refuse(_ id: UInt128, _ record: [UInt8], because reason: String) -> PostgresStatement {
            PostgresStatement(
                """
                INSERT INTO \(schema.table("refused")) (id, record, reason) VALUES ($1, $2, $3)
                ON CONFLICT (id) DO NOTHING
                """, [.uuid(id), .bytea(record), .text(reason.replacing("\0", with: "\u{FFFD}"))])
        }

        /// Keeps a request that is too large to be read.
        func refuseUnread(_ id: UInt128, because reason: String) -> PostgresStatement {
            PostgresStatement(
                """
                INSERT INTO \(schema.table("refused")) (id, record, reason)
                SELECT id, record, $2 FROM \(schema.table("inbox")) WHERE id = $1 ON CONFLICT (id) DO NOTHING
                """, [.uuid(id), .text(reason)])
        }

        /// Reads the commits after a position, and the one at it, to see that it still is what it was.
        func commits(after position: LogPosition) -> PostgresStatement {
            PostgresStatement(
                """
                SELECT sequence, id, writer, changes, is_cut FROM (
                  SELECT sequence, id, writer, changes, lead(sequence) OVER page IS NOT NULL AS is_cut,
                    row_number() OVER page AS number, sum(octet_length(changes)) OVER page AS total
                  FROM (
                    SELECT sequence, id, writer, CASE WHEN sequence > $1 THEN changes ELSE ''::bytea END AS changes
                    FROM \(schema.table("commits")) WHERE sequence >= $1 ORDER BY sequence LIMIT $2
                  ) AS next WINDOW page AS (ORDER BY sequence)
                ) AS sized WHERE total <= $3 OR number <= 2 ORDER BY sequence
                """, [.int8(position.sequence), .int8(Self.pageSize), .int8(Self.pageBytes)])
        }

        /// Appends a commit.
        func append(_ position: LogPosition, writer: String, changes: [UInt8]) -> PostgresStatement {
            PostgresStatement(
                "INSERT INTO \(schema.table("commits")) (sequence, id, writer, changes) VALUES ($1, $2, $3, $4)",
                [.int8(position.sequence), .uuid(position.id), .text(writer), .bytea(changes)])
        }

        /// Tells other instances that there is a commit.
        ///
        /// At its end the server takes a lock of which the cluster has one, and others may keep it for long. So the
        /// wait is limited, by a setting that ends with the transaction. It is not prepared: then its failure cannot be
        /// that of a prepared statement.
        ///
        /// - Parameters:
        ///   - writer: The instance.
        ///   - wait: How long it may wait for the lock.
        func hint(of writer: String, waiting wait: Duration) -> PostgresStatement {
            PostgresStatement(
                "SELECT set_config('lock_timeout', $3, true), pg_notify($1, $2)",
                [.text(schema.newsChannel), .text(writer), .text("\(max(1, wait.millisecondsRoundedUp))ms")],
                isPrepared: false)
        }

        /// Reads the newest snapshot.
        var newestSnapshot: PostgresStatement {
            PostgresStatement(
                "SELECT sequence, id, parts, bytes FROM \(schema.table("snapshots")) ORDER BY sequence DESC LIMIT 1")
        }

        /// Adds up the sizes of the first commits after a number.
        ///
        /// Its row is their size, the number of the last of them, and how many they are.
        func bytes(after sequence: Int64, limit: Int64) -> PostgresStatement {
            PostgresStatement(
                """
                SELECT coalesce(sum(octet_length(changes)), 0)::int8, coalesce(max(sequence), $1)::int8, count(*)::int8
                FROM (
                  SELECT sequence, changes FROM \(schema.table("commits")) WHERE sequence > $1 ORDER BY sequence LIMIT $2
                ) AS first
                """, [.int8(sequence), .int8(limit)])
        }

        /// Removes the oldest rows before a number, as many as one statement can.
        ///
        /// The server works through all that a large value takes, so their bytes are limited as well.
        ///
        /// - Parameters:
        ///   - removal: The table.
        ///   - sequence: The number.
        func remove(_ removal: Removal, before sequence: Int64) -> PostgresStatement {
            let (name, columns) = (schema.table(removal.table), removal.columns)
            return PostgresStatement(
                """
                DELETE FROM \(name) WHERE (\(columns)) IN (
                  SELECT \(columns) FROM (
                    SELECT \(columns), row_number() OVER page AS number, sum(size) OVER page AS total
                    FROM (
                      SELECT \(columns), \(removal.size) AS size FROM \(name) WHERE sequence < $1
                      ORDER BY \(columns) LIMIT $2
                    ) AS oldest WINDOW page AS (ORDER BY \(columns))
                  ) AS sized WHERE total <= $3 OR number = 1)
                """, [.int8(sequence), .int8(removal.limit), .int8(Self.pageBytes)])
        }

        /// A table from which replaced rows are removed.
        struct Removal: Sendable {
            var table: String
            /// The columns of its key.
            var columns: String
            /// The size of a row in bytes, in SQL.
            var size: String
            /// How many rows to remove at a time.
            var limit: Int64

            /// The tables in the order in which they are emptied.
            static let all = [
                Removal(
                    table: "snapshot_parts", columns: "sequence, part", size: "octet_length(records)", limit: 1000),
                Removal(table: "snapshots", columns: "sequence", size: "1", limit: 1000),
                Removal(table: "commits", columns: "sequence", size: "octet_length(changes)", limit: 10_000),
            ]
        }

        /// Reads a few parts of a snapshot, up to ``pageBytes`` but at least one.
        func parts(of sequence: Int64, from part: Int32, limit: Int32) -> PostgresStatement {
            PostgresStatement(
                """
                SELECT part, records FROM (
                  SELECT part, records, row_number() OVER page AS number, sum(octet_length(records)) OVER page AS total
                  FROM (
                    SELECT part, records FROM \(schema.table("snapshot_parts"))
                    WHERE sequence = $1 AND part >= $2 ORDER BY part LIMIT $3
                  ) AS next WINDOW page AS (ORDER BY part)
                ) AS sized WHERE total <= $4 OR number = 1 ORDER BY part
                """, [.int8(sequence), .int4(part), .int4(limit), .int8(Self.pageBytes)])
        }

        /// Reads the first commit that is left.
        var firstCommit: PostgresStatement {
            PostgresStatement("SELECT sequence, id FROM \(schema.table("commits")) ORDER BY sequence LIMIT 1")
        }
    }

    /// A commit as it was read.
    struct CommitRow: Sendable {
        var position: LogPosition
        var writer: String
        var changes: [UInt8]
        /// Whether another commit follows, if not in this page, then in the next.
        var isCut: Bool

        init(_ row: PostgresRow) throws(PostgresError) {
            position = LogPosition(sequence: try row.read(0), id: try row.read(1))
            writer = try row.read(2)
            changes = try row.read(3)
            isCut = try row.read(4)
        }
    }
#endif
