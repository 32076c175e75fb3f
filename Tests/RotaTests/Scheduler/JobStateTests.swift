import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("States of a job")
struct JobStateTests {
    let start = ManualClock().now

    let draft = JobDraft(name: "minutely", schedule: .every(.seconds(60)), action: .handler("work"))

    func bench() async throws -> Bench {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        return bench
    }

    func fired(_ bench: Bench, since start: Date) async throws -> [Int] {
        try await bench.executions().map { Int($0.scheduledFor.timeIntervalSince(start)) }
    }

    @Test("A timed pause ends by itself: earlier occurrences are recorded, later ones fire", .rows("T-28"))
    func pauseUntil() async throws {
        let bench = try await bench()
        let start = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(70))
            let end = start.addingTimeInterval(300)
            let paused = try await bench.scheduler.pause(job.id, reason: "holiday", until: end, author: "ann")
            #expect(paused.state == .paused && paused.resumesAt == end && paused.updatedBy == "ann")
            await bench.advance(.seconds(229))
            #expect(try await fired(bench, since: start) == [60])
            await bench.advance(.seconds(61))
            #expect(try await fired(bench, since: start) == [60, 300, 360])
            let resumed = try await bench.scheduler.job(job.id)
            #expect(resumed.state == .active && resumed.resumesAt == nil && resumed.reason == nil)
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.map(\.reason) == [.paused])
            #expect(skips.map { Int($0.first.timeIntervalSince(start)) } == [120])
            #expect(skips.map { Int($0.last.timeIntervalSince(start)) } == [240])
            #expect(skips.map(\.count) == [3])
        }
    }

    @Test(
        "A pause that ended during a downtime ends on time: later occurrences were missed, not paused",
        .rows("T-30"))
    func pauseEndsInDowntime() async throws {
        let bench = try await bench()
        let start = bench.clock.now
        let job = try await bench.scheduler.create(draft)
        try await bench.scheduler.pause(job.id, until: start.addingTimeInterval(150))
        bench.clock.set(to: start.addingTimeInterval(390))
        try await bench.running { await bench.advance(.zero) }
        #expect(try await fired(bench, since: start) == [360])
        let skips = try await bench.scheduler.skips(of: job.id)
        #expect(skips.map(\.reason) == [.paused, .misfire])
        #expect(skips.map(\.count) == [2, 3])
    }

    @Test("Pausing again changes the end, and an end in the past is refused", .rows("T-28"))
    func pauseAgain() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        let end = bench.clock.now.addingTimeInterval(100)
        try await bench.scheduler.pause(job.id, reason: "a", until: end)
        #expect(try await bench.scheduler.pause(job.id).resumesAt == nil)
        #expect(try await bench.scheduler.pause(job.id, until: end).reason == nil)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.pause(job.id, until: bench.clock.now)
        }
        #expect(error?.code == .invalidRequest)
        #expect(try await bench.scheduler.resume(job.id).resumesAt == nil)
    }

    @Test("The next occurrences can be skipped, across a pause, until the request is withdrawn")
    func skipNext() async throws {
        let bench = try await bench()
        let start = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            try await bench.scheduler.skipNext(3, of: job.id)
            await bench.advance(.seconds(60))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(60))
            #expect(try await bench.scheduler.resume(job.id).skipsRemaining == 2)
            await bench.advance(.seconds(180))
            #expect(try await fired(bench, since: start) == [300])
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.map(\.reason) == [.requested, .paused, .requested])
            #expect(skips.map(\.count) == [1, 1, 2])
            try await bench.scheduler.skipNext(5, of: job.id)
            #expect(try await bench.scheduler.skipNext(0, of: job.id).skipsRemaining == 0)
            await bench.advance(.seconds(60))
            #expect(try await fired(bench, since: start) == [300, 360])
        }
    }

    @Test("Requested skips apply first to missed occurrences, and the misfire policy decides the rest")
    func skipMissed() async throws {
        let bench = try await bench()
        let start = bench.clock.now
        let job = try await bench.scheduler.create(draft)
        try await bench.scheduler.skipNext(2, of: job.id)
        bench.clock.set(to: start.addingTimeInterval(330))
        try await bench.running { await bench.advance(.zero) }
        #expect(try await fired(bench, since: start) == [300])
        let skips = try await bench.scheduler.skips(of: job.id)
        #expect(skips.map(\.reason) == [.requested, .misfire])
        #expect(skips.map(\.count) == [2, 2])
        #expect(try await bench.scheduler.job(job.id).skipsRemaining == 0)
    }

    @Test("Name, schedule, request, retry policy, state and limits change in one step", .rows("T-44", "T-45"))
    func updateAll() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        let updated = try await bench.scheduler.update(job.id, state: .paused, author: "ann") {
            $0.name = "renamed"
            $0.schedule = try .cron("0 9 * * *", in: "Europe/Paris")
            $0.action = .http(try .get("https://example.com/"))
            $0.retry = .exponential(maxAttempts: 7)
            $0.limits.concurrency = 2
        }
        #expect(updated.version == 2 && updated.scheduleState.revision == job.scheduleState.revision + 1)
        #expect(updated.name == "renamed" && updated.state == .paused && updated.limits.concurrency == 2)
        #expect(updated.retry.maxAttempts == 7 && updated.action.request != nil && updated.updatedBy == "ann")
        #expect(updated.createdAt == job.createdAt && updated.createdBy == nil)
        let resumed = try await bench.scheduler.update(job.id, state: .active) { _ in }
        #expect(resumed.state == .active && resumed.version == 2)
        await #expect(throws: SchedulerError.self) { try await bench.scheduler.update(job.id, state: .draft) { _ in } }
        // A failed update changes nothing.
        let before = try await bench.scheduler.job(job.id)
        await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.update(job.id, state: .paused) { $0.name = "" }
        }
        #expect(try await bench.scheduler.job(job.id) == before)
    }

    @Test("An update of its state activates a draft", .rows("T-25", "T-45"))
    func armDraft() async throws {
        let bench = try await bench()
        var draft = draft
        draft.state = .draft
        let job = try await bench.scheduler.create(draft)
        bench.clock.set(to: bench.clock.now.addingTimeInterval(600))
        let armed = try await bench.scheduler.update(job.id, state: .active) { $0.name = "armed" }
        #expect(armed.nextRunAt == bench.clock.now.addingTimeInterval(60))
        #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
    }

    @Test("A write repeated with its operation key does nothing until the key expires", .rows("I-28", "C-17"))
    func writeKeys() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        let paused = try await bench.scheduler.pause(job.id, idempotencyKey: "p")
        try await bench.scheduler.resume(job.id, idempotencyKey: "r")
        let again = try await bench.scheduler.pause(job.id, idempotencyKey: "p")
        #expect(paused.state == .paused && again.state == .active)
        try await bench.scheduler.update(job.id, idempotencyKey: "u") { $0.name = "one" }
        #expect(try await bench.scheduler.update(job.id, idempotencyKey: "u") { $0.name = "two" }.name == "one")
        try await bench.scheduler.skipNext(1, of: job.id, idempotencyKey: "p")
        #expect(try await bench.scheduler.job(job.id).skipsRemaining == 1)
        bench.clock.set(to: bench.clock.now.addingTimeInterval(86_401))
        #expect(try await bench.scheduler.pause(job.id, idempotencyKey: "p").state == .paused)
    }

    @Test("Every version of a job can be read with its full definition", .rows("S-11", "S-12", "S-47", "S-48", "S-99"))
    func versions() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        try await bench.scheduler.update(job.id, author: "ann") { $0.limits.concurrency = 3 }
        let versions = try await bench.scheduler.versions(of: job.id)
        #expect(versions.map(\.version) == [2, 1])
        #expect(versions.map(\.definition.limits.concurrency) == [3, nil])
        #expect(versions.first?.createdBy == "ann")
        let first = JobVersion.ID(jobID: job.id, version: 1)
        #expect(try await bench.scheduler.version(first).definition == job.definition)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.version(JobVersion.ID(jobID: job.id, version: 9))
        }
        #expect(error?.code == .versionNotFound)
    }

    @Test("A clone has the same definition, another name and slug, and its own history", .rows("S-13", "SX-21"))
    func clone() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        try await bench.scheduler.pause(job.id)
        try await bench.scheduler.trigger(job.id)
        let clone = try await bench.scheduler.clone(
            job.id, name: "copy", slug: "copy", author: "ann", idempotencyKey: "c")
        #expect(clone.id != job.id && clone.name == "copy" && clone.attributes.slug == "copy")
        #expect(clone.state == .active && clone.version == 1 && clone.createdBy == "ann")
        #expect(clone.schedule == job.schedule && clone.action == job.action)
        #expect(try await bench.executions(of: clone.id).isEmpty)
        #expect(try await bench.scheduler.clone(job.id, name: "x", slug: "x", idempotencyKey: "c") == clone)
    }

    @Test(
        "Jobs are paused and resumed by id or by query, each with its own outcome",
        .rows("S-4", "S-5", "S-20"))
    func groups() async throws {
        let bench = try await bench()
        var jobs: [Job] = []
        for number in 0..<5 {
            var draft = draft
            draft.definition.name = number < 3 ? "group \(number)" : "other \(number)"
            jobs.append(try await bench.scheduler.create(draft))
        }
        try await bench.scheduler.delete(jobs[1].id)
        let paused = try await bench.scheduler.pause(jobs[0...2].map(\.id), reason: "x")
        #expect(paused.jobs.map(\.id) == [jobs[0].id, jobs[2].id])
        #expect(paused.refusals.map(\.jobID) == [jobs[1].id])
        #expect((paused.refusals.first?.error as? SchedulerError)?.code == .jobNotFound)
        #expect(try await bench.scheduler.resume(jobs.map(\.id)).jobs.count == 4)
        let all = try await bench.scheduler.pauseAll(JobQuery(nameContains: "GROUP", limit: 1))
        #expect(all.jobs.map(\.id) == [jobs[0].id, jobs[2].id])
        #expect(try await bench.scheduler.counts().jobs == [.paused: 2, .active: 2])
        #expect(try await bench.scheduler.resumeAll(JobQuery()).jobs.count == 2)
        #expect(try await bench.scheduler.pauseAll(JobQuery(states: [.draft])).jobs.isEmpty)
    }

    @Test(
        "Dependencies are added, listed and removed, and circles are refused",
        .rows("S-15", "S-16", "S-17", "S-111 to S-114"))
    func dependencies() async throws {
        let bench = try await bench()
        let a = try await bench.scheduler.create(draft)
        let b = try await bench.scheduler.create(draft)
        let dependency = try await bench.scheduler.addDependency(of: b.id, on: a.id, condition: .any)
        #expect(try await bench.scheduler.dependencies(of: b.id) == [dependency])
        let cycle = await #expect(throws: StoreError.self) {
            try await bench.scheduler.addDependency(of: a.id, on: b.id)
        }
        #expect(cycle?.code == .cycle)
        await #expect(throws: StoreError.self) { try await bench.scheduler.addDependency(of: a.id, on: a.id) }
        #expect(try await bench.scheduler.removeDependency(dependency.id))
        #expect(try await !bench.scheduler.removeDependency(dependency.id))
        try await bench.scheduler.delete(a.id)
        await #expect(throws: SchedulerError.self) { try await bench.scheduler.addDependency(of: b.id, on: a.id) }
    }

    @Test("A one-shot within a pause has one outcome")
    func pausedOneShot() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .once(at: start.addingTimeInterval(60)),
                    action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(30))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(90))
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(60))
            let fired = try await bench.executions(of: job.id).count
            let skipped = try await bench.scheduler.skips(of: job.id).count
            #expect(fired + skipped == 1)
        }
    }

    @Test("Two pauses with executions in between are two records")
    func twoPauses() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            for _ in 0..<2 {
                await bench.advance(.seconds(90))
                try await bench.scheduler.pause(job.id)
                await bench.advance(.seconds(60))
                try await bench.scheduler.resume(job.id)
                await bench.advance(.seconds(30))
            }
            let fired = try await bench.executions(of: job.id).map(\.scheduledFor)
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.count == 2)
            #expect(!fired.contains { date in skips.contains { $0.first <= date && date <= $0.last } })
        }
    }

    @Test("Resuming half a millisecond before an occurrence does not skip and fire it")
    func resumeJustBefore() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .cron("* * * * *"), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.milliseconds(119_999) + .microseconds(500))
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(10))
            #expect(try await bench.executions(of: job.id).count == 1)
            #expect(try await bench.scheduler.skips(of: job.id).map(\.count) == [1])
        }
    }
}
