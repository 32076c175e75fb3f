import Foundation
import RotaTestSupport
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

    @Test(
        "An update that repeats the schedule changes nothing and holds nothing up", .rows("T-3"),
        arguments: [
            Schedule.every(.seconds(900)), .every(.seconds(900)).limited(toRuns: 1000),
            .union([.every(.seconds(900)), .every(.seconds(86_400))]),
        ])
    func repeatedInterval(schedule: Schedule) async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: schedule, action: .handler("work"), retention: .last(1000)))
            // A day in which the app declares its job again every ten minutes.
            for _ in 0..<144 {
                await bench.advance(.seconds(600))
                let json = try JSONEncoder().encode(schedule)
                let decoded = try JSONDecoder().decode(Schedule.self, from: json)
                try await bench.scheduler.update(job.id) { $0.schedule = schedule }
                try await bench.scheduler.update(job.id) { $0.schedule = decoded }
            }
            let dates = try await bench.executions(of: job.id).map { $0.scheduledFor.timeIntervalSince(start) }
            #expect(dates.count == 96 && dates.sorted() == (1...96).map { Double($0) * 900 })
            #expect(try await bench.scheduler.job(job.id).version == 1)
        }
    }

    @Test("An update that repeats a delay after completion does not postpone it")
    func repeatedDelay() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .afterCompletion(.seconds(900)), action: .handler("work")))
            for _ in 0..<6 {
                await bench.advance(.seconds(600))
                try await bench.scheduler.update(job.id) { $0.schedule = .afterCompletion(.seconds(900)) }
            }
            #expect(try await bench.executions(of: job.id).count == 4)
            #expect(try await bench.scheduler.job(job.id).version == 1)
        }
    }

    @Test("A new interval keeps the anchor unless the update gives one")
    func newInterval() async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(900)), action: .handler("work")))
        bench.clock.set(to: start.addingTimeInterval(100))
        let kept = try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(60)) }
        #expect(kept.nextRunAt == start.addingTimeInterval(120))
        let given = try await bench.scheduler.update(job.id) {
            $0.schedule = .every(.seconds(60), anchor: start.addingTimeInterval(90))
        }
        #expect(given.nextRunAt == start.addingTimeInterval(150))
    }
}
