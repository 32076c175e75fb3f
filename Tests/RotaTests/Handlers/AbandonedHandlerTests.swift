import Foundation
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("Abandoned handlers", .timeLimit(.minutes(20)))
struct AbandonedHandlerTests {
    /// The part of an attempt that does not end when it is canceled.
    enum Stuck: Sendable, CaseIterable { case handler, watchedHandler, transport, middleware }

    /// The way in which a scheduler stops.
    enum Stop: Sendable, CaseIterable { case shutdown, cancellation, storeFailure }

    struct Outage: Error {}

    /// Sleeps until a date, whether the task is canceled or not.
    private static func sleepDeeply(_ clock: ManualClock, until date: Date) async {
        await Task { try? await clock.sleep(until: date) }.value
    }

    /// Middleware that keeps attempts from ending, until a date.
    private struct Obstacle: AttemptMiddleware {
        let clock: ManualClock
        let end: Date

        func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome {
            let outcome = await next(attempt)
            await AbandonedHandlerTests.sleepDeeply(clock, until: end)
            return outcome
        }
    }

    private func bench(_ change: (inout SchedulerConfiguration) -> Void = { _ in }) async throws -> Bench {
        let bench = Bench(configuration: Bench.configuration(change))
        let (clock, begin) = (bench.clock, bench.clock.now)
        try await bench.scheduler.handle("stuck") { context in
            guard context.attempt == 1 else { return }
            await Self.sleepDeeply(clock, until: begin.addingTimeInterval(300))
        }
        try await bench.scheduler.handle("work") { _ in }
        return bench
    }

