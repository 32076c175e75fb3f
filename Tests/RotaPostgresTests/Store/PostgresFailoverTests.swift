#if Postgres
    import Foundation
    import Rota
    import RotaPostgres
    import RotaStore
    import RotaTesting
    import Synchronization
    import Testing

    /// A standby that takes the place of its primary.
    @Suite("Store in PostgreSQL: failover", .serialized)
    struct PostgresFailoverTests {
        @Test("Schedulers go to the promoted standby, and every execution is done once")
        func promotion() async throws {
            let primary = try PostgresCluster(isDurable: true)
            let folder = "/tmp/rota-pg-" + UUID().uuidString.prefix(8).lowercased()
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            try PostgresCluster.giveToServer(folder)
            let port = try FreePort.find()
            try primary.run(
                "pg_basebackup",
                [
                    "-h", primary.folder, "-p", "\(primary.port)", "-U", "rota", "-D", "\(folder)/data", "-R", "-X",
                    "stream",
                ])
            let settings = "-c port=\(port) -c unix_socket_directories=\(folder) -c listen_addresses=''"
            try primary.run(
                "pg_ctl", ["-D", "\(folder)/data", "-w", "-s", "-l", "\(folder)/log", "-o", settings, "start"])
            defer {
                try? primary.run("pg_ctl", ["-D", "\(folder)/data", "-w", "-s", "-m", "immediate", "stop"])
                try? FileManager.default.removeItem(atPath: folder)
            }
            // From here on a commit is on both before it is told.
            let control = try primary.connect()
            _ = try control.perform(["ALTER SYSTEM SET synchronous_standby_names = '*'"])
            _ = try control.perform(["SELECT pg_reload_conf()"])
            control.close()
            let hosts = try PostgresConfiguration(
                "host=\(primary.folder),\(folder) port=\(primary.port),\(port) dbname=postgres user=rota")
            try await PostgresJobStore.migrate(hosts)
            let counts = Mutex<[ExecutionID: Int]>([:])
            var schedulers: [Scheduler] = []
            for _ in 0..<2 {
                let scheduler = Scheduler(
                    store: try await PostgresJobStore(hosts), transport: ScriptedTransport(.status(200)))
                try await scheduler.handle("work") { context in
                    counts.withLock { $0[context.execution.id, default: 0] += 1 }
                }
                schedulers.append(scheduler)
            }
            _ = try await schedulers[0].declare([JobDraft(queue: "work")], owner: "app")
            let runs = schedulers.map { scheduler in Task { try await scheduler.run() } }
            var ids: Set<ExecutionID> = []
            for round in 0..<10 {
                let keys = (0..<10).map { TriggerRequest(idempotencyKey: "\(round)-\($0)") }
                while true {
                    do {
                        ids.formUnion(try await schedulers[1].enqueue("work", keys).outcomes.map(\.execution.id))
                        break
                    } catch let error as StoreError where error.isTemporary { await Task.yield() }
                }
                if round == 4 {
                    try primary.stop("immediate")
                    try primary.run("pg_ctl", ["-D", "\(folder)/data", "-w", "-s", "promote"])
                    // The new primary has no standby to wait for.
                    let promoted = try PostgresConnection.open(
                        PostgresConfiguration("host=\(folder) port=\(port) dbname=postgres user=rota"))
                    _ = try promoted.perform(["ALTER SYSTEM RESET synchronous_standby_names"])
                    _ = try promoted.perform(["SELECT pg_reload_conf()"])
                    promoted.close()
                }
            }
            for id in ids {
                #expect(try await schedulers[0].waitForCompletion(of: id).status == .succeeded)
            }
            #expect(Set(counts.withLock(\.keys)) == ids && ids.count == 100)
            #expect(counts.withLock { $0.values.allSatisfy { $0 == 1 } })
            for scheduler in schedulers { scheduler.beginShutdown() }
            for run in runs { try await run.value }
        }
    }
#endif
