// Three processes share one schedule in a PostgreSQL database that this example starts for itself. One of them is
// killed in the middle. At the end it prints every occurrence, and which process did its work.
//
//     swift run --traits Postgres fleet

#if Postgres
    import Foundation
    import Rota
    import RotaPostgres

    let arguments = CommandLine.arguments
    if arguments.count == 4, arguments[1] == "worker" {
        try await work(as: arguments[2], database: arguments[3])
    } else {
        try await lead(seconds: arguments.count > 1 ? Int(arguments[1]) ?? 12 : 12)
    }

    /// Runs a scheduler until the process is ended.
    func work(as name: String, database: String) async throws {
        let store = try await PostgresJobStore(PostgresConfiguration(database))
        var configuration = SchedulerConfiguration()
        // The work of a process that dies is done by another one this much later.
        configuration.leaseDuration = .seconds(3)
        let scheduler = Scheduler(store: store, transport: .automatic, configuration: configuration)
        try await scheduler.handle("tick") { context in
            try await Task.sleep(for: .milliseconds(300))
            return try JSONPayload("\(name), attempt \(context.attempt)")
        }
        try await scheduler.run(stoppingOn: .terminate)
    }

    /// Starts a database and three workers, kills one of them, and prints who did what.
    func lead(seconds: Int) async throws {
        let cluster = try Cluster()
        defer { cluster.stop() }
        let database = try PostgresConfiguration(cluster.string)
        try await PostgresJobStore.migrate(database)
        let store = try await PostgresJobStore(database)
        let scheduler = Scheduler(store: store, transport: .automatic)
        let declared = try await scheduler.declare(
            [
                JobDraft(
                    name: "tick", schedule: .every(.seconds(1)), action: .handler("tick"),
                    retry: .fixed(.milliseconds(100)), misfire: .all(limit: 100))
            ], owner: "fleet")
        let job = declared.jobs[0]
        let names = ["ann", "ben", "cleo"]
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let workers = try names.map { name in
            try Process.run(program, arguments: ["worker", name, cluster.string])
        }
        print("Three processes share the job \"tick\", which is due every second.")
        try await Task.sleep(for: .seconds(seconds / 2))
        // In the middle of an attempt, as far as three processes let it happen.
        kill(workers[1].processIdentifier, SIGKILL)
        print("ben was killed (kill -9).")
        try await Task.sleep(for: .seconds(seconds - seconds / 2))
        try await scheduler.pause(job.id)
        while case let counts = try await store.counts().executions,
            counts[.queued, default: 0] + counts[.running, default: 0] > 0
        {
            try await Task.sleep(for: .milliseconds(100))
        }
        for worker in workers where worker.isRunning { worker.terminate() }
        for worker in workers { worker.waitUntilExit() }
        let page = try await scheduler.history(of: job.id, limit: 1000)
        print("\nOCCURRENCE            STATUS     DONE BY")
        var counts: [Date: Int] = [:]
        for case .execution(let execution) in page.entries.reversed() {
            counts[execution.scheduledFor, default: 0] += 1
            let name = try execution.output?.decode(String.self) ?? "-"
            print("\(execution.scheduledFor.formatted(.iso8601))  \(execution.status.rawValue)  \(name)")
        }
        print("\n\(counts.count) occurrences, \(counts.values.filter { $0 > 1 }.count) of them twice.")
        await store.close()
    }

    /// A PostgreSQL server in a temporary folder.
    struct Cluster {
        let folder = "/tmp/rota-fleet-" + UUID().uuidString.prefix(8).lowercased()
        /// The connection string.
        var string: String { "host=\(folder) port=54999 user=rota dbname=postgres" }

        init() throws {
            try shell(
                """
                set -e
                bin=$(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin 2>/dev/null | tail -1)
                test -n "$bin" || bin=$(pg_config --bindir)
                as=""
                mkdir -p \(folder)
                if [ "$(id -u)" = 0 ]; then
                    as="setpriv --reuid=postgres --regid=postgres --clear-groups"
                    chown postgres \(folder)
                fi
                $as "$bin/initdb" -D \(folder)/data -U rota -A trust --no-sync >/dev/null
                $as "$bin/pg_ctl" -D \(folder)/data -w -l \(folder)/log \\
                    -o "-c listen_addresses='' -c port=54999 -c unix_socket_directories=\(folder)" start >/dev/null
                """)
        }

        func stop() {
            try? shell("kill -INT $(head -1 \(folder)/data/postmaster.pid); sleep 1; rm -rf \(folder)")
        }

        private func shell(_ script: String) throws {
            // The server stays, so nothing may wait for its output to end.
            guard system(script) == 0 else {
                throw SchedulerError(
                    .illegalState, "PostgreSQL could not be started. Install it: apt-get install postgresql.",
                    value: nil)
            }
        }
    }
#else
    print("Run this example with PostgreSQL: swift run --traits Postgres fleet")
#endif
