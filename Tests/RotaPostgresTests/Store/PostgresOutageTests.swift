#if Postgres
    import Foundation
    import Rota
    import RotaPostgres
    import RotaStore
    import RotaTesting
    import Synchronization
    import Testing

    @Suite("Store in PostgreSQL: outages", .serialized)
    struct PostgresOutageTests {
        @Test("A connection that is cut at any byte leaves a commit made once, or not at all if the store says so")
        func cuts() async throws {
            let cluster = try PostgresCluster.shared()
            let database = try cluster.createDatabase()
            let schema = try await StoreSchema(database: database)
            let proxy = try CuttingProxy(to: "\(cluster.folder)/.s.PGSQL.\(cluster.port)")
            let job = Job.queue()
            let direct = try await schema.open()
            _ = try await direct.insert([JobInsertion(job)])
            let configuration = try PostgresConfiguration(
                "host=127.0.0.1 port=\(proxy.port) dbname=\(database) user=rota sslmode=disable",
                connectTimeout: .seconds(5), statementTimeout: .seconds(5))
            func execution() -> Execution {
                job.execution(
                    id: ExecutionID(bits: .random(in: 1 ... .max)), source: .manual, scheduledFor: .now, createdAt: .now
                )
            }
            let store = try await schema.open(polling: .seconds(3600), through: configuration)
            proxy.arm(.none)
            _ = try await store.enqueue([execution()])
            let whole = proxy.passed
            var outcomes: [String: Int] = [:]
            let cuts = [(CuttingProxy.Direction.toServer, whole.toServer), (.toClient, whole.toClient)]
            for (direction, size) in cuts {
                for limit in stride(from: 0, through: size, by: 7) {
                    proxy.arm(.none)
                    _ = try await store.counts()
                    let work = execution()
                    // The next connection works again, unless the cut hits that one too.
                    proxy.arm(.cut(direction, after: limit))
                    var outcome = "made"
                    do { _ = try await store.enqueue([work]) } catch let error as StoreError {
                        outcome = error.code.description
                    }
                    proxy.arm(.none)
                    _ = try await store.counts()
                    let isThere = try await direct.execution(work.id) != nil
                    switch outcome {
                    case "made": #expect(isThere, "\(direction) \(limit)")
                    case "unavailable": #expect(!isThere, "\(direction) \(limit)")
                    default: #expect(outcome == "outcomeUnknown", "\(direction) \(limit)")
                    }
                    outcomes[outcome, default: 0] += 1
                }
            }
            #expect(outcomes["made", default: 0] > 0 && outcomes.count > 1, "\(outcomes)")
            #expect(try await StoreContents(store).difference(from: StoreContents(direct)) == nil)
            proxy.stop()
        }

        @Test("Three schedulers do every execution once while backends are killed and the server restarts")
        func fleet() async throws {
            let cluster = try PostgresCluster(isDurable: true)
            let schema = try await StoreSchema(in: cluster)
            let counts = Mutex<[ExecutionID: Int]>([:])
            var schedulers: [Scheduler] = []
            for _ in 0..<3 {
                let store = try await schema.open(polling: .milliseconds(50))
                let scheduler = Scheduler(store: store, transport: ScriptedTransport(.status(200)))
                try await scheduler.handle("work") { context in
                    counts.withLock { $0[context.execution.id, default: 0] += 1 }
                }
                schedulers.append(scheduler)
            }
            let job = Job.queue()
            let control = try await schema.open(polling: .milliseconds(50))
            _ = try await control.insert([JobInsertion(job)])
            let runs = schedulers.map { scheduler in Task { try await scheduler.run() } }
            var ids: Set<ExecutionID> = []
            for round in 0..<8 {
                let work = (0..<50).map { _ in
                    job.execution(
                        id: ExecutionID(bits: .random(in: 1 ... .max)), source: .manual, scheduledFor: .now,
                        createdAt: .now)
                }
                ids.formUnion(work.map(\.id))
                while true {
                    do {
                        _ = try await control.enqueue(work)
                        break
                    } catch let error as StoreError where error.isTemporary { await Task.yield() }
                }
                switch round {
                case 1, 3, 5:
                    _ = try schema.value(
                        """
                        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
                        """, as: Int64.self)
                case 2, 6:
                    try cluster.stop("immediate")
                    try cluster.start()
                default: break
                }
            }
            let deadline = ContinuousClock.now.advanced(by: .seconds(120))
            while ContinuousClock.now < deadline {
                let ended = (try? await control.counts().executions[.succeeded]) ?? nil
                if ended == ids.count { break }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await control.counts().executions == [.succeeded: ids.count])
            #expect(Set(counts.withLock(\.keys)) == ids)
            #expect(counts.withLock { $0.values.allSatisfy { $0 == 1 } })
            for scheduler in schedulers { scheduler.beginShutdown() }
            for run in runs { try await run.value }
        }
    }
#endif
