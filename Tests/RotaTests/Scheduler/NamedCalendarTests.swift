import Foundation
import RotaSchedule
import RotaStore
import RotaTesting
import Synchronization
import Testing

@testable import Rota

@Suite("Calendars by name in a scheduler")
struct SchedulerCalendarTests {
    /// Thursday, 1 January 2026, midnight.
    static let start = Date(timeIntervalSince1970: 1_767_225_600)

    private func bench(_ store: some JobStore = InMemoryJobStore()) async throws -> Bench {
        let bench = Bench(clock: ManualClock(now: Self.start), store: store)
        try await bench.scheduler.handle("work") { _ in }
        return bench
    }

    private func draft(
        _ name: String = "report", _ schedule: Schedule? = nil, change: (inout JobDraft) -> Void = { _ in }
    ) throws -> JobDraft {
        var draft = try JobDraft(
            name: name, schedule: schedule ?? .daily(at: "09:00").excluding(.named("holidays")),
            action: .handler("work"))
        change(&draft)
        return draft
    }

    private func day(_ day: Int, _ hour: Double = 9) -> Date {
        Self.start.addingTimeInterval(Double(day - 1) * 86_400 + hour * 3_600)
    }

    @Test("A new holiday keeps 10,000 jobs from firing, and they fire on a holiday that is removed")
    func holidays() async throws {
        let bench = try await bench()
        try await bench.scheduler.setCalendar(.dates(["2026-01-05"]), named: "holidays")
        try await bench.scheduler.create((1...10_000).map { try draft("job \($0)") })
        let added = try await bench.scheduler.setCalendar(
            .dates(["2026-01-01", "2026-01-05"]), named: "holidays")
        #expect(added == CalendarChange(isChanged: true, jobs: 10_000, rescheduled: 10_000))
        let due = try await bench.store.dueWork(at: day(1, 24), limit: 10)
        #expect(due.dueJobs.isEmpty)
        let removed = try await bench.scheduler.setCalendar(.dates(["2026-01-05"]), named: "holidays")
        #expect(removed == CalendarChange(isChanged: true, jobs: 10_000, rescheduled: 10_000))
        #expect(try await bench.store.dueWork(at: day(1), limit: 20_000).dueJobs.count == 10_000)
        let jobs = try await bench.scheduler.jobs(JobQuery(limit: 1000)).items
        #expect(jobs.allSatisfy { $0.nextRunAt == day(1) && $0.version == 1 })
    }

    @Test("A job fires on the days that its calendar allows, as the calendar changes")
    func fires() async throws {
        let bench = try await bench()
        try await bench.scheduler.setCalendar(.dates(["2026-01-02"]), named: "holidays")
        let job = try await bench.scheduler.create(draft())
        try await bench.running {
            await bench.advance(.hours(60))
            try await bench.scheduler.setCalendar(.dates(["2026-01-04"]), named: "holidays")
            await bench.advance(.hours(48))
            // The 6th was a holiday until the evening of the 5th.
            try await bench.scheduler.setCalendar(.dates(["2026-01-06"]), named: "holidays")
            await bench.advance(.hours(24))
            try await bench.scheduler.setCalendar(.weekdays([]), named: "holidays")
            await bench.advance(.hours(24))
        }
        #expect(try await bench.executions(of: job.id).map(\.scheduledFor) == [day(1), day(3), day(5), day(7)])
        #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        #expect(try await bench.scheduler.job(job.id).version == 1)
    }

    @Test("A fire that was planned from the old calendar stores no occurrence of it")
    func fireRace() async throws {
        let memory = InMemoryJobStore()
        var hooked = HookedStore(base: memory)
        let isDone = Mutex(false)
        hooked.beforeFire = {
            guard
                !isDone.withLock({ was in
                    defer { was = true }; return was
                })
            else { return }
            _ = try await memory.setCalendar(.dates(["2026-01-02"]), named: "holidays", at: Self.start + 9 * 3_600)
        }
        let bench = try await bench(hooked)
        try await bench.scheduler.setCalendar(.dates(["2026-02-02"]), named: "holidays")
        let job = try await bench.scheduler.create(draft())
        try await bench.running { await bench.advance(.hours(12)) }
        #expect(isDone.withLock { $0 })
        #expect(try await bench.executions(of: job.id).map(\.scheduledFor) == [day(1)])
        #expect(try await bench.scheduler.job(job.id).nextRunAt == day(3))
    }

