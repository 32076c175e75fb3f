#if Postgres
    import Foundation
    import RotaPostgres
    import RotaStore
    import RotaTesting
    import Synchronization

    /// Stores in PostgreSQL, compared with the model under random operations.
    ///
    /// Operations go to one, two or three stores on one schema in turn. Every 97th finds its store opened anew, and
    /// snapshots are written after every few kilobytes. Each life of 600 operations has a schema of its own.
    final class StoreModel: Sendable {
        private let database: PostgresConfiguration
        private let life = Mutex<(number: Int, store: RotatingStore?)>((0, nil))

        init(_ database: PostgresConfiguration) {
            self.database = database
        }

        /// Compares until a difference or the end, and exits.
        func compare(_ count: Int, seed: UInt64) async -> Never {
            // A store in PostgreSQL refuses dates that are still to come.
            let comparison = StoreComparison({ try await self.begin() }, clockJumps: false)
            let started = ContinuousClock.now
            do {
                let found = { (what: String) in
                    self.say("A difference, which is now shortened: \(what)")
                }
                try await comparison.runLives(count, seed: seed, comparingContentsEvery: 150, found: found) { made in
                    guard made.isMultiple(of: 30_000) || made > count - 600 else { return }
                    let seconds = Int((ContinuousClock.now - started) / .seconds(1))
                    say("\(made) operations agree after \(seconds) s")
                }
                say("all operations agree, seed \(seed)")
                exit(0)
            } catch {
                say("\(error)")
                exit(1)
            }
        }

        private func begin() async throws -> any JobStore {
            let (number, last) = life.withLock { life in
                life.number += 1
                return (life.number, life.store)
            }
            for case let store as PostgresJobStore in last?.stores ?? [] { await store.close() }
            let schema = "model_\(number % 2)"
            try await remove(schema)
            try await PostgresJobStore.migrate(database, schema: schema)
            var stores: [any JobStore] = []
            for _ in 0...(number % 3) { stores.append(try await open(schema)) }
            let store = RotatingStore(stores) { [self] old in
                if let old = old as? PostgresJobStore { await old.close() }
                return try await self.open(schema)
            }
            life.withLock { $0.store = store }
            return store
        }

        private func open(_ schema: String) async throws -> PostgresJobStore {
            var environment = PostgresStoreEnvironment()
            environment.snapshotMinimum = 20_000
            return try await PostgresJobStore(
                database, schema: schema, clockCheck: .off, environment: environment)
        }

        private func remove(_ schema: String) async throws {
            let connection = try PostgresConnection.open(database)
            defer { connection.close() }
            let statement = PostgresStatement("DROP SCHEMA IF EXISTS \(schema) CASCADE", isPrepared: false)
            _ = try connection.perform([statement], deadline: .now.advanced(by: .seconds(30)))
        }

        private func say(_ line: String) {
            FileHandle.standardOutput.write(Data("\(line)\n".utf8))
        }
    }
#endif
