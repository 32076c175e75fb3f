import Foundation
import RotaTestSupport
import RotaTesting
import Testing

/// Lists of jobs and executions, and their retention.
@Suite("Queries")
struct QueryTests {
    func bench() async throws -> Bench {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        return bench
    }

    @Test(
        "Jobs are listed in pages by state and project, and read one by one",
        .rows("T-62", "I-12", "I-13", "S-1", "S-6", "S-19"))
    func jobs() async throws {
        let bench = try await bench()
        var made: [Job] = []
        for number in 0..<120 {
            made.append(
                try await bench.scheduler.create(
                    .init(
                        name: "job \(number)", schedule: .every(.seconds(60)), action: .handler("work")
                    ).with {
                        $0.attributes = JobAttributes(project: number.isMultiple(of: 3) ? "p" : "q")
                        $0.state = number < 7 ? .paused : .active
                    }))
        }
        let first = try await bench.scheduler.jobs()
        #expect(first.items == Array(made.prefix(50)))
        var query = JobQuery(after: first.next)
        let second = try await bench.scheduler.jobs(query)
        query.after = second.next
        let third = try await bench.scheduler.jobs(query)
        #expect(first.items + second.items + third.items == made && third.next == nil)
        #expect(try await bench.scheduler.jobs(JobQuery(states: [.paused])).items == Array(made.prefix(7)))
        let ofProject = try await bench.scheduler.jobs(JobQuery(limit: 1000).with { $0.project = "p" }).items
        #expect(ofProject.count == 40 && ofProject.allSatisfy { $0.attributes.project == "p" })
        #expect(try await bench.scheduler.job(made[9].id) == made[9])
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.job(JobID(bits: 1)) }
        #expect(error?.code == .jobNotFound)
    }

    @Test(
        "Executions of all jobs or one are listed newest first, fifty by default",
        .rows("T-96", "T-97", "T-102", "T-103", "T-104", "K-21"))
    func executions() async throws {
        let bench = try await bench()
        try await bench.running {
            let one = try await bench.scheduler.create(
                .init(name: "one", schedule: .every(.seconds(60)), action: .handler("work")))
            let other = try await bench.scheduler.create(
                .init(name: "other", schedule: .every(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(3600))
            let all = try await bench.executions()
            #expect(all.count == 120)
            #expect(try await bench.scheduler.executions().items.map(\.id) == all.reversed().prefix(50).map(\.id))
            let ofOne = all.filter { $0.jobID == one.id }
            #expect(ofOne.count == 60)
            let newest = try await bench.scheduler.executions(.init(jobID: one.id, limit: 20)).items
            #expect(newest == ofOne.reversed().prefix(20).map(\.self))
            let oldest = try await bench.scheduler.executions(
                .init(jobID: other.id, sort: .scheduledFor, order: .ascending, limit: 1)
            ).items
            #expect(oldest.map(\.scheduledFor) == [one.createdAt.addingTimeInterval(60)])
            for (limit, isGood) in [(0, false), (1, true), (100, true), (1000, true), (1001, false)] {
                if isGood {
                    let page = try await bench.scheduler.executions(.init(limit: limit))
                    #expect(page.items.count == min(limit, 120))
                } else {
                    await #expect(throws: StoreError.self) {
                        try await bench.scheduler.executions(.init(limit: limit))
                    }
                }
            }
        }
    }

    @Test(
        "A cursor continues after the last page while executions are added, and an offset skips",
        .rows("T-105", "I-35", "C-18"))
    func pages() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(1800))
            let before = try await bench.executions(of: job.id)
            var query = ExecutionQuery(jobID: job.id, limit: 7)
            var seen: [Execution] = []
            repeat {
                let page = try await bench.scheduler.executions(query)
                seen += page.items
                // In a URL, the cursor is text.
                query.after = try page.next.map { try #require(PageCursor($0.description)) }
                await bench.advance(.seconds(60))
            } while query.after != nil
            #expect(seen == before.reversed())
            let now = try await bench.executions(of: job.id)
            let skipped = try await bench.store.executions(ExecutionQuery(jobID: job.id, limit: 7), offset: 10)
            #expect(skipped.items == now.reversed().dropFirst(10).prefix(7).map(\.self))
        }
    }

    @Test(
        "Retention keeps the newest executions, a thousand by default",
        .rows("KX-4", "C-19"))
    func count() async throws {
        let bench = try await bench()
        try await bench.running {
            let hundred = try await bench.scheduler.create(
                .init(name: "a", schedule: .every(.seconds(60)), action: .handler("work"), retention: .last(100)))
            let standard = try await bench.scheduler.create(
                .init(name: "b", schedule: .every(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(60 * 130))
            let kept = try await bench.executions(of: hundred.id)
            #expect(
                kept.map(\.scheduledFor) == (31...130).map { hundred.createdAt.addingTimeInterval(Double($0) * 60) })
            #expect(standard.retention.maximumCount == 1000)
            #expect(try await bench.executions(of: standard.id).count == 130)
        }
    }

    @Test(
        "Retention by days removes only finished executions",
        .rows("I-37", "I-38", "C-19"))
    func days() async throws {
        let clock = ManualClock()
        let bench = Bench(clock: clock)
        try await bench.scheduler.handle("work") { _ in try await clock.sleep(until: clock.now.addingTimeInterval(30)) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(3600)), action: .handler("work"), retention: .days(1)))
            #expect(job.retention.maximumAge == .seconds(86_400))
            await bench.advance(.seconds(2 * 86_400))
            let kept = try await bench.executions(of: job.id)
            #expect(kept.count == 24 || kept.count == 25)
            #expect(kept.allSatisfy { $0.finishedAt.map { $0 >= clock.now.addingTimeInterval(-86_460) } ?? true })
            let none = try await bench.scheduler.update(job.id) { $0.retention = .days(0) }
            #expect(none.retention.maximumAge == .zero)
            let run = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(20))
            #expect(try await bench.scheduler.execution(run.id).status == .running)
            await bench.advance(.seconds(120))
            #expect(try await bench.executions(of: job.id).isEmpty)
        }
    }
}

