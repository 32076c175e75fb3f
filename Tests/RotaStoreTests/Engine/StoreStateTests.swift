import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("State machine")
struct StoreStateTests {
    let start = StoreSamples.start

    func store(_ jobs: Job...) async throws -> InMemoryJobStore {
        let store = InMemoryJobStore()
        _ = try await store.insert(jobs.map { JobInsertion($0) })
        return store
    }

    func fire(_ job: Job, _ ids: [Int], to cursor: Date, revision: Int = 1) -> FireRequest {
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = cursor
        scheduleState.next = cursor.addingTimeInterval(60)
        return FireRequest(
            jobID: job.id, expectedRevision: revision,
            executions: ids.map {
                StoreSamples.execution($0, of: job, at: start.addingTimeInterval(Double($0) * 60))
            },
            skips: [], scheduleState: scheduleState)
    }

    @Test("Of two fires planned from one schedule state, the second is refused and changes nothing")
    func compareAndSwap() async throws {
        let job = try StoreSamples.job(1)
        let store = try await store(job)
        let first = fire(job, [1], to: start.addingTimeInterval(60))
        let second = fire(job, [2], to: start.addingTimeInterval(120))
        let outcomes = await store.fire([first, second])
        #expect(outcomes == [.fired(executions: first.executions, skips: [], replaced: []), .conflict])
        #expect(try await store.allExecutions().map(\.id) == first.executions.map(\.id))
        #expect(await store.job(job.id)?.revision == 2)
    }

    @Test("An occurrence up to `decidedThrough` cannot fire, whatever the plan says")
    func cursorNeverGoesBack() async throws {
        let job = try StoreSamples.job(1)
        let store = try await store(job)
        _ = await store.fire([fire(job, [5], to: start.addingTimeInterval(300))])
        let again = await store.fire([fire(job, [4], to: start.addingTimeInterval(240), revision: 2)])
        #expect(again == [.conflict])
        let replaced = try await store.replace(
            JobReplacement(
                id: job.id, expectedRevision: 2,
                scheduleState: ScheduleState(state: .active, decidedThrough: start, next: nil),
                date: start))
        #expect(replaced.decidedThrough == start.addingTimeInterval(300))
    }

    @Test("A paused job, a deleted job and a job of another revision do not fire")
    func notActive() async throws {
        let paused = try StoreSamples.job(1, state: .paused)
        let gone = try StoreSamples.job(2)
        let store = try await store(paused)
        let outcomes = await store.fire([
            fire(paused, [1], to: start.addingTimeInterval(60)), fire(gone, [2], to: start.addingTimeInterval(60)),
        ])
        #expect(outcomes == [.conflict, .conflict])
        #expect(try await store.allExecutions().isEmpty)
    }

    @Test("Claims come in order of due time, up to the limit, each with a growing token")
    func claims() async throws {
        let job = try StoreSamples.job(1)
        let store = try await store(job)
        try await store.enqueue(
            [3, 1, 2].map { StoreSamples.execution($0, of: job, at: start.addingTimeInterval(Double($0))) })
        let request = ClaimRequest(
            owner: "a", limit: 2, now: start.addingTimeInterval(2), leaseExpiresAt: start.addingTimeInterval(32))
        let claims = await store.claim(request)
        #expect(claims.map { Int($0.execution.id.bits) } == [1, 2])
        #expect(claims.allSatisfy { $0.execution.status == .running && $0.execution.lease?.token == 1 })
        #expect(await store.claim(request).isEmpty)
        let retry = Completion(
            executionID: claims[0].execution.id, token: 1, attempt: nil, next: .released(until: start), date: start)
        guard case .recorded(let released)? = await store.finish([retry]).first else {
            Issue.record("the release was refused")
            return
        }
        #expect(released.status == .queued && released.startedAt == nil)
        #expect(await store.claim(request).first?.execution.lease?.token == 2)
        #expect(await store.finish([retry]) == [.stale])
    }

