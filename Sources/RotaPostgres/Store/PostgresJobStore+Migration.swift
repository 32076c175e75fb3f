#if Postgres
    import RotaStore

    extension PostgresJobStore {
        /// Creates the tables of a store, or brings older ones up to date.
        ///
        /// It is one transaction, which gives up if it has to wait for another one longer than the configuration's
        /// `statementTimeout`. Running it again changes nothing.
        ///
        /// - Parameters:
        ///   - configuration: How to reach the server, as a user who may create a schema.
        ///   - schema: The name of the schema.
        /// - Returns: Whether anything was changed.
        /// - Throws: ``PostgresError``, and `StoreError` with the code `incompatibleSchema` if the tables are of a later
        ///   version that this library cannot use.
        @discardableResult
        public static func migrate(
            _ configuration: PostgresConfiguration, schema: String = "rota"
        ) async throws -> Bool {
            let schema = try PostgresSchema(schema)
            return try await SerialQueueExecutor(label: "rota.postgres.migration").perform {
                let connection = try PostgresConnection.open(configuration)
                defer { connection.close() }
                let log = CommitLog(schema: schema, timeout: configuration.statementTimeout)
                var deadline: ContinuousClock.Instant { .now.advanced(by: configuration.statementTimeout * 2) }
                // Two instances that start together wait for each other.
                let results = try connection.perform(
                    log.begin() + [
                        log.lock,
                        PostgresStatement(
                            "SELECT to_regclass($1) IS NOT NULL", [.text(schema.table("meta"))], isPrepared: false),
                    ], deadline: deadline)
                let exists: Bool = try results[results.count - 1].first?.read(0) ?? false
                var old: Int?
                if exists {
                    let row = try connection.perform(
                        [PostgresStatement("SELECT version, oldest_reader FROM \(schema.table("meta"))")],
                        deadline: deadline)[0].first
                    old = try row?.read(0)
                    let oldestReader: Int = try row?.read(1) ?? 0
                    guard oldestReader <= PostgresSchema.version else {
                        throw StoreError(
                            .incompatibleSchema,
                            "The tables can be used from version \(oldestReader) of the schema on, and this library knows "
                                + "\(PostgresSchema.version). Update Rota.")
                    }
                }
                let statements = schema.migration(from: old).map { PostgresStatement($0, isPrepared: false) }
                try connection.perform(statements + ["COMMIT"], deadline: deadline)
                return !statements.isEmpty
            }
        }

        /// The statements of ``migrate(_:schema:)`` for an empty database, for a migration tool of your own.
        ///
        /// - Parameter schema: The name of the schema.
        /// - Throws: ``PostgresError`` with the code `invalidConfiguration` if the name cannot be one.
        public static func migrationSQL(schema: String = "rota") throws -> String {
            try PostgresSchema(schema).sql
        }
    }
#endif
