#if Postgres
    import Foundation
    import Rota
    import RotaPostgres
    import RotaStore
    import RotaTesting
    import Synchronization

    /// A store in PostgreSQL; Tests/Scripts/postgres-bench starts a server, measures the floor and runs this.
    enum PostgresSuite {
        static let benchmarks = [
            Benchmark(
                id: "P22", title: "PostgreSQL: executions claimed and finished in batches of 500",
                goal: "≥ 0.5× a bare claim and delete of the same batch", run: batches),
            Benchmark(
                id: "P23", title: "PostgreSQL: 20 schedulers, 10,000 jobs due in one second",
                goal: "conflicts ≤ 5 %", run: fleet),
            reader,
        ]

        static func database() throws -> PostgresConfiguration {
            try PostgresConfiguration(
                ProcessInfo.processInfo.environment["ROTA_POSTGRES"] ?? "host=/tmp dbname=postgres")
        }

        static func queue() -> Job {
            Job(
                id: JobID(bits: .random(in: 1 ... .max)),
                definition: JobDraft(queue: "work", retention: .last(100)).definition,
                createdAt: .now, scheduleState: ScheduleState(state: .active, decidedThrough: .now, next: nil))
        }

        private static func batches(_ scale: Scale) async throws -> [Figure] {
            let database = try database()
            let floor = ProcessInfo.processInfo.environment["ROTA_POSTGRES_FLOOR"].flatMap(Double.init)
            var figures: [Figure] = []
            for instances in [1, 2, 4] {
                let schema = "batches_\(UInt32.random(in: 0 ... .max))"
                try await PostgresJobStore.migrate(database, schema: schema)
                var stores: [PostgresJobStore] = []
                for _ in 0..<instances { stores.append(try await PostgresJobStore(database, schema: schema)) }
                let (job, total) = (queue(), scale.iterations(50_000))
                _ = try await stores[0].insert([JobInsertion(job)])
                for first in stride(from: 0, to: total, by: 500) {
                    _ = try await stores[0].enqueue(
                        (first..<min(first + 500, total)).map { number in
                            job.execution(
                                id: ExecutionID(bits: UInt128(number + 1)), source: .manual, scheduledFor: .now,
                                createdAt: .now)
                        })
                }
                let before = try await stores[0].serverPosition()
                let tally = Tally()
                let elapsed = try await ContinuousClock().measure {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for (index, store) in stores.enumerated() {
                            group.addTask { try await work(on: tally.watching(store), as: "s\(index)") }
                        }
                        try await group.waitForAll()
                    }
                }
                let after = try await stores[0].serverPosition()
                let rate = Double(total) / (nanoseconds(elapsed) / 1e9)
                let name = "\(instances) instance\(instances == 1 ? "" : "s")"
                figures.append(Figure(name, rate, "executions/s", ratio: floor.map { (rate / $0, "the bare batch") }))
                figures += tally.figures(commits: after.commits - before.commits)
                figures.append(Figure("  WAL", Double(after.bytes - before.bytes) / Double(total), "B an execution"))
                for store in stores { await store.close() }
            }
            return figures
        }

        /// Claims and finishes until nothing is left.
        private static func work(on store: some JobStore, as owner: String) async throws {
            var claims: [Claim] = []
            repeat {
                var turn = StoreTurn()
                turn.completions = claims.map(success)
                turn.claim = ClaimRequest(owner: owner, limit: 500, now: .now, leaseExpiresAt: .now + 30)
                claims = try await store.turn(turn).claims
            } while !claims.isEmpty
        }

        static func success(_ claim: Claim) -> Completion {
            Completion(
                executionID: claim.execution.id, token: claim.lease.token,
                attempt: Attempt(number: 1, startedAt: .now, duration: .milliseconds(1)), next: .succeeded, date: .now)
        }

        private static func fleet(_ scale: Scale) async throws -> [Figure] {
            let (database, schema) = (try database(), "fleet_\(UInt32.random(in: 0 ... .max))")
            try await PostgresJobStore.migrate(database, schema: schema)
            let (count, jobs) = (20, scale.iterations(10_000))
            let control = try await PostgresJobStore(database, schema: schema)
            let start = Date(timeIntervalSinceNow: scale == .tiny ? 3 : 15)
            let scheduler = Scheduler(store: control, transport: .automatic)
            for first in stride(from: 0, to: jobs, by: 500) {
                _ = try await scheduler.create(
                    (first..<min(first + 500, jobs)).map { number in
                        JobDraft(
                            name: "job \(number)",
                            schedule: .once(at: start.addingTimeInterval(Double(number) / Double(jobs))),
                            action: .handler("work"))
                    })
            }
            var schedulers: [Scheduler] = []
            let tally = Tally()
            for _ in 0..<count {
                let store = tally.watching(try await PostgresJobStore(database, schema: schema))
                let scheduler = Scheduler(store: store, transport: .automatic)
                try await scheduler.handle("work") { _ in }
                schedulers.append(scheduler)
            }
            let before = try await control.serverPosition()
            let runs = schedulers.map { scheduler in Task { try await scheduler.run() } }
            while try await control.counts().executions[.succeeded, default: 0] < jobs {
                try await Task.sleep(for: .milliseconds(200))
            }
            let after = try await control.serverPosition()
            for scheduler in schedulers { scheduler.beginShutdown() }
            for run in runs { try await run.value }
            var lateness: [Double] = []
            var query = ExecutionQuery(limit: 1000)
            repeat {
                let page = try await control.executions(query)
                lateness += page.items.compactMap { $0.lateness.map { nanoseconds($0) / 1e6 } }
                query.after = page.next
            } while query.after != nil
            lateness.sort()
            await control.close()
            return [
                Figure("executions, each once", Double(lateness.count), "of \(jobs)")
            ] + tally.figures(commits: after.commits - before.commits) + [
                Figure("  WAL", Double(after.bytes - before.bytes) / Double(jobs), "B an execution"),
                Figure("lateness p50", lateness[lateness.count / 2], "ms"),
                Figure("lateness p99", lateness[lateness.count * 99 / 100], "ms"),
                Figure("lateness, most", lateness.last ?? 0, "ms"),
            ]
        }
    }

    /// Counts what the turns of many stores asked for, and in how many cases another one was faster.
    private final class Tally: Sendable {
        private let counts = Mutex((turns: 0, requests: 0, conflicts: 0))

        /// A store whose turns are counted.
        func watching(_ store: PostgresJobStore) -> RotatingStore {
            RotatingStore(
                [store],
                watch: { [self] _, outcome in
                    let completions = outcome.completions + outcome.reclaims
                    let lost = completions.count {
                        if case .recorded = $0 { false } else { true }
                    }
                    counts.withLock {
                        $0.turns += 1
                        $0.requests += completions.count + outcome.fires.count
                        $0.conflicts += lost + outcome.fires.count { $0 == .conflict }
                    }
                })
        }

        func figures(commits: Int64) -> [Figure] {
            let (turns, requests, conflicts) = counts.withLock { ($0.turns, $0.requests, $0.conflicts) }
            return [
                Figure("  commits a pass", Double(commits) / Double(max(1, turns)), "(\(commits) in \(turns) passes)"),
                Figure("  conflicts", 100 * Double(conflicts) / Double(max(1, requests)), "% of \(requests) requests"),
            ]
        }
    }
#endif
