#if Postgres
    import Foundation
    import Rota
    import RotaStore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    @Suite("Store in PostgreSQL: migrations", .serialized)
    struct PostgresMigrationTests {
        private func job(_ slug: String) -> Job {
            var definition = JobDefinition(name: slug, schedule: .onDemand, action: .handler("work"))
            definition.attributes.slug = slug
            return Job(
                id: JobID(bits: .random(in: 1 ... .max)), definition: definition, createdAt: .now,
                scheduleState: ScheduleState(state: .active, decidedThrough: .now, next: nil))
        }

        /// Creates the tables as the first version of the library did.
        private func createFirstVersion(_ schema: StoreSchema) throws {
            for sql in try PostgresSchema(schema.name).migration(from: nil, to: 1) { try schema.execute(sql) }
        }

        private func version(_ schema: StoreSchema) throws -> Int64? {
            try schema.value("SELECT version::int8 FROM rota.meta")
        }

        private func hasFunction(_ schema: StoreSchema) throws -> Bool? {
            try schema.value("SELECT EXISTS (SELECT FROM pg_proc WHERE proname = 'enqueue')")
        }

        @Test("A migration that another session blocks gives up, names that session, and leaves nothing half done")
        func blocked() async throws {
            let schema = try await StoreSchema(migrates: false)
            let holder = try PostgresConnection.open(
                PostgresConfiguration(
                    schema.cluster.string(database: schema.database) + " application_name=report"))
            var configuration = schema.configuration
            configuration.statementTimeout = .milliseconds(500)
            let lock = try PostgresSchema("rota").commitLock
            _ = try holder.perform(["BEGIN", PostgresStatement("SELECT pg_advisory_xact_lock($1)", [.int8(lock)])])
            let error = await #expect(throws: PostgresError.self) { try await PostgresJobStore.migrate(configuration) }
            #expect(error?.code == .lockTimeout && error?.sqlState == "55P03")
            for word in ["\(holder.processID)", "report", "idle in transaction", "Nothing was changed"] {
                #expect(error?.message.contains(word) == true, "\(String(describing: error))")
            }
            let schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'rota'"
            #expect(try schema.value(schemas, as: Int64.self) == 0)
            _ = try holder.perform(["ROLLBACK"])

            // In the middle: the function is there already when the row of `meta` cannot be changed.
            try createFirstVersion(schema)
            _ = try holder.perform(["BEGIN", "SELECT version FROM rota.meta FOR UPDATE"])
            let second = await #expect(throws: PostgresError.self) { try await PostgresJobStore.migrate(configuration) }
            #expect(second?.code == .lockTimeout && second?.message.contains("\(holder.processID)") == true)
            #expect(try version(schema) == 1 && hasFunction(schema) == false)
            _ = try holder.perform(["ROLLBACK"])
            #expect(try await PostgresJobStore.migrate(configuration))
            #expect(try version(schema) == 2 && hasFunction(schema) == true)
        }

        @Test("Of migrations that run at the same time all succeed, and one does the work", arguments: [true, false])
        func concurrent(isNew: Bool) async throws {
            let schema = try await StoreSchema(migrates: false)
            if !isNew { try createFirstVersion(schema) }
            let changes = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<6 { group.addTask { try await PostgresJobStore.migrate(schema.configuration) } }
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(changes.count == 6 && changes.filter(\.self).count == 1)
            _ = try await schema.open().insert([JobInsertion(job("a"))])
        }

        @Test("Tables that are too new are refused with both numbers, and newer ones that admit this library are not")
        func tooNew() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open()
            try schema.execute("UPDATE rota.meta SET version = 9, oldest_reader = 2")
            _ = try await store.insert([JobInsertion(job("a"))])
            #expect(try await !PostgresJobStore.migrate(schema.configuration))
            try schema.execute("UPDATE rota.meta SET version = 9, oldest_reader = 8")
            let errors = [
                await #expect(throws: StoreError.self) { _ = try await store.insert([JobInsertion(job("b"))]) },
                await #expect(throws: StoreError.self) { _ = try await schema.open() },
                await #expect(throws: StoreError.self) { try await PostgresJobStore.migrate(schema.configuration) },
            ]
            for error in errors {
                #expect(error?.code == .incompatibleSchema)
                #expect(error?.message.contains("version 8") == true && error?.message.contains("knows 2") == true)
            }
            let jobs: Int64? = try schema.value("SELECT count(*) FROM rota.commits")
            #expect(jobs == 2)
        }

        @Test("Instances of the version before and of this one work side by side, before the migration and after it")
        func sideBySide() async throws {
            let schema = try await StoreSchema(migrates: false)
            try createFirstVersion(schema)
            let old = try await schema.open(knowing: 1)
            let new = try await schema.open()
            _ = try await old.insert([JobInsertion(job("a"))])
            _ = try await new.insert([JobInsertion(job("b"))])
            #expect(try await PostgresJobStore.migrate(schema.configuration))
            _ = try await old.insert([JobInsertion(job("c"))])
            // The old instance leaves what it cannot read to the new one.
            let id: UInt128 = try #require(try schema.value("SELECT rota.enqueue('a')"))
            _ = try await old.insert([JobInsertion(job("d"))])
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 1)
            #expect(try schema.value("SELECT count(*) FROM rota.refused", as: Int64.self) == 0)
            _ = try await new.insert([JobInsertion(job("e"))])
            #expect(try await old.execution(ExecutionID(bits: id))?.status == .queued)
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 0)
            for store in [old, new] { #expect(try await store.jobs(JobQuery()).items.count == 5) }
            #expect(try await StoreContents(old).difference(from: StoreContents(new)) == nil)
        }

        @Test("The text for other tools creates and updates what the migration does")
        func text() async throws {
            let schema = try await StoreSchema(migrates: false)
            try createFirstVersion(schema)
            let update = try schema.cluster.psql(
                PostgresJobStore.migrationSQL(from: 1), database: schema.database)
            #expect(update.isDone, "\(update.output)")
            #expect(try version(schema) == 2 && hasFunction(schema) == true)
            #expect(try await !PostgresJobStore.migrate(schema.configuration))
            let name = "rota's \"second\" schema"
            let creation = try schema.cluster.psql(
                PostgresJobStore.migrationSQL(schema: name), database: schema.database)
            #expect(creation.isDone, "\(creation.output)")
            let second = try await StoreSchema(database: schema.database, name: name).open()
            _ = try await second.insert([JobInsertion(job("a"))])
            #expect(try await schema.open().jobs(JobQuery()).items.isEmpty)
            #expect(throws: PostgresError.self) { try PostgresJobStore.migrationSQL(schema: "") }
        }
    }
#endif
