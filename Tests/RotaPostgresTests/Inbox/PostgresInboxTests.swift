#if Postgres
    import Foundation
    import Rota
    import RotaStore
    import Synchronization
    import Testing

    @testable import RotaPostgres

    /// Where a store looks for the requests of other programs.
    @Suite("Store in PostgreSQL: the inbox")
    struct PostgresInboxTests {
        /// The smallest identifier of a date, in seconds since 1970.
        private func identifier(_ seconds: Double) -> UInt128 { UInt128(seconds * 1000) << 80 }

        /// The date of an identifier, in whole seconds since 1970.
        private func seconds(_ identifier: UInt128) -> UInt128 { (identifier >> 80) / 1000 }

        /// A watch that has just made a full look, in which it found nothing, at second 1000 of the server.
        private func watch(after seconds: Double = 0.001) -> InboxWatch {
            var watch = InboxWatch()
            watch.record(nil, from: 0, in: seconds, date: Date(timeIntervalSince1970: 1000), at: .seconds(50))
            return watch
        }

        private func start(
            _ watch: InboxWatch, _ milliseconds: Int, isLocking: Bool = true, comparesClocks: Bool = true
        ) -> UInt128 {
            watch.start(at: .milliseconds(milliseconds), isLocking: isLocking, comparesClocks: comparesClocks)
        }

        @Test("Looks begin five seconds before the server's date, and a full one is due after 400 ms")
        func starts() {
            #expect(start(InboxWatch(), 50_000) == 0)
            var watch = watch()
            #expect(seconds(start(watch, 50_399)) == 995)
            #expect(start(watch, 50_400) == 0)
            #expect(start(watch, 50_100, comparesClocks: false) == 0)
            // Other looks do not put it off.
            watch.record(nil, from: 1, in: 0, date: Date(timeIntervalSince1970: 1001), at: .seconds(51))
            #expect(start(watch, 51_000) == 0)
        }

        @Test("Full looks that are slow take a twentieth of the time, but are made every ten seconds")
        func slowLooks() {
            let slow = watch(after: 0.1)
            #expect(seconds(start(slow, 51_999, isLocking: false)) == 996)
            #expect(start(slow, 52_000, isLocking: false) == 0)
            for endless in [3600, 1e300, .infinity] {
                #expect(start(watch(after: endless), 59_999, isLocking: false) != 0)
                #expect(start(watch(after: endless), 60_000, isLocking: false) == 0)
            }
            for strange in [-1e300, -1, .nan] { #expect(start(watch(after: strange), 50_400) == 0) }
        }

        @Test("Slow full looks are left to queries, which hold no lock, unless there are none")
        func looksUnderTheLock() {
            #expect(start(watch(after: 0.005), 50_400) == 0)
            let slow = watch(after: 0.02)
            #expect(start(slow, 50_400, isLocking: false) == 0)
            #expect(seconds(start(slow, 60_399)) == 1005)
            #expect(start(slow, 60_400) == 0)
        }

        @Test("After a late request was found, looks begin there until it and all late ones are taken")
        func lateRequestsAreKept() {
            var watch = watch()
            let (first, second) = (identifier(100), identifier(200))
            let date = Date(timeIntervalSince1970: 1001)
            watch.record(first, from: 0, in: 0, date: date, at: .seconds(51))
            #expect(start(watch, 51_100) == first)
            watch.record(second, from: first, in: 0, date: date, at: .milliseconds(51_100))
            #expect(start(watch, 51_200) == second)
            // What is found now is new.
            watch.record(identifier(999), from: second, in: 0, date: date, at: .milliseconds(51_200))
            #expect(seconds(start(watch, 51_300)) == 996)
        }

        @Test("Any date of the server is a place to start", arguments: [-1e300, -1, 0, 1e13, 1e300, .infinity, .nan])
        func strangeDates(seconds: Double) {
            var watch = InboxWatch()
            watch.record(7, from: 0, in: 0, date: Date(timeIntervalSince1970: seconds), at: .zero)
            #expect(start(watch, 100) <= 1 << 127)
        }

        /// A store whose clock of the environment stands still until it is set, and which does not ask for news.
        private func open(_ schema: StoreSchema, _ elapsed: Recorded<Duration>) async throws -> PostgresJobStore {
            var environment = PostgresStoreEnvironment()
            environment.elapsed = { elapsed.all.last ?? .zero }
            environment.sleep = { _ in throw CancellationError() }
            return try await PostgresJobStore(
                schema.configuration, schema: "rota", clockCheck: .within(.seconds(3600)), environment: environment)
        }

        private func leave(_ work: [Execution], in schema: StoreSchema, _ store: PostgresJobStore) throws {
            let connection = try PostgresConnection.open(schema.configuration)
            defer { connection.close() }
            let statements = try work.map { work in
                let statement = try store.statement(for: work)
                return PostgresStatement(statement.sql, statement.parameters.map { .text($0) })
            }
            try connection.perform(
                ["BEGIN"] + statements + ["COMMIT"], deadline: ContinuousClock.now.advanced(by: .seconds(30)))
        }

        private func work(of job: Job, _ number: UInt128, age seconds: Double) -> Execution {
            job.execution(
                id: ExecutionID(bits: identifier(Date.now.timeIntervalSince1970 - seconds) + number), source: .manual,
                scheduledFor: .now, createdAt: .now)
        }

        @Test("A request of the last seconds is found by every look, and a late one by the next full look")
        func lateRequests() async throws {
            let (schema, elapsed) = (try await StoreSchema(), Recorded<Duration>())
            let store = try await open(schema, elapsed)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let (early, late) = (work(of: job, 1, age: 0), work(of: job, 2, age: 600))
            try leave([early, late], in: schema, store)
            _ = try await store.enqueue([job.work()])
            #expect(try await store.execution(early.id) != nil)
            #expect(try await store.execution(late.id) == nil)
            elapsed.add(.seconds(3600))
            // A query only sees it. The next commit takes it, although it makes no full look.
            _ = try await store.counts()
            _ = try await store.enqueue([job.work()])
            #expect(try await store.execution(late.id) != nil)
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 0)
        }

        @Test("More late requests than one commit takes are taken by the next ones at once")
        func manyLateRequests() async throws {
            let (schema, elapsed) = (try await StoreSchema(), Recorded<Duration>())
            let store = try await open(schema, elapsed)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            try leave((1...1100).map { work(of: job, $0, age: 600) }, in: schema, store)
            elapsed.add(.seconds(3600))
            for left in [600, 100, 0, 0] as [Int64] {
                _ = try await store.enqueue([job.work()])
                #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == left)
            }
            // None is left from where the full look found the first one, so the next looks begin at new ones.
            try leave([work(of: job, 9000, age: 600)], in: schema, store)
            _ = try await store.enqueue([job.work()])
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 1)
        }

        @Test("The rows of requests that cannot be removed yet are not looked at again with every commit")
        func heldRows() async throws {
            let (schema, elapsed) = (try await StoreSchema(), Recorded<Duration>())
            let store = try await open(schema, elapsed)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let reader = try PostgresConnection.open(schema.configuration)
            try reader.perform(
                ["BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*)::int8 FROM rota.commits"],
                deadline: ContinuousClock.now.advanced(by: .seconds(30)))
            try leave((1...400).map { work(of: job, $0, age: 600) }, in: schema, store)
            elapsed.add(.seconds(3600))
            _ = try await store.enqueue([job.work()])
            #expect(try schema.value("SELECT count(*) FROM rota.inbox", as: Int64.self) == 0)
            let log = CommitLog(schema: try PostgresSchema("rota"), timeout: .seconds(30))
            func blocksRead(by statement: PostgresStatement) throws -> Int {
                let connection = try PostgresConnection.open(schema.configuration)
                defer { connection.close() }
                let explain = PostgresStatement(
                    "EXPLAIN (ANALYZE, BUFFERS) " + statement.sql, statement.parameters, isPrepared: false)
                let results = try connection.perform(
                    log.beginReading + [explain], deadline: ContinuousClock.now.advanced(by: .seconds(30)))
                for row in results[results.count - 1] {
                    // The first such line is that of the whole statement.
                    let line: String = try row.read(0)
                    guard let start = line.firstRange(of: "shared hit=") else { continue }
                    return Int(line[start.upperBound...].prefix { $0.isNumber }) ?? 0
                }
                return 0
            }
            let recent = identifier(Date.now.timeIntervalSince1970 - 5)
            let (few, many) = (
                try blocksRead(by: log.facts(from: recent, ignoring: [])),
                try blocksRead(by: log.facts(from: 0, ignoring: []))
            )
            // With all of them, each row is looked up in the table.
            #expect(few < 20 && many > few + 5, "\(few) and \(many) blocks")
            reader.close()
        }
    }
#endif
