import Foundation
import RotaRetry
import RotaTestSupport
import Synchronization
import Testing

@Suite("retry, canceled or with a timeout", .timeLimit(.minutes(20)))
struct RetryCancellationTests {
    private static let sources = RetryTests.sources

    @Test("Canceled during a delay, it ends at once and makes no further attempt")
    func whileWaiting() async {
        let clock = TestClock()
        let attempts = Mutex(0)
        let task = Task {
            try await retry(.fixed(.seconds(3600), maxAttempts: 9), clock: clock, sources: Self.sources) { _ in
                attempts.withLock { $0 += 1 }
                throw AttemptFailure(.timeout)
            }
        }
        await clock.registrations(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.awaited }
        #expect(attempts.withLock { $0 } == 1)
        #expect(clock.now.offset == .zero)
    }

    @Test("Canceled before it begins, it never tries")
    func beforeTheStart() async {
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await retry(.default, clock: TestClock(), sources: Self.sources) { _ in
                _ = Issue.record("it ran")
            }
        }
        await #expect(throws: CancellationError.self) { try await task.awaited }
    }

    @Test("Canceled while the operation runs, its error is no failure: no retry, and no mark against the breaker")
    func whileRunning() async {
        let clock = TestClock()
        let breaker = SharedCircuitBreaker()
        let task = Task {
            try await retry(.default, clock: clock, sources: Self.sources, breaker: breaker) { _ in
                do { try await clock.sleep(for: .seconds(5)) } catch { throw AttemptFailure(.connection) }
            }
        }
        await clock.registrations(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.awaited }
        #expect(breaker.snapshot.streak == 0)
    }

    @Test("Canceled while the operation runs, a value it still returns is returned, though the timer ended before")
    func lateValue() async throws {
        let clock = TestClock()
        let executor = ManualExecutor()
        let gate = Gate()
        let task = Task(executorPreference: executor) {
            try await retry(.default, timeout: .seconds(60), clock: clock, sources: Self.sources) { _ in
                await gate.pass()
                return 42
            }
        }
        executor.runAll()
        await clock.registrations(1)
        task.cancel()
        executor.runAll()
        gate.open()
        executor.runAll()
        #expect(try await task.awaited == 42)
    }

    @Test("An attempt that is out of time is canceled, counts as timed out, and is retried", .rows("T-79"))
    func timeout() async throws {
        let clock = TestClock()
        let canceled = Mutex(0)
        let task = Task {
            try await retry(
                .fixed(.seconds(10), maxAttempts: 3), timeout: .seconds(5), clock: clock, sources: Self.sources
            ) { context in
                if context.attempt == 2 {
                    #expect(context.lastError as? AttemptTimeout == AttemptTimeout(limit: .seconds(5)))
                    return "second"
                }
                do { try await clock.sleep(for: .seconds(60)) } catch {
                    canceled.withLock { $0 += 1 }
                    throw error
                }
                return "first"
            }
        }
        await clock.registrations(2)
        clock.advance(by: .seconds(5))
        await clock.registrations(3)
        clock.advance(by: .seconds(10))
        #expect(try await task.awaited == "second")
        #expect(canceled.withLock { $0 } == 1)
    }

    @Test("The last attempt's timeout is the error at the end")
    func lastTimeout() async {
        let clock = TestClock()
        let task = Task {
            try await retry(.none, timeout: .seconds(5), clock: clock, sources: Self.sources) { _ in
                try await clock.sleep(for: .seconds(60))
            }
        }
        await clock.registrations(2)
        clock.advance(by: .seconds(5))
        let error = await #expect(throws: RetryError.self) { try await task.awaited }
        #expect(error?.failure.kind == .timeout && error?.attempts == 1 && error?.elapsed == .seconds(5))
    }

    @Test("An attempt that is in time leaves no timer behind, and its own error is its error")
    func inTime() async throws {
        let clock = TestClock()
        #expect(
            try await retry(.default, timeout: .seconds(5), clock: clock, sources: Self.sources) { _ in 3 } == 3)
        let error = await #expect(throws: RetryError.self) {
            try await retry(.none, timeout: .seconds(5), clock: clock, sources: Self.sources) { _ in
                throw RetryTests.Plain(number: 8)
            }
        }
        #expect(error?.lastError as? RetryTests.Plain == RetryTests.Plain(number: 8))
        #expect(clock.now.offset == .zero)
    }

    @Test(
        "A timeout out of range is refused",
        arguments: [(Duration.zero, "0 s"), (.seconds(-1), "-1 s"), (.seconds(Int64.max), "10,000 years or more")])
    func refused(timeout: Duration, text: String) async {
        let error = await #expect(throws: RetryPolicyError.self) {
            try await retry(.default, timeout: timeout, clock: TestClock()) { _ in }
        }
        #expect(error?.value == text)
    }

    @Test("Canceled in the middle of an attempt with a timeout, it ends at once")
    func withTimeout() async {
        let clock = TestClock()
        let task = Task {
            try await retry(.default, timeout: .seconds(5), clock: clock, sources: Self.sources) { _ in
                try await clock.sleep(for: .seconds(60))
            }
        }
        await clock.registrations(2)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.awaited }
        #expect(clock.now.offset == .zero)
    }

    @Test("A retry that is canceled during its delay is not paid for")
    func canceledRetryIsFree() async throws {
        let clock = TestClock()
        let budget = SharedRetryBudget(try RetryBudget(ratio: 0, reserve: 10, capacity: 10))
        let task = Task {
            try await retry(.fixed(.seconds(60)), clock: clock, sources: Self.sources, budget: budget) { _ in
                throw AttemptFailure(.connection)
            }
        }
        await clock.registrations(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.awaited }
        #expect(budget.snapshot.available(at: rfcDate) == 10)
    }

    @Test("A clock that cannot sleep ends it with the clock's error, and no attempt continues without its timeout")
    func clockThatThrows() async {
        await #expect(throws: BrokenClock.Broken.self) {
            try await retry(.fixed(.seconds(1)), clock: BrokenClock()) { _ in throw AttemptFailure(.connection) }
        }
        let error = await #expect(throws: RetryError.self) {
            try await retry(.none, timeout: .seconds(1), clock: BrokenClock()) { _ in
                // As long as nobody cancels it.
                try await Task.sleep(for: .seconds(40))
            }
        }
        #expect(error?.lastError is BrokenClock.Broken)
    }

    @Test("A half-open breaker is not left waiting for a probe that was canceled")
    func canceledProbe() async throws {
        let clock = TestClock()
        let now = Mutex(at(0))
        let sources = RetrySources(random: { 0 }, now: { now.withLock { $0 } })
        let breaker = SharedCircuitBreaker(try CircuitBreakerTests.opened(at: at(0)))
        now.withLock { $0 = at(60) }
        let task = Task {
            try await retry(.default, timeout: .seconds(5), clock: clock, sources: sources, breaker: breaker) { _ in
                try await clock.sleep(for: .seconds(60))
            }
        }
        await clock.registrations(2)
        guard case .refused = breaker.admit(at: at(60)) else {
            Issue.record("a second probe")
            return
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.awaited }
        guard case .permitted = breaker.admit(at: at(60)) else {
            Issue.record("stuck half-open")
            return
        }
    }
}
