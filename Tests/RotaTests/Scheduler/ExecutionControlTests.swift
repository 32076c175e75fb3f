import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Canceling, awaiting and completing executions")
struct ExecutionControlTests {
    let draft = JobDraft(
        name: "slow", schedule: .every(.seconds(3600)), action: .handler("work"), retry: .exponential(maxAttempts: 3))

    func bench(store: some JobStore = InMemoryJobStore(), clock: ManualClock = ManualClock()) async throws -> Bench {
        let bench = Bench(clock: clock, store: store)
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(100))
        }
        return bench
    }

    @Test("A queued execution is canceled immediately and never starts")
    func queued() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        let execution = try await bench.scheduler.trigger(job.id)
        let canceled = try await bench.scheduler.cancel(execution.id, reason: "not needed")
        #expect(canceled.status == .canceled && canceled.cancelReason == "not needed")
        try await bench.running { await bench.advance(.seconds(10)) }
        #expect(try await bench.scheduler.execution(execution.id).attempts.isEmpty)
        #expect(try await bench.scheduler.cancel(execution.id) == canceled)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.cancel(ExecutionID(bits: 1))
        }
        #expect(error?.code == .executionNotFound)
    }

    @Test("A running execution is canceled immediately by its scheduler and not retried; others continue")
    func running() async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let execution = try await bench.scheduler.trigger(job.id)
            let other = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1))
            let asked = try await bench.scheduler.cancel(execution.id)
            #expect(asked.status == .running && asked.cancelRequestedAt == bench.clock.now)
            await bench.advance(.zero)
            #expect(try await bench.scheduler.execution(execution.id).status == .canceled)
            await bench.advance(.seconds(200))
            #expect(try await bench.scheduler.execution(execution.id).status == .canceled)
            #expect(try await bench.scheduler.execution(other.id).status == .succeeded)
            // The canceled worker is replaced.
            let later = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(200))
            #expect(try await bench.scheduler.execution(later.id).status == .succeeded)
        }
    }

    @Test("An execution that another scheduler runs is canceled when its lease is renewed")
    func elsewhere() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let runner = try await bench(store: store, clock: clock)
        let other = Bench(clock: clock, store: store, seed: 2)
        try await runner.running {
            let job = try await runner.scheduler.create(draft)
            let execution = try await runner.scheduler.trigger(job.id)
            await runner.advance(.seconds(1))
            #expect(try await other.scheduler.cancel(execution.id).status == .running)
            await runner.advance(.seconds(11))
            let ended = try await other.scheduler.execution(execution.id)
            #expect(ended.status == .canceled)
            #expect(ended.finishedAt == execution.createdAt.addingTimeInterval(10))
        }
    }

    @Test("A waiting retry is canceled immediately")
    func retry() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in throw AttemptFailure(.timeout) }
        try await bench.running {
            var draft = draft
            draft.definition.retry = RetryPolicy(backoff: .fixed(.seconds(60)), jitter: .none)
            let job = try await bench.scheduler.create(draft)
            let execution = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.execution(execution.id).nextRetryAt != nil)
            #expect(try await bench.scheduler.cancel(execution.id).status == .canceled)
            await bench.advance(.seconds(100))
            #expect(try await bench.scheduler.execution(execution.id).attempts.count == 1)
        }
    }

    @Test("A finished execution is awaited by its own scheduler and by another")
    func end() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let runner = try await bench(store: store, clock: clock)
        let other = Bench(clock: clock, store: store, seed: 2)
        try await runner.running {
            let job = try await runner.scheduler.create(draft)
            let execution = try await runner.scheduler.trigger(job.id)
            await runner.advance(.seconds(1))
            async let here = runner.scheduler.waitForCompletion(of: execution.id)
            async let there = other.scheduler.waitForCompletion(of: execution.id)
            await clock.sleepersReach(4)
            await runner.advance(.seconds(110))
            #expect(try await here.status == .succeeded)
            #expect(try await there.status == .succeeded)
            #expect(try await runner.scheduler.waitForCompletion(of: execution.id).status == .succeeded)
            #expect(!runner.scheduler.isAwaited && !other.scheduler.isAwaited)
        }
    }

    @Test("Waiting ends when its task is canceled or the execution is deleted, and leaks nothing")
    func endNeverComes() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        let execution = try await bench.scheduler.trigger(job.id)
        let waiting = Task { try await bench.scheduler.waitForCompletion(of: execution.id) }
        await bench.clock.sleepersReach(1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(!bench.scheduler.isAwaited)
        #expect(bench.clock.sleeperCount == 0)
        let second = Task { try await bench.scheduler.waitForCompletion(of: execution.id) }
        await bench.clock.sleepersReach(1)
        try await bench.scheduler.delete(job.id)
        bench.clock.set(to: bench.clock.now.addingTimeInterval(1))
        let error = await #expect(throws: SchedulerError.self) { try await second.value }
        #expect(error?.code == .executionNotFound)
        #expect(!bench.scheduler.isAwaited)
    }

    @Test("Only a waiting execution accepts an external completion", .rows("T-73"))
    func answer() async throws {
        let bench = try await bench()
        let job = try await bench.scheduler.create(draft)
        let execution = try await bench.scheduler.trigger(job.id)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.complete(execution.id, as: .succeeded)
        }
        #expect(error?.code == .illegalState)
        let now = bench.clock.now
        let claim = try #require(
            try await bench.store.claim(
                ClaimRequest(owner: "x", limit: 1, now: now, leaseExpiresAt: now.addingTimeInterval(9))
            ).first)
        _ = try await bench.store.finish([
            Completion(
                executionID: claim.execution.id, token: claim.execution.lease?.token ?? 0, attempt: nil,
                next: .waiting(until: nil), date: now)
        ])
        let output = try JSONPayload(["approved": true])
        let answered = try await bench.scheduler.complete(execution.id, as: .succeeded, output: output)
        #expect(answered.status == .succeeded && answered.output == output)
    }

    @Test(
        "A handler that waits until an invalid date fails",
        arguments: [Double.nan, .infinity, -.infinity, 1e300])
    func waitingUntilNever(seconds: Double) async throws {
        let bench = Bench()
        try await bench.scheduler.handle("park") { _ in
            throw WaitForCompletion(until: Date(timeIntervalSince1970: seconds))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .immediately, action: .handler("park"), retry: .none))
            await bench.advance(.seconds(10))
            let run = try #require(try await bench.executions(of: job.id).first)
            #expect(run.status == .failed)
            #expect(run.failure?.kind == .invalidRequest)
        }
    }
}

extension ManualClock {
    /// Waits until this many tasks sleep on the clock.
    func sleepersReach(_ count: Int) async {
        while true {
            let seen = activity
            if sleeperCount >= count { return }
            await nextActivity(after: seen)
        }
    }
}
