#if Postgres
    import Foundation
    import Rota
    import RotaStore
    import RotaTesting
    import Testing

    @testable import RotaPostgres

    /// What follows a commit must not change what its caller is told, nor when.
    @Suite("Store in PostgreSQL: hints", .serialized)
    struct PostgresHintTests {
        private static let never = Duration.seconds(36_000)

        /// An environment in which every commit is followed by a hint.
        private func eager() -> PostgresStoreEnvironment {
            var environment = PostgresStoreEnvironment()
            (environment.newsGap, environment.pollingInterval) = (.zero, Self.never)
            return environment
        }

        @Test("A commit that was confirmed is a success, although the connection breaks at the hint for good")
        func confirmed() async throws {
            let schema = try await StoreSchema()
            let proxy = try CuttingProxy(to: schema.cluster.socketPath)
            defer { proxy.stop() }
            let configuration = try PostgresConfiguration(
                "host=127.0.0.1 port=\(proxy.port) dbname=\(schema.database) user=rota sslmode=disable",
                connectTimeout: .seconds(5), statementTimeout: .seconds(5))
            let store = try await PostgresJobStore(
                configuration, schema: "rota", clockCheck: .off, environment: eager())
            let direct = try await schema.open()
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            for _ in 0..<2 {
                proxy.arm(.none)
                _ = try await store.enqueue([job.work()])
            }
            let whole = proxy.passed.toClient
            // At the end are the answer of the commit, those of the hint, and 6 bytes that say that all is done.
            for missing in [1, 6, 7, 12, 30, 60] {
                proxy.arm(.none)
                _ = try await store.counts()
                let work = job.work()
                // The next connections are cut at once.
                proxy.arm(.cut(.toClient, after: whole - missing))
                _ = try await store.enqueue([work])
                proxy.arm(.none)
                #expect(try await direct.execution(work.id) != nil, "\(missing)")
            }
            #expect(try await StoreContents(store).difference(from: StoreContents(direct)) == nil)
        }

        @Test("A commit whose answer is lost stays unknown while the server is away")
        func unconfirmed() async throws {
            let schema = try await StoreSchema()
            let proxy = try CuttingProxy(to: schema.cluster.socketPath)
            defer { proxy.stop() }
            let configuration = try PostgresConfiguration(
                "host=127.0.0.1 port=\(proxy.port) dbname=\(schema.database) user=rota sslmode=disable",
                connectTimeout: .seconds(5), statementTimeout: .seconds(5))
            let store = try await PostgresJobStore(
                configuration, schema: "rota", clockCheck: .off, environment: eager())
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            for _ in 0..<2 {
                proxy.arm(.none)
                _ = try await store.enqueue([job.work()])
            }
            proxy.arm(.cut(.toClient, after: proxy.passed.toClient - 140))
            let error = await #expect(throws: StoreError.self) { try await store.enqueue([job.work()]) }
            #expect(error?.code == .outcomeUnknown)
            proxy.arm(.none)
            #expect(try await store.counts().executions == [.queued: 3])
        }

        @Test("A hint that has to wait for another user of NOTIFY holds no commit up, and the next ones are left out")
        func patience() async throws {
            // A commit that waits for a standby keeps its locks.
            let cluster = try PostgresCluster(settings: ["synchronous_standby_names = 'nobody'"])
            let local = try PostgresConfiguration(
                cluster.string() + " options='-c synchronous_commit=local'", statementTimeout: .seconds(3))
            try await PostgresJobStore.migrate(local)
            let now = Recorded<Duration>()
            var environment = eager()
            environment.elapsed = { now.all.last ?? .seconds(7) }
            let store = try await PostgresJobStore(
                local, schema: "rota", clockCheck: .off, environment: environment)
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            let control = try PostgresConnection.open(local)
            let ended = Recorded<Bool>()
            Thread.detachNewThread {
                let connection = try? PostgresConnection.open(PostgresConfiguration(cluster.string()))
                _ = try? connection?.perform(
                    ["CREATE TABLE busy (id int8)", "NOTIFY other"], deadline: .now.advanced(by: .seconds(60)))
                connection?.close()
                ended.add(true)
            }
            let waiting: PostgresStatement = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            #expect(try await holds { try control.perform([waiting])[0][0].read(0, as: Int64.self) == 1 })
            let session = await store.session
            _ = try await store.enqueue([job.work()])
            #expect(await store.newsDesk.nextHint == .seconds(67))
            _ = try await store.enqueue([job.work()])
            #expect(await store.session == session)
            #expect(try await store.counts().executions == [.queued: 2])
            let stop: PostgresStatement = """
                SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
                """
            try control.perform([stop])
            #expect(await holds { !ended.all.isEmpty })
            // A minute later they are sent again.
            let listener = try PostgresConnection.open(local)
            try listener.perform(["LISTEN \"rota:rota\""])
            now.add(.seconds(67))
            _ = try await store.enqueue([job.work()])
            #expect(try await holds { try listener.notifications(until: .now).count == 1 })
            await store.close()
        }

        @Test("A hint that is owed is sent when the store is closed")
        func closing() async throws {
            let schema = try await StoreSchema()
            let listener = try PostgresConnection.open(schema.configuration)
            try listener.perform(["LISTEN \"rota:rota\""])
            var environment = PostgresStoreEnvironment()
            environment.elapsed = { .seconds(7) }
            (environment.pollingInterval, environment.hintWait) = (Self.never, .seconds(5))
            let store = try await PostgresJobStore(
                schema.configuration, schema: "rota", clockCheck: .off, environment: environment)
            func heard() async throws -> Bool {
                try await holds { try listener.notifications(until: .now).count == 1 }
            }
            let job = Job.queue()
            _ = try await store.insert([JobInsertion(job)])
            #expect(try await heard())
            // This one would follow 50 ms after the first by a clock that stands still.
            _ = try await store.enqueue([job.work()])
            #expect(await store.newsDesk.owedHint != nil)
            await store.close()
            #expect(try await heard())
        }
    }

    extension PostgresJobStore {
        /// The number of the server's process that serves it.
        fileprivate var session: Int32? { connection?.processID }
    }
#endif
