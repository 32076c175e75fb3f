import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Overlap")
struct OverlapTests {
    let start = StoreSamples.start

    func store(_ overlap: OverlapPolicy) async throws -> (InMemoryJobStore, Job) {
        let job = try StoreSamples.job(1, overlap: overlap)
        let store = InMemoryJobStore()
        _ = try await store.insert([JobInsertion(job)])
        return (store, job)
    }

    /// Fires occurrences, whose executions have the numbers of their minutes.
    func fire(_ minutes: [Int], of id: JobID, in store: InMemoryJobStore) async throws -> FireRequest.Outcome {
        let job = try #require(await store.job(id))
        var scheduleState = job.scheduleState
        scheduleState.decidedThrough = start.addingTimeInterval(Double(minutes.max() ?? 0) * 60)
        scheduleState.next = scheduleState.decidedThrough.addingTimeInterval(60)
        let fire = FireRequest(
            jobID: id, expectedRevision: job.scheduleState.revision,
            executions: minutes.map {
                StoreSamples.execution($0, of: job, at: start.addingTimeInterval(Double($0) * 60))
            }, skips: [], scheduleState: scheduleState)
        return try #require(await store.fire([fire]).first)
    }

    func claim(_ store: InMemoryJobStore, at minute: Int, limit: Int = 10) async -> [Claim] {
        let now = start.addingTimeInterval(Double(minute) * 60)
        return await store.claim(
            ClaimRequest(owner: "a", limit: limit, now: now, leaseExpiresAt: now.addingTimeInterval(600)))
    }

    func finish(_ claim: Claim, _ next: Completion.Next, in store: InMemoryJobStore) async -> Completion.Outcome? {
        await store.finish([
            Completion(
                executionID: claim.execution.id, token: claim.execution.lease?.token ?? 0,
                attempt: StoreSamples.attempt(claim.execution.attempts.count + 1), next: next, date: start)
        ]).first
    }

    func number(_ execution: Execution) -> Int { Int(execution.id.bits) }

    @Test("Skip considers executions of the schedule only, not triggered ones", .rows("I-22"))
    func skip() async throws {
        let (store, job) = try await store(.skip)
        try await store.enqueue([
            job.execution(id: ExecutionID(bits: 99), source: .manual, scheduledFor: start, createdAt: start)
        ])
        guard case .fired(let executions, let skips, _) = try await fire([1, 2], of: job.id, in: store) else {
            Issue.record("refused")
            return
        }
        #expect(executions.map(number) == [1])
        #expect(skips.map(\.reason) == [.overlap])
    }

    @Test(
        "Queue starts executions one after another, lets so many wait, and skips the others", .rows("I-23"),
        arguments: [1, 2, 3])
    func queue(limit: Int) async throws {
        let (store, job) = try await store(.queue(limit: limit))
        guard case .fired(let executions, let skips, _) = try await fire(Array(1...6), of: job.id, in: store) else {
            Issue.record("refused")
            return
        }
        #expect(executions.map(number) == Array(1...(1 + limit)))
        #expect(skips.map(\.reason) == Array(repeating: .overlap, count: 5 - limit))
        var order: [Int] = []
        while let claimed = await claim(store, at: 10).first {
            order.append(number(claimed.execution))
            #expect(await claim(store, at: 10).isEmpty)
            _ = await finish(claimed, .succeeded, in: store)
        }
        #expect(order == Array(1...(1 + limit)))
    }

    @Test("An execution that waits for a retry or an external completion delays the next one", .rows("I-23"))
    func begun() async throws {
        let (store, job) = try await store(.queue(limit: nil))
        _ = try await fire([1, 2], of: job.id, in: store)
        let first = try #require(await claim(store, at: 3).first)
        let failure = ExecutionFailure(kind: .timeout, message: "slow")
        _ = await finish(first, .retry(at: start.addingTimeInterval(600), after: failure), in: store)
        #expect(await claim(store, at: 5).isEmpty)
        let again = try #require(await claim(store, at: 10).first)
        #expect(number(again.execution) == 1)
        _ = await finish(again, .waiting(until: nil), in: store)
        #expect(await claim(store, at: 20).isEmpty)
        _ = await store.completeWaiting([ExternalCompletion(again.execution.id, next: .succeeded, date: start)])
        #expect(await claim(store, at: 20).map { number($0.execution) } == [2])
    }

