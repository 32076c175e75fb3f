import RotaCore

/// The delays between attempts, before jitter.
///
/// Attempts count from 1: the delay after attempt 1 comes before the first retry. Delays grow until ``maximum`` and
/// stay there for all later attempts. They are exact to the nanosecond.
///
/// ```swift
/// let backoff = Backoff.exponential(initial: .seconds(1), maximum: .seconds(5))
/// print((1...4).map { backoff.nominalDelay(afterAttempt: $0) })
/// // [1.0 seconds, 2.0 seconds, 4.0 seconds, 5.0 seconds]
/// ```
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

    /// The shortest nominal delay.
    public var minimum: Duration { Nanoseconds.duration(floor) }

    /// The longest delay, including jitter, which spreads delays below it.
    ///
    /// Only a server's `Retry-After` can ask for more: see ``RetryPolicy/retryAfterCap``.
    public var maximum: Duration { Nanoseconds.duration(cap) }

    /// The longest delay that a backoff may have: 366 days.
    public static let longestDelay: Duration = Nanoseconds.duration(Nanoseconds.longest)
}

extension Backoff {
    /// Creates a backoff with the same delay every time.
    ///
    /// - Parameter delay: The delay, from 0 to ``longestDelay``.
    public static func fixed(_ delay: Duration) -> Backoff {
        Backoff(.fixed(Nanoseconds.from(delay)), maximum: longestDelay)
    }

    /// Creates a backoff whose delays grow by a constant step: `n × step` after attempt *n*.
    ///
    /// - Parameters:
    ///   - step: The first delay, and the difference between delays.
    ///   - maximum: The longest delay. The default is 1 hour.
    public static func linear(_ step: Duration, maximum: Duration = .seconds(3600)) -> Backoff {
        Backoff(.linear(step: Nanoseconds.from(step)), maximum: maximum)
    }

    /// Creates a backoff whose delays grow by a constant factor: `initial × factor^(n−1)` after attempt *n*.
    ///
    /// - Parameters:
    ///   - initial: The first delay. The default is 500 ms.
    ///   - factor: The ratio between delays, from 1 to 1000.
    ///   - minimum: The shortest nominal delay.
    ///   - maximum: The longest delay. The default is 1 hour.
    public static func exponential(
        initial: Duration = .milliseconds(500), factor: Double = 2, minimum: Duration = .zero,
        maximum: Duration = .seconds(3600)
    ) -> Backoff {
        Backoff(
            .exponential(initial: Nanoseconds.from(initial), factor: factor), minimum: minimum, maximum: maximum)
    }

    /// Creates a backoff whose delays double a number of times, then grow linearly.
    ///
    /// This is the rule of `maxDoublings` in Google Cloud Tasks. With 10 s, three doublings and a maximum of 300 s, the
    /// delays are 10, 20, 40, 80, 160, 240, 300, 300, … seconds.
    ///
    /// - Parameters:
    ///   - initial: The first delay. The default is 500 ms.
    ///   - doublings: How often the delay doubles, from 0 to 60.
    ///   - maximum: The longest delay. The default is 1 hour.
    public static func doubling(
        initial: Duration = .milliseconds(500), doublings: Int, thenLinearUpTo maximum: Duration = .seconds(3600)
    ) -> Backoff {
        Backoff(.doubling(initial: Nanoseconds.from(initial), doublings: doublings), maximum: maximum)
    }

    /// Creates a backoff from a list of delays, the last of which repeats.
    ///
    /// - Parameter delays: The delays before the first, second, … retry, from 1 to 100 of them.
    public static func delays(_ delays: [Duration]) -> Backoff {
        Backoff(.delays(delays.map(Nanoseconds.from)), maximum: longestDelay)
    }

