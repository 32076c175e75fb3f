import Foundation
import RotaHTTP
import RotaRetry
import RotaTesting
import Testing

@Suite("Manual clock without a scheduler")
struct MonotonicClockTests {
    @Test("`retry` waits on it, and every delay passes when the test advances it")
    func retrying() async throws {
        let clock = ManualClock()
        async let attempts = retry(.fixed(.seconds(60), maxAttempts: 4), clock: clock.monotonic) { context in
            if context.attempt < 4 { throw URLError(.timedOut) }
            return context.attempt
        }
        for _ in 1...3 {
            await clock.waitForSleepers()
            clock.set(to: clock.now.addingTimeInterval(60))
        }
        #expect(try await attempts == 4)
        #expect(clock.uptime == .seconds(180))
    }

    @Test("A scripted transport waits on it")
    func transport() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport(.status(200).delayed(by: .seconds(5)), sleep: clock.sleep(for:))
        let request = try HTTPRequest(url: #require(URL(string: "https://example.com/")))
        async let status = transport.send(request).status
        await clock.waitForSleepers()
        #expect(clock.nextDeadline == clock.now.addingTimeInterval(5))
        await clock.advance(by: .seconds(5), driving: [])
        #expect(try await status == 200)
    }

    @Test("A sleep lasts its time also if the wall clock is set back")
    func setBack() async throws {
        let clock = ManualClock()
        let task = Task { try await clock.sleep(for: .seconds(10)) }
        await clock.waitForSleepers()
        await clock.advance(by: .seconds(4), driving: [])
        clock.set(to: clock.now.addingTimeInterval(-3600))
        await clock.waitForSleepers()
        #expect(clock.nextDeadline == clock.now.addingTimeInterval(6))
        await clock.advance(by: .seconds(6), driving: [])
        try await task.value
        #expect(clock.monotonic.now.uptime == .seconds(10))
    }

    @Test("A step of the wall clock ends no sleep, and a cancellation ends it at once", arguments: [-3600, 3600])
    func steps(step: Int) async throws {
        let clock = ManualClock()
        let task = Task { try await clock.sleep(for: .seconds(10)) }
        await clock.waitForSleepers()
        clock.step(by: .seconds(step))
        await clock.waitForSleepers()
        #expect(clock.nextDeadline == clock.now.addingTimeInterval(10))
        await clock.advance(by: .seconds(10), driving: [])
        try await task.value
        #expect(clock.monotonic.now.uptime == .seconds(10))
        let canceled = Task { try await clock.sleep(for: .seconds(10)) }
        await clock.waitForSleepers()
        canceled.cancel()
        await #expect(throws: CancellationError.self) { try await canceled.value }
        #expect(clock.sleeperCount == 0)
    }
}
