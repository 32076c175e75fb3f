import Foundation
import RotaCore
import RotaRetry
import Synchronization
import Testing

@Suite("Attack: the runner", .timeLimit(.minutes(20)))
struct RunnerAttackTests {
    private static let sources = RetryTests.sources

    @Test("The whole time ends with the last attempt, not with the wait for one that the breaker refuses")
    func elapsedWhenRefused() async {
        let error = await #expect(throws: RetryError.self) {
            try await retry(
                .fixed(.seconds(1), maxAttempts: 9), clock: LeapingClock(), sources: Self.sources,
                breaker: SharedCircuitBreaker()
            ) { _ in throw AttemptFailure(.connection) }
        }
        #expect(error?.attempts == 5 && error?.reason == .circuitOpen)
        #expect(error?.elapsed == .seconds(4))
    }

    @Test("A retry that the breaker refuses is not paid for")
    func refusedRetryIsFree() async throws {
        let budget = SharedRetryBudget(try RetryBudget(ratio: 0, reserve: 10, capacity: 10))
        _ = await #expect(throws: RetryError.self) {
            try await retry(
                .fixed(.seconds(1), maxAttempts: 9), clock: LeapingClock(), sources: Self.sources, budget: budget,
                breaker: SharedCircuitBreaker()
            ) { _ in throw AttemptFailure(.connection) }
        }
        // Five attempts, so four retries.
        #expect(budget.snapshot.available(at: rfcDate) == 6)
    }

    @Test("A retry that is canceled while it waits is not paid for")
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

    @Test("No attempt begins after the time limit, even if the clock wakes late")
    func lateWaking() async {
        let clock = OversleepingClock(by: .seconds(3600))
        let attempts = Mutex(0)
        let error = await #expect(throws: RetryError.self) {
            try await retry(.fixed(.seconds(10), maxAttempts: 9, timeLimit: .seconds(60)), clock: clock) { _ in
                attempts.withLock { $0 += 1 }
                throw AttemptFailure(.connection)
            }
        }
        #expect(attempts.withLock { $0 } == 1)
        #expect(error?.attempts == 1 && error?.reason == .timeLimit && error?.elapsed == .zero)
    }

    @Test("A clock that cannot sleep ends it with the clock's error, and no attempt goes on without its timeout")
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

/// A clock on which every sleep takes longer than it should, as on a machine that was suspended.
private final class OversleepingClock: Clock {
    private let state = Mutex(TestClock.Instant(offset: .zero))
    private let delay: Duration

    init(by delay: Duration) { self.delay = delay }

    var now: TestClock.Instant { state.withLock { $0 } }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws {
        state.withLock { $0 = deadline.advanced(by: delay) }
    }
}

/// A clock that stands still and cannot sleep.
private struct BrokenClock: Clock {
    struct Broken: Error {}

    var now: TestClock.Instant { .init(offset: .zero) }
    var minimumResolution: Duration { .zero }

    func sleep(until deadline: TestClock.Instant, tolerance: Duration?) async throws { throw Broken() }
}
