import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

/// Jobs that are declared in code, at every start.
@Suite struct DeclarationTests {
    let bench = Bench()
    var scheduler: Scheduler { bench.scheduler }

    private func draft(_ name: String, every seconds: Int = 60, slug: String? = nil) -> JobDraft {
        var draft = JobDraft(name: name, schedule: .every(.seconds(seconds)), action: .handler("work"))
        draft.attributes.slug = slug
        return draft
    }

    private func names() async throws -> [String] { try await scheduler.jobs().items.map(\.name).sorted() }

    @Test("Three starts with the same jobs make each of them once, and the second writes nothing")
    func repeated() async throws {
        let drafts = [draft("a"), draft("b", every: 900)]
        let first = try await scheduler.declare(drafts, owner: "app")
        #expect(first.created.map(\.name) == ["a", "b"])
        #expect(first.description == "2 created (a, b), 0 unchanged")
        await bench.clock.advance(by: .seconds(100), driving: [])
        let second = try await scheduler.declare(drafts, owner: "app")
        #expect(second.isUnchanged && second.unchanged == 2)
        #expect(second.jobs == first.jobs)
        #expect(second.jobs.map(\.updatedAt) == second.jobs.map(\.createdAt))
        _ = try await scheduler.declare(drafts, owner: "app")
        #expect(try await names() == ["a", "b"])
        #expect(try await bench.store.owner("app")?.revision == 1)
    }

    @Test("A changed job gets the new definition, and keeps its identity, its anchor, its pause and its history")
    func changed() async throws {
        let first = try await scheduler.declare([draft("a"), draft("b"), draft("c")], owner: "app")
        _ = try await scheduler.pause(first.jobs[1].id, reason: "by hand")
        await bench.clock.advance(by: .seconds(90), driving: [])
        var (a, b) = (draft("a", every: 30), draft("b"))
        a.retry = .fixed(.seconds(3), maxAttempts: 2)
        b.priority = 4
        let second = try await scheduler.declare([a, b, draft("c")], owner: "app")
        #expect(second.updated.map(\.job.name) == ["a", "b"])
        #expect(second.updated.map(\.members) == [["schedule", "retry"], ["priority"]])
        #expect(second.unchanged == 1)
        #expect(second.jobs.map(\.id) == first.jobs.map(\.id))
        #expect(second.jobs.map(\.version) == [2, 2, 1])
        #expect(second.jobs[0].nextRunAt == first.jobs[0].createdAt + 120)
        #expect(second.jobs[1].state == .paused && second.jobs[1].scheduleState.reason == "by hand")
        #expect(try await scheduler.job(first.jobs[0].id) == second.jobs[0])
    }

    @Test("A job that is no longer declared is paused, and resumes when it is declared again")
    func orphaned() async throws {
        let first = try await scheduler.declare([draft("a"), draft("b")], owner: "app")
        let second = try await scheduler.declare([draft("a")], owner: "app")
        #expect(second.orphans.map(\.name) == ["b"] && second.removed.map(\.name) == ["b"])
        let paused = try await scheduler.job(first.jobs[1].id)
        #expect(paused.state == .paused)
        #expect(paused.scheduleState.reason == "\"app\" no longer declares it.")
        // It stays an orphan, and is left alone.
        let third = try await scheduler.declare([draft("a")], owner: "app")
        #expect(third.orphans == [paused] && third.isUnchanged)
        let fourth = try await scheduler.declare([draft("a"), draft("b")], owner: "app")
        #expect(fourth.updated.map(\.job.id) == [paused.id] && fourth.updated[0].members.isEmpty)
        #expect(try await scheduler.job(paused.id).state == .active)
    }

    @Test("Orphans are deleted or kept if asked for")
    func treatments() async throws {
        let first = try await scheduler.declare([draft("a"), draft("b"), draft("c")], owner: "app")
        let kept = try await scheduler.declare([draft("a"), draft("b")], owner: "app", orphans: .keep)
        #expect(kept.orphans == [first.jobs[2]] && kept.isUnchanged)
        #expect(try await scheduler.job(first.jobs[2].id).state == .active)
        let deleted = try await scheduler.declare([draft("a")], owner: "app", orphans: .delete)
        #expect(deleted.removed.map(\.name) == ["b", "c"])
        #expect(try await names() == ["a"])
    }

