import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Creating, changing and deleting jobs")
struct JobOperationTests {
    let draft = JobDraft(
        name: "minutely", schedule: .every(.seconds(60)), action: .handler("work")
    ).with { $0.metadata = ["team": "a"] }

    func bench() async throws -> Bench {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        return bench
    }

    @Test(
        "A paused job does not fire, and resuming computes the next occurrence from now",
        .rows("T-28", "T-29", "T-30"))
    func pauseAndResume() async throws {
        let bench = try await bench()
        let start = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(90))
            let paused = try await bench.scheduler.pause(job.id, reason: "holiday")
            #expect(paused.state == .paused)
            #expect(paused.reason == "holiday")
            #expect(paused.nextRunAt == nil)
            #expect(try await bench.scheduler.pause(job.id, reason: "holiday") == paused)
            await bench.advance(.seconds(300))
            #expect(try await bench.executions().count == 1)
            let resumed = try await bench.scheduler.resume(job.id)
            #expect(resumed.state == .active)
            #expect(resumed.nextRunAt == start.addingTimeInterval(420))
            #expect(try await bench.scheduler.resume(job.id) == resumed)
            await bench.advance(.seconds(60))
            let fired = try await bench.executions().map { $0.scheduledFor.timeIntervalSince(start) }
            #expect(fired == [60, 420])
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.map(\.reason) == [.paused])
            #expect(skips.map(\.count) == [5])
        }
    }

    @Test("Pausing does not cancel an execution in progress", .rows("K-33"))
    func pauseDuringRun() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(30))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(70))
            try await bench.scheduler.pause(job.id)
            await bench.advance(.seconds(60))
            #expect(try await bench.executions().map(\.status) == [.succeeded])
        }
    }

    @Test("A draft never fires until it is resumed", .rows("T-25"))
    func draftState() async throws {
        let bench = try await bench()
        var draft = draft
        draft.state = .draft
        try await bench.running { [draft] in
            let job = try await bench.scheduler.create(draft)
            #expect(job.nextRunAt == nil)
            await bench.advance(.seconds(600))
            #expect(try await bench.executions().isEmpty)
            try await bench.scheduler.resume(job.id)
            await bench.advance(.seconds(60))
            #expect(try await bench.executions().count == 1)
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("Triggering a job leaves its schedule alone", .rows("T-48", "T-49", "T-50"))
    func trigger() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(10))
            let execution = try await bench.scheduler.trigger(job.id)
            #expect(execution.source == .manual)
            #expect(execution.status == .queued)
            await bench.advance(.zero)
            #expect(try await bench.scheduler.execution(execution.id).status == .succeeded)
            #expect(try await bench.scheduler.job(job.id).nextRunAt == job.nextRunAt)
        }
    }

    @Test("A replay is a new execution, and the original is unchanged", .rows("T-109", "T-110"))
    func replay() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let original = try await bench.scheduler.trigger(job.id, payload: JSONPayload(["n": 1]))
            await bench.advance(.seconds(1))
            let finished = try await bench.scheduler.execution(original.id)
            let replay = try await bench.scheduler.replay(original.id)
            await bench.advance(.seconds(1))
            #expect(replay.source == .replay)
            #expect(replay.replayOf == original.id)
            #expect(replay.payload == original.payload)
            #expect(try await bench.scheduler.execution(replay.id).status == .succeeded)
            #expect(try await bench.scheduler.execution(original.id) == finished)
        }
    }

    @Test("An update changes what it names, and a new interval counts from the job's creation", .rows("T-44", "T-47"))
    func update() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(30))
            let updated = try await bench.scheduler.update(job.id) {
                $0.name = "renamed"
                $0.schedule = .every(.seconds(1800))
            }
            #expect(updated.name == "renamed")
            #expect(updated.version == 2)
            #expect(updated.metadata == ["team": "a"])
            #expect(updated.nextRunAt == job.createdAt.addingTimeInterval(1800))
            let unchanged = try await bench.scheduler.update(job.id) { _ in }
            #expect(unchanged == updated)
        }
    }

    @Test("Creating with a known idempotency key returns the existing job", .rows("T-55"))
    func idempotency() async throws {
        let bench = try await bench()
        var draft = draft
        draft.idempotencyKey = "deploy-v1.2.3"
        let first = try await bench.scheduler.create(draft)
        draft.definition.name = "another"
        #expect(try await bench.scheduler.create(draft) == first)
        #expect(try await bench.scheduler.jobs().items.count == 1)
        try await bench.scheduler.delete(first.id)
        #expect(try await bench.scheduler.create(draft).name == "another")
    }

    @Test("Deleting a job deletes its executions, and deleting it again is no error", .rows("T-57", "I-29"))
    func delete() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(120))
            let execution = try #require(try await bench.executions().first)
            #expect(try await bench.scheduler.delete(job.id))
            #expect(try await !bench.scheduler.delete(job.id))
            await bench.advance(.seconds(120))
            #expect(try await bench.executions().isEmpty)
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.execution(execution.id)
            }
            #expect(error?.code == .executionNotFound)
        }
    }

    @Test("A job deleted while it runs leaves nothing behind")
    func deleteDuringRun() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(30))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(70))
            try await bench.scheduler.delete(job.id)
            await bench.advance(.seconds(60))
            #expect(try await bench.executions().isEmpty)
        }
    }

    @Test("Jobs are listed by state and by a part of the name, in pages", .rows("T-62"))
    func list() async throws {
        let bench = try await bench()
        for number in 0..<25 {
            var draft = draft
            draft.definition.name = number.isMultiple(of: 2) ? "Even \(number)" : "odd \(number)"
            draft.state = number < 5 ? .paused : .active
            try await bench.scheduler.create(draft)
        }
        #expect(try await bench.scheduler.jobs(.init(states: [.paused])).items.count == 5)
        #expect(try await bench.scheduler.jobs(.init(nameContains: "eVEN")).items.count == 13)
        var names: [String] = []
        var query = JobQuery(limit: 10)
        repeat {
            let page = try await bench.scheduler.jobs(query)
            names += page.items.map(\.name)
            query.after = page.next
        } while query.after != nil
        #expect(names.count == 25)
        #expect(names.first == "Even 0")
        #expect(names.last == "Even 24")
    }

    @Test(
        "With the overlap policy skip, an occurrence during an execution is skipped and recorded",
        .rows("I-22"))
    func overlapSkip() async throws {
        let bench = Bench()
        let (clock, start) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(150))
        }
        try await bench.running {
            var draft = draft
            draft.definition.overlap = .skip
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(600))
            let fired = try await bench.executions().map { Int($0.scheduledFor.timeIntervalSince(start)) }
            #expect(fired == [60, 240, 420, 600])
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.map { Int($0.first.timeIntervalSince(start)) } == [120, 300, 480])
            #expect(skips.map { Int($0.last.timeIntervalSince(start)) } == [180, 360, 540])
            #expect(skips.allSatisfy { $0.reason == .overlap && $0.count == 2 })
        }
    }

    @Test("Retention bounds the history and keeps unfinished executions")
    func retention() async throws {
        let bench = try await bench()
        try await bench.running {
            var draft = draft
            draft.definition.retention = .last(3)
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(600))
            let kept = try await bench.executions(of: job.id)
            #expect(kept.count == 3)
            #expect(kept.last?.scheduledFor == bench.clock.now)
            #expect(try await bench.scheduler.job(job.id).succeeded == 10)
        }
    }

    @Test("A job deleted and created again while it runs is a different job")
    func deleteAndRecreate() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("x") { _ in try await clock.sleep(until: clock.now.addingTimeInterval(30)) }
        let draft = JobDraft(
            name: "j", schedule: .every(.seconds(20)), action: .handler("x"), overlap: .skip, idempotencyKey: "k")
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(25))
            try await bench.scheduler.delete(job.id)
            let again = try await bench.scheduler.create(draft)
            #expect(again.id != job.id)
            await bench.advance(.seconds(100))
            #expect(try await bench.executions(of: job.id).isEmpty)
            #expect(try await bench.executions(of: again.id).count == 3)
        }
    }

    @Test("The same idempotency key twice in a batch creates one job")
    func sameKeyTwice() async throws {
        let bench = Bench()
        let draft = JobDraft(
            name: "j", schedule: .immediately, action: .http(try .get("https://example.com/")), idempotencyKey: "k")
        let jobs = try await bench.scheduler.create([draft, draft])
        #expect(jobs[0] == jobs[1])
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(try await bench.executions().count == 1)
    }
}
