import Foundation
import RotaTesting
import Testing

@Suite("Shutdown")
struct ShutdownTests {
    @Test("Running work can finish within the grace period")
    func drains() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(20))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            let running = try await bench.scheduler.create(
                .init(name: "running", schedule: .immediately, action: .handler("work")))
            await bench.advance(.seconds(5))
            bench.scheduler.beginShutdown()
            bench.scheduler.beginShutdown()
            let later = try await bench.scheduler.create(
                .init(name: "later", schedule: .immediately, action: .handler("work")))
            await bench.advance(.seconds(15))
            try await group.waitForAll()
            #expect(try await bench.executions(of: running.id).map(\.status) == [.succeeded])
            #expect(try await bench.executions(of: later.id).map(\.status) == [.queued])
        }
    }

    @Test("Work that outlasts the grace period is canceled and released, and another scheduler takes it immediately")
    func releases() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let first = Bench(clock: clock, store: store)
        try await first.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(3600))
        }
        let job = try await first.scheduler.create(
            .init(name: "long", schedule: .immediately, action: .handler("work")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await first.scheduler.run() }
            await first.advance(.seconds(1))
            first.scheduler.beginShutdown()
            await first.advance(.seconds(30))
            try await group.waitForAll()
        }
        let released = try #require(try await first.executions(of: job.id).first)
        #expect(released.status == .queued)
        #expect(released.attempts.map(\.failure?.kind) == [.interrupted])

        let second = Bench(clock: clock, store: store)
        try await second.scheduler.handle("work") { _ in }
        try await second.running { await second.advance(.zero) }
        let done = try #require(try await second.executions(of: job.id).first)
        #expect(done.status == .succeeded)
        #expect(done.attempts.map(\.number) == [1, 2])
    }

    @Test("After a shutdown before run(), run() returns immediately and events end")
    func beforehand() async throws {
        let bench = Bench()
        let events = bench.scheduler.events()
        bench.scheduler.beginShutdown()
        try await bench.scheduler.run()
        for await _ in events { Issue.record("no event was expected") }
    }

    @Test("A handler sees that a shutdown began, and can end before it is canceled")
    func handlerSees() async throws {
        let bench = Bench()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        let seen = Recorded<Bool>()
        try await bench.scheduler.handle("steps") { context in
            seen.add(context.isShuttingDown)
            begin.yield()
            while !context.isShuttingDown { await Task.yield() }
            seen.add(context.isCanceled)
        }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .handler("steps")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            for await _ in begun { break }
            bench.scheduler.beginShutdown()
            try await group.waitForAll()
        }
        #expect(seen.all == [false, false])
        #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded])
    }

    @Test("A second concurrent run() is refused")
    func twice() async throws {
        let bench = Bench()
        try await bench.running {
            await bench.advance(.zero)
            let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.run() }
            #expect(error?.code == .alreadyRunning)
        }
    }

    @Test("Cancellation still records results, also in a store that checks for cancellation")
    func cancellableStore() async throws {
        let base = InMemoryJobStore()
        let bench = Bench(store: HookedStore(base: base, before: { _ in try Task.checkCancellation() }))
        let gate = Gate()
        let (begun, begin) = AsyncStream.makeStream(of: Void.self)
        try await bench.scheduler.handle("work") { _ in
            begin.yield()
            await gate.wait()
        }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .handler("work")))
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bench.scheduler.run() }
            for await _ in begun { break }
            group.cancelAll()
            await gate.open()
            while let result = await group.nextResult() { _ = result }
        }
        #expect(try await base.allExecutions(of: job.id).map(\.status) == [.succeeded])
    }

    @Test("A scheduler that was shut down runs again, and a shutdown before it runs ends that start only")
    func runsAgain() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(3600)), action: .handler("work")))
        bench.scheduler.beginShutdown()
        try await bench.scheduler.run()
        for _ in 0..<2 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await bench.scheduler.run() }
                let triggered = try await bench.scheduler.trigger(job.id)
                #expect(try await bench.scheduler.waitForCompletion(of: triggered.id).status == .succeeded)
                bench.scheduler.beginShutdown()
                try await group.waitForAll()
            }
        }
        #expect(try await bench.executions(of: job.id).count == 2)
    }
}
