import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

@Suite("Missing handlers")
struct MissingHandlerTests {
    @Test(
        "An execution with a missing handler stays queued without an attempt, and observers are notified", .rows("T-71")
    )
    func released() async throws {
        let bench = Bench()
        let log = ObserverLog()
        bench.scheduler.observe(log)
        try await bench.scheduler.handle("known") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "lost", schedule: .immediately, action: .handler("unknown"), retry: .none))
            await bench.advance(.seconds(100))
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(execution.status == .queued)
            #expect(execution.attempts.isEmpty)
            let missed = log.all.filter { $0.hasPrefix("missed unknown") }
            // Once for the first claim, then for every deferred claim, 31 to 36 seconds apart.
            #expect((3...4).contains(missed.count))
            // Once registered, the handler does the work.
            try await bench.scheduler.handle("unknown") { _ in }
            await bench.advance(.seconds(40))
            #expect(try await bench.scheduler.execution(execution.id).status == .succeeded)
        }
    }

    @Test("Many executions that lack the same handler are told of a few times, not each")
    func flood() async throws {
        let bench = Bench()
        let log = ObserverLog()
        bench.scheduler.observe(log)
        let events = bench.scheduler.events(keeping: 10_000)
        let ids = try await bench.running {
            let job = try await bench.scheduler.create(JobDraft(queue: "unknown"))
            let queued = try await bench.scheduler.trigger(job.id, Array(repeating: TriggerRequest(), count: 100))
            await bench.advance(.seconds(60))
            return queued.outcomes.map(\.execution.id)
        }
        #expect(try await bench.executions().map(\.status) == ids.map { _ in .queued })
        #expect((1...3).contains(log.all.count { $0.hasPrefix("missed unknown") }))
        var told = 0
        for await event in events where event.kind != .executionQueued { told += 1 }
        #expect((1...3).contains(told))
    }

    @Test("A handler is told of again after half a minute, or when the clock was set back")
    func news() {
        var missing = MissingHandlers()
        let now = Date(timeIntervalSinceReferenceDate: 1_000)
        let asked: [(String, TimeInterval)] = [("a", 0), ("a", 29), ("b", 29), ("a", 30), ("b", 31), ("a", -100)]
        let told = asked.map { missing.isNews($0.0, at: now.addingTimeInterval($0.1)) }
        #expect(told == [true, false, true, true, false, true])
    }

    @Test("A start reports jobs with missing handlers, including those of their notifications")
    func preflight() async throws {
        let bench = Bench()
        let log = ObserverLog()
        bench.scheduler.observe(log)
        try await bench.scheduler.handle("known") { _ in }
        let ids = try await bench.scheduler.create(
            (0..<30).map { .init(name: "lost \($0)", schedule: .every(.seconds(3600)), action: .handler("unknown")) }
        ).map(\.id)
        try await bench.scheduler.create(
            .init(name: "fine", schedule: .every(.seconds(3600)), action: .handler("known")))
        let noisy = try await bench.scheduler.create(
            .init(name: "noisy", schedule: .every(.seconds(3600)), action: .handler("known")))
        try await bench.scheduler.update(noisy.id) { $0.notifications = [.init(on: .failure, .handler("pager"))] }
        try await bench.running { await bench.advance(.zero) }
        #expect(
            log.all.filter { $0.hasPrefix("missed") }
                == [
                    "missed pager [\(noisy.id)]", "missed unknown \(ids.prefix(20).map(\.description))",
                ].map { $0.replacing("\"", with: "") })
    }

    @Test("Another scheduler that has the handler takes the execution", arguments: [false, true])
    func taken(isLackingFirst: Bool) async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let (lacking, having) = (Bench(clock: clock, store: store, seed: 1), Bench(clock: clock, store: store, seed: 2))
        let done = Recorded<Int>()
        try await having.scheduler.handle("rare") { context in done.add(context.attempt) }
        let order = isLackingFirst ? [lacking, having] : [having, lacking]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lacking.scheduler.run() }
            await clock.advance(by: .seconds(1), driving: [lacking.scheduler])
            for number in 0..<5 {
                try await lacking.scheduler.create(
                    .init(name: "job \(number)", schedule: .immediately, action: .handler("rare"), retry: .none))
            }
            await clock.advance(by: .seconds(1), driving: [lacking.scheduler])
            #expect(try await store.allExecutions().allSatisfy { $0.status == .queued && $0.attempts.isEmpty })
            group.addTask { try await having.scheduler.run() }
            await clock.advance(by: .seconds(40), driving: order.map(\.scheduler))
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(done.all == [1, 1, 1, 1, 1])
        #expect(try await store.allExecutions().allSatisfy { $0.status == .succeeded && $0.attempts.count == 1 })
    }

    @Test("Deferred claims share one date beyond the longest sleep, and their delay ends")
    func deference() {
        var deference = Deference()
        let now = Date(timeIntervalSinceReferenceDate: 1003)
        let date = deference.releaseDate(of: ExecutionID(bits: 1), after: now, longestSleep: .seconds(30))
        #expect(date == Date(timeIntervalSinceReferenceDate: 1035))
        let other = deference.releaseDate(
            of: ExecutionID(bits: 2), after: now.addingTimeInterval(1), longestSleep: .seconds(30))
        #expect(other == date)
        #expect(deference.end(at: now) == nil)
        #expect(deference.end(at: date) == date.addingTimeInterval(0.25))
        #expect(deference.end(at: date.addingTimeInterval(0.25)) == nil)
    }

    @Test("The delay grows each time that the same execution is deferred, up to four seconds")
    func growingDeference() {
        var deference = Deference()
        var now = Date(timeIntervalSinceReferenceDate: 1003)
        for headStart in [0.25, 0.5, 1, 2, 4, 4] {
            now = deference.releaseDate(of: ExecutionID(bits: 1), after: now, longestSleep: .seconds(30))
            #expect(deference.end(at: now) == now.addingTimeInterval(headStart))
            #expect(deference.end(at: now.addingTimeInterval(headStart)) == nil)
            now.addTimeInterval(30)
        }
        let other = deference.releaseDate(of: ExecutionID(bits: 2), after: now, longestSleep: .seconds(30))
        #expect(deference.end(at: other) == other.addingTimeInterval(0.25))
    }

    @Test("Longer delays come about once a minute, so that other work is rarely held back, and each gets its turn")
    func longDeferences() {
        var deference = Deference()
        var now = Date(timeIntervalSinceReferenceDate: 1003)
        var dates = [Date](repeating: now, count: 40)
        var longDelays = Set<Int>()
        var deferred = 0
        for quarter in 0..<14_400 {
            now = Date(timeIntervalSinceReferenceDate: 1003 + TimeInterval(quarter) / 4)
            if let end = deference.end(at: now) {
                deferred += 1
                if end.timeIntervalSince(now) > 3 { for id in 0..<40 where dates[id] == now { longDelays.insert(id) } }
                continue
            }
            // Each is claimed as soon as it may be, from its own second on.
            for id in 0..<40 where dates[id] <= now && quarter / 4 >= id {
                dates[id] = deference.releaseDate(
                    of: ExecutionID(bits: UInt128(id)), after: now, longestSleep: .seconds(30))
            }
        }
        // An hour: a quarter of a second in five, and four seconds in 65.
        #expect(deferred < 14_400 * 12 / 100)
        #expect(longDelays.count == 40)
    }

    /// A clock that is ahead of another one.
    private struct FastClock: VirtualClock {
        let base: ManualClock
        let lead: TimeInterval

        var now: Date { base.now.addingTimeInterval(lead) }
        var uptime: Duration { base.uptime }
        var longestSleep: Duration { base.longestSleep }
        func sleep(until deadline: Date) async throws {
            try await base.sleep(until: deadline.addingTimeInterval(-lead))
        }
    }

    @Test("A scheduler whose clock is ahead leaves work to one that is later by its own clock")
    func fastClock() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let transport = ScriptedTransport(.status(200))
        let lacking = Scheduler(store: store, transport: transport, clock: FastClock(base: clock, lead: 0.4))
        let having = Scheduler(store: store, transport: transport, clock: clock)
        try await having.handle("rare") { _ in }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lacking.run() }
            await clock.advance(by: .seconds(1), driving: [lacking])
            try await lacking.create(
                .init(name: "job", schedule: .immediately, action: .handler("rare"), retry: .none))
            await clock.advance(by: .seconds(1), driving: [lacking])
            group.addTask { try await having.run() }
            for _ in 0..<200 { await clock.advance(by: .seconds(1), driving: [lacking, having]) }
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(try await store.allExecutions().map(\.status) == [.succeeded])
    }

    @Test("A scheduler leaves jobs whose handler it lacks to one that has it")
    func otherHandlers() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let without = Bench(clock: clock, store: store, seed: 1)
        let with = Bench(clock: clock, store: store, seed: 2)
        try await with.scheduler.handle("x") { _ in }
        let job = try await with.scheduler.create(.init(name: "j", schedule: .immediately, action: .handler("x")))
        try await without.running { await without.advance(.zero) }
        try await with.running { await with.advance(.seconds(60)) }
        #expect(try await store.allExecutions(of: job.id).map(\.status) == [.succeeded])
    }
}
