import Dispatch
import Foundation
import RotaStore
import RotaTesting
import Synchronization
import Testing

@testable import Rota

/// Handlers that block.
@Suite struct HandlerThreadTests {
    /// One for each shared thread.
    private static let all = ProcessInfo.processInfo.activeProcessorCount

    private static func scheduler(
        _ store: some JobStore, clock: some WallClock = SystemWallClock()
    ) -> Scheduler {
        var configuration = SchedulerConfiguration()
        configuration.leaseDuration = .seconds(1)
        configuration.maximumConcurrency = 2 * all + 2
        return Scheduler(store: store, configuration: configuration, clock: clock)
    }

    /// A clock of an app's own.
    private struct OffsetClock: WallClock {
        let base = SystemWallClock()
        let offset: TimeInterval

        var now: Date { base.now.addingTimeInterval(offset) }
        var uptime: Duration { base.uptime }

        func sleep(until deadline: Date) async throws {
            try await base.sleep(until: deadline.addingTimeInterval(-offset))
        }
    }

    @Test("Leases are renewed while handlers block all shared threads", arguments: [0, -3600])
    func renewals(offset: TimeInterval) async throws {
        let (gate, renewals) = (DispatchSemaphore(value: 0), Recorded<Bool>())
        let hooked = HookedStore(
            base: InMemoryJobStore(),
            before: { operation in
                guard operation == "renew" else { return }
                renewals.add(true)
                for _ in 0..<Self.all { gate.signal() }
            })
        let openings = Recorded<Bool>()
        let scheduler =
            offset == 0 ? Self.scheduler(hooked) : Self.scheduler(hooked, clock: OffsetClock(offset: offset))
        try await scheduler.handle("block") { _ in
            // A test that failed would block the other tests, so it ends some time.
            openings.add(HandlerThreadTests.block(until: gate))
        }
        try await scheduler.create(.init(name: "block", schedule: .onDemand, action: .handler("block")))
        let running = Task { try await scheduler.run() }
        let executions = try await scheduler.enqueue(
            "block", [TriggerRequest](repeating: TriggerRequest(), count: Self.all))
        for execution in executions.outcomes.map(\.execution) {
            let ended = try await scheduler.waitForCompletion(of: execution.id)
            #expect(ended.status == .succeeded && ended.attempts.count == 1)
        }
        #expect(!renewals.all.isEmpty && openings.all == [Bool](repeating: true, count: Self.all))
        scheduler.beginShutdown()
        try await running.value
    }

    @Test("Handlers that block threads of their own hold no other handler up")
    func own() async throws {
        let (gate, timeouts) = (DispatchSemaphore(value: 0), Recorded<Bool>())
        let scheduler = Self.scheduler(InMemoryJobStore())
        try await scheduler.handle("block", on: .own) { context in
            timeouts.add(!HandlerThreadTests.block(until: gate))
            // Still on its thread after it awaited something.
            context.heartbeat()
            await Task.yield()
            #expect(ThreadExecutor.currentName == "rota.block")
        }
        try await scheduler.handle("free") { _ in
            for _ in 0...(2 * Self.all) { gate.signal() }
        }
        try await scheduler.declare([JobDraft(queue: "block"), JobDraft(queue: "free")], owner: "app")
        let running = Task { try await scheduler.run() }
        let blocked = try await scheduler.enqueue(
            "block", [TriggerRequest](repeating: TriggerRequest(), count: 2 * Self.all + 1))
        let free = try await scheduler.enqueue("free")
        #expect(try await scheduler.waitForCompletion(of: free.id).status == .succeeded)
        for execution in blocked.outcomes.map(\.execution) {
            #expect(try await scheduler.waitForCompletion(of: execution.id).status == .succeeded)
        }
        #expect(timeouts.all == [Bool](repeating: false, count: 2 * Self.all + 1))
        scheduler.beginShutdown()
        try await running.value
    }

    @Test("A job type chooses its thread, and the handler of a payload type may return a value")
    func types() async throws {
        struct Blocking: ScheduledJob {
            static let handlerName = "blocking"
            static var thread: Scheduler.HandlerThread { .own }
            static let names = Mutex<[String?]>([])

            func run(_ context: HandlerContext) async throws {
                Self.names.withLock { $0.append(ThreadExecutor.currentName) }
            }
        }
        struct Double: HandlerPayload {
            static let handlerName = "double"
            var number: Int
        }
        let bench = Bench()
        try await bench.scheduler.handle(Blocking.self)
        try await bench.scheduler.handle(Double.self, on: .own) { payload, _ in payload.number * 2 }
        try await bench.scheduler.declare([JobDraft(queue: "double"), JobDraft(queue: "blocking")], owner: "app")
        try await bench.running {
            let doubled = try await bench.scheduler.enqueue("double", payload: Double(number: 21))
            try await bench.scheduler.enqueue("blocking", payload: Blocking())
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.execution(doubled.id).progress.output?.decode(Int.self) == 42)
            #expect(Blocking.names.withLock(\.self) == ["rota.blocking"])
        }
    }

    /// - Returns: Whether the gate opened within a minute.
    private static func block(until gate: DispatchSemaphore) -> Bool {
        gate.wait(timeout: .now() + 60) == .success
    }
}
