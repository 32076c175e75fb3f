import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Execution lifecycle")
struct ExecutionLifecycleTests {
    let start = StoreSamples.start
    let failure = ExecutionFailure(kind: .timeout, message: "slow")

    func store(_ change: (inout JobDefinition) -> Void = { _ in }) async throws -> (InMemoryJobStore, Job) {
        var job = try StoreSamples.job(1, retention: .last(100))
        change(&job.definition)
        let store = InMemoryJobStore()
        _ = try await store.insert([JobInsertion(job)])
        return (store, job)
    }

    func claim(_ store: InMemoryJobStore, after seconds: Double = 0, limit: Int = 100) async -> [Claim] {
        let now = start.addingTimeInterval(seconds)
        return await store.claim(
            ClaimRequest(owner: "a", limit: limit, now: now, leaseExpiresAt: now.addingTimeInterval(30)))
    }

    func finish(
        _ claim: Claim, _ next: Completion.Next, after seconds: Double = 1, attempt: Bool = true,
        in store: InMemoryJobStore
    ) async -> Execution? {
        let completion = Completion(
            executionID: claim.execution.id, token: claim.execution.lease?.token ?? 0,
            attempt: attempt ? StoreSamples.attempt(claim.execution.attempts.count + 1) : nil, next: next,
            date: start.addingTimeInterval(seconds))
        guard case .recorded(let execution)? = await store.finish([completion]).first else { return nil }
        return execution
    }

    @Test("A running execution with a cancel request ends canceled, whatever its attempt's failure")
    func cancelRunning() async throws {
        let nexts: [(Completion.Next, ExecutionStatus)] = [
            (.retry(at: start, after: failure), .canceled), (.failed(failure), .canceled),
            (.released(until: start), .canceled), (.waiting(until: nil), .canceled), (.canceled, .canceled),
            (.succeeded, .succeeded),
        ]
        for (next, status) in nexts {
            let (store, job) = try await store()
            try await store.enqueue([StoreSamples.execution(1, of: job, at: start)])
            let claimed = try #require(await claim(store).first)
            let id = claimed.execution.id
            guard case .requested? = await store.cancel([Cancellation(id, reason: "enough", date: start)]).first else {
                Issue.record("not requested")
                return
            }
            let ended = await finish(claimed, next, in: store)
            #expect(ended?.status == status && ended?.finishedAt != nil)
            #expect(await claim(store, after: 100).isEmpty)
            guard case .alreadyOver? = await store.cancel([Cancellation(id, date: start)]).first else {
                Issue.record("not over")
                return
            }
        }
        let (store, _) = try await store()
        #expect(await store.cancel([Cancellation(ExecutionID(bits: 7), date: start)]) == [.missing])
    }

    @Test("A waiting execution holds no slot, and expires without its external completion", .rows("T-73"))
    func waiting() async throws {
        let (store, job) = try await store { $0.limits.concurrency = 1 }
        try await store.enqueue((1...2).map { StoreSamples.execution($0, of: job, at: start) })
        let first = try #require(await claim(store).first)
        #expect(await finish(first, .waiting(until: start.addingTimeInterval(50)), in: store)?.status == .waiting)
        let second = try #require(await claim(store).first)
        let output = try JSONPayload("yes")
        let answer = ExternalCompletion(
            first.execution.id, next: .queued(at: start.addingTimeInterval(10)), output: output, date: start
        )
        guard case .recorded(let queued)? = await store.completeWaiting([answer]).first else {
            Issue.record("not recorded")
            return
        }
        #expect(queued.status == .queued && queued.output == output)
        guard case .notWaiting? = await store.completeWaiting([answer]).first else {
            Issue.record("answered twice")
            return
        }
        #expect(await claim(store, after: 20).isEmpty)
        _ = await finish(second, .waiting(until: start.addingTimeInterval(50)), in: store)
        #expect(await claim(store, after: 20).map(\.execution.id) == [first.execution.id])
        let report = await store.prune(at: start.addingTimeInterval(50), limit: 10)
        #expect(report.expired.map(\.id) == [second.execution.id])
    }

    @Test("An expired execution is never claimed; pruning ends it, and the due work says when", .rows("S-66", "S-43"))
    func expiry() async throws {
        let (store, job) = try await store { $0.limits.timeToLive = .seconds(20) }
        try await store.enqueue((1...3).map { StoreSamples.execution($0, of: job, at: start) })
        let claimed = try #require(await claim(store, after: 5, limit: 1).first)
        _ = await finish(claimed, .retry(at: start.addingTimeInterval(30), after: failure), in: store)
        let before = await store.dueWork(at: start.addingTimeInterval(19), limit: 5)
        #expect(!before.isPruningDue && before.nextWakeup == start.addingTimeInterval(20))
        #expect(await claim(store, after: 20).isEmpty)
        #expect(await store.dueWork(at: start.addingTimeInterval(20), limit: 5).isPruningDue)
        let report = await store.prune(at: start.addingTimeInterval(20), limit: 1)
        #expect(report.expired.map(\.status) == [.expired] && report.hasMore)
        #expect(await store.prune(at: start.addingTimeInterval(20), limit: 9).expired.count == 1)
        #expect(await store.prune(at: start.addingTimeInterval(1e6), limit: 9) == PruneReport())
        // The one that has begun does not expire.
        #expect(await claim(store, after: 30).map(\.execution.id) == [claimed.execution.id])
        // What expired before a clock was set back may be claimed by it.
        try await store.enqueue([StoreSamples.execution(9, of: job, at: start)])
        #expect(await claim(store, after: 25).isEmpty)
        #expect(await claim(store, after: 10).map { Int($0.execution.id.bits) } == [9])
    }

