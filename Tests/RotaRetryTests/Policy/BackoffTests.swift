import Foundation
import RotaRetry
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Backoff")
struct BackoffTests {
    static let shapes: [Backoff] = [
        .fixed(.seconds(3)), .linear(.milliseconds(700)), .exponential(), .exponential(factor: 1.7),
        .exponential(initial: .nanoseconds(1), factor: 1000, maximum: Backoff.longestDelay),
        .doubling(doublings: 4), .doubling(initial: Backoff.longestDelay, doublings: 60),
        .delays([.seconds(1), .seconds(9)]), .decorrelated(), .decorrelated(factor: 1000), .standard,
        .linear(.seconds(15)),
        .standardWebhooks,
    ]

    @Test(
        "No attempt number overflows, and none is beyond the cap", arguments: shapes,
        [Int.min, -1, 0, 1, 2, 31, 32, 62, 63, 64, 65, 99, 100, 1023, 1024, 1025, Int(Int32.max), .max - 1, .max])
    func anyAttempt(backoff: Backoff, attempt: Int) {
        var generator = SeededGenerator(seed: UInt64(bitPattern: Int64(attempt)))
        let nominal = backoff.nominalDelay(afterAttempt: attempt)
        #expect(nominal >= backoff.minimum && nominal <= backoff.maximum)
        for jitter in [Jitter.none, .full, .equal, .proportional(1)] {
            let delay = backoff.delay(afterAttempt: attempt, jitter: jitter, using: &generator)
            #expect(delay >= .zero && delay <= backoff.maximum)
        }
    }

    @Test("Nominal delays never shrink from one attempt to the next", arguments: shapes)
    func monotonic(backoff: Backoff) {
        for attempt in 1..<300 {
            #expect(
                backoff.nominalDelay(afterAttempt: attempt) <= backoff.nominalDelay(afterAttempt: attempt + 1),
                "attempt \(attempt)")
        }
    }

    @Test("Whole factors are exact: the same as repeated multiplication of whole nanoseconds")
    func exactPowers() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let factor = Int64(generator.below(9) + 1)
            let initial = Int64(generator.below(1_000_000_000))
            let cap = Int64(generator.below(3600) + 1) * 1_000_000_000
            let backoff = Backoff.exponential(
                initial: .nanoseconds(initial), factor: Double(factor), maximum: .nanoseconds(cap))
            var expected = min(initial, cap)
            for attempt in 1...40 {
                #expect(backoff.nominalDelay(afterAttempt: attempt) == .nanoseconds(expected))
                let (product, overflow) = expected.multipliedReportingOverflow(by: factor)
                expected = overflow ? cap : min(product, cap)
            }
        }
    }

    @Test("Linear is n steps, and equal to adding a step at a time")
    func linear() {
        var expected = Duration.zero
        let backoff = Backoff.linear(.milliseconds(1300), maximum: .seconds(60))
        for attempt in 1...100 {
            expected = min(expected + .milliseconds(1300), .seconds(60))
            #expect(backoff.nominalDelay(afterAttempt: attempt) == expected)
        }
    }

    @Test("Doublings then linear: Cloud Tasks' own example, 10 s with three doublings up to 300 s")
    func doublings() {
        let backoff = Backoff.doubling(initial: .seconds(10), doublings: 3, thenLinearUpTo: .seconds(300))
        let delays = (1...9).map { backoff.nominalDelay(afterAttempt: $0) }
        #expect(delays == [10, 20, 40, 80, 160, 240, 300, 300, 300].map { Duration.seconds($0) })
        let steady = Backoff.doubling(initial: .seconds(2), doublings: 0)
        #expect((1...4).map { steady.nominalDelay(afterAttempt: $0) } == [2, 4, 6, 8].map { Duration.seconds($0) })
    }

    @Test("Of explicit delays the last repeats", .rows("S-45"))
    func explicitDelays() {
        let backoff = Backoff.delays([.seconds(5), .seconds(1), .seconds(30)])
        let delays = (1...6).map { backoff.nominalDelay(afterAttempt: $0) }
        #expect(delays == [5, 1, 30, 30, 30, 30].map { Duration.seconds($0) })
    }

    @Test("The floor lifts nominal delays and gives way to nothing but jitter and the cap")
    func floor() {
        let backoff = Backoff.exponential(initial: .milliseconds(1), minimum: .seconds(2), maximum: .seconds(5))
        #expect(backoff.nominalDelay(afterAttempt: 1) == .seconds(2))
        #expect(backoff.nominalDelay(afterAttempt: 12) == .milliseconds(2048))
        #expect(backoff.nominalDelay(afterAttempt: 40) == .seconds(5))
    }

    @Test("Settings that were not validated never trap, and stay within the longest delay")
    func unvalidated() {
        var generator = SeededGenerator(seed: 9)
        let durations: [Duration] = [
            .seconds(Int64.min), .seconds(-1), .zero, .nanoseconds(1), .seconds(Int64.max), .seconds(400 * 86_400),
        ]
        let factors = [-Double.infinity, -2, 0, 0.5, 1, 1e300, .infinity, .nan, .leastNonzeroMagnitude]
        var backoffs: [Backoff] = [.delays([])]
        for duration in durations {
            for maximum in durations {
                backoffs += [.linear(duration, maximum: maximum), .delays([duration]), .fixed(duration)]
                for count in [Int.min, -1, 61, .max] {
                    backoffs.append(.doubling(initial: duration, doublings: count, thenLinearUpTo: maximum))
                }
                for factor in factors {
                    backoffs += [
                        .exponential(initial: duration, factor: factor, minimum: maximum, maximum: duration),
                        .exponential(initial: duration, factor: factor, maximum: maximum),
                        .decorrelated(initial: duration, factor: factor, maximum: maximum),
                    ]
                }
            }
        }
        for backoff in backoffs {
            for attempt in [Int.min, 1, 2, 100, .max] {
                for jitter in [Jitter.full, .equal, .proportional(.nan), .proportional(-1), .proportional(1e300)] {
                    for previous in [nil, Duration.seconds(Int64.max), .seconds(Int64.min)] {
                        let delay = backoff.delay(
                            afterAttempt: attempt, jitter: jitter, previous: previous, using: &generator)
                        #expect(delay >= .zero && delay <= Backoff.longestDelay)
                    }
                }
            }
        }
    }

    @Test("A first delay of more than 104 days is exact to the nanosecond, as is its minimum")
    func longFirstDelay() {
        let initial = Duration.nanoseconds(17_280_000_000_000_001)
        let backoff = Backoff.exponential(initial: initial, maximum: Backoff.longestDelay)
        #expect(backoff.nominalDelay(afterAttempt: 1) == initial)
        let constant = Backoff.exponential(initial: initial, factor: 1, maximum: Backoff.longestDelay)
        #expect(constant.nominalDelay(afterAttempt: .max) == initial)
    }

    @Test("The kind of a backoff is what it was made of")
    func kinds() {
        let (one, two) = (Duration.seconds(1), Duration.seconds(2))
        #expect(Backoff.fixed(one).kind == .fixed(one))
        #expect(Backoff.linear(one, maximum: two).kind == .linear(step: one))
        #expect(Backoff.exponential(initial: one, factor: 3).kind == .exponential(initial: one, factor: 3))
        #expect(Backoff.doubling(initial: one, doublings: 4).kind == .doubling(initial: one, doublings: 4))
        #expect(Backoff.delays([one, two]).kind == .delays([one, two]))
        #expect(Backoff.decorrelated(initial: one, factor: 2).kind == .decorrelated(initial: one, factor: 2))
    }
}