    /// Creates a backoff whose delays are random: between the first delay and a multiple of the previous one.
    ///
    /// Brooker, "Exponential Backoff and Jitter" (2015). These delays already contain randomness, so combine them with
    /// ``Jitter/none``. Decisions that are not given the previous delay reproduce its distribution from the attempt
    /// number.
    ///
    /// - Parameters:
    ///   - initial: The first delay, which is also the shortest. The default is 500 ms.
    ///   - factor: The largest ratio between consecutive delays, from 1 to 1000.
    ///   - maximum: The longest delay. The default is 1 hour.
    public static func decorrelated(
        initial: Duration = .milliseconds(500), factor: Double = 3, maximum: Duration = .seconds(3600)
    ) -> Backoff {
        Backoff(.decorrelated(initial: Nanoseconds.from(initial), factor: factor), maximum: maximum)
    }
}

extension Backoff {
    /// The rule of a backoff, to read it back.
    public enum Kind: Sendable, Hashable {
        /// The same delay every time.
        case fixed(Duration)
        /// Delays that grow by a step.
        case linear(step: Duration)
        /// Delays that grow by a factor.
        case exponential(initial: Duration, factor: Double)
        /// Delays that double a number of times, then grow linearly.
        case doubling(initial: Duration, doublings: Int)
        /// A list of delays, the last of which repeats.
        case delays([Duration])
        /// Random delays, each at most a factor longer than the one before.
        case decorrelated(initial: Duration, factor: Double)
    }

    /// The rule of the delays.
    ///
    /// ``minimum`` and ``maximum`` limit what it gives.
    public var kind: Kind {
        switch shape {
        case .fixed(let delay): .fixed(Nanoseconds.duration(delay))
        case .linear(let step): .linear(step: Nanoseconds.duration(step))
        case .exponential(let initial, let factor):
            .exponential(initial: Nanoseconds.duration(initial), factor: factor)
        case .doubling(let initial, let doublings):
            .doubling(initial: Nanoseconds.duration(initial), doublings: doublings)
        case .delays(let delays): .delays(delays.map(Nanoseconds.duration))
        case .decorrelated(let initial, let factor):
            .decorrelated(initial: Nanoseconds.duration(initial), factor: factor)
        }
    }
}

extension Backoff {
    /// Returns the backoff with another first delay or another longest delay.
    ///
    /// - Throws: ``RetryPolicyError`` if the delays are a list and `initial` is given.
    func replacing(initial: Duration?, maximum: Duration?) throws(RetryPolicyError) -> Backoff {
        var changed = shape
        if let initial {
            let first = Nanoseconds.from(initial)
            switch shape {
            case .fixed: changed = .fixed(first)
            case .linear: changed = .linear(step: first)
            case .exponential(_, let factor): changed = .exponential(initial: first, factor: factor)
            case .doubling(_, let doublings): changed = .doubling(initial: first, doublings: doublings)
            case .decorrelated(_, let factor): changed = .decorrelated(initial: first, factor: factor)
            case .delays:
                throw RetryPolicyError(
                    .delay, "The initial delay of a list of delays cannot be replaced. Choose a strategy as well.",
                    value: initial.exactText)
            }
        }
        // An explicit delay that is shorter than the minimum lowers the minimum.
        let highest = maximum ?? self.maximum
        let lowest = min(minimum, highest, initial ?? minimum)
        return Backoff(changed, minimum: lowest, maximum: highest)
    }
}

