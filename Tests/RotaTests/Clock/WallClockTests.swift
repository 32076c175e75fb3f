import Foundation
import RotaTesting
import Testing

@Suite("Wall clock")
struct WallClockTests {
    static let year = 365.25 * 86_400

    @Test(
        "A clock step is noticed within 30 seconds: nothing fires early, and each occurrence fires or is skipped once",
        arguments: [-10 * year, -3600, -1, 1, 3600, 30 * 86_400, 10 * year] as [Double],
        [MisfirePolicy.latest, .skip])
    func step(by seconds: Double, misfire: MisfirePolicy) async throws {
        let base = ManualClock(now: ManualClock().now.addingTimeInterval(-SteppedClock.lead))
        let clock = SteppedClock(base)
        let (start, store) = (clock.now, InMemoryJobStore())
        let starts = Recorded<(nominal: Date, at: Date)>()
        let scheduler = Scheduler(store: store, transport: ClosureTransport { _ in try .status(200) }, clock: clock)
        try await scheduler.handle("work") { context in starts.add((context.scheduledFor, clock.now)) }
        try await scheduler.running {
            let job = try await scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(600)), action: .handler("work"), misfire: misfire,
                    retention: .last(100_000)))
            await base.advance(by: .seconds(3 * 600 + 100), driving: [scheduler])
            clock.step(by: seconds)
            let stepped = clock.now
            await base.advance(by: .seconds(30), driving: [scheduler])
            // The occurrences within the step are decided by now.
            let due = Int(clock.now.timeIntervalSince(start)) / 600
            let cursor = try await scheduler.job(job.id).scheduleState.decidedThrough
            if seconds >= -1 {
                #expect(cursor == start.addingTimeInterval(Double(max(3, due)) * 600))
            } else {
                #expect(cursor <= clock.now)
            }
            await base.advance(by: .seconds(2 * 600), driving: [scheduler])
            let (runs, skips) = (try await store.allExecutions(of: job.id), await store.skips(of: job.id))
            // Set back, time continues from there, and the first three do not fire again.
            let end = (clock.now.timeIntervalSince(start) / 600).rounded(.down)
            let from = (stepped.timeIntervalSince(start) / 600).rounded(.down)
            let decided = Set(1...3).union(seconds < 0 ? Int(from + 1)..<Int(end + 1) : 1..<Int(end + 1))
            #expect(Set(runs.map(\.scheduledFor)).count == runs.count)
            let skipped = skips.map { Int($0.last.timeIntervalSince($0.first)) / 600 + 1 }.reduce(0, +)
            #expect(runs.count + skipped == decided.count)
            #expect(starts.all.allSatisfy { $0.at >= $0.nominal })
            // A step forward of less than the misfire threshold makes nothing late.
            #expect(skips.allSatisfy { $0.reason == .misfire })
            if seconds <= 1 { #expect(skips.isEmpty) }
        }
    }

    @Test("Clocks at the ends of time neither trap nor hang", arguments: [1e15, -1e15, 253_402_300_799])
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

    @Test("A clock too far out to distinguish seconds is refused", arguments: [1e300, -1e300, .infinity, .nan])
    func unusableClock(seconds: Double) async throws {
        let bench = Bench(clock: ManualClock(now: Date(timeIntervalSince1970: seconds)))
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.run() }
        #expect(error?.code == .unusableClock)
    }

    @Test("A wall clock step does not consume a handler's timeout")
    func timeoutAndStep() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            let end = clock.uptime + .seconds(30)
            while clock.uptime < end {
                try await clock.sleep(until: clock.now.addingTimeInterval((end - clock.uptime) / .seconds(1)))
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately, action: .handler("work", timeout: .seconds(60)), retry: .none))
            await bench.advance(.seconds(1))
            clock.step(by: .seconds(3600))
            await bench.advance(.seconds(100))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .succeeded)
            #expect(execution.attempts.map(\.duration) == [.seconds(30)])
        }
    }
}
