import Foundation
import RotaStore
import RotaTesting
import Testing

@Suite("Canceling in bulk", .timeLimit(.minutes(20)))
struct BulkCancelTests {
    @Test("All executions that a query lists are canceled in one step, and counted")
    func counts() async throws {
        let calls = Recorded<String>()
        let bench = Bench(store: HookedStore(base: InMemoryJobStore(), before: { calls.add($0) }))
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(1000))
        }
        var draft = JobDraft(
            name: "import", schedule: .every(.seconds(86_400)), action: .handler("work"), retention: .last(10_000))
        draft.limits = .concurrency(3)
        let (job, other) = (try await bench.scheduler.create(draft), try await bench.scheduler.create(draft))
        for id in [job.id, other.id] {
            for _ in 0..<3 { try await bench.scheduler.trigger(id, Array(repeating: TriggerRequest(), count: 500)) }
        }
        let log = ObserverLog()
        bench.scheduler.observe(log)
        try await bench.running {
            await bench.advance(.seconds(1))
            let result = try await bench.scheduler.cancel(
                matching: ExecutionQuery(jobID: job.id, limit: 1), reason: "wrong file")
            #expect(result.canceled == 1497 && result.requested == 3 && result.total == 1500)
            #expect(calls.all.count { $0 == "cancelMatching" } == 1)
            await bench.advance(.seconds(1))
            let ended = try await bench.executions(of: job.id)
            #expect(ended.count == 1500)
            #expect(ended.allSatisfy { $0.status == .canceled && $0.progress.cancelReason == "wrong file" })
            #expect(log.all.count { $0 == "ended canceled" } == 1500)
            #expect(try await bench.executions(of: other.id).allSatisfy { !$0.status.isTerminal })
            #expect(try await bench.scheduler.cancel(matching: ExecutionQuery(jobID: job.id)).total == 0)
        }
    }

    @Test("More executions than one step cancels take several, and end")
    func manySteps() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(86_400)), action: .handler("work"), retention: .last(10)))
        for _ in 0..<202 { try await bench.scheduler.trigger(job.id, Array(repeating: TriggerRequest(), count: 500)) }
        #expect(try await bench.scheduler.cancel(matching: ExecutionQuery(statuses: [.queued])).canceled == 101_000)
        #expect(try await bench.store.counts().executions[.queued] ?? 0 == 0)
        #expect(try await bench.executions(of: job.id).count == 10)
    }

    @Test("A reason that is too long is refused")
    func reason() async throws {
        let error = await #expect(throws: SchedulerError.self) {
            try await Bench().scheduler.cancel(
                matching: ExecutionQuery(), reason: String(repeating: "x", count: 2001))
        }
        #expect(error?.code == .invalidRequest)
    }
}
