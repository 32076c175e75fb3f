#if Postgres
    import RotaStore

    extension PostgresJobStore {
        /// Creates the tables of a store, or brings older ones up to date.
        ///
        /// It is one transaction, which gives up if it has to wait for another one longer than the configuration's
        /// `statementTimeout`, and then says which session it waited for. Running it again changes nothing.
        ///
        /// - Parameters:
        ///   - configuration: How to reach the server, as a user who may create a schema or owns the tables. If there
        ///     is nothing to do, the user of the store is enough.
        ///   - schema: The name of the schema.
        /// - Returns: Whether anything was changed.
        /// - Throws: ``PostgresError``, with the code `permissionDenied` and what to grant if the user lacks a right,
        ///   and with `lockTimeout` if another session was in the way; `StoreError` with the code `incompatibleSchema`
        ///   if the tables are of a later version that this library cannot use.
        @discardableResult
        public static func migrate(
            _ configuration: PostgresConfiguration, schema: String = "rota"
        ) async throws -> Bool {
            let schema = try PostgresSchema(schema)
            return try await SerialQueueExecutor(label: "rota.postgres.migration").perform {
                let connection = try PostgresConnection.open(configuration)
                defer { connection.close() }
                return try Migration(connection: connection, schema: schema).run()
            }
        }

        /// The statements of ``migrate(_:schema:)`` as text, for a migration tool of your own.
        ///
        /// - Parameters:
        ///   - schema: The name of the schema.
        ///   - version: The version of the tables, as in the column `version` of the table `meta`; `nil` if there are
        ///     none.
        /// - Throws: ``PostgresError`` with the code `invalidConfiguration` if the name cannot be one.
        public static func migrationSQL(schema: String = "rota", from version: Int? = nil) throws -> String {
            try PostgresSchema(schema).sql(from: version)
        }
    }

    /// One migration, on a connection that it may block on.
    struct Migration {
        let connection: PostgresConnection
        let schema: PostgresSchema

        private var deadline: ContinuousClock.Instant {
            .now.advanced(by: connection.configuration.statementTimeout * 2)
        }

        /// Brings the tables up to date.
        ///
        /// - Returns: Whether anything was changed.
        func run() throws -> Bool {
            do {
                return try migrate()
            } catch let error as PostgresError where error.code == .lockTimeout {
                throw explained(error, by: try? holders())
            } catch let error as PostgresError where error.code == .permissionDenied {
                throw explained(error, by: try? missingRight())
            }
        }

        private func migrate() throws -> Bool {
            let log = CommitLog(schema: schema, timeout: connection.configuration.statementTimeout)
            // Two instances that start together wait for each other.
            let results = try connection.perform(
                log.begin() + [
                    log.lock,
                    PostgresStatement(
                        """
                        SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1), to_regclass($2) IS NOT NULL
                        """, [.text(schema.name), .text(schema.table("meta"))], isPrepared: false),
                ], deadline: deadline)
            let row = results[results.count - 1].first
            let (hasSchema, hasTables): (Bool, Bool) = (try row?.read(0) ?? false, try row?.read(1) ?? false)
            var old: Int?
            if hasTables {
                let row = try connection.perform(
                    [PostgresStatement("SELECT version, oldest_reader FROM \(schema.table("meta"))")],
                    deadline: deadline)[0].first
                guard let row else {
                    throw StoreError(.incompatibleSchema, "The table `meta` of the schema \"\(schema.name)\" is empty.")
                }
                old = try row.read(0)
                try PostgresSchema.check(oldestReader: try row.read(1), known: PostgresSchema.version)
            }
            // Creating a schema that exists needs a right on the database all the same.
            let statements = schema.migration(from: old).dropFirst(hasSchema && !hasTables ? 1 : 0)
            try connection.perform(
                statements.map { PostgresStatement($0, isPrepared: false) } + ["COMMIT"], deadline: deadline)
            return !statements.isEmpty
        }

        private func explained(_ error: PostgresError, by advice: String?) -> PostgresError {
            guard let advice else { return error }
            return PostgresError(
                error.code, "\(advice) Nothing was changed. \(error.message)", sqlState: error.sqlState)
        }

        /// Names the sessions that hold what the migration waited for.
        private func holders() throws -> String? {
            let sessions = PostgresStatement(
                """
                SELECT DISTINCT a.pid, coalesce(a.usename::text, '?'), coalesce(a.application_name, ''),
                  coalesce(a.state, 'state unknown')
                FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                LEFT JOIN pg_class c ON c.oid = l.relation LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE l.granted AND l.pid <> pg_backend_pid()
                  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND (n.nspname = $1 OR l.locktype = 'advisory' AND l.objsubid = 1
                    AND ((l.classid::int8 << 32) | l.objid::int8) = $2)
                ORDER BY a.pid LIMIT 3
                """, [.text(schema.name), .int8(schema.commitLock)], isPrepared: false)
            let results = try connection.perform(["ROLLBACK", sessions], deadline: deadline)
            var found: [(process: Int, text: String)] = []
            for row in results[1] {
                let (process, user): (Int, String) = (try row.read(0), try row.read(1))
                let (program, state): (String, String) = (try row.read(2), try row.read(3))
                found.append((process, "\(process) of the user \"\(user)\" (\"\(program)\", \(state))"))
            }
            guard let first = found.first else {
                return "Another session was in the way, and has ended since. Migrate again."
            }
            return
                "The migration waited too long for the session \(found.map(\.text).joined(separator: ", ")). Let it end, or "
                + "end it with `SELECT pg_terminate_backend(\(first.process))`, and migrate again."
        }

        /// Says what to grant to the user, or who may migrate instead.
        private func missingRight() throws -> String? {
            let rights = PostgresStatement(
                """
                SELECT current_user::text, current_database()::text, coalesce(pg_get_userbyid(n.nspowner)::text, ''),
                  has_database_privilege(current_database(), 'CREATE'),
                  coalesce(has_schema_privilege(n.oid, 'USAGE'), false)
                    AND coalesce(has_schema_privilege(n.oid, 'CREATE'), false),
                  coalesce((SELECT pg_get_userbyid(relowner)::text FROM pg_class
                    WHERE relnamespace = n.oid AND relname = 'meta'), '')
                FROM (SELECT 1) AS one LEFT JOIN pg_namespace n ON n.nspname = $1
                """, [.text(schema.name)], isPrepared: false)
            let results = try connection.perform(["ROLLBACK", rights], deadline: deadline)
            guard let row = results[1].first else { return nil }
            let (user, database): (String, String) = (try row.read(0), try row.read(1))
            let (owner, tableOwner): (String, String) = (try row.read(2), try row.read(5))
            let (mayCreateSchema, mayCreateTables): (Bool, Bool) = (try row.read(3), try row.read(4))
            let quoted = PostgresSchema.quoted
            if !tableOwner.isEmpty, tableOwner != user {
                return
                    "The user \"\(user)\" may use the tables of the schema \"\(schema.name)\", but only their owner may "
                    + "change them: migrate as \"\(tableOwner)\"."
            }
            if owner.isEmpty, !mayCreateSchema {
                return
                    "The user \"\(user)\" may not create the schema \"\(schema.name)\". Migrate as another user, or let one "
                    + "who may do so execute: GRANT CREATE ON DATABASE \(quoted(database)) TO \(quoted(user));"
            }
            if !owner.isEmpty, !mayCreateTables {
                return
                    "The user \"\(user)\" may not create tables in the schema \"\(schema.name)\". Migrate as its owner, "
                    + "\"\(owner)\", or let its owner execute: GRANT USAGE, CREATE ON SCHEMA \(quoted(schema.name)) TO "
                    + "\(quoted(user));"
            }
            return nil
        }
    }
#endif
