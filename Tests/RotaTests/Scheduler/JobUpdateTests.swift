import Foundation
import RotaTesting
import Testing

@Suite("Job updates")
struct JobUpdateTests {
    let start = ManualClock().now

    @Test("A job updated to a one-shot in the past is completed without endless conflicts")
    func updateToPast() async throws {
        let asked = Recorded<String>()
        let bench = Bench(
            store: HookedStore(base: InMemoryJobStore(), before: { if $0 == "fire" { asked.add($0) } }))
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(10))
            try await bench.scheduler.update(job.id) { $0.schedule = .once(at: start.addingTimeInterval(-60)) }
            await bench.advance(.seconds(3600))
            #expect(asked.all.count < 20)
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A job updated to run immediately at the date of its creation runs")
    func updateToImmediately() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.update(job.id) { $0.schedule = .immediately }
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).count == 1)
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A job that has run and is updated to run immediately runs")
    func updateRunJobToImmediately() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(90))
            try await bench.scheduler.update(job.id) { $0.schedule = .immediately }
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).count == 2)
        }
    }

    @Test("After the clock was set back, an update to a one-shot in the future fires it")
    func updateAfterStepBack() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/"))))
            bench.clock.step(by: .seconds(-7200))
            try await bench.scheduler.update(job.id) { $0.schedule = .once(at: start.addingTimeInterval(-3600)) }
            await bench.advance(.seconds(7200))
            #expect(try await bench.executions(of: job.id).count == 1)
        }
    }

    @Test("An occurrence that is due when the schedule is updated has one outcome")
    func updateWhenDue() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
        bench.clock.set(to: start.addingTimeInterval(61))
        try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(3600)) }
        try await bench.running { await bench.advance(.zero) }
        let fired = try await bench.executions(of: job.id).count
        let skipped = try await bench.scheduler.skips(of: job.id).count
        #expect(fired + skipped == 1)
    }

    @Test("An update during a pause still records the skipped occurrences")
    func updateWhilePaused() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(130))
            try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(3600)) }
            try await bench.scheduler.resume(job.id)
            #expect(try await bench.scheduler.skips(of: job.id).compactMap(\.count).reduce(0, +) == 2)
        }
    }
}
