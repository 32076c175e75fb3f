#if Postgres
    import Foundation
    import Rota
    import RotaPostgres
    import RotaStore

    /// A scheduler with three kinds of work, whose effects outside the store show how often each occurrence was done.
    ///
    /// - `exact-N` inserts a row, enqueues an echo and completes the execution, all in one transaction.
    /// - `echo` inserts a row and completes the execution in one transaction.
    /// - `plain-N` writes a line to the diary, and returns.
    ///
    /// Nothing keeps a row or a line from being written twice, so that the checker sees it.
    struct FleetWork: Sendable {
        let name: String
        let diary: Diary

        init(name: String, diary: String) {
            self.name = name
            self.diary = Diary(path: diary, writer: name)
        }

        /// Makes the tables of the store and of the work, and jobs that are due every second from a date on.
        static func prepare(_ database: PostgresConfiguration, from start: Date, pairs: Int) async throws {
            try await PostgresJobStore.migrate(database)
            let store = try await PostgresJobStore(database)
            try await store.withTransaction { transaction in
                try await transaction.execute("CREATE SCHEMA app")
                try await transaction.execute(
                    """
                    CREATE TABLE app.ledger (kind text NOT NULL, key text NOT NULL, writer text NOT NULL,
                      written_at timestamptz NOT NULL DEFAULT clock_timestamp())
                    """)
            }
            // An attempt that finds no server fails, and is made again, for longer than any outage lasts.
            let retry = RetryPolicy(maxAttempts: 100, backoff: .fixed(.milliseconds(500)), jitter: .none)
            func draft(_ handler: String, _ number: Int, _ schedule: Schedule) -> JobDraft {
                JobDraft(
                    name: "\(handler)-\(number)", slug: "\(handler)-\(number)", schedule: schedule,
                    action: .handler(handler), retry: retry, misfire: .all(limit: 10_000), retention: .last(1_000_000))
            }
            var drafts = [JobDraft(queue: "echo", retry: retry, retention: .last(1_000_000))]
            for number in 0..<pairs {
                drafts.append(draft("exact", number, .every(.seconds(1), anchor: start - 1)))
                drafts.append(draft("plain", number, .every(.seconds(1), anchor: start - 1)))
            }
            _ = try await Scheduler(store: store, transport: .automatic).declare(drafts, owner: "fleet")
            await store.close()
        }

        /// Runs a scheduler until it is asked to end.
        func run(on database: PostgresConfiguration) async throws {
            let store = await open(database)
            var configuration = SchedulerConfiguration()
            configuration.name = name
            // The work of a process that dies is done by another one this much later.
            configuration.leaseDuration = .seconds(3)
            // So few that one process does not take it all.
            configuration.maximumConcurrency = 4
            let scheduler = Scheduler(
                store: store, transport: .automatic, configuration: configuration, observers: [diary])
            try await scheduler.handle("exact") { [unowned scheduler] context in
                let key = Self.key(context.execution)
                try await Self.takeTime(for: context.execution)
                try await store.withTransaction { transaction in
                    try await insert("exact", key, in: transaction)
                    try await scheduler.enqueue("echo", payload: key, in: transaction)
                    try await context.complete(in: transaction)
                }
                diary.write("done \(key)")
            }
            try await scheduler.handle("echo", payload: String.self) { key, context in
                try await Self.takeTime(for: context.execution)
                try await store.withTransaction { transaction in
                    try await insert("echo", key, in: transaction)
                    try await context.complete(in: transaction)
                }
            }
            try await scheduler.handle("plain") { context in
                try await Self.takeTime(for: context.execution)
                diary.write("plain \(Self.key(context.execution))")
                try await Self.takeTime(for: context.execution)
            }
            diary.write("begin")
            try await scheduler.run(stoppingOn: .terminate)
            diary.write("end")
        }

        /// Opens the store once there is a server.
        private func open(_ database: PostgresConfiguration) async -> PostgresJobStore {
            var environment = PostgresStoreEnvironment()
            // Small enough that a snapshot is often being written when the end comes.
            environment.snapshotMinimum = 100_000
            while true {
                do {
                    return try await PostgresJobStore(
                        database, schema: "rota", clockCheck: .within(.seconds(2)), environment: environment)
                } catch {
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
        }

        private func insert(_ kind: String, _ key: String, in transaction: PostgresTransaction) async throws {
            try await transaction.execute(
                "INSERT INTO app.ledger (kind, key, writer) VALUES ($1, $2, $3)",
                [.text(kind), .text(key), .text(name)])
        }

        /// The name of an occurrence: its job, and its date in seconds since 1970.
        static func key(_ execution: Execution) -> String {
            "\(execution.jobName)/\(execution.scheduledFor.timeIntervalSince1970)"
        }

        /// Takes 5 to 150 milliseconds, which the execution's identifier decides.
        private static func takeTime(for execution: Execution) async throws {
            try await Task.sleep(for: .milliseconds(5 + Int(execution.id.bits % 146)))
        }
    }

    /// A file to which all processes append lines, whatever becomes of the database.
    struct Diary: SchedulerObserver {
        private let file: FileHandle
        private let writer: String

        init(path: String, writer: String) {
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
            file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            self.writer = writer
        }

        /// Appends a line in one call, so that it is whole or not there.
        func write(_ line: String) {
            file.write(Data("\(writer) \(line)\n".utf8))
        }

        func didLoseStore(because error: StoreError, at date: Date) {
            write("lost \(error.code)")
        }

        func didRegainStore(after outage: Duration, at date: Date) {
            write("regained \(outage / .seconds(1))")
        }

        func didLoseLease(of execution: Execution, at date: Date) {
            write("fenced \(FleetWork.key(execution))")
        }
    }
#endif