    @Test(
        "History is removed by age and status within a minute, at once for an age of zero, and never while live",
        .rows("I-37", "I-38", "C-19"))
    func ages() async throws {
        let (store, job) = try await store {
            $0.retention = Retention(
                maximumCount: 100, maximumAge: .seconds(100), ages: [.failed: .seconds(1000), .canceled: .zero])
        }
        try await store.enqueue((1...4).map { StoreSamples.execution($0, of: job, at: start) })
        let claims = await claim(store)
        for (claim, next) in zip(claims, [.succeeded, .failed(failure), .canceled] as [Completion.Next]) {
            _ = await finish(claim, next, after: 0, in: store)
        }
        #expect(try await store.allExecutions().map(\.status) == [.succeeded, .failed, .running])
        let dueWork = await store.dueWork(at: start.addingTimeInterval(40), limit: 5)
        #expect(!dueWork.isPruningDue)
        _ = await store.renew([
            LeaseRenewal(executionID: claims[3].execution.id, token: 1, expiresAt: .distantFuture)
        ])
        _ = try await store.replace(
            JobReplacement(
                id: job.id, expectedRevision: 1,
                scheduleState: ScheduleState(state: .paused, decidedThrough: start, next: nil),
                date: start))
        let idle = await store.dueWork(at: start.addingTimeInterval(40), limit: 5)
        #expect(idle.nextWakeup == start.addingTimeInterval(120))
        #expect(await store.dueWork(at: start.addingTimeInterval(120), limit: 5).isPruningDue)
        #expect(await store.prune(at: start.addingTimeInterval(99), limit: 9).removedExecutions == 0)
        #expect(await store.prune(at: start.addingTimeInterval(100), limit: 9).removedExecutions == 1)
        var definition = job.definition
        definition.retention = Retention(maximumAge: .seconds(200))
        _ = try await store.replace(
            JobReplacement(
                id: job.id, expectedRevision: 2, definition: definition,
                scheduleState: ScheduleState(state: .paused, decidedThrough: start, next: nil), date: start))
        #expect(await store.prune(at: start.addingTimeInterval(200), limit: 9).removedExecutions == 1)
        #expect(try await store.allExecutions().map(\.status) == [.running])
        definition.retention = .last(0)
        _ = try await store.replace(
            JobReplacement(
                id: job.id, expectedRevision: 3, definition: definition,
                scheduleState: ScheduleState(state: .paused, decidedThrough: start, next: nil), date: start))
        #expect(try await store.allExecutions().map(\.status) == [.running])
        _ = await finish(claims[3], .succeeded, in: store)
        #expect(try await store.allExecutions().isEmpty)
    }