    @Test(
        "A handler that ignores its cancellation after its timeout is abandoned, recorded and retried, and its result dropped"
    )
    func afterTimeout() async throws {
        let bench = try await bench()
        let (clock, begin, log) = (bench.clock, bench.clock.now, ObserverLog())
        bench.scheduler.observe(log)
        let events = bench.scheduler.events()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "report", schedule: .immediately, action: .handler("stuck", timeout: .seconds(10)),
                    retry: .fixed(.seconds(1), maxAttempts: 2)))
            await bench.advance(.seconds(14))
            #expect(try await bench.executions(of: job.id).map(\.status) == [.running])
            await bench.advance(.seconds(1))
            let waiting = try #require(try await bench.executions(of: job.id).first)
            #expect(waiting.status == .queued)
            #expect(waiting.attempts.map(\.failure?.kind) == [.timeout])
            #expect(waiting.attempts.first?.duration == .seconds(15))
            var iterator = events.makeAsyncIterator()
            while let event = await iterator.next() {
                guard event.kind == .executionAbandoned else { continue }
                #expect(event.date == begin.addingTimeInterval(15))
                #expect(event.execution?.id == waiting.id)
                #expect(event.message?.contains("\"report\"") == true)
                break
            }
            await bench.advance(.seconds(60))
            let ended = try await bench.scheduler.execution(waiting.id)
            #expect(ended.status == .succeeded && ended.attempts.map(\.failure?.kind) == [.timeout, nil])
            #expect(!log.all.contains("dropped 1"))
            await clock.advance(by: .seconds(300), driving: [bench.scheduler])
            while let event = await iterator.next() {
                if event.kind == .lateResultDropped { break }
            }
            #expect(try await bench.scheduler.execution(waiting.id) == ended)
            #expect(
                log.all.filter { $0.hasPrefix("abandoned") || $0.hasPrefix("dropped") } == ["abandoned 1", "dropped 1"])
            #expect(!log.all.contains("lost"))
        }
    }

    @Test(
        "An abandoned execution fails without another attempt if the policy, or delivery at most once, says so",
        arguments: [true, false])
    func isNotRepeated(atMostOnce: Bool) async throws {
        let bench = try await bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .immediately, action: .handler("stuck", timeout: .seconds(10)),
                    retry: atMostOnce ? .fixed(.seconds(1), maxAttempts: 5) : .none
                ).with { $0.delivery = atMostOnce ? .atMostOnce : .atLeastOnce })
            await bench.advance(.seconds(400))
            let ended = try #require(try await bench.executions(of: job.id).first)
            #expect(ended.status == .failed && ended.failure?.kind == .timeout)
            #expect(ended.attempts.count == 1)
        }
    }

    @Test("A handler that ends within the grace after its timeout is not abandoned", arguments: [true, false])
    func endsInTime(succeeds: Bool) async throws {
        let bench = try await bench()
        let (clock, log) = (bench.clock, ObserverLog())
        bench.scheduler.observe(log)
        try await bench.scheduler.handle("slow") { _ in
            await Self.sleepDeeply(clock, until: clock.now.addingTimeInterval(14))
            if !succeeds { throw Outage() }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .immediately, action: .handler("slow", timeout: .seconds(10)), retry: .none))
            await bench.advance(.seconds(60))
            let ended = try #require(try await bench.executions(of: job.id).first)
            #expect(ended.attempts.map(\.failure?.kind) == [succeeds ? nil : .timeout])
            #expect(ended.attempts.first?.duration == .seconds(14))
            #expect(!log.all.contains { $0.hasPrefix("abandoned") })
        }
    }

    @Test("An abandoned handler keeps its place of the scheduler's concurrency until it ends")
    func keepsItsPlace() async throws {
        let bench = try await bench { $0.maximumConcurrency = 1 }
        let events = bench.scheduler.events()
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "stuck", schedule: .immediately, action: .handler("stuck", timeout: .seconds(10)),
                    retry: .none))
            await bench.advance(.seconds(20))
            let other = try await bench.scheduler.create(
                .init(name: "other", schedule: .immediately, action: .handler("work")))
            await bench.advance(.seconds(200))
            #expect(try await bench.executions(of: other.id).map(\.status) == [.queued])
            await bench.advance(.seconds(100))
            for await event in events where event.kind == .executionFinished && event.jobID == other.id { break }
            #expect(try await bench.executions(of: other.id).map(\.status) == [.succeeded])
        }
    }

    @Test(
        "run() returns although an attempt ignores its cancellation, says so, and leaves the lease to run out",
        arguments: Stuck.allCases, Stop.allCases)
    func stops(stuck: Stuck, stop: Stop) async throws {
        let (clock, base, isDown) = (ManualClock(), InMemoryJobStore(), Latch())
        let (begin, log) = (clock.now, ObserverLog())
        let (end, calls) = (begin.addingTimeInterval(300), Recorded<Int>())
        let store = HookedStore(base: base, before: { _ in if isDown.isSet { throw Outage() } })
        var configuration = SchedulerConfiguration()
        configuration.maximumConcurrency = 4
        configuration.shutdownGrace = .seconds(20)
        let scheduler = Scheduler(
            store: store,
            transport: ClosureTransport { _ in
                if stuck == .transport { await Self.sleepDeeply(clock, until: end) }
                return try .status(200)
            }, configuration: configuration, clock: clock, observers: [log],
            middleware: stuck == .middleware ? [Obstacle(clock: clock, end: end)] : [])
        try await scheduler.handle("stuck") { context in
            calls.add(context.attempt)
            if stuck != .middleware { await Self.sleepDeeply(clock, until: end) }
        }
        let events = scheduler.events()
        let action: JobAction =
            switch stuck {
            case .handler, .middleware: .handler("stuck")
            case .watchedHandler: .handler("stuck", timeout: .seconds(3600))
            case .transport: .http(try .get("https://example.com/"))
            }
        let job = try await scheduler.create(
            .init(name: "report", schedule: .immediately, action: action, retry: .fixed(.seconds(1), maxAttempts: 2)))
        let running = Task { try await scheduler.run() }
        await clock.advance(by: .seconds(1), driving: [scheduler])
        switch stop {
        case .shutdown: scheduler.beginShutdown()
        case .cancellation: running.cancel()
        // The driver learns of it when it renews the lease.
        case .storeFailure: isDown.set()
        }
        await clock.advance(
            by: stop == .shutdown ? .seconds(25) : stop == .cancellation ? .seconds(5) : .seconds(14),
            driving: [scheduler])
        switch await running.result {
        case .success: #expect(stop != .storeFailure)
        case .failure(let error): #expect(stop == .storeFailure && error is Outage)
        }
        let left = try #require(try await base.allExecutions(of: job.id).first)
        #expect(left.status == .running && left.attempts.isEmpty)
        var messages: [String] = []
        for await event in events where event.kind == .executionAbandoned {
            #expect(event.execution?.id == left.id)
            messages.append(event.message ?? "")
        }
        #expect(messages.count == 1)
        #expect(messages.first?.contains("\"report\"") == true && messages.first?.contains("\(left.id)") == true)

        // Another scheduler recovers it once the lease has run out, and not earlier.
        let other = Bench(clock: clock, store: base, seed: 2)
        try await other.scheduler.handle("stuck") { calls.add($0.attempt) }
        try await other.running {
            let rest = try #require(left.progress.lease?.expiresAt.timeIntervalSince(clock.now))
            #expect(rest > 0 && rest <= 30)
            await other.advance(.seconds(60))
            let ended = try await other.scheduler.execution(left.id)
            #expect(ended.status == .succeeded && ended.attempts.map(\.failure?.kind) == [.crashed, nil])
            await other.advance(.seconds(300))
            #expect(try await other.scheduler.execution(left.id) == ended)
        }
        if stuck != .transport { #expect(calls.all == [1, 2]) }
    }

    @Test("A scheduler that abandoned an attempt when it stopped runs again, and recovers it")
    func runsAgain() async throws {
        let bench = try await bench { $0.shutdownGrace = .zero }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .immediately, action: .handler("stuck"),
                retry: .fixed(.seconds(1), maxAttempts: 2)))
        for _ in 0..<2 {
            let running = Task { try await bench.scheduler.run() }
            // The clock does not wait for a scheduler that has returned.
            while bench.scheduler.status.phase == .ended { await Task.yield() }
            await bench.advance(.seconds(40))
            bench.scheduler.beginShutdown()
            await bench.advance(.seconds(5))
            try await running.value
        }
        let ended = try #require(try await bench.executions(of: job.id).first)
        #expect(ended.status == .succeeded && ended.attempts.map(\.failure?.kind) == [.crashed, nil])
    }
}