@Suite("Jobs by name, slug and query")
struct JobLookupTests {
    private func draft(_ name: String, slug: String? = nil, project: String? = nil, group: String? = nil) -> JobDraft {
        var draft = JobDraft(name: name, schedule: .every(.seconds(60)), action: .handler("work"))
        (draft.attributes.slug, draft.attributes.project, draft.attributes.group) = (slug, project, group)
        return draft
    }

    @Test("A job is found by its whole name, and a name that several have is an error")
    func names() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft("report"))
        try await bench.scheduler.create([draft("report-2"), draft("twin"), draft("twin")])
        #expect(try await bench.scheduler.job(named: "report").id == job.id)
        for (name, code) in [
            ("Report", SchedulerError.Code.jobNotFound), ("rep", .jobNotFound), ("twin", .invalidRequest),
        ] {
            let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.job(named: name) }
            #expect(error?.code == code && error?.value == name)
        }
    }

    @Test("A slug is found in its project if more than a thousand projects have it", .rows("S-22"))
    func slugInManyProjects() async throws {
        let bench = Bench()
        try await bench.scheduler.create((0...1000).map { draft("n", slug: "nightly", project: "p\($0)") })
        #expect(try await bench.scheduler.job(slug: "nightly", project: "p1000").name == "n")
        let declared = draft("n", slug: "nightly", project: "p1000")
        #expect(try await bench.scheduler.declare([declared], owner: "app").created.isEmpty)
        try await bench.scheduler.create(JobDraft(queue: "nightly"))
        #expect(try await bench.scheduler.enqueue("nightly", TriggerRequest()).status == .queued)
    }

    @Test("A job is found by its slug within its project")
    func slugs() async throws {
        let bench = Bench()
        let one = try await bench.scheduler.create(draft("a", slug: "s"))
        let two = try await bench.scheduler.create(draft("b", slug: "s", project: "p"))
        #expect(try await bench.scheduler.job(slug: "s").id == one.id)
        #expect(try await bench.scheduler.job(slug: "s", project: "p").id == two.id)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.job(slug: "s", project: "q")
        }
        #expect(error?.code == .jobNotFound)
    }

    @Test("Deleting by query deletes just what it matches, over many pages, and counts it")
    func deletes() async throws {
        let bench = Bench()
        try await bench.scheduler.create((0..<130).map { draft("j\($0)", group: $0 < 120 ? "old" : "new") })
        #expect(try await bench.scheduler.deleteAll(JobQuery(limit: 50).with { $0.group = "old" }) == 120)
        #expect(try await bench.scheduler.jobs(JobQuery(limit: 1000)).items.count == 10)
        #expect(try await bench.scheduler.deleteAll(JobQuery().with { $0.group = "old" }) == 0)
    }
}