    @Test(
        "A job or a change that was planned from the old calendar is planned again",
        arguments: ["insert", "replace", "declare"])
    func writeRace(_ operation: String) async throws {
        let memory = InMemoryJobStore()
        var hooked = HookedStore(base: memory)
        let rest = Mutex(2)
        hooked.beforeWrite = { name in
            guard name == operation,
                rest.withLock({
                    $0 -= 1; return $0 >= 0
                })
            else { return }
            let dates = rest.withLock { $0 } == 1 ? ["2026-01-02"] : ["2026-01-01"]
            _ = try await memory.setCalendar(.dates(dates), named: "holidays", at: Self.start)
        }
        let bench = try await bench(hooked)
        try await bench.scheduler.setCalendar(.dates(["2026-02-02"]), named: "holidays")
        let job: Job
        switch operation {
        case "insert": job = try await bench.scheduler.create(draft())
        case "replace":
            let schedule = try draft().definition.schedule
            let plain = try await bench.scheduler.create(draft("report", .daily(at: "10:00")))
            job = try await bench.scheduler.update(plain.id) { $0.schedule = schedule }
        default: job = try #require(await bench.scheduler.declare([draft()], owner: "app").jobs.first)
        }
        #expect(rest.withLock { $0 } < 0)
        #expect(job.nextRunAt == day(2))
        #expect(try await bench.scheduler.job(job.id).nextRunAt == day(2))
    }

    @Test("What is due when a calendar changes fires if it may, and is skipped and reported if not")
    func due() async throws {
        let bench = try await bench()
        let log = ObserverLog()
        bench.scheduler.observe(log)
        try await bench.scheduler.setCalendar(.dates(["2026-02-02"]), named: "holidays")
        let (kept, dropped) = (
            try await bench.scheduler.create(draft("kept")),
            try await bench.scheduler.create(
                draft("dropped", .daily(at: "08:00").excluding(.named("holidays").union(.weekdays([])))))
        )
        // Nothing runs until noon of the 2nd.
        await bench.clock.advance(by: .hours(36), driving: [])
        let lunch = try ScheduleCalendar.cron(CronExpression("* 8 * * *"))
        let change = try await bench.scheduler.setCalendar(lunch, named: "holidays")
        #expect(change.jobs == 2 && change.skips.map(\.jobID) == [dropped.id])
        try await bench.running { await bench.advance(.seconds(10)) }
        #expect(try await bench.executions(of: kept.id).map(\.scheduledFor) == [day(2)])
        #expect(try await bench.executions(of: dropped.id).isEmpty)
        let skips = try await bench.scheduler.skips(of: dropped.id)
        #expect(skips.map(\.reason) == [.rescheduled] && skips.map(\.first) == [day(1, 8)] && skips.map(\.count) == [2])
        #expect(try await bench.scheduler.job(dropped.id).state == .completed)
        // It continues as soon as the calendar allows it.
        try await bench.scheduler.setCalendar(.weekdays([]), named: "holidays")
        #expect(try await bench.scheduler.job(dropped.id).nextRunAt == day(3, 8))
        #expect(log.all.contains { $0.hasPrefix("skipped") })
    }

    @Test("A changed calendar keeps the counts, the pause, the skips on request and the running delay of a job")
    func keeps() async throws {
        let bench = try await bench()
        try await bench.scheduler.setCalendar(.dates(["2026-02-02"]), named: "holidays")
        let named = try ScheduleCalendar.named("holidays")
        let limited = try await bench.scheduler.create(
            draft("limited", .daily(at: "09:00").excluding(named).limited(toRuns: 2)))
        let paused = try await bench.scheduler.create(draft("paused"))
        let delayed = try await bench.scheduler.create(
            draft("delayed", Schedule.afterCompletion(.hours(5)).excluding(named)))
        let once = try await bench.scheduler.create(draft("once", Schedule.once(at: day(1, 10)).excluding(named)))
        try await bench.scheduler.pause(paused.id, reason: "because", until: day(5, 0))
        try await bench.running {
            await bench.advance(.hours(12))
            try await bench.scheduler.skipNext(1, of: limited.id)
            let before = try await bench.scheduler.job(delayed.id).scheduleState
            try await bench.scheduler.setCalendar(.dates(["2026-01-02", "2026-01-05"]), named: "holidays")
            let after = try await bench.scheduler.job(limited.id).scheduleState
            #expect(after.firedCount == 1 && after.skipsRemaining == 1 && after.next == day(3))
            let resting = try await bench.scheduler.job(paused.id).scheduleState
            #expect(resting.state == .paused && resting.reason == "because" && resting.resumesAt == day(5, 0))
            let delay = try await bench.scheduler.job(delayed.id).scheduleState
            #expect(delay.next == before.next && delay.revision == before.revision + 1 && delay.next == day(1, 15))
            // What has fired does not fire again.
            #expect(try await bench.scheduler.job(once.id).state == .completed)
            await bench.advance(.hours(24 * 6))
        }
        #expect(try await bench.executions(of: limited.id).map(\.scheduledFor) == [day(1), day(4)])
        #expect(try await bench.executions(of: paused.id).map(\.scheduledFor) == [day(6), day(7)])
        #expect(try await bench.executions(of: once.id).count == 1)
        let delays = try await bench.executions(of: delayed.id).map(\.scheduledFor)
        #expect(delays.prefix(3) == [day(1, 5), day(1, 10), day(1, 15)])
        #expect(!delays.contains { $0 >= day(2, 0) && $0 < day(3, 0) || $0 >= day(5, 0) && $0 < day(6, 0) })
        #expect(delays.contains { $0 >= day(3, 0) && $0 < day(4, 0) })
    }