    @Test("Replace cancels the earlier executions, and the new one starts when they have finished")
    func replace() async throws {
        let (store, job) = try await store(.replace)
        _ = try await fire([1], of: job.id, in: store)
        let running = try #require(await claim(store, at: 1).first)
        guard case .fired(let executions, let skips, let replaced) = try await fire([2, 3], of: job.id, in: store)
        else {
            Issue.record("refused")
            return
        }
        #expect(executions.map(number) == [2, 3] && skips.isEmpty)
        #expect(replaced.map(number) == [1, 2])
        #expect(replaced.map(\.status) == [.running, .canceled])
        #expect(replaced.allSatisfy { $0.cancelRequestedAt != nil && $0.cancelReason != nil })
        #expect(await claim(store, at: 5).isEmpty)
        let renewal = LeaseRenewal(executionID: running.execution.id, token: 1, expiresAt: start)
        #expect(await store.renew([renewal]) == [.cancelRequested])
        guard case .recorded(let ended)? = await finish(running, .canceled, in: store) else {
            Issue.record("refused")
            return
        }
        #expect(ended.status == .canceled)
        #expect(await claim(store, at: 5).map { number($0.execution) } == [3])
    }

    @Test("Replace also cancels an expired execution that is not yet pruned")
    func replaceExpired() async throws {
        var job = try StoreSamples.job(1, overlap: .replace)
        job.definition.limits.timeToLive = .seconds(30)
        let store = InMemoryJobStore()
        _ = try await store.insert([JobInsertion(job)])
        _ = try await fire([1], of: job.id, in: store)
        #expect(await claim(store, at: 3).isEmpty)
        guard case .fired(_, _, let replaced) = try await fire([4], of: job.id, in: store) else {
            Issue.record("refused")
            return
        }
        #expect(replaced.map(number) == [1] && replaced.map(\.status) == [.canceled])
        #expect(await claim(store, at: 4).map { number($0.execution) } == [4])
    }

    @Test(
        "An occurrence does not overlap one that expired in the queue and is not pruned yet", arguments: [false, true])
    func expired(isReference: Bool) async throws {
        for policy in [
            OverlapPolicy.skip, .skip.countingTriggered(), .queue(limit: 1), .queue(limit: 1).countingTriggered(),
        ] {
            let store: any JobStore = isReference ? ReferenceJobStore() : InMemoryJobStore()
            var job = try StoreSamples.job(1, overlap: policy)
            job.definition.limits.timeToLive = .seconds(30)
            _ = try await store.insert([JobInsertion(job)])
            for minute in [1, 2, 3] {
                let stored = try #require(await store.job(job.id))
                var scheduleState = stored.scheduleState
                let date = start.addingTimeInterval(Double(minute) * 60)
                (scheduleState.decidedThrough, scheduleState.next) = (date, date.addingTimeInterval(60))
                let fire = FireRequest(
                    jobID: job.id, expectedRevision: stored.scheduleState.revision,
                    executions: [
                        stored.execution(
                            id: ExecutionID(bits: UInt128(minute)), source: .schedule, scheduledFor: date,
                            createdAt: date)
                    ], skips: [], scheduleState: scheduleState)
                guard case .fired(let fired, let skips, _)? = try await store.fire([fire]).first else {
                    Issue.record("refused")
                    continue
                }
                #expect(fired.count == 1 && skips.isEmpty, "\(policy), minute \(minute)")
            }
        }
    }
}