    @Test("Jobs of others are never touched")
    func others() async throws {
        let other = try await scheduler.create(draft("a"))
        _ = try await scheduler.declare([draft("a")], owner: "one")
        _ = try await scheduler.declare([draft("a")], owner: "two")
        _ = try await scheduler.declare([], owner: "one", orphans: .delete)
        let left = try await scheduler.jobs().items
        #expect(left.count == 2)
        #expect(left.contains(other))
        #expect(left.map(\.declaredBy) == [nil, "two"])
    }

    @Test("A job is found by its slug, or by its name when it gets one or loses it")
    func identities() async throws {
        let first = try await scheduler.declare([draft("a"), draft("b", slug: "b")], owner: "app")
        let second = try await scheduler.declare([draft("a", slug: "a"), draft("renamed", slug: "b")], owner: "app")
        #expect(second.jobs.map(\.id) == first.jobs.map(\.id))
        #expect(second.updated.map(\.members) == [["attributes"], ["name"]])
        let third = try await scheduler.declare([draft("a"), draft("renamed")], owner: "app")
        #expect(third.jobs.map(\.id) == first.jobs.map(\.id))
        // Without a slug, another name is another job.
        let fourth = try await scheduler.declare([draft("a"), draft("b")], owner: "app")
        #expect(fourth.created.map(\.name) == ["b"] && fourth.removed.map(\.name) == ["renamed"])
    }

