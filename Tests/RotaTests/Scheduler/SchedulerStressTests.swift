import Foundation
import RotaTesting
import Testing

@Suite("Scheduler under stress", .timeLimit(.minutes(20)))
struct SchedulerStressTests {
    @Test(
        "Random creation, updates, pauses, deletions, shutdown and cancellation never hang",
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

    @Test("Huge configuration values do not trap")
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
}
