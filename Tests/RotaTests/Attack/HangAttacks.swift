import Foundation
import RotaTesting
import Testing

@Suite("Attack: hangs and races", .timeLimit(.minutes(20)))
struct HangAttacks {
    let start = Date(timeIntervalSince1970: 1_767_225_600)

    @Test("Finding the latest of a smoothed schedule does not walk over the whole window")
    func smoothedWalk() async throws {
        let bench = Bench()
        var key = 0
        let draft = { (key: Int) in
            Schedule.every(.milliseconds(100)).smoothed(over: .seconds(7 * 86_400), key: "\(key)")
        }
        while draft(key).smoothingOffset < .seconds(6 * 86_400) { key += 1 }
        let asked = Tally<String>()
        _ = asked
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: draft(key), action: .http(.get("https://example.com/"))))
        bench.clock.set(to: start.addingTimeInterval(8 * 86_400))
        try await bench.running { await bench.advance(.zero) }
        #expect(try await bench.executions(of: job.id).count == 1)
    }

    @Test(
        "Shutdown, cancellation, creation, pausing, updating and deleting at random moments hang nothing",
        arguments: 1...15)
    func storm(seed: UInt64) async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let benches = (0..<2).map {
            Bench(
                clock: clock, store: store, seed: seed &* 10 &+ UInt64($0),
                configuration: Bench.configuration {
                    $0.maximumConcurrency = 3; $0.batchSize = 4
                })
        }
        for bench in benches {
            try await bench.scheduler.handle("x") { context in
                if context.execution.id.bits % 3 == 0 { throw CancellationError() }
                if context.execution.id.bits % 3 == 1 { try await clock.sleep(until: clock.now.addingTimeInterval(7)) }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for bench in benches { group.addTask { try await bench.scheduler.run() } }
            for actor in 0..<4 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &* 1000 &+ UInt64(actor))
                    let scheduler = benches[actor % 2].scheduler
                    for _ in 0..<40 {
                        let job = try await scheduler.create(
                            .init(
                                name: "j", schedule: Bool.random(using: &random) ? .immediately : .every(.seconds(3)),
                                action: .handler("x", timeout: Bool.random(using: &random) ? .seconds(5) : nil),
                                retry: .fixed(.seconds(1), maxAttempts: 2), retention: .last(3)))
                        switch Int.random(in: 0...4, using: &random) {
                        case 0: try await scheduler.delete(job.id)
                        case 1: _ = try? await scheduler.pause(job.id)
                        case 2: try await scheduler.update(job.id) { $0.schedule = .every(.milliseconds(700)) }
                        case 3: try await scheduler.trigger(job.id)
                        default: clock.set(to: clock.now.addingTimeInterval(Double.random(in: 0...3, using: &random)))
                        }
                    }
                }
            }
            for _ in 0..<4 { _ = try await group.next() }
            if seed.isMultiple(of: 2) {
                for bench in benches { bench.scheduler.beginShutdown() }
                await clock.advance(by: .seconds(60), driving: benches.map(\.scheduler))
            } else {
                group.cancelAll()
            }
            try await group.waitForAll()
        }
        let running = try await store.allExecutions().filter { $0.status == .running }
        #expect(running.isEmpty)
    }

    @Test("A handler may delete, pause and update its own job, and shut its scheduler down")
    func reentrant() async throws {
        let bench = Bench()
        let scheduler = bench.scheduler
        try await scheduler.handle("x") { context in
            try await scheduler.update(context.job.id) { $0.name += "!" }
            try await scheduler.trigger(context.job.id)
            try await scheduler.delete(context.job.id)
            scheduler.beginShutdown()
        }
        try await scheduler.create(.init(name: "j", schedule: .immediately, action: .handler("x")))
        try await scheduler.run()
        #expect(try await bench.executions().isEmpty)
    }

    @Test("Absurd configurations do not trap")
    func absurdConfiguration() async throws {
        let bench = Bench(
            configuration: Bench.configuration {
                $0.leaseDuration = .seconds(Int64.max)
                $0.misfireThreshold = .seconds(Int64.max)
                $0.shutdownGrace = .seconds(Int64.max)
            })
        let clock = bench.clock
        try await bench.scheduler.handle("x") { _ in try await clock.sleep(until: clock.now.addingTimeInterval(100)) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)),
                    action: .handler("x", timeout: .seconds(Int64.max)),
                    retry: .fixed(.seconds(30_000_000), maxAttempts: 2),
                    misfire: .latest(within: .seconds(Int64.max))))
            await bench.advance(.seconds(600))
            #expect(try await !bench.executions(of: job.id).isEmpty)
        }
    }

    @Test("Absurd clocks do not trap or hang", arguments: [1e15, -1e15, 253_402_300_799])
    func absurdClock(seconds: Double) async throws {
        let bench = Bench()
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "j", schedule: .cron("* * * * *"), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.create(
                .init(name: "k", schedule: .every(.seconds(7)), action: .http(.get("https://example.com/"))))
            bench.clock.set(to: Date(timeIntervalSince1970: seconds))
            await bench.clock.settle([bench.scheduler])
        }
    }

    @Test("A clock that cannot tell seconds apart is refused", arguments: [1e300, -1e300, .infinity, .nan])
    func unusableClock(seconds: Double) async throws {
        let bench = Bench(clock: ManualClock(now: Date(timeIntervalSince1970: seconds)))
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.run() }
        #expect(error?.code == .unusableClock)
    }
}