    @Test("A one-shot that a calendar left out does not fire long after, when the holiday is removed")
    func leftOut() async throws {
        let bench = try await bench()
        try await bench.scheduler.setCalendar(.dates(["2026-01-05"]), named: "holidays")
        let schedule = try Schedule.once(at: day(5)).excluding(.named("holidays"))
        let job = try await bench.scheduler.create(draft("once", schedule))
        #expect(job.state == .completed)
        try await bench.scheduler.setCalendar(.dates(["2026-01-06"]), named: "holidays")
        #expect(try await bench.scheduler.job(job.id).nextRunAt == day(5))
        try await bench.scheduler.setCalendar(.dates(["2026-01-05"]), named: "holidays")
        #expect(try await bench.scheduler.job(job.id).state == .completed)
        await bench.clock.advance(by: .hours(24 * 30), driving: [])
        try await bench.scheduler.setCalendar(.weekdays([]), named: "holidays")
        try await bench.running { await bench.advance(.hours(1)) }
        #expect(try await bench.executions(of: job.id).isEmpty)
        #expect(try await bench.scheduler.job(job.id).state == .completed)
    }

    @Test("A schedule that names an unknown calendar is refused, and the error says which and what to do")
    func unknown() async throws {
        let bench = try await bench()
        let plain = try await bench.scheduler.create(draft("plain", .daily(at: "09:00")))
        let schedule = try draft().definition.schedule
        let calls: [(Scheduler) async throws -> Void] = [
            { try await $0.create(draft()) },
            { _ = try await $0.preview(draft()) },
            { try await $0.update(plain.id) { $0.schedule = schedule } },
            { _ = try await $0.preview(updating: plain.id) { $0.schedule = schedule } },
            { try await $0.declare([draft()], owner: "app") },
            { _ = try await $0.calendar(named: "holidays") },
        ]
        for (known, hint) in [
            (nil, "The store has no calendars."), ("nights", "The store has \"nights\"."),
            ("hollidays", "Did you mean \"hollidays\"?"),
        ] {
            if let known { try await bench.scheduler.setCalendar(.weekends, named: known) }
            for call in calls {
                let error = await #expect(throws: SchedulerError.self) { try await call(bench.scheduler) }
                #expect(error?.code == .calendarNotFound && error?.value == "holidays")
                #expect(
                    error?.message
                        == "There is no calendar \"holidays\". \(hint) Create it first with `setCalendar(_:named:)`.")
            }
        }
        #expect(try await bench.scheduler.jobs().items == [plain])
        try await bench.scheduler.setCalendar(.weekends, named: "holidays")
        for call in calls { try await call(bench.scheduler) }
    }

    @Test("A calendar in use is not deleted: the error names three of its jobs, and says how many there are")
    func deletion() async throws {
        let bench = try await bench()
        try await bench.scheduler.setCalendar(.weekends, named: "holidays")
        let jobs = try await bench.scheduler.create((1...5).map { try draft("job \($0)") })
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.deleteCalendar(named: "holidays")
        }
        #expect(error?.code == .calendarInUse)
        #expect(
            error?.message
                == "The calendar \"holidays\" cannot be deleted, because 5 jobs use it (\"job 1\", \"job 2\", \"job 3\", …). "
                + "Give those jobs another schedule first.")
        for job in jobs.dropLast() { try await bench.scheduler.delete(job.id) }
        let last = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.deleteCalendar(named: "holidays")
        }
        #expect(last?.message.contains("because 1 job uses it (\"job 5\"). Give that job another") == true)
        try await bench.scheduler.delete(jobs[4].id)
        #expect(try await bench.scheduler.deleteCalendar(named: "holidays"))
        #expect(try await bench.scheduler.deleteCalendar(named: "holidays") == false)
        #expect(try await bench.scheduler.calendars().isEmpty)
    }

    @Test("A calendar that names others, or has a blank name, is refused")
    func refusals() async throws {
        let bench = try await bench()
        let others = try ScheduleCalendar.named("nights").union(.weekends)
        for (calendar, name) in [(others, "holidays"), (ScheduleCalendar.weekends, " ")] {
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.setCalendar(calendar, named: name)
            }
            #expect(error?.code == .invalidRequest && error?.value == name)
        }
        #expect(try await bench.scheduler.calendars().isEmpty)
    }

    @Test("Declaring the same jobs with calendars by name changes nothing, whatever the calendars are by then")
    func declaring() async throws {
        let bench = try await bench()
        try await bench.scheduler.setCalendar(.dates(["2026-01-01"]), named: "holidays")
        let first = try await bench.scheduler.declare([draft()], owner: "app")
        #expect(first.created.count == 1 && first.jobs[0].nextRunAt == day(2))
        try await bench.scheduler.setCalendar(.dates(["2026-01-01", "2026-01-02"]), named: "holidays")
        let second = try await bench.scheduler.declare([draft()], owner: "app")
        #expect(second.isUnchanged && second.jobs[0].nextRunAt == day(3) && second.jobs[0].version == 1)
        try await bench.scheduler.update(first.jobs[0].id) { $0.name = "report" }
        #expect(try await bench.scheduler.job(first.jobs[0].id).version == 1)
    }

    @Test("A preview and an explanation know the calendar and name it")
    func preview() async throws {
        let bench = try await bench()
        try await bench.scheduler.setCalendar(.dates(["2026-01-02", "2026-01-03"]), named: "holidays")
        let preview = try await bench.scheduler.preview(draft(), count: 3)
        #expect(preview.occurrences.map(\.occurrence.nominal) == [day(1), day(4), day(5)])
        #expect(preview.definition.schedule.summary.hasSuffix("except on the calendar \"holidays\""))
        #expect(preview.warnings.isEmpty)
        let job = try await bench.scheduler.create(draft())
        let explanation = try await bench.scheduler.explain(job.id, at: day(2))
        #expect(explanation.outcome == .notDue(.excluded) && explanation.calendar == "holidays")
        #expect(explanation.description.contains("it is excluded by the calendar \"holidays\""))
        #expect(try await bench.scheduler.explain(job.id, at: day(2, 10)).calendar == nil)
        try await bench.scheduler.setCalendar(.dates(["2026-01-04"]), named: "holidays")
        #expect(try await bench.scheduler.explain(job.id, at: day(2)).outcome == .future)
        #expect(try await bench.scheduler.preview(updating: job.id, count: 2).occurrences.count == 2)
    }

    @Test("A restart on a file store continues with the calendars")
    func restart() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let first = try await bench(store)
        try await first.scheduler.setCalendar(.dates(["2026-01-02"]), named: "holidays")
        let job = try await first.scheduler.create(draft())
        try await first.running { await first.advance(.hours(12)) }
        try await store.compact()
        try await first.scheduler.setCalendar(.dates(["2026-01-02", "2026-01-03"]), named: "holidays")
        files.crash(.lostUnsynced)
        let reopened = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let second = Bench(clock: first.clock, store: reopened, seed: 2)
        try await second.scheduler.handle("work") { _ in }
        let again = try await second.scheduler.setCalendar(.dates(["2026-01-02", "2026-01-03"]), named: "holidays")
        #expect(again == CalendarChange(isChanged: false, jobs: 1))
        try await second.running { await second.advance(.hours(96)) }
        #expect(try await second.executions(of: job.id).map(\.scheduledFor) == [day(1), day(4), day(5)])
    }

    @Test("An execution of an earlier version knows the dates around it")
    func earlierVersion() async throws {
        let bench = try await bench(InMemoryJobStore())
        let seen = Recorded<[Date?]>()
        try await bench.scheduler.handle("look") { seen.add([$0.previous, $0.next]) }
        try await bench.scheduler.setCalendar(.dates(["2026-01-02"]), named: "holidays")
        let job = try await bench.scheduler.create(draft { $0.definition.action = .handler("look") })
        let manual = try await bench.scheduler.trigger(job.id, at: day(3, 1))
        _ = try await bench.scheduler.update(job.id) { $0.name = "renamed" }
        try await bench.running { await bench.advance(.hours(60)) }
        #expect(try await bench.scheduler.execution(manual.id).versionID.version == 1)
        #expect(seen.all.count > 1 && seen.all.allSatisfy { !$0.contains(nil) })
    }
}