    @Test("Two jobs with the same slug or name are refused, and the error names both")
    func duplicates() async throws {
        let error = await #expect(throws: SchedulerError.self) {
            try await scheduler.declare([draft("x"), draft("a"), draft("a", every: 5)], owner: "app")
        }
        #expect(error?.code == .invalidJob)
        #expect(
            error?.message
                == "Job 2, \"a\", and job 3, \"a\", are declared with the same name \"a\". Give each a name or a slug of its own."
        )
        await #expect(throws: SchedulerError.self) {
            try await scheduler.declare([draft("a", slug: "s"), draft("b", slug: "s")], owner: "app")
        }
        // Equal names are fine if slugs tell them apart.
        let result = try await scheduler.declare([draft("a", slug: "s"), draft("a", slug: "t")], owner: "app")
        let again = try await scheduler.declare([draft("a", slug: "t"), draft("a", slug: "s")], owner: "app")
        #expect(again.isUnchanged && again.jobs.map(\.id) == result.jobs.map(\.id).reversed())
    }

    @Test("One invalid job leaves everything as it was")
    func invalid() async throws {
        _ = try await scheduler.declare([draft("a")], owner: "app")
        await #expect(throws: SchedulerError.self) {
            try await scheduler.declare([draft("b"), draft("")], owner: "app", orphans: .delete)
        }
        await #expect(throws: SchedulerError.self) { try await scheduler.declare([draft("b")], owner: "") }
        var keyed = draft("b")
        keyed.idempotencyKey = "b"
        await #expect(throws: SchedulerError.self) { try await scheduler.declare([keyed], owner: "app") }
        #expect(try await names() == ["a"])
    }

    @Test("An older generation changes nothing and is told so, even after the newer one declared no job")
    func generations() async throws {
        _ = try await scheduler.declare([draft("a")], owner: "app", generation: 1)
        _ = try await scheduler.declare([draft("a", every: 30)], owner: "app", generation: 2)
        let older = try await scheduler.declare([draft("a")], owner: "app", generation: 1)
        #expect(older.newerGeneration == 2 && older.isUnchanged)
        #expect(older.description == "nothing changed: generation 2 is in force")
        #expect(try await scheduler.jobs().items.map(\.version) == [2])
        _ = try await scheduler.declare([], owner: "app", generation: 3, orphans: .delete)
        #expect(try await scheduler.declare([draft("a")], owner: "app", generation: 2).newerGeneration == 3)
        #expect(try await names() == [])
        // The same jobs under a newer generation must be remembered as such.
        _ = try await scheduler.declare([draft("z")], owner: "b", generation: 1)
        #expect(try await scheduler.declare([draft("z")], owner: "b", generation: 2).isUnchanged)
        #expect(try await scheduler.declare([draft("z")], owner: "b", generation: 1).newerGeneration == 2)
    }

    @Test("A dry run says what would be done, and does nothing")
    func dryRun() async throws {
        _ = try await scheduler.declare([draft("a"), draft("b")], owner: "app")
        let before = try await scheduler.jobs().items
        let drafts = [draft("a", every: 5), draft("c")]
        let dry = try await scheduler.declare(drafts, owner: "app", isDryRun: true)
        #expect(
            dry.description
                == "1 created (c), 1 updated (a: schedule), 1 no longer declared and paused (b), 0 unchanged")
        #expect(try await scheduler.jobs().items == before)
        #expect(try await bench.store.owner("app")?.revision == 1)
        let done = try await scheduler.declare(drafts, owner: "app")
        #expect(done.description == dry.description)
        let deleted = try await scheduler.declare([draft("a", every: 5)], owner: "app", orphans: .delete)
        #expect(deleted.description == "2 no longer declared and deleted (b, c), 1 unchanged")
        #expect(deleted.treatment == .delete)
    }

    @Test("A job with the slug of a declared one is adopted, unless another owner declares it")
    func adopted() async throws {
        let job = try await scheduler.create(draft("old", slug: "s"))
        let result = try await scheduler.declare([draft("new", slug: "s")], owner: "app")
        #expect(result.jobs.map(\.id) == [job.id] && result.jobs.map(\.declaredBy) == ["app"])
        #expect(result.updated.map(\.members) == [["name"]])
        let error = await #expect(throws: SchedulerError.self) {
            try await scheduler.declare([draft("new", slug: "s")], owner: "other")
        }
        #expect(error?.message.contains("\"app\" declares") == true)
    }

    @Test("Several schedulers declaring at the same time make each job once")
    func concurrent() async throws {
        let bench = bench
        let drafts = (0..<20).map { draft("job \($0)") }
        let schedulers = (0..<4).map { Bench(clock: bench.clock, store: bench.store, seed: UInt64(10 + $0)).scheduler }
        let created = try await withThrowingTaskGroup { group in
            for scheduler in schedulers {
                group.addTask { try await scheduler.declare(drafts, owner: "app").created.count }
            }
            return try await group.reduce(0, +)
        }
        #expect(created == 20)
        #expect(try await names().count == 20)
    }

    @Test("A store that is closed and opened again knows its owners, and nothing is written for equal jobs")
    func reopened() async throws {
        let files = FaultyFileSystem()
        let drafts = (0..<50).map { draft("job \($0)", every: 60 + $0) }
        for start in 0..<3 {
            let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
            let bench = Bench(store: store, seed: UInt64(start))
            let before = await store.status.journalBytes
            let result = try await bench.scheduler.declare(drafts, owner: "app", generation: 4)
            #expect(result.created.count == (start == 0 ? 50 : 0))
            #expect(await (store.status.journalBytes == before) == (start > 0))
            try await store.close()
        }
    }

    @Test("A declared job fires, and one that is due at once fires only at the first start")
    func firing() async throws {
        try await scheduler.handle("work") { _ in }
        let bench = bench
        let drafts = [
            draft("a"), JobDraft(name: "once", schedule: .immediately, action: .handler("work")),
        ]
        try await bench.running {
            let result = try await scheduler.declare(drafts, owner: "app")
            await bench.advance(.seconds(61))
            _ = try await scheduler.declare(drafts, owner: "app")
            await bench.advance(.seconds(60))
            let runs = try await bench.executions().map(\.jobName).sorted()
            #expect(runs == ["a", "a", "once"])
            #expect(result.jobs.count == 2)
        }
    }

    @Test("Jobs that give a shared rate different numbers are declared with a warning that names both")
    func differingRates() async throws {
        func limited(_ name: String, _ maximum: Int) -> JobDraft {
            var draft = draft(name)
            draft.limits.sharedRates = [SharedRateLimit("mail", RateLimit(maximum, per: .seconds(60)))]
            return draft
        }
        let equal = try await scheduler.declare([limited("a", 5), limited("b", 5)], owner: "app")
        #expect(equal.warnings.isEmpty && equal.description == "2 created (a, b), 0 unchanged")
        let drafts = [limited("a", 5), draft("other"), limited("b", 7)]
        let result = try await scheduler.declare(drafts, owner: "app")
        #expect(result.warnings.map(\.code) == [.differingRates])
        for words in ["\"mail\" is 7 per 1 min in job \"b\"", "5 per 1 min in job \"a\""] {
            #expect(result.warnings.first?.message.contains(words) == true, "\(result.warnings)")
            #expect(result.description.contains(words))
        }
        #expect(try await scheduler.declare(drafts, owner: "app").warnings == result.warnings)
    }

    @Test("A declaration that meets a change every time ends with an error, and changes nothing")
    func endlessConflicts() async throws {
        let base = InMemoryJobStore()
        let tries = Recorded<String>()
        let store = HookedStore(base: base) { operation in
            guard operation == "declare" else { return }
            tries.add(operation)
            throw StoreError(.conflict, "The job was changed.")
        }
        let bench = Bench(store: store)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.declare([draft("a")], owner: "app")
        }
        #expect(error?.code == .illegalState && error?.value == "app")
        #expect(tries.all.count == 100)
        #expect(try await base.jobs(JobQuery()).items.isEmpty)
    }

    @Test("A new job may take the name of one that is found by its slug, in either order", arguments: [false, true])
    func takenName(isReversed: Bool) async throws {
        let first = try await scheduler.declare([draft("report", slug: "daily")], owner: "app")
        let drafts = [draft("report", every: 90), draft("Daily report", slug: "daily")]
        let second = try await scheduler.declare(isReversed ? drafts.reversed() : drafts, owner: "app")
        #expect(second.created.map(\.name) == ["report"])
        #expect(second.updated.map(\.job.id) == first.jobs.map(\.id))
        #expect(try await names() == ["Daily report", "report"])
    }

    @Test("A draft without a slug finds a job by its name, also one that had a slug")
    func slugTakenAway() async throws {
        let first = try await scheduler.declare([draft("report", slug: "daily")], owner: "app")
        let second = try await scheduler.declare([draft("report")], owner: "app")
        #expect(second.created.isEmpty && second.updated.map(\.job.id) == first.jobs.map(\.id))
    }

    /// Returns a draft of a job in a project.
    private func draft(_ name: String, in project: String?, slug: String? = nil) -> JobDraft {
        var draft = draft(name, slug: slug)
        draft.attributes.project = project
        return draft
    }

    @Test("Jobs of one name in different projects are told apart", arguments: [false, true])
    func projects(isReversed: Bool) async throws {
        let first = try await scheduler.declare([draft("report", in: "north")], owner: "app")
        let drafts = [draft("report", in: "south"), draft("report", in: "north"), draft("report", in: nil)]
        let second = try await scheduler.declare(isReversed ? drafts.reversed() : drafts, owner: "app")
        #expect(second.created.count == 2 && second.updated.isEmpty && second.orphans.isEmpty)
        #expect(second.jobs.first { $0.definition.attributes.project == "north" }?.id == first.jobs[0].id)
        let third = try await scheduler.declare(drafts, owner: "app")
        #expect(third.created.isEmpty && third.updated.isEmpty)
    }

    @Test("A job moves to another project if it alone can be meant")
    func movedToProject() async throws {
        let first = try await scheduler.declare([draft("report", in: "north")], owner: "app")
        let moved = try await scheduler.declare([draft("report", in: "south")], owner: "app")
        #expect(moved.created.isEmpty && moved.updated.map(\.job.id) == first.jobs.map(\.id))
        // Which of the two would become that of "north" is anybody's guess.
        _ = try await scheduler.declare([draft("report", in: "south"), draft("report", in: "west")], owner: "app")
        let guess = try await scheduler.declare([draft("report", in: "north")], owner: "app")
        #expect(guess.created.count == 1 && guess.orphans.count == 2)
    }

    @Test("A draft that loses its slug takes the job of its own project")
    func slugTakenAwayInProject() async throws {
        let first = try await scheduler.declare(
            [draft("report", in: "north", slug: "n"), draft("report", in: "south", slug: "s")], owner: "app")
        let second = try await scheduler.declare([draft("report", in: "south")], owner: "app")
        #expect(second.created.isEmpty && second.updated.map(\.job.id) == [first.jobs[1].id])
        #expect(second.orphans.map(\.id) == [first.jobs[0].id])
    }
}
