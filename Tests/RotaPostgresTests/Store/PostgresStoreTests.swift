#if Postgres
    import Foundation
    import Rota
    import RotaPostgres
    import RotaStore
    import RotaTesting
    import Synchronization
    import Testing

    /// One after another, because a server takes only so many connections.
    @Suite("Store in PostgreSQL", .serialized)
    struct PostgresStoreTests {
        @Test("PostgresJobStore keeps the contract", arguments: StoreContract.checks)
        func contract(_ check: StoreContract.Check) async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open()
            try await check.run { store }
            await store.close()
        }

        @Test("Three stores on one schema keep the contract as one", arguments: StoreContract.checks)
        func three(_ check: StoreContract.Check) async throws {
            let schema = try await StoreSchema()
            let stores = [try await schema.open(), try await schema.open(), try await schema.open()]
            try await check.run { RotatingStore(stores) }
            for store in stores { await store.close() }
        }

        @Test("PostgresJobStore keeps the contract through PgBouncer, which shares sessions among transactions")
        func pooled() async throws {
            let program = try #require(Pooler.program, "apt-get install pgbouncer")
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            let pooler = try Pooler(program, to: cluster, sessions: 2)
            try pooler.connect(database, prepares: true).close()
            let configuration = try PostgresConfiguration(pooler.string(database))
            for (number, check) in StoreContract.checks.enumerated() {
                let schema = try await StoreSchema(database: database, name: "s\(number)")
                let store = try await schema.open(through: configuration)
                do { try await check.run { store } } catch { Issue.record("\(check): \(error)") }
                await store.close()
            }
        }

        @Test("PostgresJobStore keeps the contract across a reopening", arguments: StoreContract.durability)
        func durability(_ check: StoreContract.DurabilityCheck) async throws {
            let schema = try await StoreSchema()
            try await check.run {
                try await schema.open()
            } reopen: { store in
                await store.close()
                return try await schema.open()
            }
        }

        @Test("Stores on one schema agree with the model through snapshots and reopenings", arguments: [1, 3])
        func model(_ count: Int) async throws {
            // Snapshots after every few kilobytes. Tests/Scripts/postgres-model makes a million operations.
            let makeStore: @Sendable () async throws -> any JobStore = {
                let schema = try await StoreSchema()
                var stores: [any JobStore] = []
                for _ in 0..<count { stores.append(try await schema.open(snapshotMinimum: 20_000)) }
                return RotatingStore(stores) { old in
                    if let old = old as? PostgresJobStore { await old.close() }
                    return try await schema.open(snapshotMinimum: 20_000)
                }
            }
            // Such a store refuses dates that are still to come.
            let comparison = StoreComparison(makeStore, clockJumps: false)
            try await comparison.run(1500, seed: 7, comparingContentsEvery: 50)
        }

        private func queue(_ slug: String = "q") -> Job {
            var definition = JobDefinition(name: slug, schedule: .onDemand, action: .handler("work"))
            definition.attributes.slug = slug
            return Job(
                id: JobID(bits: .random(in: 1 ... .max)), definition: definition, createdAt: .now,
                scheduleState: ScheduleState(state: .active, decidedThrough: .now, next: nil))
        }

        @Test("An instance removes the history beyond a job's retention that another one has recorded")
        func retention() async throws {
            let schema = try await StoreSchema()
            let (store, other) = (try await schema.open(), try await schema.open())
            var job = queue()
            job.definition.retention = .last(1)
            _ = try await store.insert([JobInsertion(job)])
            // As an import does: they had ended before they came.
            let ended = (0..<3).map { _ in
                var work = job.work()
                work.progress.status = .succeeded
                (work.progress.startedAt, work.progress.finishedAt) = (.now, .now)
                return work
            }
            _ = try await store.enqueue(ended)
            #expect(try await other.prune(at: .now, limit: 10).removedExecutions == 2)
            #expect(try await store.counts().executions == [.succeeded: 1])
        }

        @Test("A snapshot replaces commits, and an instance that has fallen behind reads it")
        func snapshots() async throws {
            let schema = try await StoreSchema()
            let writer = try await schema.open(snapshotMinimum: 10_000)
            let idle = try await schema.open(polling: .seconds(3600))
            let job = queue()
            _ = try await writer.insert([JobInsertion(job)])
            for _ in 0..<60 {
                _ = try await writer.enqueue((0..<20).map { _ in job.work() })
                await writer.snapshotEnded()
            }
            let first: Int64 = try #require(try schema.value("SELECT min(sequence) FROM rota.commits"))
            #expect(first > 1)
            let kept: Int64 = try #require(try schema.value("SELECT count(*) FROM rota.snapshots"))
            #expect(kept == 2)
            let late = try await schema.open()
            for store in [writer, idle, late] { #expect(try await store.counts().executions == [.queued: 1200]) }
            #expect(try await StoreContents(idle).difference(from: StoreContents(late)) == nil)
        }

        @Test("An operation with a clock that is off is refused, and others continue")
        func clocks() async throws {
            let schema = try await StoreSchema()
            let store = try await PostgresJobStore(schema.configuration, clockCheck: .within(.seconds(2)))
            let (early, right) = (Date(timeIntervalSinceNow: -60), Date.now)
            let error = await #expect(throws: StoreError.self) { try await store.dueWork(at: early, limit: 1) }
            #expect(error?.code == .skewedClock && error?.message.contains("behind") == true)
            #expect(try await store.dueWork(at: right, limit: 1).dueJobs.isEmpty)
        }

        @Test(
            "The time that an operation waits before the server is asked counts, and writer and commits bear given names"
        )
        func environment() async throws {
            let schema = try await StoreSchema()
            let calls = Mutex(0)
            let commits = Mutex<UInt128>(0)
            var environment = PostgresStoreEnvironment()
            environment.writer = "the writer"
            environment.makeCommitID = {
                commits.withLock {
                    $0 += 1; return $0
                }
            }
            // Half a minute passes from each look at the clock to the next. Nothing else looks, without polls for news.
            environment.elapsed = {
                calls.withLock {
                    $0 += 30; return .seconds($0)
                }
            }
            environment.sleep = { _ in throw CancellationError() }
            let store = try await PostgresJobStore(
                schema.configuration, schema: "rota", clockCheck: .within(.seconds(2)), environment: environment)
            #expect(try await store.dueWork(at: Date(timeIntervalSinceNow: -45), limit: 1).dueJobs.isEmpty)
            for offset in [-75.0, 0] {
                let error = await #expect(throws: StoreError.self) {
                    try await store.dueWork(at: Date(timeIntervalSinceNow: offset), limit: 1)
                }
                #expect(error?.code == .skewedClock)
            }
            let job = queue()
            let earlier = Job(
                id: job.id, definition: job.definition, createdAt: Date(timeIntervalSinceNow: -45),
                scheduleState: job.scheduleState)
            _ = try await store.insert([JobInsertion(earlier)])
            let newest = "FROM rota.commits ORDER BY sequence DESC LIMIT 1"
            #expect(try schema.value("SELECT writer \(newest)", as: String.self) == "the writer")
            #expect(try schema.value("SELECT id \(newest)", as: UInt128.self) == 1)
        }

        @Test("Tables that are missing or of a later version are refused, and migrating twice changes nothing")
        func versions() async throws {
            let schema = try await StoreSchema()
            #expect(try await !PostgresJobStore.migrate(schema.configuration))
            let missing = await #expect(throws: StoreError.self) {
                try await PostgresJobStore(schema.configuration, schema: "other")
            }
            #expect(missing?.code == .incompatibleSchema && missing?.message.contains("migrate") == true)
            let store = try await schema.open()
            let update = "UPDATE rota.meta SET version = 9, oldest_reader = 9 RETURNING version"
            _ = try schema.value(update, as: Int64.self)
            let later = await #expect(throws: StoreError.self) { try await store.counts() }
            #expect(later?.code == .incompatibleSchema)
            let again = await #expect(throws: StoreError.self) {
                try await PostgresJobStore.migrate(schema.configuration)
            }
            #expect(again?.code == .incompatibleSchema)
        }

        @Test("Work that another program enqueues in its own transaction runs once it has committed")
        func enqueueStatement() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: .milliseconds(20))
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            let values = Mutex<[Int]>([])
            let gone = queue("gone")
            _ = try await store.insert([JobInsertion(gone)])
            try await scheduler.handle("receipt") { context in
                let value = try context.payload?.decode(Int.self) ?? 0
                values.withLock { $0.append(value) }
            }
            _ = try await scheduler.declare([JobDraft(queue: "receipt")], owner: "app")
            let running = Task { try await scheduler.run() }
            let connection = try PostgresConnection.open(schema.configuration)
            let deadline = ContinuousClock.now.advanced(by: .seconds(30))
            func perform(_ statement: EnqueueStatement, _ end: PostgresStatement) throws {
                _ = try connection.perform(
                    ["BEGIN", PostgresStatement(statement.sql, statement.parameters.map { .text($0) }), end],
                    deadline: deadline)
            }
            let dropped = try await scheduler.enqueueStatement("receipt", payload: 1, in: store)
            try perform(dropped, "ROLLBACK")
            let kept = try await scheduler.enqueueStatement("receipt", payload: 2, in: store)
            try perform(kept, "COMMIT")
            let refused = try await scheduler.enqueueStatement("gone", in: store)
            _ = try await store.delete([gone.id])
            try perform(refused, "COMMIT")
            while try await store.execution(kept.executionID)?.status != .succeeded { await Task.yield() }
            while try schema.value("SELECT count(*) FROM rota.refused", as: Int64.self) == 0 { await Task.yield() }
            #expect(values.withLock(\.self) == [2])
            #expect(try await store.execution(dropped.executionID) == nil)
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 0)
            let reason: String = try #require(try schema.value("SELECT reason FROM rota.refused"))
            #expect(reason.contains("does not exist"))
            scheduler.beginShutdown()
            try await running.value
        }

        @Test("A sleeping scheduler does the work that another instance enqueues")
        func news() async throws {
            let schema = try await StoreSchema()
            let (store, other) = (try await schema.open(polling: .milliseconds(20)), try await schema.open())
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            try await scheduler.handle("work") { _ in }
            let job = queue("work")
            let running = Task { try await scheduler.run() }
            _ = try await other.insert([JobInsertion(job)])
            let work = job.work()
            _ = try await other.enqueue([work])
            while try await other.execution(work.id)?.status != .succeeded { await Task.yield() }
            scheduler.beginShutdown()
            try await running.value
        }
    }
#endif
