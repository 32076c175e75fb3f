#if Postgres
    import Foundation
    import Rota
    import RotaPostgres
    import RotaStore
    import Synchronization

    extension PostgresSuite {
        static let reader = Benchmark(
            id: "P25", title: "PostgreSQL: a reader holds a snapshot for three minutes",
            goal: "≥ 0.5× the rate before it", run: reading)

        /// Two instances enqueue, claim and finish without end, and another session begins to read and does not end.
        ///
        /// What was removed since then cannot be vacuumed until it does. First all work is enqueued by the instances,
        /// then some of it by other programs in the inbox, whose rows are removed when they are taken.
        private static func reading(_ scale: Scale) async throws -> [Figure] {
            let step = scale == .tiny ? Duration.milliseconds(500) : .seconds(30)
            var figures: [Figure] = []
            for requests in [0, 5] {
                let (database, schema) = (try database(), "reader_\(UInt32.random(in: 0 ... .max))")
                try await PostgresJobStore.migrate(database, schema: schema)
                let stores = [
                    try await PostgresJobStore(database, schema: schema),
                    try await PostgresJobStore(database, schema: schema),
                ]
                let job = queue()
                _ = try await stores[0].insert([JobInsertion(job)])
                let load = SteadyLoad()
                let work = Task {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (index, store) in stores.enumerated() {
                            group.addTask {
                                try await load.run(job, on: store, as: "s\(index)", requests: requests, database)
                            }
                        }
                        try await group.waitForAll()
                    }
                }
                func rate() async throws -> Double {
                    let before = load.finished
                    let elapsed = try await ContinuousClock().measure { try await Task.sleep(for: step) }
                    return Double(load.finished - before) / (nanoseconds(elapsed) / 1e9)
                }
                // The server and the instances reach their usual size.
                _ = try await rate()
                let before = [try await rate(), try await rate()]
                let session = try PostgresConnection.open(database)
                let deadline = ContinuousClock.now.advanced(by: .seconds(60))
                _ = try session.perform(
                    [
                        "BEGIN ISOLATION LEVEL REPEATABLE READ",
                        PostgresStatement("SELECT count(*) FROM \(schema).commits", isPrepared: false),
                    ], deadline: deadline)
                let usual = (before[0] + before[1]) / 2
                figures.append(
                    Figure(requests == 0 ? "before, all by the instances" : "before, 1 % by the inbox", usual, "/s"))
                for number in 1...6 {
                    let rate = try await rate()
                    figures.append(
                        Figure("  during, step \(number) of 6", rate, "/s", ratio: (rate / usual, "the rate before")))
                }
                _ = try session.perform(["COMMIT"], deadline: ContinuousClock.now.advanced(by: .seconds(60)))
                session.close()
                for number in 1...2 {
                    let rate = try await rate()
                    figures.append(
                        Figure("  after, step \(number) of 2", rate, "/s", ratio: (rate / usual, "the rate before")))
                }
                load.end()
                try await work.value
                for store in stores { await store.close() }
            }
            return figures
        }
    }

    /// Work that goes on until it is ended, and the count of what is done.
    private final class SteadyLoad: Sendable {
        private let state = Mutex((finished: 0, isOver: false))

        var finished: Int { state.withLock(\.finished) }

        func end() { state.withLock { $0.isOver = true } }

        /// Enqueues 500 executions, claims and finishes as many, and so on.
        ///
        /// - Parameter requests: How many of the 500 another program enqueues in its own transaction.
        func run(
            _ job: Job, on store: PostgresJobStore, as owner: String, requests: Int, _ database: PostgresConfiguration
        ) async throws {
            let program = requests > 0 ? try PostgresConnection.open(database) : nil
            defer { program?.close() }
            let scheduler = Scheduler(store: store, transport: .automatic)
            var claims: [Claim] = []
            while !state.withLock(\.isOver) {
                var statements: [PostgresStatement] = ["BEGIN"]
                for _ in 0..<requests {
                    let request = try await scheduler.enqueueStatement("work", in: store)
                    statements.append(PostgresStatement(request.sql, request.parameters.map { .text($0) }))
                }
                statements.append("COMMIT")
                _ = try program?.perform(statements, deadline: .now.advanced(by: .seconds(10)))
                _ = try await store.enqueue(
                    (requests..<500).map { _ in
                        job.execution(
                            id: ExecutionID(bits: .random(in: 1 ... .max)), source: .manual, scheduledFor: .now,
                            createdAt: .now)
                    })
                var turn = StoreTurn()
                turn.completions = claims.map(PostgresSuite.success)
                turn.claim = ClaimRequest(owner: owner, limit: 500, now: .now, leaseExpiresAt: .now + 30)
                claims = try await store.turn(turn).claims
                state.withLock { $0.finished += turn.completions.count }
            }
        }
    }
#endif
