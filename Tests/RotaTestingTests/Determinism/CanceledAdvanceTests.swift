import Foundation
import Rota
import RotaTesting
import Testing

@Suite("Manual clock: a wait that is canceled")
struct CanceledAdvanceTests {
    @Test("An advance with a scheduler that is not run ends when its task is canceled, and moves nothing")
    func advance() async throws {
        let clock = ManualClock()
        let begin = clock.now
        let scheduler = Scheduler(store: InMemoryJobStore(), transport: ScriptedTransport(), clock: clock)
        let task = Task { await clock.advance(by: .seconds(60), driving: [scheduler]) }
        for _ in 0..<100 { await Task.yield() }
        task.cancel()
        await task.value
        #expect(clock.now == begin)
    }

    @Test("An advance that is canceled before it begins, or while it settles, ends", arguments: [0, 1, 10])
    func early(yields: Int) async throws {
        let clock = ManualClock()
        let scheduler = Scheduler(store: InMemoryJobStore(), transport: ScriptedTransport(), clock: clock)
        let task = Task {
            withUnsafeCurrentTask { if yields == 0 { $0?.cancel() } }
            await clock.settle([scheduler])
        }
        for _ in 0..<yields { await Task.yield() }
        task.cancel()
        await task.value
    }

    @Test("A canceled advance leaves a scheduler that continues")
    func continues() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport(.status(200))
        let scheduler = Scheduler(store: InMemoryJobStore(), transport: transport, clock: clock)
        try await scheduler.create(
            .init(name: "hourly", schedule: .every(.seconds(3600)), action: .http(.get("https://example.com/"))))
        let running = Task { try await scheduler.run() }
        let idle = Scheduler(store: InMemoryJobStore(), transport: transport, clock: clock)
        await clock.advance(by: .seconds(1), driving: [scheduler])
        // The second one is not run, so this hangs until it is canceled.
        let task = Task { await clock.advance(by: .seconds(7200), driving: [scheduler, idle]) }
        task.cancel()
        await task.value
        let count = transport.requests.count
        await clock.advance(by: .seconds(7200), driving: [scheduler])
        #expect(transport.requests.count >= count + 2)
        scheduler.beginShutdown()
        try await running.value
    }

    @Test("Waiting for tasks that never sleep ends when it is canceled")
    func sleepers() async {
        let clock = ManualClock()
        let task = Task { await clock.waitForSleepers() }
        for _ in 0..<100 { await Task.yield() }
        task.cancel()
        await task.value
        #expect(clock.sleeperCount == 0)
    }
}
