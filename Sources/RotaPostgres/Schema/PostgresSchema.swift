#if Postgres
    import RotaStore

    /// The tables of a store, in a schema of the database.
    ///
    /// ```
    ///   commits                                   snapshots            inbox
    ///   sequence │ id │ writer │ changes          sequence │ parts     requests from transactions
    ///   ─────────┼────┼────────┼────────          of all records       of other programs
    ///      811   │ …  │  web-1 │ 420 bytes
    ///      812   │ …  │  web-2 │ 1.2 kB     every instance applies the commits to its own copy of the records
    /// ```
    ///
    /// Commits are inserted once and removed together when a snapshot has replaced them. Nothing is updated, so a
    /// transaction that is open for hours does not slow commits down; only requests in the inbox leave dead rows
    /// behind.
    struct PostgresSchema: Sendable, Hashable {
        /// The version of the tables that this library creates.
        ///
        /// | version | what came with it | oldest library that can use the tables |
        /// |---|---|---|
        /// | 1 | the tables | 1 |
        /// | 2 | the function `enqueue` | 1 |
        static let version = 2
        /// The oldest version of the tables that this library can use.
        static let oldestUsable = 1

        /// The name of the schema.
        let name: String

        /// Checks the name of a schema.
        ///
        /// - Throws: ``PostgresError`` with the code `invalidConfiguration` unless it has 1 to 63 bytes and no U+0000.
        init(_ name: String) throws(PostgresError) {
            guard (1...63).contains(name.utf8.count), !name.utf8.contains(0) else {
                throw PostgresError(
                    .invalidConfiguration,
                    "The name of the schema must have 1 to 63 bytes and no U+0000, not \(name.utf8.count) bytes.")
            }
            self.name = name
        }

        /// The name of a table, quoted.
        func table(_ table: String) -> String { "\(Self.quoted(name)).\(table)" }

        static func quoted(_ name: String) -> String {
            "\"" + name.replacing("\"", with: "\"\"") + "\""
        }

        static func literal(_ text: String) -> String {
            // A backslash is a plain character, as it always is with standard_conforming_strings.
            "'" + text.replacing("'", with: "''") + "'"
        }

        /// The key of the lock under which commits are made, one after another.
        var commitLock: Int64 { lock("commit") }
        /// The key of the lock under which a snapshot is written.
        var snapshotLock: Int64 { lock("snapshot") }
        /// The channel on which instances tell each other of commits.
        var newsChannel: String {
            let channel = "rota:\(name)"
            // The server takes names of up to 63 bytes.
            return channel.utf8.count <= 63
                ? channel : "rota:" + String(UInt64(bitPattern: lock("news")), radix: 16)
        }
        /// Hashes a purpose and the schema (FNV-1a), so that stores in different schemas do not wait for each other.
        private func lock(_ purpose: String) -> Int64 {
            let hash = "rota \(purpose) \(name)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
                (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
            return Int64(bitPattern: hash)
        }

        /// Checks that a library may use tables.
        ///
        /// - Parameters:
        ///   - oldestReader: The oldest library that may use them, as the tables say.
        ///   - known: The version of the tables that the library knows.
        static func check(oldestReader: Int, known: Int) throws(StoreError) {
            guard oldestReader <= known else {
                throw StoreError(
                    .incompatibleSchema,
                    "The tables can be used from version \(oldestReader) of the schema on, and this library knows "
                        + "\(known). Update Rota.")
            }
        }

        /// The statements that create the tables or bring older ones up to date, in order.
        ///
        /// A step either adds what older libraries do not look at, or it removes what no library uses any more that
        /// `oldest_reader` admits. So old and new instances work side by side, whichever is deployed first.
        ///
        /// - Parameters:
        ///   - old: The version of the existing tables, or `nil` if there are none. Then the first statement creates
        ///     the schema.
        ///   - version: The version to reach.
        func migration(from old: Int?, to version: Int = PostgresSchema.version) -> [String] {
            var statements = old == nil ? creation : []
            if old ?? 1 < 2, version >= 2 {
                statements += [enqueueFunction, "UPDATE \(table("meta")) SET version = 2"]
            }
            return statements
        }

        /// The statements that create the tables of version 1.
        private var creation: [String] {
            [
                "CREATE SCHEMA IF NOT EXISTS \(Self.quoted(name))",
                """
                CREATE TABLE \(table("meta")) (
                  one boolean PRIMARY KEY DEFAULT true CHECK (one),
                  version int4 NOT NULL,
                  oldest_reader int4 NOT NULL,
                  store_id uuid NOT NULL,
                  created_at timestamptz NOT NULL DEFAULT now()
                )
                """,
                """
                CREATE TABLE \(table("commits")) (
                  sequence int8 PRIMARY KEY,
                  id uuid NOT NULL,
                  writer text NOT NULL,
                  changes bytea NOT NULL,
                  committed_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """,
                // Changes are binary already. Compressing them again would cost time and save little.
                "ALTER TABLE \(table("commits")) ALTER COLUMN changes SET STORAGE EXTERNAL",
                """
                CREATE TABLE \(table("snapshots")) (
                  sequence int8 PRIMARY KEY,
                  id uuid NOT NULL,
                  parts int4 NOT NULL,
                  bytes int8 NOT NULL,
                  made_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """,
                """
                CREATE TABLE \(table("snapshot_parts")) (
                  sequence int8 NOT NULL,
                  part int4 NOT NULL,
                  records bytea NOT NULL,
                  PRIMARY KEY (sequence, part)
                )
                """,
                "ALTER TABLE \(table("snapshot_parts")) ALTER COLUMN records SET STORAGE EXTERNAL",
                """
                CREATE TABLE \(table("inbox")) (
                  id uuid PRIMARY KEY,
                  record bytea NOT NULL CHECK (octet_length(record) <= \(EnqueueRecord.sizeLimit)),
                  received_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """,
                """
                CREATE TABLE \(table("refused")) (
                  id uuid PRIMARY KEY,
                  record bytea NOT NULL,
                  reason text NOT NULL,
                  refused_at timestamptz NOT NULL DEFAULT clock_timestamp()
                )
                """,
                "INSERT INTO \(table("meta")) (version, oldest_reader, store_id) VALUES (1, 1, gen_random_uuid())",
                """
                INSERT INTO \(table("commits")) (sequence, id, writer, changes)
                SELECT 0, store_id, '', '' FROM \(table("meta"))
                """,
            ]
        }

        /// The migration as one text, for teams that migrate with a tool of their own.
        func sql(from old: Int?) -> String {
            "BEGIN;\n" + migration(from: old).map { $0 + ";\n" }.joined() + "COMMIT;\n"
        }
    }
#endif
