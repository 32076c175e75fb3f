import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Heartbeats")
struct HeartbeatTests {
    @Test("Heartbeats and progress are stored when the lease is renewed", .rows("S-64"))
    func stored() async throws {
        let bench = Bench()
        let clock = bench.clock
        let begin = clock.now
        try await bench.scheduler.handle("long") { context in
            try await clock.sleep(until: begin.addingTimeInterval(5))
            context.report(0.25, "reading")
            try await clock.sleep(until: begin.addingTimeInterval(8))
            context.heartbeat()
            try await clock.sleep(until: begin.addingTimeInterval(100))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "long", schedule: .immediately, action: .handler("long")))
            await bench.advance(.seconds(12))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .running)
            #expect(execution.heartbeatAt == begin.addingTimeInterval(8))
            #expect(execution.report == ProgressReport(fraction: 0.25, message: "reading"))
            await bench.advance(.seconds(100))
            #expect(try await bench.scheduler.execution(execution.id).status == .succeeded)
        }
    }

    @Test("A handler silent beyond its heartbeat limit counts as crashed and is retried", .rows("S-64"))
    func stale() async throws {
        let bench = Bench()
        let clock = bench.clock
        let begin = clock.now
        try await bench.scheduler.handle("quiet") { context in
            guard context.attempt == 1 else { return }
            for second in [20.0, 40] {
                try await clock.sleep(until: begin.addingTimeInterval(second))
                context.heartbeat()
            }
            try await clock.sleep(until: begin.addingTimeInterval(3600))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "quiet", schedule: .immediately,
                    action: .handler("quiet", heartbeatLimit: .seconds(30)),
                    retry: .fixed(.seconds(1), maxAttempts: 2)))
            await bench.advance(.seconds(120))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.attempts.map(\.failure?.kind) == [.crashed, nil])
            #expect(execution.attempts.first?.duration == .seconds(70))
            #expect(execution.status == .succeeded)
        }
    }

    @Test(
        "A silent handler that ignores cancellation is abandoned, and its result is dropped",
        .rows("S-64"))
    func hung() async throws {
        let bench = Bench()
        let clock = bench.clock
        let begin = clock.now
        let log = ObserverLog()
        bench.scheduler.observe(log)
        let events = bench.scheduler.events()
        try await bench.scheduler.handle("hung") { context in
            guard context.attempt == 1 else { return }
            // An unstructured task, which cancellation does not reach.
            let sleep = Task {
                try? await clock.sleep(until: begin.addingTimeInterval(300))
            }
            await sleep.value
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "hung", schedule: .immediately,
                    action: .handler("hung", heartbeatLimit: .seconds(10)),
                    retry: .fixed(.seconds(1), maxAttempts: 2)))
            await bench.advance(.seconds(60))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.attempts.map(\.failure?.kind) == [.crashed, nil])
            #expect(execution.attempts.first?.duration == .seconds(15))
            #expect(execution.status == .succeeded)
            #expect(log.all.contains("abandoned 1") && !log.all.contains("dropped 1"))
            await bench.advance(.seconds(300))
            for await event in events where event.kind == .lateResultDropped { break }
            #expect(log.all.contains("dropped 1") && !log.all.contains("lost"))
            #expect(try await bench.scheduler.execution(execution.id).attempts.count == 2)
        }
    }
}