    @Test(
        "The version is chosen at the first attempt and kept for all later ones", .rows("SX-7", "S-49"),
        arguments: [
            (VersionPolicy.pin, false, 1), (.pin, true, 1), (.latest, false, 2), (.minor, false, 1), (.minor, true, 2),
        ])
    func versions(policy: VersionPolicy, isCompatible: Bool, expected: Int) async throws {
        let (store, job) = try await store { $0.versionPolicy = policy }
        try await store.enqueue([StoreSamples.execution(1, of: job, at: start)])
        var definition = job.definition
        definition.name = "second"
        definition.isBackwardsCompatible = isCompatible
        var replaced = try await store.replace(
            JobReplacement(
                id: job.id, expectedRevision: 1, definition: definition, scheduleState: job.scheduleState, date: start))
        let first = try #require(await claim(store).first)
        #expect(first.execution.versionID.version == expected && first.job.version == expected)
        #expect(first.job.definition.name == (expected == 1 ? job.definition.name : "second"))
        _ = await finish(first, .retry(at: start, after: failure), in: store)
        for number in 3...120 {
            definition.name = "version \(number)"
            replaced = try await store.replace(
                JobReplacement(
                    id: job.id, expectedRevision: replaced.scheduleState.revision, definition: definition,
                    scheduleState: replaced.scheduleState, date: start))
        }
        #expect(
            try #require(await claim(store).first).job
                == {
                    var seen = replaced
                    seen.version = expected
                    seen.definition = first.job.definition
                    return seen
                }())
        #expect(await store.versions(of: job.id).contains { $0.version == expected })
    }

    @Test(
        "Enqueuing again with an idempotency key returns the earlier execution until that is removed",
        .rows("SX-5", "S-69"))
    func idempotency() async throws {
        let (store, job) = try await store { $0.retention = .last(1) }
        func run(_ number: Int, _ key: String?) -> Execution {
            var details = ExecutionDetails.none
            details.idempotencyKey = key
            return job.execution(
                id: ExecutionID(bits: UInt128(number)), source: .manual, scheduledFor: start, createdAt: start,
                details: details)
        }
        let outcomes = try await store.enqueue([run(1, "a"), run(2, "a"), run(3, "b"), run(1, "a")])
        let (first, other) = (run(1, "a"), run(3, "b"))
        #expect(outcomes == [.queued(first), .existing(first), .queued(other), .existing(first)])
        #expect(try await store.allExecutions().count == 2)
        await #expect(throws: StoreError.self) { try await store.enqueue([run(7, nil), run(7, nil)]) }
        for claimed in await claim(store) { _ = await finish(claimed, .succeeded, in: store) }
        guard case .queued? = try await store.enqueue([run(5, "a")]).first,
            case .existing? = try await store.enqueue([run(6, "b")]).first
        else {
            Issue.record("the removed one's key is still taken, or the kept one's is not")
            return
        }
    }

    @Test(
        "A change repeated with its operation key is not made again until the key expires", .rows("I-28", "C-17"))
    func operationKeys() async throws {
        let (store, job) = try await store()
        let key = OperationKey("k", for: "update", until: start.addingTimeInterval(90))
        func change(_ revision: Int, after seconds: Double = 0) async throws -> Int {
            try await store.replace(
                JobReplacement(
                    id: job.id, expectedRevision: revision, scheduleState: job.scheduleState,
                    date: start.addingTimeInterval(seconds), idempotencyKey: key)
            ).scheduleState.revision
        }
        #expect(try await change(1) == 2)
        #expect(try await change(1) == 2)
        #expect(try await change(2, after: 90) == 3)
        #expect(await store.prune(at: start.addingTimeInterval(89), limit: 5).removedKeys == 0)
        #expect(await store.prune(at: start.addingTimeInterval(90), limit: 5).removedKeys == 1)
        #expect(try await change(3) == 4)
        #expect(await store.delete([job.id]) == [job.id])
        #expect(await store.prune(at: .distantFuture, limit: 5) == PruneReport())
    }

    @Test("Waiting compensates for a low priority: ten steps are ten minutes", .rows("S-68"))
    func ageing() async throws {
        let (store, job) = try await store()
        func run(_ number: Int, _ priority: Int, at seconds: Double) -> Execution {
            var details = ExecutionDetails.none
            details.priority = priority
            return job.execution(
                id: ExecutionID(bits: UInt128(number)), source: .manual,
                scheduledFor: start.addingTimeInterval(seconds), createdAt: start, details: details)
        }
        try await store.enqueue([run(1, 0, at: 0)])
        var waited = 0
        // A stream of urgent work, more than can be done.
        for second in stride(from: 0, through: 1200, by: 10) {
            try await store.enqueue([run(1000 + second, 10, at: Double(second))])
            try await store.enqueue([run(3000 + second, 10, at: Double(second))])
            let claimed = await claim(store, after: Double(second), limit: 1)
            if claimed.first?.execution.id == ExecutionID(bits: 1) { waited = second }
        }
        #expect(waited > 600 && waited <= 1210)
    }

    @Test("The queued executions of a blocked job are not examined and delay no others", arguments: [1000])
    func heldBack(count: Int) async throws {
        let (store, job) = try await store { $0.limits.concurrency = 1 }
        let other = try StoreSamples.job(2)
        _ = try await store.insert([JobInsertion(other)])
        try await store.enqueue((1...count).map { StoreSamples.execution($0, of: job, at: start) })
        try await store.enqueue([StoreSamples.execution(9999, of: other, at: start.addingTimeInterval(5))])
        #expect(await claim(store, after: 10).map { Int($0.execution.id.bits) } == [1, 9999])
        let dueWork = await store.dueWork(at: start.addingTimeInterval(10), limit: 5)
        #expect(dueWork.nextWakeup == start.addingTimeInterval(40))
    }

    @Test("A notification ignores the job's limits and uses none of them up")
    func notifications() async throws {
        let (store, job) = try await store {
            $0.limits = JobLimits(concurrency: 1, rate: RateLimit(2, per: .seconds(100)))
        }
        try await store.enqueue(
            (1...6).map { number in
                job.execution(
                    id: ExecutionID(bits: UInt128(number)), source: number < 4 ? .notification : .manual,
                    scheduledFor: start, createdAt: start)
            })
        let claimed = await claim(store)
        #expect(claimed.map { Int($0.execution.id.bits) } == [1, 2, 3, 4])
        _ = await finish(claimed[3], .succeeded, in: store)
        #expect(await claim(store, after: 1).map { Int($0.execution.id.bits) } == [5])
    }
}
