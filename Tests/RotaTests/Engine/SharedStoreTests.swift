import Foundation
import RotaStore
import RotaTesting
import Testing

@Suite("Several schedulers on one store")
struct SharedStoreTests {
    @Test("No occurrence fires twice and none is lost", arguments: 1...8)
    func exactlyOnce(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let clock = ManualClock()
        let start = clock.now
        let store = InMemoryJobStore()
        let benches = (0..<Int.random(in: 2...5, using: &random)).map {
            Bench(clock: clock, store: store, seed: seed &* 100 &+ UInt64($0))
        }
        var periods: [JobID: Int] = [:]
        for number in 0..<10 {
            let period = Int.random(in: 1...40, using: &random)
            let job = try await benches[0].scheduler.create(
                .init(
                    name: "job \(number)", schedule: .every(.seconds(period)),
                    action: .http(.get("https://example.com/")), retention: .last(100_000)))
            periods[job.id] = period
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for bench in benches { group.addTask { try await bench.scheduler.run() } }
            await clock.advance(by: .seconds(300), driving: benches.map(\.scheduler))
            group.cancelAll()
            try await group.waitForAll()
        }
        for (id, period) in periods {
            let fired = try await store.allExecutions(of: id).map(\.scheduledFor)
            #expect(fired == (1...(300 / period)).map { start.addingTimeInterval(Double($0 * period)) })
        }
        let sent = benches.flatMap { $0.transport.requests }.compactMap { $0.headers["X-Cron-Service-Execution-Id"] }
        #expect(sent.count == Set(sent).count)
        #expect(sent.count == periods.values.map { 300 / $0 }.reduce(0, +))
    }

    @Test("A dead scheduler's execution becomes a crashed attempt and is retried once its lease expires")
    func crash() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let bench = Bench(clock: clock, store: store)
        let job = try await bench.scheduler.create(
            .init(
                name: "fragile", schedule: .immediately, action: .http(.get("https://example.com/")),
                retry: .fixed(.seconds(2), maxAttempts: 3)))
        // A scheduler that claims and then dies.
        let claims = await store.claim(
            ClaimRequest(owner: "dead", limit: 10, now: clock.now, leaseExpiresAt: clock.now.addingTimeInterval(30)))
        #expect(claims.count == 1)
        try await bench.running {
            await bench.advance(.seconds(29))
            #expect(bench.transport.requests.isEmpty)
            await bench.advance(.seconds(4))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .succeeded)
            #expect(execution.attempts.map(\.failure?.kind) == [.crashed, nil])
            #expect(execution.attempts.first?.failure?.message.contains("dead") == true)
        }
        // The dead one returns with a stale token.
        let late = await store.finish([
            Completion(
                executionID: claims[0].execution.id, token: claims[0].execution.lease?.token ?? 0, attempt: nil,
                next: .failed(ExecutionFailure(kind: .timeout, message: "late")), date: clock.now)
        ])
        #expect(late == [.stale])
        #expect(try await bench.executions(of: job.id).first?.status == .succeeded)
    }

    @Test("A lease is renewed while its handler runs")
    func renewal() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let benches = (0..<2).map { Bench(clock: clock, store: store, seed: UInt64($0)) }
        let calls = Recorded<Int>()
        for bench in benches {
            try await bench.scheduler.handle("long") { _ in
                calls.add(1)
                try await clock.sleep(until: clock.now.addingTimeInterval(600))
            }
        }
        let job = try await benches[0].scheduler.create(
            .init(name: "long", schedule: .immediately, action: .handler("long")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for bench in benches { group.addTask { try await bench.scheduler.run() } }
            await clock.advance(by: .seconds(700), driving: benches.map(\.scheduler))
            group.cancelAll()
            try await group.waitForAll()
        }
        let execution = try #require(try await store.allExecutions(of: job.id).first)
        #expect(calls.all.count == 1)
        #expect(execution.status == .succeeded)
        #expect(execution.attempts.map(\.duration) == [.seconds(600)])
    }

    @Test("Schedulers that start and stop at random lose nothing", arguments: 1...6)
    func comeAndGo(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let clock = ManualClock()
        let start = clock.now
        let store = InMemoryJobStore()
        let job = try await Bench(clock: clock, store: store).scheduler.create(
            .init(
                name: "steady", schedule: .every(.seconds(7)), action: .handler("work"),
                retry: .fixed(.seconds(1), maxAttempts: 50), misfire: .all(limit: 10_000),
                retention: .last(100_000)))
        for round in 0..<12 {
            let benches = (0..<2).map {
                Bench(clock: clock, store: store, seed: seed &* 1000 &+ UInt64(round * 2 + $0))
            }
            let length = Int.random(in: 1...12, using: &random)
            for bench in benches {
                try await bench.scheduler.handle("work") { _ in
                    try await clock.sleep(until: clock.now.addingTimeInterval(Double(length)))
                }
            }
            // Canceled at a random moment, with work running.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for bench in benches { group.addTask { try await bench.scheduler.run() } }
                await clock.advance(
                    by: .seconds(Int.random(in: 0...60, using: &random)), driving: benches.map(\.scheduler))
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        let last = Bench(clock: clock, store: store)
        try await last.scheduler.handle("work") { _ in }
        try await last.running { await last.advance(.seconds(120)) }
        let executions = try await store.allExecutions(of: job.id)
        let due = Int(clock.now.timeIntervalSince(start)) / 7
        let expected = (1...due).map { start.addingTimeInterval(Double($0 * 7)) }
        #expect(executions.map(\.scheduledFor) == expected)
        #expect(executions.allSatisfy { $0.status == .succeeded })
    }

    @Test("Schedulers with clocks 15 seconds apart fire every occurrence once and take no execution from each other")
    func skewedClocks() async throws {
        let base = ManualClock(now: ManualClock().now.addingTimeInterval(-SteppedClock.lead))
        let (store, log, early) = (InMemoryJobStore(), ExecutionLog(), Recorded<Date>())
        let clocks = [SteppedClock(base), SteppedClock(base)]
        clocks[1].step(by: 15)
        let schedulers = clocks.enumerated().map { number, clock in
            Scheduler(
                store: store, transport: ClosureTransport { _ in try .status(200) },
                configuration: Bench.configuration { $0.maximumConcurrency = 2 }, clock: clock,
                ids: TimeOrderedIDGenerator(random: SeededGenerator(seed: UInt64(number))))
        }
        for (scheduler, clock) in zip(schedulers, clocks) {
            try await scheduler.handle("work") { context in
                if clock.now < context.scheduledFor { early.add(clock.now) }
                log.begin(context.execution, at: clock.now)
                defer { log.end(context.execution) }
                try await base.sleep(until: base.now.addingTimeInterval(45))
            }
        }
        let start = clocks[0].now
        let job = try await schedulers[0].create(
            .init(
                name: "x", schedule: Schedule.every(.seconds(20)).ending(at: start.addingTimeInterval(601)),
                action: .handler("work"), limits: .concurrency(3)))
        try await schedulers[0].running {
            try await schedulers[1].running { await base.advance(by: .seconds(900), driving: schedulers) }
        }
        let runs = try await store.allExecutions(of: job.id)
        #expect(runs.map(\.scheduledFor) == (1...30).map { start.addingTimeInterval(Double($0) * 20) })
        #expect(runs.allSatisfy { $0.status == .succeeded && $0.attempts.count == 1 })
        #expect(Set(runs.compactMap { $0.progress.lease?.owner }).count == 2)
        #expect(log.doubles == 0 && early.all.isEmpty && log.most(of: job.id) <= 3)
    }
}
