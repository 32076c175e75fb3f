/// Keeps a value alive so that the optimizer cannot remove the work that computed it.
@inline(never)
@_optimize(none)
func keep<T>(_ value: T) {}

/// The median nanoseconds of an iteration over `rounds` rounds of `iterations` each.
func medianNanoseconds(rounds: Int = 5, iterations: Int, _ body: (Int) throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    var samples: [Double] = []
    for _ in 0..<rounds {
        let elapsed = try clock.measure {
            for index in 0..<iterations { try body(index) }
        }
        samples.append(nanoseconds(elapsed) / Double(iterations))
    }
    return median(samples)
}

/// The middle value of a non-empty list.
func median(_ samples: [Double]) -> Double {
    samples.sorted()[samples.count / 2]
}

/// A duration in nanoseconds.
func nanoseconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
}
