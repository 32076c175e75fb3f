import Foundation
import RotaRetry
import RotaTestSupport
import Synchronization
import Testing

@Suite("retry")
struct RetryTests {
    struct Plain: Error, Equatable {
        var number: Int
    }

    /// Random numbers and the date of every test: always the longest delay, always the RFC's date.
    static let sources = RetrySources(random: { .max }, now: { rfcDate })

    @Test(
        "It tries until it succeeds, waits by the policy, and says which attempt it is and what went before",
        .rows("T-78"))
    func succeeds() async throws {
        let clock = LeapingClock()
        var seen: [(attempt: Int, last: Int?, elapsed: Duration)] = []
        let value = try await retry(.exponential(maxAttempts: 5), clock: clock, sources: Self.sources) { context in
            seen.append((context.attempt, (context.lastError as? Plain)?.number, context.elapsed))
            #expect(context.maxAttempts == 5)
            clock.spend(.seconds(1))
            if context.attempt < 4 { throw Plain(number: context.attempt) }
            return "done"
        }
        #expect(value == "done")
        #expect(seen.map(\.attempt) == [1, 2, 3, 4])
        #expect(seen.map(\.last) == [nil, 1, 2, 3])
        #expect(seen.map(\.elapsed) == [.zero, .milliseconds(1500), .milliseconds(3500), .milliseconds(6500)])
        #expect(clock.slept == [.milliseconds(500), .seconds(1), .seconds(2)])
    }

