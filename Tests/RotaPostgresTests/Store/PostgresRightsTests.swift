#if Postgres
    import Foundation
    import Rota
    import RotaPostgres
    import RotaStore
    import RotaTesting
    import Testing

    /// Users with no more rights than the article *Operating it* names.
    @Suite("Store in PostgreSQL: rights", .serialized)
    struct PostgresRightsTests {
        /// The statements of the article's block of SQL that begins with a comment.
        private func grants(after comment: String) throws -> String {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            let article = try String(
                contentsOf: root.appending(path: "Sources/RotaPostgres/RotaPostgres.docc/OperatingIt.md"),
                encoding: .utf8)
            let blocks = article.components(separatedBy: "```sql\n").dropFirst()
            let block = try #require(blocks.first { $0.hasPrefix("-- \(comment)") })
            return try #require(block.components(separatedBy: "\n```").first)
        }

        /// A role of the database's own, which owns nothing and has what a block of the article grants.
        private func role(_ name: String, of schema: StoreSchema, _ comment: String) throws -> PostgresConfiguration {
            let role = "\(name)_\(schema.database)"
            let sql =
                try "CREATE ROLE \(role) LOGIN;\n"
                + grants(after: comment).replacing(" TO \(name);", with: " TO \(role);")
            let outcome = try schema.cluster.psql(sql, database: schema.database)
            #expect(outcome.isDone, "\(outcome.output)")
            return try schema.configuration(user: role)
        }

        @Test("A role with the rights of the guide does all of a store's work", arguments: StoreContract.checks)
        func contract(_ check: StoreContract.Check) async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(through: role("app", of: schema, "The user of the store"))
            try await check.run { store }
            await store.close()
        }

        @Test(
            "A role with the rights of the guide writes snapshots, takes requests, listens and finds tables up to date")
        func rest() async throws {
            let schema = try await StoreSchema()
            let configuration = try role("app", of: schema, "The user of the store")
            let store = try await schema.open(snapshotMinimum: 1000, through: configuration)
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            _ = try await scheduler.declare([JobDraft(queue: "work")], owner: "app")
            let running = Task { try await scheduler.run() }
            #expect(await holds { await store.status.news == .listening })
            let enqueue = try await scheduler.enqueueStatement("work", payload: 7, in: store)
            try await store.withTransaction { transaction in
                try await transaction.execute(enqueue.sql, enqueue.parameters.map { .text($0) })
                try await scheduler.enqueue("work", payload: 8, in: transaction)
            }
            let program = try role("shop", of: schema, "A program that only enqueues")
            let connection = try PostgresConnection.open(program)
            _ = try connection.perform(["SELECT rota.enqueue('work', '9')", "SELECT rota.enqueue('gone')"])
            #expect(try await holds { try await store.counts().executions == [.queued: 3] })
            #expect(try await holds { try schema.value("SELECT count(*) FROM rota.refused", as: Int64.self) == 1 })
            // A program that only enqueues reads nothing.
            #expect(throws: PostgresError.self) { try connection.perform(["SELECT id FROM rota.inbox"]) }
            for _ in 0..<30 { _ = try await scheduler.enqueue("work", payload: 1) }
            await store.snapshotEnded()
            #expect(try schema.value("SELECT count(*) FROM rota.snapshots", as: Int64.self) ?? 0 > 0)
            #expect(try schema.value("SELECT min(sequence) FROM rota.commits", as: Int64.self) ?? 0 > 0)
            #expect(try await !PostgresJobStore.migrate(configuration))
            scheduler.beginShutdown()
            try await running.value
        }

        @Test("A store without rights says which it needs")
        func nothing() async throws {
            let schema = try await StoreSchema()
            try schema.execute("CREATE ROLE nobody_\(schema.database) LOGIN")
            let error = await #expect(throws: PostgresError.self) {
                try await PostgresJobStore(schema.configuration(user: "nobody_\(schema.database)"))
            }
            #expect(error?.code == .permissionDenied)
            #expect(error?.message.contains("USAGE on the schema \"rota\", SELECT, INSERT and DELETE") == true)
        }

        @Test("A migration that lacks a right says what to grant, and changes nothing; with it, the migration succeeds")
        func migration() async throws {
            let schema = try await StoreSchema(migrates: false)
            let role = "maker_\(schema.database)"
            try schema.execute("CREATE ROLE \(role) LOGIN")
            let configuration = try schema.configuration(user: role)
            let first = await #expect(throws: PostgresError.self) { try await PostgresJobStore.migrate(configuration) }
            let grant = "GRANT CREATE ON DATABASE \"\(schema.database)\" TO \"\(role)\";"
            #expect(
                first?.code == .permissionDenied && first?.message.contains(grant) == true,
                "\(String(describing: first))")

            // The schema is there, and belongs to someone else.
            try schema.execute("CREATE SCHEMA rota")
            let second = await #expect(throws: PostgresError.self) { try await PostgresJobStore.migrate(configuration) }
            let other = "GRANT USAGE, CREATE ON SCHEMA \"rota\" TO \"\(role)\";"
            #expect(
                second?.code == .permissionDenied && second?.message.contains(other) == true,
                "\(String(describing: second))")
            #expect(try schema.value("SELECT to_regclass('rota.meta') IS NULL", as: Bool.self) == true)
            try schema.execute(other)
            #expect(try await PostgresJobStore.migrate(configuration))

            // The tables are there, of an older version, and belong to someone else.
            try schema.execute("DROP FUNCTION rota.enqueue")
            try schema.execute("UPDATE rota.meta SET version = 1")
            let late = try self.role("app", of: schema, "The user of the store")
            let third = await #expect(throws: PostgresError.self) { try await PostgresJobStore.migrate(late) }
            #expect(third?.code == .permissionDenied)
            #expect(third?.message.contains("migrate as \"\(role)\"") == true, "\(String(describing: third))")
            #expect(try schema.value("SELECT version::int8 FROM rota.meta", as: Int64.self) == 1)
            #expect(try await PostgresJobStore.migrate(configuration))
        }
    }
#endif
