import Foundation
import RotaTesting
import Testing

@Suite("Schedules that count from the end of an execution")
struct AfterCompletionTests {
    let start = ManualClock().now

    @Test("A delay after completion within a union is refused, or fires at most twice after a downtime")
    func completionInUnion() async throws {
        let bench = Bench()
        let draft = JobDraft(
            name: "j", schedule: .union([.afterCompletion(.seconds(60)), .every(.seconds(86_400))]),
            action: .http(try .get("https://example.com/")))
        guard let job = try? await bench.scheduler.create(draft) else { return }
        bench.clock.set(to: start.addingTimeInterval(3600))
        try await bench.running { await bench.advance(.zero) }
        #expect(try await bench.executions(of: job.id).count <= 2)
    }

    @Test("A smoothed delay after completion is refused, or starts at its effective date")
    func smoothedCompletion() async throws {
        let bench = Bench()
        let schedule = Schedule.afterCompletion(.seconds(60)).smoothed(over: .seconds(1000), key: "k")
        let draft = JobDraft(name: "j", schedule: schedule, action: .http(try .get("https://example.com/")))
        guard let job = try? await bench.scheduler.create(draft) else { return }
        try await bench.running { await bench.advance(.seconds(7200)) }
        let executions = try await bench.executions(of: job.id)
        let offset = schedule.smoothingOffset.components.seconds
        #expect(executions.allSatisfy { ($0.lateness ?? .zero) >= .seconds(offset) })
        #expect(executions.count > 5)
        #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
    }

    @Test(
        "A leap of the clock or a downtime starts one execution, not one for each delay that passed",
        arguments: [4, 4000])
    func oneAfterLeap(seconds: Int) async throws {
        let bench = Bench()
        let clock = bench.clock
        let starts = Recorded<Int>()
        try await bench.scheduler.handle("work") { context in
            starts.add(Int(context.scheduledFor.timeIntervalSince(start)))
            try await clock.sleep(until: clock.now.addingTimeInterval(7))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .afterCompletion(.seconds(1)), action: .handler("work")))
            await bench.advance(.seconds(8.5))
            #expect(starts.all == [1])
            clock.set(to: clock.now.addingTimeInterval(Double(seconds)))
            await bench.advance(.seconds(6.5))
            #expect(try await bench.executions(of: job.id).count == 2)
            await bench.advance(.seconds(3))
            #expect(starts.all.count == 3)
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("A missed delay that the policy does not run restarts from now, and has its outcome")
    func missedDelay() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .afterCompletion(.seconds(60)), action: .handler("work"), misfire: .skip))
        bench.clock.set(to: start.addingTimeInterval(3600))
        try await bench.running {
            await bench.advance(.seconds(59))
            let early = try await bench.executions(of: job.id)
            #expect(early.isEmpty)
            await bench.advance(.seconds(1))
            let later = try await bench.executions(of: job.id)
            #expect(later.count == 1)
        }
        let skips = try await bench.scheduler.skips(of: job.id)
        #expect(skips.map(\.first) == [start.addingTimeInterval(60)] && skips.map(\.last) == skips.map(\.first))
        #expect(skips.map(\.count) == [1])
    }

    @Test("A pause that passes over an occurrence records it")
    func pauseOverOccurrence() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .afterCompletion(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(30))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(100))
            try await bench.scheduler.resume(job.id)
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.map(\.first) == [start.addingTimeInterval(60)])
            #expect(skips.map(\.reason) == [.paused] && skips.map(\.count) == [1])
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).count == 1)
        }
    }

    @Test("The end of a manual execution does not move the schedule")
    func manualRunAfterCompletion() async throws {
        let bench = Bench()
        let clock = bench.clock
        let running = Recorded<Int>()
        let levels = Recorded<Int>()
        try await bench.scheduler.handle("work") { context in
            let isManual = context.execution.source == .manual
            running.add(isManual ? 0 : 1)
            levels.add(running.all.reduce(0, +))
            try await clock.sleep(until: clock.now.addingTimeInterval(isManual ? 1 : 300))
            running.add(isManual ? 0 : -1)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .afterCompletion(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(70))
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(200))
            #expect(levels.all.max() == 1)
        }
    }

    @Test("Pausing and resuming does not start a second execution beside the first")
    func pauseAfterCompletion() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { context in
            try await clock.sleep(until: clock.now.addingTimeInterval(300))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .afterCompletion(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(70))
            try await bench.scheduler.pause(job.id)
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(200))
            #expect(try await bench.executions(of: job.id).count == 1)
        }
    }

    @Test("A job is completed when its schedule has ended")
    func endOfAfterCompletion() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .afterCompletion(.seconds(60)).ending(at: start.addingTimeInterval(100)),
                    action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).count == 1)
            #expect(try await bench.scheduler.job(job.id).state == .completed)
        }
    }

    @Test("A long downtime is one skip, not one for every delay")
    func downtimeOfAfterCompletion() async throws {
        let asked = Recorded<String>()
        let bench = Bench(
            store: HookedStore(base: InMemoryJobStore(), before: { if $0 == "fire" { asked.add($0) } }))
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .afterCompletion(.seconds(1)), action: .http(.get("https://example.com/")),
                misfire: .skip))
        bench.clock.set(to: start.addingTimeInterval(3600))
        try await bench.running { await bench.advance(.zero) }
        #expect(asked.all.count < 10)
        #expect(try await bench.scheduler.skips(of: job.id).count == 1)
    }
}
