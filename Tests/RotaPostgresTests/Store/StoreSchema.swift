#if Postgres
    import Foundation
    import RotaPostgres
    import RotaStore

    /// A schema with a store's tables, in a database of the shared cluster.
    struct StoreSchema: Sendable {
        let configuration: PostgresConfiguration
        let name: String
        let cluster: PostgresCluster
        let database: String

        /// Makes a schema in a database of its own, or beside others.
        init(
            in cluster: PostgresCluster? = nil, database: String? = nil, name: String = "rota", migrates: Bool = true
        ) async throws {
            self.cluster = try cluster ?? .shared()
            self.database = try database ?? self.cluster.createDatabase()
            configuration = try PostgresConfiguration(self.cluster.string(database: self.database))
            self.name = name
            if migrates { try await PostgresJobStore.migrate(configuration, schema: name) }
        }

        func open(
            snapshotMinimum: Int = 1 << 23, polling: Duration = .milliseconds(500),
            through configuration: PostgresConfiguration? = nil, knowing version: Int? = nil
        ) async throws -> PostgresJobStore {
            var environment = PostgresStoreEnvironment()
            (environment.snapshotMinimum, environment.pollingInterval) = (snapshotMinimum, polling)
            if let version { environment.schemaVersion = version }
            return try await PostgresJobStore(
                configuration ?? self.configuration, schema: name, clockCheck: .off, environment: environment)
        }

        /// How a user reaches the database.
        func configuration(user: String) throws -> PostgresConfiguration {
            try PostgresConfiguration(cluster.string(database: database, user: user))
        }

        /// Runs a statement that returns nothing.
        func execute(_ sql: String) throws {
            let connection = try PostgresConnection.open(configuration)
            defer { connection.close() }
            try connection.perform([PostgresStatement(sql, isPrepared: false)])
        }

        /// Runs a statement, and returns the first column of its first row.
        func value<Value: PostgresDecodable>(_ sql: String, as type: Value.Type = Value.self) throws -> Value? {
            let connection = try PostgresConnection.open(configuration)
            defer { connection.close() }
            let deadline = ContinuousClock.now.advanced(by: .seconds(10))
            return try connection.perform([PostgresStatement(sql, isPrepared: false)], deadline: deadline)[0].first?
                .read(0)
        }
    }
#endif
