import Foundation
import RotaTestSupport
import RotaTesting
import Testing

/// Operations on a job: read, update, delete, pause, resume and trigger.
@Suite("Pausing, resuming, triggering and deleting jobs")
struct JobControlTests {
    let draft = JobDraft(name: "minutely", schedule: .every(.seconds(60)), action: .handler("work"))

    func bench(_ work: @escaping @Sendable (HandlerContext) async throws -> Void = { _ in }) async throws -> Bench {
        let bench = Bench()
        try await bench.scheduler.handle("work", work)
        return bench
    }

    @Test("A second pause replaces the first, its end and its reason alike")
    func pausedTwice() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(60)), action: .handler("x")))
        let end = bench.clock.now.addingTimeInterval(600)
        try await bench.scheduler.pause(job.id, reason: "holiday", until: end)
        let kept = try await bench.scheduler.update(job.id, state: .paused) { _ in }
        #expect(kept.scheduleState.reason == "holiday" && kept.scheduleState.resumesAt == end)
        let second = try await bench.scheduler.pause(job.id)
        #expect(second.scheduleState.reason == nil && second.scheduleState.resumesAt == nil)
        let third = try await bench.scheduler.pause(job.id, until: end)
        #expect(third.scheduleState.reason == nil && third.scheduleState.resumesAt == end)
    }

    /// A job whose breaker opens at the first failure.
    private var fragile: JobDraft {
        var draft = JobDraft(name: "j", schedule: .every(.seconds(60)), action: .handler("work"), retry: .none)
        draft.definition.breaker = CircuitBreakerPolicy(consecutiveFailures: 1)
        return draft
    }

    private func failing() async throws -> Bench {
        struct Broken: Error {}
        return try await bench { _ in throw Broken() }
    }

    @Test("A deletion that is based on a revision is refused if the job changes at the last moment")
    func deletedWhileChanged() async throws {
        let (clock, base, writes) = (ManualClock(), InMemoryJobStore(), Recorded<String>())
        let other = Bench(clock: clock, store: base, seed: 2).scheduler
        let job = try await other.create(draft)
        let store = HookedStore(
            base: base,
            beforeWrite: { name in
                writes.add(name)
                if writes.all.count == 1 { _ = try await other.update(job.id) { $0.name = "changed" } }
            })
        let scheduler = Bench(clock: clock, store: store).scheduler
        let revision = job.scheduleState.revision
        for revision in [revision, revision] {
            let error = await #expect(throws: SchedulerError.self) {
                try await scheduler.delete(job.id, ifRevision: revision)
            }
            #expect(error?.code == .changed)
        }
        let kept = try await scheduler.job(job.id)
        #expect(kept.name == "changed")
        try await scheduler.delete(job.id, ifRevision: kept.scheduleState.revision)
        #expect(try await scheduler.jobs().items.isEmpty)
    }

    @Test("An update that pauses a job replaces the pause of its breaker, which would end by itself", .rows("S-40"))
    func pausedWhileHeld() async throws {
        let bench = try await failing()
        let job = try await bench.scheduler.create(fragile)
        try await bench.running {
            await bench.advance(.seconds(61))
            #expect(try await bench.scheduler.job(job.id).scheduleState.isHeldByBreaker)
            let paused = try await bench.scheduler.update(job.id, state: .paused) { _ in }
            #expect(paused.scheduleState.resumesAt == nil && !paused.scheduleState.isHeldByBreaker)
            await bench.advance(.seconds(3600))
            #expect(try await bench.executions(of: job.id).count == 1)
        }
    }

    @Test("A declaration that says of a held job what lists show of it leaves the breaker's pause as it is")
    func declaredWhileHeld() async throws {
        let bench = try await failing()
        let job = try #require(try await bench.scheduler.declare([fragile], owner: "app").jobs.first)
        try await bench.running {
            await bench.advance(.seconds(61))
            let again = try await bench.scheduler.declare([fragile], states: [.paused], owner: "app")
            #expect(again.isUnchanged)
            let held = try await bench.scheduler.job(job.id)
            #expect(held.scheduleState.isHeldByBreaker)
        }
    }

    @Test("Pausing disables the job, and pausing again changes nothing", .rows("T-28", "K-31", "I-31", "S-5"))
    func pause() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let paused = try await bench.scheduler.pause(job.id)
            #expect(paused.id == job.id && paused.name == job.name && !paused.isEnabled)
            #expect(paused.nextRunAt == nil && paused.version == job.version)
            #expect(try await bench.scheduler.pause(job.id) == paused)
            await bench.advance(.seconds(3600))
            #expect(try await bench.executions().isEmpty)
        }
    }

    @Test(
        "Resuming enables the job and counts the next occurrence from now",
        .rows("T-29", "T-30", "K-32", "I-32", "S-4"))
    func resume() async throws {
        let bench = try await bench()
        let start = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(150))
            let resumed = try await bench.scheduler.resume(job.id)
            #expect(resumed.isEnabled && resumed.nextRunAt == start.addingTimeInterval(180))
            #expect(try await bench.scheduler.resume(job.id) == resumed)
            await bench.advance(.seconds(30))
            #expect(try await bench.executions().map(\.scheduledFor) == [start.addingTimeInterval(180)])
        }
    }

    @Test(
        "A pause leaves running executions and their retries alone, and each can be canceled",
        .rows("K-33", "C-26"))
    func pauseDuringRun() async throws {
        let bench = try await bench { context in
            if context.attempt == 1 { throw AttemptFailure(.timeout) }
        }
        try await bench.running {
            var draft = draft
            draft.definition.retry = .fixed(.seconds(30), maxAttempts: 2)
            let kept = try await bench.scheduler.create(draft)
            let canceledOrExpired = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(60))
            for id in [kept.id, canceledOrExpired.id] { try await bench.scheduler.pause(id) }
            let waiting = try #require(try await bench.executions(of: canceledOrExpired.id).first)
            #expect(waiting.status == .queued && waiting.nextRetryAt == bench.clock.now.addingTimeInterval(30))
            try await bench.scheduler.cancel(waiting.id)
            await bench.advance(.seconds(600))
            let finished = try await bench.executions(of: kept.id)
            #expect(finished.map(\.status) == [.succeeded] && finished.map(\.attempts.count) == [2])
            let called = try await bench.executions(of: canceledOrExpired.id)
            #expect(called.map(\.status) == [.canceled] && called.map(\.attempts.count) == [1])
        }
    }

    @Test(
        "A trigger runs the job immediately and leaves its schedule alone",
        .rows("T-48", "T-49", "T-50", "K-30", "I-33", "S-9"))
    func trigger() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(7))
            let asked = bench.clock.now
            let run = try await bench.scheduler.trigger(job.id)
            #expect(run.jobID == job.id && run.status == .queued && run.source == .manual && run.startedAt == nil)
            #expect(run.scheduledFor == asked)
            await bench.advance(.zero)
            let ended = try await bench.scheduler.execution(run.id)
            #expect(ended.status == .succeeded && ended.startedAt == asked)
            #expect(try await bench.scheduler.job(job.id).nextRunAt == job.nextRunAt)
            await bench.advance(.seconds(53))
            #expect(try await bench.executions().map(\.source) == [.manual, .schedule])
        }
    }

    @Test(
        "Deleting a job deletes its executions, versions, skips and notifications, once",
        .rows("T-56", "T-57", "I-29", "S-8"))
    func delete() async throws {
        let bench = try await bench()
        try await bench.scheduler.handle("tell") { _ in }
        try await bench.running {
            var draft = draft
            draft.definition.notifications = [NotificationRule(on: .completion, .handler("tell"))]
            let job = try await bench.scheduler.create(draft)
            let other = try await bench.scheduler.create(self.draft)
            await bench.advance(.seconds(120))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(120))
            try await bench.scheduler.resume(job.id)
            try await bench.scheduler.addDependency(of: other.id, on: job.id)
            let runs = try await bench.executions(of: job.id)
            #expect(Set(runs.map(\.source)) == [.schedule, .notification])
            #expect(try await bench.scheduler.skips(of: job.id).count == 1)
            #expect(try await bench.scheduler.delete(job.id))
            #expect(try await !bench.scheduler.delete(job.id))
            #expect(try await bench.executions(of: job.id).isEmpty)
            #expect(try await bench.store.skips(of: job.id).isEmpty)
            #expect(try await bench.store.versions(of: job.id).isEmpty)
            #expect(try await bench.scheduler.dependencies(of: other.id).isEmpty)
            let gone = await #expect(throws: SchedulerError.self) { try await bench.scheduler.job(job.id) }
            #expect(gone?.code == .jobNotFound)
            for run in runs { #expect(try await bench.store.execution(run.id) == nil) }
            #expect(try await bench.scheduler.jobs().items.map(\.id) == [other.id])
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).isEmpty)
            #expect(try await bench.executions(of: other.id).count == 14)
        }
    }

    @Test(
        "An update without changes keeps the version, and one of a field keeps the others", .rows("T-44", "I-14", "S-7")
    )
    func partial() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(JobDraft(JobDefinitionTests.definition()))
        bench.clock.set(to: bench.clock.now.addingTimeInterval(5))
        #expect(try await bench.scheduler.update(job.id) { _ in } == job)
        let updated = try await bench.scheduler.update(job.id) { $0.name = "other" }
        var expected = job.definition
        expected.name = "other"
        #expect(updated.definition == expected && updated.version == 2)
        #expect(updated.nextRunAt == job.nextRunAt)
    }

    @Test(
        "Changing name, action, payload, zone and schedule recomputes the next occurrence",
        .rows("T-47", "I-16", "I-17", "I-18", "I-25", "K-18"))
    func fields() async throws {
        let bench = Bench(clock: ManualClock(now: try Date(utc: "2026-01-01T00:00:00Z")))
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "a", schedule: .cron("0 9 * * *"),
                    action: .http(.post("https://a.example.com/", body: .json(["v": 1])))))
            #expect(try job.nextRunAt == Date(utc: "2026-01-01T09:00:00Z"))
            let moved = try await bench.scheduler.update(job.id) {
                $0.name = "b"
                $0.schedule = try .cron("0 9 * * *", in: "Asia/Shanghai")
                $0.action = .http(try .post("https://b.example.com/", body: .json(["v": 2])))
            }
            #expect(moved.name == "b" && moved.createdAt == job.createdAt)
            #expect(try moved.nextRunAt == Date(utc: "2026-01-01T01:00:00Z"))
            await bench.advance(.seconds(3600))
            #expect(bench.transport.requests.map { $0.url.host() } == ["b.example.com"])
            #expect(bench.transport.requests.map(\.body.data) == [Data(#"{"v":2}"#.utf8)])
            let often = try await bench.scheduler.update(job.id) {
                $0.name = "c"
                $0.schedule = try .everyMinutes(30)
            }
            #expect(often.nextRunAt == bench.clock.now.addingTimeInterval(1800))
        }
    }

    @Test(
        "Each write with an operation key is done once",
        .rows("I-10", "I-28", "T-55", "C-17")
    )
    func keys() async throws {
        let bench = try await bench()
        var draft = draft
        draft.idempotencyKey = "c"
        let job = try await bench.scheduler.create(draft)
        draft.definition.schedule = .every(.seconds(1))
        #expect(try await bench.scheduler.create(draft) == job)
        func change(_ name: String) async throws -> Job {
            try await bench.scheduler.update(job.id, idempotencyKey: "k") { $0.name = name }
        }
        #expect(try await change("one").name == "one")
        #expect(try await change("two").name == "one")
        // A key identifies one change of each kind.
        #expect(try await bench.scheduler.pause(job.id, idempotencyKey: "k").state == .paused)
        #expect(try await bench.scheduler.resume(job.id, idempotencyKey: "k").state == .active)
        #expect(try await bench.scheduler.pause(job.id, idempotencyKey: "k").state == .active)
        let retained = try await bench.scheduler.update(job.id, idempotencyKey: "r") { $0.retention = .days(7) }
        #expect(try await bench.scheduler.update(job.id, idempotencyKey: "r") { $0.retention = .days(1) } == retained)
        let run = try await bench.scheduler.trigger(job.id, TriggerRequest(idempotencyKey: "t"))
        #expect(try await bench.scheduler.trigger(job.id, TriggerRequest(idempotencyKey: "t")) == run)
        let replay = try await bench.scheduler.replay(run.id, idempotencyKey: "p")
        #expect(try await bench.scheduler.replay(run.id, idempotencyKey: "p") == replay && replay.id != run.id)
        #expect(try await bench.executions().count == 2)
        #expect(try await bench.scheduler.delete(job.id))
        #expect(try await !bench.scheduler.delete(job.id))
    }
}
