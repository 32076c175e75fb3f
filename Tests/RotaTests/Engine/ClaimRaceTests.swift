import Foundation
import RotaStore
import RotaTesting
import Synchronization
import Testing

@Suite("Races between a claim and its start")
struct ClaimRaceTests {
    /// A reference to a scheduler that is created later.
    final class Late: Sendable {
        private let bench = Mutex<Bench?>(nil)
        var value: Bench? {
            get { bench.withLock(\.self) }
            set { bench.withLock { $0 = newValue } }
        }
    }

    @Test("An execution canceled between its claim and its start never starts, and others do")
    func betweenClaimAndStart() async throws {
        let (late, victims, calls) = (Late(), Recorded<ExecutionID>(), Recorded<ExecutionID>())
        var store = HookedStore(base: InMemoryJobStore())
        store.afterClaim = { claims in
            for claim in claims where victims.all.contains(claim.execution.id) {
                let asked = try await late.value?.scheduler.cancel(claim.execution.id)
                #expect(asked?.status == .running)
            }
        }
        let bench = Bench(store: store)
        late.value = bench
        try await bench.scheduler.handle("work") { context in
            calls.add(context.execution.id)
            try await bench.clock.sleep(until: bench.clock.now.addingTimeInterval(5))
        }
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(3600)), action: .handler("work"), retry: .none))
        var ids: [ExecutionID] = []
        for _ in 0..<6 { ids.append(try await bench.scheduler.trigger(job.id).id) }
        for id in ids[2...3] { victims.add(id) }
        try await bench.running {
            await bench.advance(.zero)
            for (index, id) in ids.enumerated() {
                let run = try await bench.scheduler.execution(id)
                #expect(run.status == (victims.all.contains(id) ? .canceled : .running), "run \(index)")
                #expect(run.attempts.isEmpty)
            }
            await bench.advance(.seconds(10))
            #expect(Set(calls.all) == Set(ids).subtracting(victims.all))
            // The workers keep working.
            let later = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(10))
            #expect(try await bench.scheduler.execution(later.id).status == .succeeded)
        }
    }

    @Test("An execution replaced between its claim and its start never starts")
    func replaced() async throws {
        let (late, calls, isDone) = (Late(), Recorded<Date>(), Recorded<Bool>())
        let base = InMemoryJobStore()
        var store = HookedStore(base: base)
        store.afterClaim = { claims in
            guard let claim = claims.first, isDone.all.isEmpty, let scheduler = late.value?.scheduler else { return }
            isDone.add(true)
            // Another scheduler fires the next occurrence while this one holds the claim.
            try await scheduler.cancel(claim.execution.id, reason: "replaced")
        }
        let bench = Bench(store: store)
        late.value = bench
        try await bench.scheduler.handle("work") { calls.add($0.scheduledFor) }
        let begin = bench.clock.now
        try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work"), overlap: .replace))
        try await bench.running { await bench.advance(.seconds(130)) }
        #expect(calls.all == [begin.addingTimeInterval(120)])
        #expect(try await bench.executions().map(\.status) == [.canceled, .succeeded])
    }

    @Test("After a suspension, claimed work with an expired lease does not start and is not counted as an attempt")
    func suspendedAfterClaim() async throws {
        let (clock, calls, isDone) = (ManualClock(), Recorded<Int>(), Recorded<Bool>())
        let base = InMemoryJobStore()
        var store = HookedStore(base: base)
        store.afterClaim = { claims in
            guard let claim = claims.first, isDone.all.isEmpty else { return }
            isDone.add(true)
            clock.set(to: clock.now.addingTimeInterval(3600))
            // Meanwhile another scheduler found the lease expired and recorded a crash.
            let token = claim.execution.lease?.token ?? 0
            let failure = ExecutionFailure(kind: .crashed, message: "gone")
            let attempt = Attempt(number: 1, startedAt: clock.now, duration: .zero, failure: failure)
            let completion = Completion(
                executionID: claim.execution.id, token: token, attempt: attempt,
                next: .retry(at: clock.now.addingTimeInterval(600), after: failure), date: clock.now)
            _ = await base.finish([completion])
        }
        let bench = Bench(clock: clock, store: store)
        try await bench.scheduler.handle("work") { calls.add($0.attempt) }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .immediately, action: .handler("work"), retry: .fixed(.seconds(1), maxAttempts: 5))
        )
        try await bench.running {
            await bench.advance(.seconds(10))
            #expect(calls.all.isEmpty)
            await bench.advance(.seconds(700))
            #expect(calls.all == [2])
            let run = try #require(try await bench.executions(of: job.id).first)
            #expect(run.status == .succeeded)
            #expect(run.attempts.map(\.failure?.kind) == [.crashed, nil])
        }
    }

    @Test(
        "A claim too old to start is released immediately, also with at-most-once delivery",
        arguments: [DeliveryGuarantee.atLeastOnce, .atMostOnce])
    func givenBack(delivery: DeliveryGuarantee) async throws {
        let (clock, calls, isDone) = (ManualClock(), Recorded<Int>(), Recorded<Bool>())
        var store = HookedStore(base: InMemoryJobStore())
        store.afterClaim = { claims in
            guard !claims.isEmpty, isDone.all.isEmpty else { return }
            isDone.add(true)
            clock.set(to: clock.now.addingTimeInterval(3600))
        }
        let bench = Bench(clock: clock, store: store)
        try await bench.scheduler.handle("work") { calls.add($0.attempt) }
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .immediately, action: .handler("work"), retry: .none, delivery: delivery))
        try await bench.running { await bench.advance(.seconds(10)) }
        let run = try #require(try await bench.executions(of: job.id).first)
        #expect(run.status == .succeeded)
        #expect(calls.all == [1])
        #expect(run.attempts.count == 1)
    }
}
