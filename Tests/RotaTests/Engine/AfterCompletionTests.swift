import Foundation
import RotaSchedule
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
        let told = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(60))
        #expect(told.outcome == skips.first.map(OccurrenceExplanation.Outcome.skipped), "\(told)")
        #expect(told.occurrence?.nominal == start.addingTimeInterval(60))
        let other = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(61))
        #expect(other.outcome == .notDue(.notKnown))
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
            let told = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(60))
            #expect(told.outcome == skips.first.map(OccurrenceExplanation.Outcome.skipped), "\(told)")
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

    /// Delays of 5 hours whose next date, from a Saturday, is on Monday or later.
    static let postponed: [Schedule?] = [
        .afterCompletion(.hours(5)).onBusinessDays(.next),
        .afterCompletion(.hours(5)).excluding(.weekends),
        .afterCompletion(.hours(5)).within(.weekdays([.monday])),
        try? Schedule.afterCompletion(.hours(5)).everyWeeks(2, from: "2026-01-05"),
        .afterCompletion(.hours(5)).starting(at: Date(timeIntervalSince1970: 1_767_571_200)),
        try? JSONDecoder().decode(
            Schedule.self, from: Data(#"{"afterCompletion":"5h","anchor":"2026-01-05T00:00:00Z"}"#.utf8)),
    ]

    @Test("A date that a calendar moved far away does not look like a clock that was ahead", arguments: postponed)
    func postponedDate(schedule: Schedule?) async throws {
        let files = FaultyFileSystem()
        // Saturday, 3 January 2026, 12:00.
        let clock = ManualClock(now: Date(timeIntervalSince1970: 1_767_441_600))
        let draft = JobDraft(name: "j", schedule: try #require(schedule), action: .handler("work"))
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let first = Bench(clock: clock, store: store)
        try await first.scheduler.handle("work") { _ in }
        let other = try await first.scheduler.create(
            .init(name: "other", schedule: .every(.hours(1)), action: .handler("work")))
        let job = try await first.scheduler.create(draft)
        let next = try #require(job.nextRunAt)
        #expect(next.timeIntervalSince(clock.now) > 40 * 3600)
        try await first.running { await first.advance(.seconds(60)) }
        try await first.scheduler.pause(other.id, idempotencyKey: "p")
        try await first.scheduler.resume(other.id)
        try await store.close()

        // Sunday, 20:00 to Monday, 02:00.
        clock.set(to: Date(timeIntervalSince1970: 1_767_556_800))
        let again = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let second = Bench(clock: clock, store: again, seed: 2)
        let events = second.scheduler.events()
        try await second.scheduler.handle("work") { _ in }
        try await second.running {
            await second.advance(.hours(6))
            let now = try await second.scheduler.job(job.id)
            #expect(now.nextRunAt == next)
            #expect(try await second.executions(of: job.id).isEmpty)
        }
        for await event in events { #expect(event.kind != .scheduleRewound) }
        try await again.close()
    }

    @Test("An operation's key lasts its time beside a date that a calendar moved far away", arguments: postponed)
    func keyBesidePostponedDate(schedule: Schedule?) async throws {
        let bench = Bench(clock: ManualClock(now: Date(timeIntervalSince1970: 1_767_441_600)))
        try await bench.scheduler.handle("work") { _ in }
        let other = try await bench.scheduler.create(
            .init(name: "other", schedule: .every(.hours(1)), action: .handler("work")))
        try await bench.scheduler.create(
            .init(name: "j", schedule: try #require(schedule), action: .handler("work")))
        try await bench.scheduler.pause(other.id, idempotencyKey: "p")
        try await bench.scheduler.resume(other.id)
        try await bench.running { await bench.advance(.hours(23)) }
        try await bench.scheduler.pause(other.id, idempotencyKey: "p")
        #expect(try await bench.scheduler.job(other.id).state == .active)
    }

    @Test("An execution that ended while the clock was ahead does not hold a job whose dates a calendar moves")
    func endedAhead() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        let starts = Recorded<Date>()
        try await bench.scheduler.handle("work") { _ in
            starts.add(clock.now)
            try await clock.sleep(until: clock.now.addingTimeInterval(5))
        }
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .afterCompletion(.seconds(60)).excluding(.weekends),
                    action: .handler("work")))
            await bench.advance(.seconds(61))
            clock.step(by: .days(3650))
            await bench.advance(.seconds(10))
            clock.set(to: start.addingTimeInterval(90))
            await bench.advance(.seconds(300))
        }
        #expect(starts.all.count >= 3)
    }
}