extension Backoff {
    /// Checks that every setting is in its range.
    ///
    /// - Throws: ``RetryPolicyError`` for the first setting that is out of its range.
    public func validate() throws(RetryPolicyError) {
        try Self.validate(minimum, .delay, "The shortest delay")
        try Self.validate(maximum, .delay, "The longest delay")
        guard floor <= cap else {
            throw RetryPolicyError(
                .delay, "The shortest delay must be at most the longest, \(maximum.exactText).",
                value: minimum.exactText)
        }
        switch shape {
        case .fixed(let delay), .linear(let delay):
            try Self.validate(Nanoseconds.duration(delay), .delay, "A delay")
        case .exponential(let initial, let factor), .decorrelated(let initial, let factor):
            try Self.validate(Nanoseconds.duration(initial), .delay, "The first delay")
            guard factor >= 1, factor <= 1000 else {
                throw RetryPolicyError(.factor, "The factor of a backoff must be 1 to 1000.", value: "\(factor)")
            }
        case .doubling(let initial, let doublings):
            try Self.validate(Nanoseconds.duration(initial), .delay, "The first delay")
            guard doublings >= 0, doublings <= 60 else {
                throw RetryPolicyError(.factor, "The number of doublings must be 0 to 60.", value: "\(doublings)")
            }
        case .delays(let delays):
            guard !delays.isEmpty, delays.count <= 100 else {
                throw RetryPolicyError(
                    .delay, "A list of delays must have 1 to 100 elements.", value: "\(delays.count) delays")
            }
            for delay in delays { try Self.validate(Nanoseconds.duration(delay), .delay, "A delay") }
        }
    }

    static func validate(
        _ duration: Duration, _ code: RetryPolicyError.Code, _ name: String
    ) throws(RetryPolicyError) {
        guard duration >= .zero, duration <= longestDelay else {
            throw RetryPolicyError(code, "\(name) must be 0 seconds to 366 days.", value: duration.exactText)
        }
    }
}

extension Backoff {
    /// The default backoff: 500 ms, 1 s, 2 s and so on, up to 1 hour.
    public static let standard = Backoff.exponential(initial: .milliseconds(500))

    /// The delays of Standard Webhooks 1.0: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h and 24 h.
    public static let standardWebhooks = Backoff.delays([
        .seconds(5), .seconds(300), .seconds(1800), .seconds(2 * 3600), .seconds(5 * 3600), .seconds(10 * 3600),
        .seconds(14 * 3600), .seconds(20 * 3600), .seconds(24 * 3600),
    ])

    /// The name of a kind of backoff, for callers that choose one at run time.
    public struct Strategy: RawRepresentable, Codable, Hashable, Sendable {
        /// The name.
        public let rawValue: String

        /// Creates a strategy from its name.
        ///
        /// ``Backoff/init(strategy:initial:maximum:delays:)`` rejects unknown names.
        ///
        /// - Parameter rawValue: A name such as `exponential`.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Each delay is twice the previous one.
        public static let exponential = Strategy(rawValue: "exponential")
        /// Each delay is one step longer than the previous one.
        public static let linear = Strategy(rawValue: "linear")
        /// All delays are equal.
        public static let fixed = Strategy(rawValue: "fixed")
        /// The delays are listed.
        public static let custom = Strategy(rawValue: "custom")
    }

    /// Creates a backoff from the name of its kind.
    ///
    /// The shortest nominal delay is 1 second, or `initial` or `maximum` if one of them is shorter.
    ///
    /// - Parameters:
    ///   - strategy: The kind of backoff.
    ///   - initial: The first delay. The default is 1 second.
    ///   - maximum: The longest delay. The default is 1 hour.
    ///   - delays: The delays of the custom strategy, the last of which repeats. Other strategies ignore them.
    /// - Throws: ``RetryPolicyError`` if the strategy is unknown, the delays are missing, or a value is out of range.
    public init(
        strategy: Strategy, initial: Duration = .seconds(1), maximum: Duration = .seconds(3600),
        delays: [Duration] = []
    ) throws(RetryPolicyError) {
        let first = Nanoseconds.from(initial)
        let shape: Shape
        switch strategy {
        case .exponential: shape = .exponential(initial: first, factor: 2)
        case .linear: shape = .linear(step: first)
        case .fixed: shape = .fixed(first)
        case .custom: shape = .delays(delays.map(Nanoseconds.from))
        default:
            throw RetryPolicyError(
                .strategy, "A retry strategy must be exponential, linear, fixed or custom.",
                value: strategy.rawValue)
        }
        self.init(shape, minimum: max(.zero, min(.seconds(1), initial, maximum)), maximum: maximum)
        try validate()
    }
}
