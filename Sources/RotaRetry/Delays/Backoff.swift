/// How long to wait after each failed attempt, before chance is mixed in.
///
/// Attempts count from 1, so the delay after attempt 1 is the one before the first retry. No attempt number
/// overflows: delays grow until ``maximum`` and stay there. They are exact to the nanosecond.
public struct Backoff: Hashable, Sendable {
    enum Shape: Hashable, Sendable {
        case fixed(Int64)
        case linear(step: Int64)
        case exponential(initial: Int64, factor: Double)
        case doubling(initial: Int64, doublings: Int)
        case delays([Int64])
        case decorrelated(initial: Int64, factor: Double)
    }

    let shape: Shape
    let floor: Int64
    let cap: Int64

    init(_ shape: Shape, minimum: Duration = .zero, maximum: Duration) {
        self.shape = shape
        floor = Nanoseconds.from(minimum)
        cap = Nanoseconds.from(maximum)
    }

    /// No nominal delay is shorter than this.
    public var minimum: Duration { Nanoseconds.duration(floor) }

    /// No delay is longer than this, jitter included.
    public var maximum: Duration { Nanoseconds.duration(cap) }

    /// The longest delay any backoff may have: 366 days.
    public static let longestDelay: Duration = Nanoseconds.duration(Nanoseconds.longest)
}

extension Backoff {
    /// The same delay every time.
    ///
    /// - Parameter delay: The delay, from zero to ``longestDelay``.
    public static func fixed(_ delay: Duration) -> Backoff {
        Backoff(.fixed(Nanoseconds.from(delay)), maximum: longestDelay)
    }

    /// One step longer every time: after attempt *n*, `n × step`.
    ///
    /// - Parameters:
    ///   - step: The first delay, and what each further one adds.
    ///   - maximum: The cap, an hour by default.
    public static func linear(_ step: Duration, maximum: Duration = .seconds(3600)) -> Backoff {
        Backoff(.linear(step: Nanoseconds.from(step)), maximum: maximum)
    }

    /// A constant factor longer every time: after attempt *n*, `initial × factor^(n−1)`.
    ///
    /// - Parameters:
    ///   - initial: The delay before the first retry.
    ///   - factor: What each delay is multiplied by to give the next, from 1 to 1000.
    ///   - minimum: The floor under every nominal delay.
    ///   - maximum: The cap, an hour by default.
    public static func exponential(
        initial: Duration = .milliseconds(500), factor: Double = 2, minimum: Duration = .zero,
        maximum: Duration = .seconds(3600)
    ) -> Backoff {
        Backoff(
            .exponential(initial: Nanoseconds.from(initial), factor: factor), minimum: minimum, maximum: maximum)
    }

    /// Doubles a number of times, then grows by what the last doubling came to.
    ///
    /// With 10 s, three doublings and a cap of 300 s: 10, 20, 40, 80, 160, 240, 300, 300 … (the rule of Google
    /// Cloud Tasks' `maxDoublings`).
    ///
    /// - Parameters:
    ///   - initial: The delay before the first retry.
    ///   - doublings: How often the delay doubles, from 0 to 60.
    ///   - maximum: The cap, an hour by default.
    public static func doubling(
        initial: Duration = .milliseconds(500), doublings: Int, thenLinearUpTo maximum: Duration = .seconds(3600)
    ) -> Backoff {
        Backoff(.doubling(initial: Nanoseconds.from(initial), doublings: doublings), maximum: maximum)
    }

    /// Delays given one by one, of which the last repeats (row S-45).
    ///
    /// - Parameter delays: The delays before the first, second … retry; at least one and at most 100.
    public static func delays(_ delays: [Duration]) -> Backoff {
        Backoff(.delays(delays.map(Nanoseconds.from)), maximum: longestDelay)
    }

    /// Each delay at random between the first and a multiple of the one before it.
    ///
    /// After Brooker, "Exponential Backoff and Jitter" (2015). The delay before is passed to each decision; without
    /// it, its distribution is reproduced from the attempt's number. It is random by itself: combine it with
    /// ``Jitter/none``.
    ///
    /// - Parameters:
    ///   - initial: The shortest delay.
    ///   - factor: How many times the delay before the longest may be, from 1 to 1000.
    ///   - maximum: The cap, an hour by default.
    public static func decorrelated(
        initial: Duration = .milliseconds(500), factor: Double = 3, maximum: Duration = .seconds(3600)
    ) -> Backoff {
        Backoff(.decorrelated(initial: Nanoseconds.from(initial), factor: factor), maximum: maximum)
    }
}