    @Test("The error at the end tells the attempts, the whole time, the reason and the last error")
    func fails() async throws {
        let clock = LeapingClock()
        let error = await #expect(throws: RetryError.self) {
            try await retry(.fixed(.seconds(10), maxAttempts: 3), clock: clock, sources: Self.sources) { context in
                clock.spend(.seconds(2))
                throw Plain(number: context.attempt)
            }
        }
        #expect(error?.attempts == 3)
        #expect(error?.elapsed == .seconds(26))
        #expect(error?.reason == .attemptsExhausted)
        #expect(error?.lastError as? Plain == Plain(number: 3))
        #expect(error?.failure == AttemptFailure(.handlerError))
        #expect(
            error?.description
                == "gave up after 3 attempts in 26 s (attempts_exhausted): \(Plain(number: 3))")
        #expect(error.map { AttemptFailure(classifying: $0).kind } == .handlerError)
    }

    @Test(
        "What is not retryable ends it at once",
        arguments: [
            (AttemptFailure.http(status: 404), StopReason.notRetryable), (.init(.responseMismatch), .notRetryable),
            (.init(.canceled), .canceled),
        ])
    func stops(failure: AttemptFailure, reason: StopReason) async {
        let clock = LeapingClock()
        let error = await #expect(throws: RetryError.self) {
            try await retry(.default, clock: clock, sources: Self.sources) { _ in throw failure }
        }
        #expect(error?.attempts == 1 && error?.reason == reason && error?.failure == failure)
        #expect(clock.slept.isEmpty)
    }

    @Test("The caller's own classification decides")
    func classify() async {
        let error = await #expect(throws: RetryError.self) {
            try await retry(
                .default, clock: LeapingClock(), sources: Self.sources, classify: { _ in AttemptFailure(.budget) }
            ) { _ in throw Plain(number: 1) }
        }
        #expect(error?.attempts == 1 && error?.failure.kind == .budget)
    }

    @Test("Retry-After is obeyed, as seconds and as a date")
    func retryAfter() async throws {
        let clock = LeapingClock()
        let headers = ["7", "Sun, 06 Nov 1994 08:50:00 GMT"]
        try await retry(.exponential(maxAttempts: 3), clock: clock, sources: Self.sources) { context in
            guard context.attempt <= headers.count else { return }
            throw AttemptFailure.http(
                status: 503, retryAfter: RetryAfter(headers[context.attempt - 1], receivedAt: rfcDate))
        }
        #expect(clock.slept == [.seconds(7), .seconds(23)])
    }

    @Test("Decorrelated delays grow from the delay before")
    func decorrelated() async {
        let clock = LeapingClock()
        let policy = RetryPolicy(
            maxAttempts: 5, backoff: .decorrelated(initial: .seconds(1), maximum: .seconds(1000)), jitter: .none)
        await #expect(throws: RetryError.self) {
            try await retry(policy, clock: clock, sources: Self.sources) { _ in throw Plain(number: 0) }
        }
        #expect(clock.slept.count == 4)
        var previous: Duration?
        for (index, delay) in clock.slept.enumerated() {
            var generator = SourceGenerator()
            #expect(
                delay
                    == policy.backoff.delay(
                        afterAttempt: index + 1, jitter: .none, previous: previous, using: &generator))
            previous = delay
        }
    }

    @Test("The time limit counts the attempts' own time too")
    func timeLimit() async {
        let clock = LeapingClock()
        let error = await #expect(throws: RetryError.self) {
            try await retry(
                .fixed(.seconds(10), maxAttempts: 100, timeLimit: .seconds(60)), clock: clock, sources: Self.sources
            ) { _ in
                clock.spend(.seconds(5))
                throw Plain(number: 0)
            }
        }
        // Attempts begin at 0, 15, 30, 45 and 60; the next would at 75.
        #expect(error?.attempts == 5 && error?.reason == .timeLimit && error?.elapsed == .seconds(65))
    }

    @Test("A policy that is not valid is refused before anything runs")
    func invalid() async {
        let ran = Mutex(false)
        let error = await #expect(throws: RetryPolicyError.self) {
            try await retry(.exponential(maxAttempts: 0), clock: LeapingClock()) { _ in ran.withLock { $0 = true } }
        }
        #expect(error?.code == .maxAttempts)
        #expect(ran.withLock { !$0 })
    }

    @Test("A budget that is used up ends it before the wait")
    func budget() async throws {
        let clock = LeapingClock()
        let budget = SharedRetryBudget(try RetryBudget(ratio: 0, reserve: 2, capacity: 2))
        let error = await #expect(throws: RetryError.self) {
            try await retry(.fixed(.seconds(1), maxAttempts: 9), clock: clock, sources: Self.sources, budget: budget) {
                _ in throw Plain(number: 0)
            }
        }
        #expect(error?.attempts == 3 && error?.reason == .budgetExhausted)
        #expect(clock.slept.count == 2)
    }

    @Test("A hundred callers of a dead dependency make at most a fifth more calls, and the reserve")
    func deadDependency() async throws {
        let calls = Mutex(0)
        let budget = SharedRetryBudget(try RetryBudget(ratio: 0.2, reserve: 5, capacity: 100))
        for _ in 0..<100 {
            _ = await #expect(throws: RetryError.self) {
                try await retry(
                    .exponential(maxAttempts: 10), clock: LeapingClock(), sources: Self.sources, budget: budget
                ) { _ in
                    calls.withLock { $0 += 1 }
                    throw AttemptFailure(.connection)
                }
            }
        }
        #expect(calls.withLock { $0 } == 125)
    }

    @Test("An open breaker refuses the first attempt, and opening stops the retries")
    func breaker() async throws {
        let breaker = SharedCircuitBreaker()
        let first = await #expect(throws: RetryError.self) {
            try await retry(
                .fixed(.seconds(1), maxAttempts: 9), clock: LeapingClock(), sources: Self.sources, breaker: breaker
            ) { _ in throw AttemptFailure(.connection) }
        }
        #expect(first?.attempts == 5 && first?.reason == .circuitOpen && first?.failure.kind == .connection)
        let ran = Mutex(false)
        let second = await #expect(throws: RetryError.self) {
            try await retry(.default, clock: LeapingClock(), sources: Self.sources, breaker: breaker) { _ in
                ran.withLock { $0 = true }
            }
        }
        #expect(second?.attempts == 0 && second?.reason == .circuitOpen && second?.failure.kind == .circuitOpen)
        #expect(ran.withLock { !$0 })
        breaker.close()
        #expect(
            try await retry(.default, clock: LeapingClock(), sources: Self.sources, breaker: breaker) { _ in 7 } == 7)
        breaker.open(at: rfcDate)
        #expect(breaker.snapshot.state(at: rfcDate) == .open(until: rfcDate.addingTimeInterval(60)))
    }

    @Test("The operation runs in the caller's isolation, and may change its state")
    @MainActor
    func isolation() async throws {
        var count = 0
        let value = try await retry(.default, clock: LeapingClock(), sources: Self.sources) { context in
            MainActor.assertIsolated()
            count += 1
            if context.attempt == 1 { throw Plain(number: 0) }
            return count
        }
        #expect(value == 2)
    }

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
}

/// The random numbers of the tests' sources.
private struct SourceGenerator: RandomNumberGenerator {
    func next() -> UInt64 { RetryTests.sources.random() }
}
