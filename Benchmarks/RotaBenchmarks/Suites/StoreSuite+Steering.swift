import Foundation
import Rota
import RotaStore

/// What an operator feels at size: canceling a backlog, and reading while the store compacts its files.
extension StoreSuite {
    static let steering = [
        Benchmark(
            id: "P19", title: "file store: 100,000 queued executions canceled",
            goal: "by one query, much faster than one by one", run: canceling),
        Benchmark(
            id: "P20", title: "file store: reads during a compaction of 200,000 executions",
            goal: "p99 as without a compaction, give or take one sync", run: reading),
        Benchmark(
            id: "P21", title: "claims beside executions that limits and dependencies hold back",
            goal: "≤ 1.5× from 10 held ones to 100,000", run: claiming),
    ]

    /// Times claims and completions of a free job, while another job's executions are held by each kind of limit.
    private static func claiming(_ scale: Scale) async throws -> [Figure] {
        let start = Date(timeIntervalSince1970: 1_767_225_600)
        let kinds: [(name: String, limits: JobLimits, depends: Bool)] = [
            ("concurrency", JobLimits(concurrency: 1), false),
            ("rate", JobLimits(rate: RateLimit(1, per: .seconds(86_400))), false),
            ("dependency", .none, true),
        ]
        var figures: [Figure] = []
        for kind in kinds {
            var least: Double?
            for held in [10, 1_000, scale.iterations(100_000)] {
                let store: any JobStore = InMemoryJobStore()
                let (free, full, other) = (
                    queue(1, .none, at: start), queue(2, kind.limits, at: start), queue(3, .none, at: start)
                )
                _ = try await store.insert([free, full, other].map { JobInsertion($0) })
                if kind.depends {
                    try await store.addDependency(
                        JobDependency(id: DependencyID(bits: 1), jobID: full.id, dependsOn: other.id, createdAt: start))
                }
                try await store.enqueue((0...held).map { execution(1_000_000 + $0, of: full, at: start) })
                let rounds = scale.iterations(2_000)
                try await store.enqueue((0..<rounds).map { execution(3_000_000 + $0, of: free, at: start) })
                func claim(_ limit: Int) async throws -> [Claim] {
                    try await store.claim(
                        ClaimRequest(owner: "a", limit: limit, now: start, leaseExpiresAt: start + 86_400))
                }
                // All of them become due once, before the clock runs.
                _ = try await store.dueWork(at: start, limit: 1)
                // The one that the limit admits.
                if !kind.depends { _ = try await claim(1) }
                let elapsed = try await ContinuousClock().measure {
                    for _ in 0..<rounds {
                        let claims = try await claim(1)
                        _ = try await store.finish(
                            claims.map {
                                Completion(
                                    executionID: $0.execution.id, token: $0.lease.token, attempt: nil,
                                    next: .succeeded, date: start)
                            })
                    }
                }
                let each = nanoseconds(elapsed) / Double(rounds) / 1000
                figures.append(
                    Figure(
                        "\(held) held by \(kind.name)", each, "µs a claim",
                        ratio: least.map { (each / $0, "10 held") }))
                least = least ?? each
            }
        }
        return figures
    }

    private static func queue(_ number: Int, _ limits: JobLimits, at date: Date) -> Job {
        var definition = JobDefinition(name: "queue \(number)", schedule: .onDemand, action: .handler("none"))
        definition.limits = limits
        return Job(
            id: JobID(bits: UInt128(number)), definition: definition, createdAt: date,
            scheduleState: ScheduleState(state: .active, decidedThrough: date, next: nil))
    }

    private static func execution(_ number: Int, of job: Job, at date: Date) -> Execution {
        job.execution(id: ExecutionID(bits: UInt128(number)), source: .manual, scheduledFor: date, createdAt: date)
    }

    private static func canceling(_ scale: Scale) async throws -> [Figure] {
        let size = scale.iterations(100_000)
        return try await StoreFloor.withFolder { folder in
            let store = try await FileJobStore(directory: folder)
            let scheduler = Scheduler(store: store)
            try await scheduler.handle("none") { _ in }
            let job = try await scheduler.create(
                JobDraft(name: "backlog", schedule: .onDemand, action: .handler("none")))
            for begin in stride(from: 0, to: size, by: 500) {
                try await scheduler.trigger(
                    job.id, [TriggerRequest](repeating: TriggerRequest(), count: min(500, size - begin)))
            }
            let clock = ContinuousClock()
            let few = try await scheduler.executions(ExecutionQuery(statuses: [.queued], limit: min(1000, size / 10)))
            let single =
                nanoseconds(
                    try await clock.measure {
                        for execution in few.items { try await scheduler.cancel(execution.id) }
                    }) / Double(few.items.count)
            let left = size - few.items.count
            var canceled = 0
            let bulk = nanoseconds(
                try await clock.measure {
                    canceled = try await scheduler.cancel(matching: ExecutionQuery(statuses: [.queued])).canceled
                })
            try await store.close()
            return [
                Figure("one by one, by one caller", 1e6 / single, "k/s"),
                Figure(
                    "by one query (\(canceled) of \(left))", Double(canceled) / bulk * 1e6, "k/s",
                    ratio: (single * Double(canceled) / bulk, "the rate one by one")),
            ]
        }
    }

    private static func reading(_ scale: Scale) async throws -> [Figure] {
        let size = scale.iterations(200_000)
        return try await StoreFloor.withFolder { folder in
            try await StoreFloor.fill(folder, executions: size, compacting: false)
            let store = try await FileJobStore(directory: folder)
            let job = StoreFloor.job(7).id
            func read() async throws -> Double {
                try await nanoseconds(
                    ContinuousClock().measure {
                        _ = try await store.job(job)
                        _ = try await store.executions(ExecutionQuery(jobID: job, limit: 20))
                    }) / 1e6
            }
            var (quiet, busy): ([Double], [Double]) = ([], [])
            for _ in 0..<scale.iterations(20_000) { quiet.append(try await read()) }
            for _ in 0..<3 {
                let compaction = Task { try await store.compact() }
                let ended = Flag()
                Task {
                    _ = await compaction.result
                    await ended.set()
                }
                while await !ended.isSet { busy.append(try await read()) }
                try await compaction.value
            }
            try await store.close()
            quiet.sort()
            busy.sort()
            return [("p50", 50), ("p99", 99), ("most", 100)].map { name, percent in
                let (without, during) = (quantile(quiet, percent), quantile(busy, percent))
                return Figure("\(name) of \(busy.count) reads", during, "ms", ratio: (during / without, "without"))
            }
        }
    }

    private actor Flag {
        private(set) var isSet = false
        func set() { isSet = true }
    }
}
