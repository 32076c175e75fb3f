import Foundation
import RotaRetry

/// The goals of the Retry module.
enum RetrySuite {
    static let benchmarks = [
        Benchmark(
            id: "P14", title: "retry decision and retry helper", goal: "≤ 100 ns a decision, no allocation",
            run: decisions)
    ]

    @Sendable
    private static func decisions(_ scale: Scale) async throws -> [Figure] {
        let count = scale.iterations(2_000_000)
        let floor = generatorFloor(count)
        var figures = [Figure("floor: one random number and a scaled delay", floor, "ns")]
        func add(_ name: String, _ value: Double) {
            figures.append(Figure(name, value, "ns", ratio: (value / floor, "the floor")))
        }
        add("503, exponential, full jitter", decision(.default, .http(status: 503), count))
        add("timeout, exponential, full jitter", decision(.default, AttemptFailure(.timeout), count))
        add("timeout, ± 20 %", decision(RetryPolicy(jitter: .proportional(0.2)), AttemptFailure(.timeout), count))
        add("timeout, list of delays", decision(.standardWebhooks, AttemptFailure(.timeout), count))
        add("timeout, decorrelated", decision(decorrelated, AttemptFailure(.timeout), count, previous: .seconds(3)))
        add("503 with Retry-After and a time limit", decision(limited, dated, count))
        add("404: stop", decision(.default, .http(status: 404), count))
        add("breaker: admit and record", breaker(count))
        add("budget: deposit and withdraw", budget(count))
        add("Retry-After header: a date read", header(count / 10))

        let bare = try await bareLoop(count / 10)
        let helper = try await helperLoop(count / 10)
        figures.append(Figure("floor: await the operation alone", bare, "ns"))
        figures.append(Figure("retry helper, success at once", helper, "ns", ratio: (helper / bare, "the operation")))
        figures.append(Figure("retry helper, added to the operation", helper - bare, "ns"))
        return figures
    }

    private static let now = Date(timeIntervalSince1970: 1_792_000_000)
    private static let decorrelated = RetryPolicy(backoff: .decorrelated(), jitter: .none)
    private static let limited = RetryPolicy.exponential(timeLimit: .seconds(3600))
    private static let dated = AttemptFailure.http(status: 503, retryAfter: .date(now.addingTimeInterval(30)))

    private static func generatorFloor(_ count: Int) -> Double {
        var generator = WeakGenerator()
        return medianNanoseconds(iterations: count) { _ in
            keep(Duration.nanoseconds(Int64(UInt64(500_000_000).multipliedFullWidth(by: generator.next()).high)))
        }
    }

    private static func decision(
        _ policy: RetryPolicy, _ failure: AttemptFailure, _ count: Int, previous: Duration? = nil
    ) -> Double {
        var generator = WeakGenerator()
        return medianNanoseconds(iterations: count) { index in
            keep(
                policy.decide(
                    attempt: 1 + index & 1, failure: failure, elapsed: .seconds(index & 31), now: now,
                    previousDelay: previous, using: &generator))
        }
    }

    private static func breaker(_ count: Int) -> Double {
        var breaker = CircuitBreaker()
        return medianNanoseconds(iterations: count) { _ in
            if case .permitted(let permit) = breaker.admit(at: now) { breaker.record(.success, permit, at: now) }
        }
    }

    private static func budget(_ count: Int) -> Double {
        var budget = RetryBudget.default
        return medianNanoseconds(iterations: count) { _ in
            budget.deposit(at: now)
            keep(budget.withdraw(at: now))
        }
    }

    private static func header(_ count: Int) -> Double {
        medianNanoseconds(iterations: count) { _ in
            keep(RetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", receivedAt: now))
        }
    }

    private static func bareLoop(_ count: Int) async throws -> Double {
        try await medianAwaited(count) { try await operation(1) }
    }

    private static func helperLoop(_ count: Int) async throws -> Double {
        try await medianAwaited(count) { try await retry { context in try await operation(context.attempt) } }
    }

    private static func medianAwaited(_ count: Int, _ body: () async throws -> Int) async rethrows -> Double {
        let clock = ContinuousClock()
        var samples: [Double] = []
        for _ in 0..<5 {
            let start = clock.now
            for _ in 0..<count { keep(try await body()) }
            samples.append(nanoseconds(start.duration(to: clock.now)) / Double(count))
        }
        return median(samples)
    }

    @inline(never)
    private static func operation(_ attempt: Int) async throws -> Int {
        attempt
    }
}

/// A generator that costs almost nothing, so that the decision itself is measured.
private struct WeakGenerator: RandomNumberGenerator {
    private var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state
    }
}
