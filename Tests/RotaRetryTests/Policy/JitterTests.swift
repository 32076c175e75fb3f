import RotaRetry
import RotaTesting
import Testing

@Suite("Jitter")
struct JitterTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let jitter: Jitter
        let low: Double
        let high: Double
        var testDescription: String { "\(jitter)" }
    }

    @Test(
        "Every jitter is uniform between its bounds: mean, spread and ten equal cells",
        arguments: [
            Case(jitter: .full, low: 0, high: 8), Case(jitter: .equal, low: 4, high: 8),
            Case(jitter: .proportional(0.25), low: 6, high: 10), Case(jitter: .proportional(1), low: 0, high: 16),
        ], [1, 42, 2026] as [UInt64])
    func uniform(example: Case, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = 20_000
        let width = example.high - example.low
        var sum = 0.0
        var squares = 0.0
        var cells = [Int](repeating: 0, count: 10)
        for _ in 0..<count {
            let delay = seconds(
                Backoff.fixed(.seconds(8)).delay(afterAttempt: 1, jitter: example.jitter, using: &generator))
            sum += delay
            squares += delay * delay
            cells[min(9, max(0, Int((delay - example.low) / width * 10)))] += 1
        }
        let mean = sum / Double(count)
        let variance = squares / Double(count) - mean * mean
        // The mean of a uniform distribution strays by width/√(12 n); five times that is one run in a million.
        #expect(abs(mean - (example.low + example.high) / 2) < 5 * width / (12 * Double(count)).squareRoot())
        #expect(abs(variance - width * width / 12) < width * width / 12 * 0.05)
        let expected = Double(count) / 10
        let chiSquare = cells.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
        // Nine degrees of freedom: 33.7 is passed once in ten thousand runs.
        #expect(chiSquare < 33.7, "\(cells)")
    }

    @Test("Without jitter the delay does not depend on the random number", arguments: [0, 1, .max] as [UInt64])
    func none(random: UInt64) {
        var generator = Constant(random)
        #expect(Backoff.standard.delay(afterAttempt: 3, jitter: .none, using: &generator) == .seconds(2))
    }

    @Test(
        "The ends of the random numbers are the ends of the bounds",
        arguments: [Jitter.full, .equal, .proportional(0.2)])
    func ends(jitter: Jitter) {
        let bounds = jitter.bounds(of: .seconds(2))
        var least = Constant(0)
        var most = Constant(.max)
        #expect(Backoff.standard.delay(afterAttempt: 3, jitter: jitter, using: &least) == bounds.lowerBound)
        #expect(Backoff.standard.delay(afterAttempt: 3, jitter: jitter, using: &most) == bounds.upperBound)
    }

    @Test(
        "At the cap, delays spread below it: none exceeds it, and no value is frequent",
        arguments: [Jitter.full, .equal, .proportional(0.2), .proportional(0.01), .proportional(1)],
        [
            Backoff.exponential(initial: .seconds(1), maximum: .seconds(10)),
            .linear(.seconds(3), maximum: .seconds(10)),
            .doubling(initial: .seconds(1), doublings: 2, thenLinearUpTo: .seconds(10)),
            .exponential(initial: .seconds(9.9), maximum: .seconds(10)),
            .decorrelated(initial: .seconds(1), maximum: .seconds(10)),
        ])
    func cap(jitter: Jitter, backoff: Backoff) {
        var generator = SeededGenerator(seed: 3)
        let count = 10_000
        var counts: [Duration: Int] = [:]
        let low = jitter.bounds(of: .seconds(10)).lowerBound
        for index in 0..<count {
            let delay = backoff.delay(afterAttempt: 5 + index % 50, jitter: jitter, using: &generator)
            #expect(delay <= .seconds(10))
            #expect(delay >= low || backoff == .decorrelated(initial: .seconds(1), maximum: .seconds(10)))
            counts[delay, default: 0] += 1
        }
        #expect((counts.values.max() ?? 0) < count / 50)
    }

    @Test("Decorrelated delays stay between the first and three times the one before")
    func decorrelated() {
        var generator = SeededGenerator(seed: 11)
        let backoff = Backoff.decorrelated(initial: .seconds(1), maximum: .seconds(60))
        var previous = Duration.seconds(1)
        for attempt in 1...5000 {
            let delay = backoff.delay(
                afterAttempt: attempt, jitter: .none, previous: attempt == 1 ? nil : previous, using: &generator)
            #expect(delay >= .seconds(1) && delay <= min(previous * 3, .seconds(60)))
            previous = delay
        }
    }

    @Test(
        "Without the delay before, decorrelated delays have the distribution of the whole chain", arguments: [2, 5, 12])
    func decorrelatedChain(attempt: Int) {
        var generator = SeededGenerator(seed: UInt64(attempt))
        let backoff = Backoff.decorrelated(initial: .seconds(1), maximum: .seconds(60))
        let count = 10_000
        var chained: [Double] = []
        var direct: [Double] = []
        for _ in 0..<count {
            var previous: Duration?
            for step in 1...attempt {
                previous = backoff.delay(afterAttempt: step, jitter: .none, previous: previous, using: &generator)
            }
            chained.append(seconds(previous ?? .zero))
            direct.append(seconds(backoff.delay(afterAttempt: attempt, jitter: .none, using: &generator)))
        }
        chained.sort()
        direct.sort()
        // Two-sample Kolmogorov–Smirnov, at deciles: 2.2 √(2/n) is passed once in some ten thousand runs.
        for decile in 1..<10 {
            let value = chained[count * decile / 10]
            let below = direct.partitioningIndex { $0 >= value }
            #expect(abs(Double(below) / Double(count) - Double(decile) / 10) < 2.2 * (2 / Double(count)).squareRoot())
        }
    }

    @Test("The shortest and the longest delay a jitter can make of a nominal one")
    func jitterBounds() {
        let nominal = Duration.seconds(10)
        #expect(Jitter.none.bounds(of: nominal) == nominal...nominal)
        #expect(Jitter.full.bounds(of: nominal) == .zero...nominal)
        #expect(Jitter.equal.bounds(of: nominal) == .seconds(5)...nominal)
        #expect(Jitter.proportional(0.2).bounds(of: nominal) == .seconds(8)...(.seconds(12)))
        #expect(Jitter.full.bounds(of: .seconds(-3)) == .zero...(.zero))
    }
}

private struct Constant: RandomNumberGenerator {
    let value: UInt64

    init(_ value: UInt64) {
        self.value = value
    }

    func next() -> UInt64 { value }
}

extension [Double] {
    /// Where a condition that is false and then true becomes true.
    fileprivate func partitioningIndex(where isIn: (Double) -> Bool) -> Int {
        firstIndex(where: isIn) ?? count
    }
}
