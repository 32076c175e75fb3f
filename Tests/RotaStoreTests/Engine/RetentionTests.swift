import Foundation
import RotaRetry
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// What is kept of what is over.
@Suite struct RetentionTests {
    private let start = StoreSamples.start

    private func ended(_ number: Int, of job: Job) -> Execution {
        var execution = StoreSamples.execution(number, of: job, at: start)
        execution.progress.status = .succeeded
        execution.progress.finishedAt = start
        return execution
    }

    private func lowered(_ job: Job, to count: Int) -> JobReplacement {
        var definition = job.definition
        definition.retention = .last(count)
        return JobReplacement(
            id: job.id, expectedRevision: 1, definition: definition, scheduleState: job.scheduleState, date: start)
    }

    @Test("A lowered retention is applied in bounded steps by pruning and finishing")
    func lowered() async throws {
        let job = try StoreSamples.job(1, retention: .last(1000))
        let store = InMemoryJobStore()
        _ = try await store.insert([JobInsertion(job)])
        try await store.enqueue((1...300).map { ended($0, of: job) })
        try await store.enqueue([StoreSamples.execution(301, of: job, at: start)])
        #expect(await !store.dueWork(at: start, limit: 1).isPruningDue)
        _ = try await store.replace(lowered(job, to: 10))
        #expect(await store.dueWork(at: start, limit: 1).isPruningDue)
        let claim = try #require(
            await store.claim(ClaimRequest(owner: "a", limit: 1, now: start, leaseExpiresAt: start + 9)).first)
        let end = Completion(executionID: claim.execution.id, token: 1, attempt: nil, next: .succeeded, date: start)
        _ = await store.finish([end])
        #expect(await store.counts().executions == [.succeeded: 201])
        let report = await store.prune(at: start, limit: 150)
        #expect(report.removedExecutions == 150 && report.hasMore)
        #expect(await store.prune(at: start, limit: 150) == PruneReport(removedExecutions: 41))
        #expect(await !store.dueWork(at: start, limit: 1).isPruningDue)
        #expect(try await store.allExecutions().map { Int($0.id.bits) } == Array(292...301))
    }

    @Test("A job stays known as one with too much history when one of its executions changes")
    func discarded() async throws {
        let job = try StoreSamples.job(1, retention: .last(1000))
        let store = InMemoryJobStore()
        _ = try await store.insert([JobInsertion(job)])
        let executions = (1...4).map { number in
            var execution = ended(number, of: job)
            execution.progress.status = .failed
            return execution
        }
        try await store.enqueue(executions)
        _ = try await store.replace(lowered(job, to: 3))
        #expect(await store.discard([executions[3].id], at: start) == [true])
        #expect(await store.dueWork(at: start, limit: 1).isPruningDue)
        #expect(await store.prune(at: start, limit: 10).removedExecutions == 1)
    }

    @Test("A failed execution is kept by the kind of its failure, also after the store was reopened", .rows("SX-14"))
    func failureKinds() async throws {
        let files = FaultyFileSystem()
        var job = try StoreSamples.job(1, retention: .standard)
        job.definition.retention = Retention(
            maximumAge: .seconds(30), ages: [.failed: .seconds(60)], failureAges: [.timeout: .seconds(90)])
        func failed(_ number: Int, _ kind: FailureKind?) -> Execution {
            var execution = ended(number, of: job)
            if let kind {
                execution.progress.status = .failed
                execution.progress.failure = ExecutionFailure(kind: kind, message: "no")
            }
            return execution
        }
        let executions = [failed(1, nil), failed(2, .timeout), failed(3, .dns), failed(4, .timeout)]
        let reference = ReferenceJobStore()
        for prunes in [29.0, 30, 60, 90] {
            var store = try await FileJobStore(path: "/store-\(prunes)", environment: .inMemory(files))
            _ = try await store.insert([JobInsertion(job)])
            _ = try await store.enqueue(executions)
            try await store.compact()
            try await store.close()
            store = try await FileJobStore(path: "/store-\(prunes)", environment: .inMemory(files))
            _ = try await store.prune(at: start + prunes, limit: 10)
            let expected = [29: [1, 2, 3, 4], 30: [2, 3, 4], 60: [2, 4], 90: []][prunes]
            #expect(try await store.allExecutions().map { Int($0.id.bits) } == expected)
            try await store.close()
        }
        _ = try await reference.insert([JobInsertion(job)])
        _ = try await reference.enqueue(executions)
        _ = await reference.prune(at: start + 60, limit: 10)
        #expect(try await reference.allExecutions().map { Int($0.id.bits) } == [2, 4])
        let data = try JSONEncoder().encode(job.definition.retention)
        #expect(try JSONDecoder().decode(Retention.self, from: data) == job.definition.retention)
    }

    @Test("A lowered retention survives reopening the store")
    func reopened() async throws {
        let files = FaultyFileSystem()
        let job = try StoreSamples.job(1, retention: .last(100))
        var store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        _ = try await store.insert([JobInsertion(job)])
        _ = try await store.enqueue((1...9).map { ended($0, of: job) })
        _ = try await store.replace(lowered(job, to: 2))
        try await store.compact()
        try await store.close()
        store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        #expect(try await store.dueWork(at: start, limit: 1).isPruningDue)
        #expect(try await store.prune(at: start, limit: 10).removedExecutions == 7)
        try await store.close()
    }

    @Test("Lowering a retention removes the skips beyond it")
    func skips() async throws {
        let job = try StoreSamples.job(1, retention: .last(100))
        let store = InMemoryJobStore()
        _ = try await store.insert([JobInsertion(job)])
        let reasons: [SkippedOccurrence.Reason] = [.misfire, .paused, .misfire, .paused]
        let skips = reasons.enumerated().map { number, reason in
            SkippedOccurrence(
                jobID: job.id, first: start + Double(number), last: start + Double(number), count: 1, reason: reason,
                decidedAt: start)
        }
        var change = lowered(job, to: 3)
        change.definition = nil
        change.skips = skips
        _ = try await store.replace(change)
        var lower = lowered(job, to: 3)
        lower.expectedRevision = 2
        _ = try await store.replace(lower)
        #expect(await store.skips(of: job.id) == Array(skips.dropFirst()))
    }
}
