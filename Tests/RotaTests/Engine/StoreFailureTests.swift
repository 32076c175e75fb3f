import Foundation
import RotaStore
import RotaTesting
import Synchronization
import Testing

@testable import Rota

@Suite("Store failures", .timeLimit(.minutes(20)))
struct StoreFailureTests {
    struct Outage: Error {}

    enum Trouble: Sendable, CaseIterable { case once, forGood, clock }

    /// Drives a scheduler without workers, whose store or clock fails when it reads the due work the second time.
    private func drive(_ trouble: Trouble, delivery: DeliveryGuarantee) async throws -> (Bench, [ClaimedWork], JobID) {
        let asked = Mutex(0)
        let (clock, isDown, base) = (ManualClock(), Latch(), InMemoryJobStore())
        let begin = clock.now
        let store = HookedStore(
            base: base,
            before: { operation in
                if isDown.isSet { throw Outage() }
                guard operation == "dueWork" else { return }
                let count = asked.withLock { count in
                    count += 1
                    return count
                }
                guard count == 2 else { return }
                if trouble == .clock { return clock.set(to: Date(timeIntervalSince1970: 1e300)) }
                if trouble == .forGood { isDown.set() }
                throw Outage()
            })
        let bench = Bench(clock: clock, store: store)
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(3600)), action: .handler("work"), retry: .none
            ).with { $0.delivery = delivery }
        )
        for _ in 0..<5 { try await bench.scheduler.trigger(job.id) }
        let queue = WorkQueue<ClaimedWork>()
        let context = await bench.scheduler.context
        var driver = Driver(
            context: context, queue: queue, outbox: Outbox(signal: context.signal),
            thread: ThreadExecutor(name: "test"), random: SeededGenerator(seed: 1))
        await #expect(throws: (any Error).self) { try await driver.run(until: Flag()) }
        clock.set(to: begin)
        return (Bench(clock: bench.clock, store: base, seed: 2), queue.drain(), job.id)
    }

    @Test(
        "Work not started when the store fails never starts, and is released if the store accepts it",
        arguments: Trouble.allCases, [DeliveryGuarantee.atLeastOnce, .atMostOnce])
    func unbegun(trouble: Trouble, delivery: DeliveryGuarantee) async throws {
        let (later, left, id) = try await drive(trouble, delivery: delivery)
        let staysDown = trouble != .once
        #expect(left.isEmpty)
        let runs = try await later.executions(of: id)
        #expect(runs.count == 5)
        #expect(runs.allSatisfy { $0.status == (staysDown ? .running : .queued) && $0.attempts.isEmpty })
        // Another scheduler does the work immediately, or when the leases have expired.
        let calls = Recorded<ExecutionID>()
        try await later.scheduler.handle("work") { calls.add($0.execution.id) }
        try await later.running {
            await later.advance(.seconds(1))
            #expect(calls.all.count == (staysDown ? 0 : 5))
            await later.advance(.seconds(60))
            let ended = try await later.executions(of: id)
            // Work that never started cannot be told from work that was lost with its process.
            #expect(ended.allSatisfy { $0.status == (staysDown ? .failed : .succeeded) })
            #expect(ended.allSatisfy { $0.attempts.map(\.failure?.kind) == [staysDown ? .crashed : nil] })
        }
    }

    @Test("A store failure under load loses no occurrence and starts none twice", arguments: 1...6)
    func failsOnce(at call: Int) async throws {
        let finishes = Mutex(0)
        let store = HookedStore(
            base: InMemoryJobStore(),
            before: { operation in
                if operation == "finish",
                    finishes.withLock({
                        $0 += 1; return $0
                    }) == call
                {
                    throw Outage()
                }
            })
        let bench = Bench(store: store)
        let starts = Recorded<ExecutionID>()
        try await bench.scheduler.handle("work") { starts.add($0.execution.id) }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(3600)), action: .handler("work"), retention: .last(1000)
            ).with { $0.delivery = .atMostOnce })
        for _ in 0..<4 {
            try await bench.scheduler.trigger(job.id, Array(repeating: TriggerRequest(), count: 25))
        }
        await #expect(throws: Outage.self) { try await bench.scheduler.run() }
        let begun = Set(starts.all)
        for run in try await bench.executions(of: job.id) {
            switch run.status {
            case .queued: #expect(!begun.contains(run.id))
            case .running, .succeeded: #expect(begun.contains(run.id))
            default: Issue.record("\(run.status)")
            }
        }
        let later = Bench(clock: bench.clock, store: bench.store, seed: 2)
        try await later.scheduler.handle("work") { starts.add($0.execution.id) }
        try await later.running { await later.advance(.seconds(60)) }
        #expect(starts.all.count == 100 && Set(starts.all).count == 100)
        let ended = try await bench.executions(of: job.id)
        #expect(ended.allSatisfy { $0.status == .succeeded || $0.failure?.kind == .crashed })
        #expect(ended.count == 100)
    }
}
