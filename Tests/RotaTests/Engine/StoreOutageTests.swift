import Foundation
import Rota
import RotaRetry
import RotaStore
import RotaTesting
import Synchronization
import Testing

/// A store that is out of reach for a while, as a database during a failover.
@Suite("Store outages")
struct StoreOutageTests {
    /// The calls that observers got.
    private final class Log: SchedulerObserver {
        let calls = Recorded<String>()
        func didLoseStore(because error: StoreError, at date: Date) { calls.add("lost \(error.code)") }
        func didRegainStore(after outage: Duration, at date: Date) { calls.add("back") }
        func didFail(_ error: any Error, at date: Date) { calls.add("failed") }
    }

    /// A store out of reach between two dates after the start.
    private func bench(
        _ base: any JobStore = InMemoryJobStore(), out: ClosedRange<Double>, code: StoreError.Code = .unavailable
    ) -> (Bench, Log) {
        let clock = ManualClock()
        let (start, end) = (clock.now + out.lowerBound, clock.now + out.upperBound)
        let store = HookedStore(
            base: base,
            before: { _ in
                if clock.now > start, clock.now < end { throw StoreError(code, "It is away.") }
            })
        let (bench, log) = (Bench(clock: clock, store: store), Log())
        return (bench, log)
    }

    @Test(
        "A scheduler waits until its store is back, and then every occurrence has its outcome",
        arguments: [StoreError.Code.unavailable, .outcomeUnknown, .skewedClock])
    func occurrences(code: StoreError.Code) async throws {
        let (bench, log) = bench(out: 65...245, code: code)
        bench.scheduler.observe(log)
        let dates = Recorded<Date>()
        try await bench.scheduler.handle("work") { dates.add($0.scheduledFor) }
        let job = try await bench.scheduler.create(
            JobDraft(
                name: "tick", schedule: .every(.seconds(10)), action: .handler("work"), misfire: .all(limit: 100)))
        try await bench.running { await bench.advance(.seconds(605)) }
        #expect(dates.all.count == 60 && Set(dates.all).count == 60)
        let executions = try await bench.executions(of: job.id)
        #expect(executions.allSatisfy { $0.status == .succeeded && $0.attempts.count == 1 })
        #expect(log.calls.all == ["lost \(code)", "back"])
    }

    @Test("Attempts continue during an outage longer than their leases, and their results are recorded once")
    func results() async throws {
        let (bench, log) = bench(out: 5...125)
        let (clock, starts) = (bench.clock, Recorded<ExecutionID>())
        bench.scheduler.observe(log)
        try await bench.scheduler.handle("work") { context in
            starts.add(context.execution.id)
            try await clock.sleep(until: clock.now.addingTimeInterval(context.attempt == 1 ? 60 : 1))
        }
        try await bench.running {
            for _ in 0..<12 { try await bench.scheduler.enqueue("work") }
            await bench.advance(.seconds(300))
        }
        let executions = try await bench.executions()
        #expect(executions.allSatisfy { $0.status == .succeeded && $0.attempts.count == 1 }, "\(executions)")
        #expect(starts.all.count == 12 && Set(starts.all).count == 12)
        #expect(log.calls.all == ["lost unavailable", "back"])
    }

    @Test("Observers learn that the store is back before the scheduler sleeps")
    func endBeforeSleep() async throws {
        let (bench, log) = bench(out: 25...31)
        bench.scheduler.observe(log)
        try await bench.running {
            // Idle, it asks the store every 30 seconds, so it sleeps at the end, and nothing wakes it.
            await bench.advance(.seconds(40))
            #expect(log.calls.all == ["lost unavailable", "back"])
        }
    }

    @Test("A claim whose answer was lost is released and made again")
    func lostClaim() async throws {
        let clock = ManualClock()
        let losses = Atomic(0)
        let store = HookedStore(
            base: InMemoryJobStore(),
            afterClaim: { claims in
                guard !claims.isEmpty, losses.add(1, ordering: .relaxed).oldValue == 0 else { return }
                throw StoreError(.outcomeUnknown, "The answer was lost.")
            })
        let (bench, starts) = (Bench(clock: clock, store: store), Recorded<ExecutionID>())
        try await bench.scheduler.handle("work") { starts.add($0.execution.id) }
        try await bench.running {
            for _ in 0..<5 { try await bench.scheduler.enqueue("work") }
            await bench.advance(.seconds(10))
        }
        #expect(starts.all.count == 5 && Set(starts.all).count == 5)
        let executions = try await bench.executions()
        #expect(executions.allSatisfy { $0.status == .succeeded && $0.attempts.count == 1 })
    }

    @Test("A scheduler that is to stop during an outage records its results if the store comes back in time")
    func shutdown() async throws {
        for end in [20.0, 100_000] {
            let (bench, log) = bench(out: 5...end)
            let clock = bench.clock
            bench.scheduler.observe(log)
            try await bench.scheduler.handle("work") { _ in
                try await clock.sleep(until: clock.now.addingTimeInterval(8))
            }
            let running = Task { try await bench.scheduler.run() }
            try await bench.scheduler.enqueue("work")
            await bench.advance(.seconds(7))
            bench.scheduler.beginShutdown()
            await bench.advance(.seconds(600))
            let result = await running.result
            if end == 20 {
                #expect(throws: Never.self) { try result.get() }
                #expect(try await bench.executions().map(\.status) == [.succeeded])
            } else {
                #expect(throws: StoreError.self) { try result.get() }
            }
        }
    }

    @Test(
        "Large outputs are recorded in steps that a commit takes, and a store that refuses larger ones loses none",
        arguments: [false, true])
    func largeOutputs(prefersTurns: Bool) async throws {
        let clock = ManualClock()
        let (begin, limit) = (clock.now, 20 << 20)
        let largest = Mutex(0)
        var store = HookedStore(base: InMemoryJobStore())
        store.prefersTurns = prefersTurns
        // The store is away while the attempts end, so all results are kept at once.
        store.before = { _ in
            guard clock.now > begin + 1, clock.now < begin + 60 else { return }
            throw StoreError(.unavailable, "It is away.")
        }
        store.beforeFinish = { completions in
            let size = completions.reduce(0) { $0 + ($1.output?.json.count ?? 0) }
            largest.withLock { $0 = max($0, size) }
            guard size <= limit else { throw StoreError(.unsupported, "\(size) bytes are too much for a commit.") }
        }
        let bench = Bench(
            clock: clock, store: store, configuration: Bench.configuration { $0.maximumOutputBytes = 16 << 20 })
        let output = String(repeating: "x", count: 4 << 20)
        try await bench.scheduler.handle("large") { _ in
            try await clock.sleep(until: begin + 30)
            return output
        }
        for _ in 0..<8 { try await bench.scheduler.enqueue("large") }
        try await bench.running { await bench.advance(.seconds(120)) }
        let executions = try await bench.executions()
        #expect(executions.count == 8)
        #expect(executions.allSatisfy { $0.status == .succeeded && $0.output?.json.count == (4 << 20) + 2 })
        #expect(largest.withLock { $0 > 8 << 20 })
    }
}