    @Test("A renewal with an old token is refused; one with the latest token extends the lease")
    func renewals() async throws {
        let job = try StoreSamples.job(1)
        let store = try await store(job)
        try await store.enqueue([StoreSamples.execution(1, of: job, at: start)])
        let claim = try #require(
            await store.claim(
                ClaimRequest(owner: "a", limit: 1, now: start, leaseExpiresAt: start.addingTimeInterval(30))
            ).first)
        let end = start.addingTimeInterval(60)
        let id = claim.execution.id
        #expect(await store.renew([LeaseRenewal(executionID: id, token: 0, expiresAt: end)]) == [.lost])
        #expect(await store.renew([LeaseRenewal(executionID: id, token: 1, expiresAt: end)]) == [.renewed])
        #expect(await store.dueWork(at: start.addingTimeInterval(59), limit: 10).expiredLeases.isEmpty)
        #expect(await store.dueWork(at: end, limit: 10).expiredLeases.map(\.execution.id) == [id])
    }

    @Test("Due work names what is due and the date of the next wake-up")
    func dueWork() async throws {
        let jobs = try (1...3).map { number in
            var job = try StoreSamples.job(number)
            job.scheduleState.next = start.addingTimeInterval(Double(number) * 100)
            return job
        }
        let store = InMemoryJobStore()
        _ = try await store.insert(jobs.map { JobInsertion($0) })
        let none = await store.dueWork(at: start, limit: 10)
        #expect(none.dueJobs.isEmpty && none.nextWakeup == start.addingTimeInterval(100))
        let two = await store.dueWork(at: start.addingTimeInterval(200), limit: 10)
        #expect(two.dueJobs.map(\.id) == jobs.prefix(2).map(\.id))
        #expect(two.nextWakeup == start.addingTimeInterval(300))
        let one = await store.dueWork(at: start.addingTimeInterval(200), limit: 1)
        #expect(one.dueJobs.map(\.id) == [jobs[0].id] && one.isTruncated)
        try await store.enqueue([StoreSamples.execution(9, of: jobs[0], at: start.addingTimeInterval(250))])
        #expect(
            await store.dueWork(at: start.addingTimeInterval(200), limit: 10).nextWakeup
                == start.addingTimeInterval(250))
    }

    @Test("An insertion with a taken identifier inserts nothing")
    func duplicates() async throws {
        let store = try await store(StoreSamples.job(1))
        let error = await #expect(throws: StoreError.self) {
            try await store.insert([JobInsertion(StoreSamples.job(2)), JobInsertion(StoreSamples.job(1))])
        }
        #expect(error?.code == .duplicate)
        #expect(await store.job(JobID(bits: 2)) == nil)
    }

    @Test("Pages stay stable while new records arrive", .rows("T-103", "T-104"))
    func pages() async throws {
        let job = try StoreSamples.job(1)
        let store = try await store(job)
        for number in 1...30 {
            try await store.enqueue([StoreSamples.execution(number, of: job, at: start)])
        }
        var seen: [Int] = []
        var query = ExecutionQuery(limit: 7)
        var arriving = 100
        repeat {
            let page = try await store.executions(query)
            seen += page.items.map { Int($0.id.bits) }
            query.after = page.next
            arriving += 1
            try await store.enqueue([StoreSamples.execution(arriving, of: job, at: start)])
        } while query.after != nil
        #expect(seen == (1...30).reversed())
        for limit in [0, -1, 1001] {
            let error = await #expect(throws: StoreError.self) {
                try await store.executions(ExecutionQuery(limit: limit))
            }
            #expect(error?.code == .invalidQuery)
        }
        let cursor = PageCursor(after: 12345)
        #expect(PageCursor(cursor.description) == cursor)
        for name in ["", "a", "übers?>~", "two words.", String(repeating: "long ", count: 51)] {
            let cursor = PageCursor(after: 12345, named: name)
            #expect(PageCursor(cursor.description) == cursor)
            let unsafe = cursor.description.filter {
                !$0.isASCII || !($0.isLetter || $0.isNumber || "-._".contains($0))
            }
            #expect(unsafe.isEmpty)
        }
        let dated = PageCursor(after: 12345, at: start)
        #expect(PageCursor(dated.description) == dated)
        for text in ["!", "", "+1", "1.", "1.-1", "1.!", "1..!", "1..gA", "1.1.YQ", "1..YQ.YQ", "1..Y+Q"] {
            #expect(PageCursor(text) == nil && PageCursor(text + PageCursor.check(text[...])) == nil, "\(text)")
        }
        // Other words, and cursors with a wrong character, one too few or one too many.
        for text in [
            "garbage", "1", "0000", "next", "abc123", "7n42dgm5tflk9n8mt7fhc7", StoreSamples.start.description,
        ] {
            #expect(PageCursor(text) == nil, "\(text)")
        }
        let text = dated.description
        for place in text.indices {
            var other = text
            other.replaceSubrange(place...place, with: text[place] == "7" ? "8" : "7")
            #expect(PageCursor(other) == nil && PageCursor(String(text[..<place])) == nil, "\(other)")
        }
        #expect(PageCursor(text + "7") == nil)
    }

    @Test("A store in memory answers as itself and as any store alike, also where the protocol has a default answer")
    func concreteType() async throws {
        var job = try StoreSamples.job(1)
        job.definition.limits.concurrency = 1
        let store = InMemoryJobStore()
        let executions = (1...2).map { StoreSamples.execution($0, of: job, at: start) }
        _ = try await store.insert([JobInsertion(job, executions: executions)])
        _ = await store.claim(
            ClaimRequest(owner: "a", limit: 1, now: start, leaseExpiresAt: start.addingTimeInterval(99)))
        let held = executions[1].id
        #expect(await store.holds(on: held, at: start) == [.concurrency(limit: 1)])
        #expect(try await (store as any JobStore).holds(on: held, at: start) == [.concurrency(limit: 1)])
        let earlier = start.addingTimeInterval(-1_000_000)
        #expect(await store.rewind(to: earlier, limit: 10).jobs.map(\.id) == [job.id])
    }

    @Test("Executions are found by status, time and a part of the job's name", .rows("T-98", "T-99", "T-100", "T-101"))
    func filters() async throws {
        let jobs = try [StoreSamples.job(1), StoreSamples.job(2)]
        let store = InMemoryJobStore()
        _ = try await store.insert(jobs.map { JobInsertion($0) })
        for number in 1...10 {
            try await store.enqueue([
                StoreSamples.execution(number, of: jobs[number % 2], at: start.addingTimeInterval(Double(number)))
            ])
        }
        _ = await store.claim(
            ClaimRequest(
                owner: "a", limit: 3, now: start.addingTimeInterval(10), leaseExpiresAt: start.addingTimeInterval(99)))
        let ids = { (query: ExecutionQuery) in try await store.executions(query).items.map { Int($0.id.bits) } }
        #expect(try await ids(.init(statuses: [.running], order: .ascending)) == [1, 2, 3])
        #expect(
            try await ids(.init(from: start.addingTimeInterval(4), to: start.addingTimeInterval(7), order: .ascending))
                == [4, 5, 6])
        #expect(
            try await ids(ExecutionQuery(order: .ascending).with { $0.jobNameContains = "JOB 1" }) == [2, 4, 6, 8, 10])
        #expect(try await ids(.init(jobID: jobs[1].id, order: .ascending)) == [1, 3, 5, 7, 9])
    }
}

extension JobStore {
    func allExecutions() async throws -> [Execution] {
        try await executions(ExecutionQuery(order: .ascending, limit: 1000)).items
    }
}
