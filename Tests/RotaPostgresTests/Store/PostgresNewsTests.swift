#if Postgres
    import Foundation
    import Rota
    import RotaHTTP
    import RotaStore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    /// How instances learn of each other's commits when none of them asks.
    @Suite("Store in PostgreSQL: news", .serialized)
    struct PostgresNewsTests {
        private static let never = Duration.seconds(36_000)

        /// The number of times that a stream of news has told something.
        private func count(_ news: AsyncStream<Void>) -> Recorded<Bool> {
            let told = Recorded<Bool>()
            Task { for await _ in news { told.add(true) } }
            return told
        }

        /// The sessions that listen.
        private func listeners(_ schema: StoreSchema) throws -> [Int] {
            let connection = try PostgresConnection.open(schema.configuration)
            defer { connection.close() }
            let rows = try connection.perform([
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            ])[0]
            return try rows.map { try $0.read(0, as: Int.self) }
        }

        @Test("A sleeping scheduler does the work of another instance at once, although it never asks for news")
        func notified() async throws {
            let schema = try await StoreSchema()
            let (store, other) = (
                try await schema.open(polling: Self.never), try await schema.open(polling: Self.never)
            )
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
            try await scheduler.handle("work") { _ in }
            let job = Job.queue()
            let running = Task { try await scheduler.run() }
            #expect(await holds { await store.status.news == .listening })
            #expect(await other.status.news == .none)
            _ = try await other.insert([JobInsertion(job)])
            for _ in 0..<3 {
                let work = job.work()
                _ = try await other.enqueue([work])
                #expect(try await holds { try await other.execution(work.id)?.status == .succeeded })
            }
            scheduler.beginShutdown()
            try await running.value
            await store.close()
            #expect(try await holds { try listeners(schema).isEmpty })
        }

        @Test("A request in the inbox is taken at once if the program says NOTIFY, on the channel of the schema")
        func programs() async throws {
            let schema = try await StoreSchema()
            let store = try await schema.open(polling: Self.never)
            let told = count(store.news())
            #expect(await holds { await store.status.news == .listening })
            _ = try schema.value(
                "INSERT INTO rota.inbox (id, record) VALUES (gen_random_uuid(), 'x') RETURNING 1::int8", as: Int64.self)
            _ = try schema.value("SELECT 1::int8 FROM pg_notify('rota:rota', '')", as: Int64.self)
            #expect(await holds { !told.all.isEmpty })
        }

        @Test("A listener that is cut off listens again, and looks for what it missed")
        func reconnecting() async throws {
            let schema = try await StoreSchema()
            let (store, other) = (
                try await schema.open(polling: Self.never), try await schema.open(polling: Self.never)
            )
            let told = count(store.news())
            #expect(await holds { await store.status.news == .listening })
            let first = try listeners(schema)
            #expect(first.count == 1)
            _ = try schema.value(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()
                """, as: Int64.self)
            // Nobody hears of this one. The listener finds it when it is back.
            _ = try await other.insert([JobInsertion(Job.queue())])
            #expect(await holds { !told.all.isEmpty })
            #expect(try await holds { try listeners(schema).contains { !first.contains($0) } })
            let before = told.all.count
            _ = try await other.insert([JobInsertion(Job.queue())])
            #expect(await holds { told.all.count > before })
        }

        @Test("Hints of an instance's own are no news to it")
        func own() {
            func hint(_ writer: String) -> PostgresNotification {
                PostgresNotification(channel: "rota:rota", payload: writer, processID: 1)
            }
            #expect(!NewsListener.isNews([], to: "a") && !NewsListener.isNews([hint("a"), hint("a")], to: "a"))
            #expect(NewsListener.isNews([hint("a"), hint("b")], to: "a") && NewsListener.isNews([hint("")], to: "a"))
            let long = String(repeating: "x", count: 63)
            let names = ["rota", "billing", long].compactMap { try? PostgresSchema($0).newsChannel }
            #expect(names[0] == "rota:rota" && Set(names).count == 3 && names.allSatisfy { $0.utf8.count <= 63 })
        }

        @Test("Commits that follow each other share a hint, and the last one is not left out")
        func debounced() async throws {
            let schema = try await StoreSchema()
            let listener = try PostgresConnection.open(schema.configuration)
            _ = try listener.perform(["LISTEN \"rota:rota\""])
            let (sleeps, gate) = (Recorded<Duration>(), Recorded<Bool>())
            var environment = PostgresStoreEnvironment()
            environment.elapsed = { .seconds(7) }
            environment.sleep = { duration in
                guard duration < .seconds(3600) else { throw CancellationError() }
                sleeps.add(duration)
                while gate.all.isEmpty { await Task.yield() }
            }
            // A busy machine may keep the lock of others for a while.
            (environment.pollingInterval, environment.hintWait) = (Self.never, .seconds(5))
            let store = try await PostgresJobStore(
                schema.configuration, schema: "rota", clockCheck: .off, environment: environment)
            for _ in 0..<5 { _ = try await store.insert([JobInsertion(Job.queue())]) }
            // It does not block the thread, which the waiting hint may need.
            func heard() async throws -> Int {
                var hints: [PostgresNotification] = []
                _ = try await holds {
                    hints = try listener.notifications(until: .now)
                    return !hints.isEmpty
                }
                #expect(hints.allSatisfy { $0.payload == environment.writer })
                return hints.count
            }
            #expect(try await heard() == 1)
            #expect(await holds { sleeps.all == [.milliseconds(50)] })
            // A round trip later, a second one would have come.
            _ = try listener.perform(["SELECT 1"])
            #expect(try listener.notifications(until: .now).isEmpty)
            gate.add(true)
            #expect(try await heard() == 1)
        }

        @Test("A server that refuses hints keeps the commits, and the connection")
        func refused() async throws {
            let schema = try await StoreSchema()
            for sql in [
                "CREATE ROLE quiet_\(schema.database) LOGIN",
                "REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC",
                "GRANT USAGE ON SCHEMA rota TO quiet_\(schema.database)",
                "GRANT ALL ON ALL TABLES IN SCHEMA rota TO quiet_\(schema.database)",
            ] { try schema.execute(sql) }
            let configuration = try PostgresConfiguration(
                schema.cluster.string(database: schema.database, user: "quiet_\(schema.database)"))
            let store = try await schema.open(polling: Self.never, through: configuration)
            func sessions() throws -> Int64? {
                try schema.value(
                    "SELECT max(pid)::int8 FROM pg_stat_activity WHERE usename LIKE 'quiet%' AND datname = current_database()"
                )
            }
            let session = try sessions()
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            for _ in 0..<5 { _ = try await store.enqueue([job.work()]) }
            #expect(try sessions() == session)
            let other = try await schema.open()
            #expect(try await other.counts().executions == [.queued: 5])
            #expect(try await StoreContents(other).difference(from: StoreContents(store)) == nil)
            let commits: Int64? = try schema.value("SELECT count(*) FROM rota.commits")
            #expect(commits == 7)
        }

        /// What observers were told of the store.
        private final class Advice: SchedulerObserver {
            let told = Recorded<String>()
            func storeLimited(because reason: String, at date: Date) { told.add(reason) }
        }

        @Test("Through a pooler no instance listens: a scheduler asks, and its observers are told once")
        func pooled() async throws {
            let program = try #require(Pooler.program, "apt-get install pgbouncer")
            let schema = try await StoreSchema()
            let pooler = try Pooler(program, to: schema.cluster, sessions: 2)
            try pooler.connect(schema.database, prepares: true).close()
            let store = try await schema.open(
                polling: .milliseconds(20), through: PostgresConfiguration(pooler.string(schema.database)))
            let other = try await schema.open(polling: Self.never)
            let advice = Advice()
            let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)), observers: [advice])
            try await scheduler.handle("work") { _ in }
            let job = Job.queue()
            _ = try await other.insert([JobInsertion(job)])
            let running = Task { try await scheduler.run() }
            #expect(await holds { !advice.told.all.isEmpty })
            for _ in 0..<3 {
                let work = job.work()
                _ = try await other.enqueue([work])
                #expect(try await holds { try await other.execution(work.id)?.status == .succeeded })
            }
            #expect(advice.told.all.count == 1)
            #expect(advice.told.all[0].contains("pooler") && advice.told.all[0].contains("20 ms"))
            guard case .polling(let reason) = await store.status.news else {
                Issue.record("It listens through a pooler.")
                return
            }
            #expect(reason.contains("pooler"))
            #expect(try listeners(schema).isEmpty)
            scheduler.beginShutdown()
            try await running.value
        }

        @Test("The offset of the server's clock is known, with a bound that holds")
        func clock() async throws {
            let schema = try await StoreSchema()
            var environment = PostgresStoreEnvironment()
            environment.now = { Date(timeIntervalSinceNow: -3600) }
            let store = try await PostgresJobStore(
                schema.configuration, schema: "rota", clockCheck: .off, environment: environment)
            let clock = await store.status.clock
            let error = clock.offset - .seconds(3600)
            // Dates of this century are exact to less than a microsecond.
            let bound = clock.uncertainty + .microseconds(2)
            #expect(error <= bound && error >= .zero - bound, "\(clock)")
            let report = await store.report()
            #expect(report.map(\.name).contains("serverClockAheadMilliseconds"))
            #expect(await store.status.description.contains("the server's clock is 1 h ahead"))
        }

        @Test("A sure measurement of the clock counts more than a newer one, until it is old")
        func estimates() throws {
            func estimate(_ offset: Double, trip: Double, at second: Int) throws -> ClockEstimate {
                let sent = Date(timeIntervalSinceReferenceDate: 1024)
                return try #require(
                    ClockEstimate(
                        server: sent.addingTimeInterval(offset + trip / 2), sentAt: sent,
                        receivedAt: sent.addingTimeInterval(trip), measuredAt: .seconds(second)))
            }
            let sure = try estimate(3, trip: 0.25, at: 0)
            #expect(sure.clock == .init(offset: .seconds(3), uncertainty: .milliseconds(125)))
            #expect(try sure.updated(by: estimate(2, trip: 0.5, at: 60)) == sure)
            #expect(try sure.updated(by: estimate(2, trip: 0.5, at: 61)).clock.offset == .seconds(2))
            #expect(try sure.updated(by: estimate(2, trip: 0.125, at: 1)).clock.offset == .seconds(2))
            let sent = Date(timeIntervalSinceReferenceDate: 0)
            #expect(ClockEstimate(server: sent, sentAt: sent, receivedAt: sent - 1, measuredAt: .zero) == nil)
        }
    }
#endif
