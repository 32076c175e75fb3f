import Foundation
import RotaStore
import RotaTesting
import Testing

@Suite("Leases")
struct LeaseTests {
    let start = ManualClock().now

    @Test("A scheduler that reclaims an execution keeps renewing the new lease when the old attempt ends")
    func takenBack() async throws {
        let (clock, otherClock) = (ManualClock(), ManualClock())
        let store = InMemoryJobStore()
        let bench = Bench(clock: clock, store: store, seed: 1)
        let other = Bench(clock: otherClock, store: store, seed: 2)
        let gate = Gate()
        let calls = Recorded<Int>()
        let (begun, begin) = AsyncStream.makeStream(of: Int.self)
        try await bench.scheduler.handle("work") { _ in
            let number = calls.all.count
            calls.add(number)
            begin.yield(number)
            if number == 0 {
                await gate.wait()
            } else {
                try await clock.sleep(until: clock.now.addingTimeInterval(240))
            }
        }
        let job = try await bench.scheduler.create(
            .init(
                name: "j", schedule: .immediately, action: .handler("work"),
                retry: .fixed(.seconds(1), maxAttempts: 10)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            var iterator = begun.makeAsyncIterator()
            #expect(await iterator.next() == 0)
            // To the other scheduler the first one seems dead.
            otherClock.set(to: start.addingTimeInterval(60))
            try await other.running { await other.advance(.zero) }
            #expect(try await store.allExecutions(of: job.id).first?.attempts.map(\.failure?.kind) == [.crashed])
            // The first one returns, claims the retry, and then its old attempt ends.
            clock.set(to: start.addingTimeInterval(62))
            #expect(await iterator.next() == 1)
            await gate.open()
            // The second attempt runs for minutes. No other scheduler is running.
            await clock.advance(by: .seconds(200), driving: [bench.scheduler])
            let execution = try #require(try await store.allExecutions(of: job.id).first)
            #expect(execution.status == .running)
            #expect(execution.attempts.count == 1)
            #expect(calls.all.count == 2)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test("A lease is renewed while a handler keeps running in a canceled scheduler")
    func leaseAfterCancel() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let bench = Bench(
            clock: clock, store: store, seed: 1,
            configuration: Bench.configuration { $0.cancellationGrace = .seconds(100) })
        let other = Bench(clock: clock, store: store, seed: 2)
        try await bench.scheduler.handle("work") { _ in
            // Work that ignores cancellation.
            await Task { try? await clock.sleep(until: clock.now.addingTimeInterval(95)) }.value
        }
        try await other.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .handler("work")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            await clock.settle([bench.scheduler])
            group.cancelAll()
            try await other.running {
                await clock.advance(by: .seconds(100), driving: [bench.scheduler, other.scheduler])
            }
            try await group.waitForAll()
        }
        let execution = try #require(try await store.allExecutions(of: job.id).first)
        #expect(execution.status == .succeeded)
        #expect(execution.attempts.map(\.duration) == [.seconds(95)])
    }

    @Test("A handler that continues after its completion was recorded has not lost its lease")
    func recorded() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let log = ObserverLog()
        let bench = Bench(clock: clock, store: store, seed: 1)
        bench.scheduler.observe(log)
        let wasCanceled = Recorded<Bool>()
        try await bench.scheduler.handle("work") { context in
            // As a store does that records it together with rows of the app.
            let completion = context.success(output: nil)
            if case .recorded(let execution)? = await store.finish([completion]).first {
                context.didRecord(completion, as: execution)
            }
            try? await clock.sleep(until: clock.now.addingTimeInterval(95))
            wasCanceled.add(context.isCanceled)
        }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .handler("work")))
        try await bench.running { await bench.advance(.seconds(100)) }
        #expect(wasCanceled.all == [false])
        #expect(try await store.allExecutions(of: job.id).map(\.status) == [.succeeded])
        #expect(!log.all.contains("lost"))
    }
}
