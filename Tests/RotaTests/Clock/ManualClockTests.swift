import Foundation
import RotaTesting
import Testing

@Suite("Manual clock with a scheduler")
struct ManualClockTests {
    @Test("A manual clock waits for a handler that works in real time before it reaches the timeout")
    func manualClockAndTimeout() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in
            // Work that waits only for other tasks, like real input and output.
            for _ in 0..<2000 { await Task.yield() }
            try Task.checkCancellation()
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately, action: .handler("work", timeout: .seconds(10)), retry: .none))
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded])
        }
    }

    @Test("A manual clock waits for a request while a handler with a timeout sleeps")
    func manualClockAndTwo() async throws {
        let bench = Bench { _ in
            for _ in 0..<2000 { await Task.yield() }
            return try .status(200)
        }
        let clock = bench.clock
        try await bench.scheduler.handle("sleeper") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(1000))
        }
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "s", schedule: .immediately, action: .handler("sleeper", timeout: .seconds(2000))))
            await bench.advance(.seconds(1))
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(1))
            #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded])
        }
    }

    @Test("Settling does not wait for a scheduler that refused its configuration")
    func settleAfterRefusal() async throws {
        let bench = Bench(configuration: Bench.configuration { $0.batchSize = 0 })
        await #expect(throws: SchedulerError.self) { try await bench.scheduler.run() }
        let clock = bench.clock
        let scheduler = bench.scheduler
        let isDone = Recorded<Bool>()
        let task = Task {
            await clock.settle([scheduler])
            isDone.add(true)
        }
        for _ in 0..<2000 { await Task.yield() }
        #expect(isDone.all == [true])
        task.cancel()
    }
}
