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

extension Backoff {
    /// The same backoff with another first delay or another cap (rows S-76, S-77).
    ///
    /// - Throws: ``RetryPolicyError`` if the delays are a list, which has no first delay to derive others from.
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
                    .delay, "A list of delays has no initial delay to replace; name a strategy as well.",
                    value: "\(initial)")
            }
        }
        // Whoever asks for a shorter delay gets it: the floor gives way.
        let highest = maximum ?? self.maximum
        let lowest = min(minimum, highest, initial ?? minimum)
        return Backoff(changed, minimum: lowest, maximum: highest)
    }
}

extension Backoff {
    /// Checks that every setting is in its range.
    ///
    /// - Throws: ``RetryPolicyError`` with the first setting that is not.
    public func validate() throws(RetryPolicyError) {
        try Self.validate(minimum, .delay, "The shortest delay")
        try Self.validate(maximum, .delay, "The longest delay")
        guard floor <= cap else {
            throw RetryPolicyError(
                .delay, "The shortest delay must not be longer than the longest, which is \(maximum).",
                value: "\(minimum)")
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
                    .delay, "A list of delays must have 1 to 100 of them.", value: "\(delays.count) delays")
            }
            for delay in delays { try Self.validate(Nanoseconds.duration(delay), .delay, "A delay") }
        }
    }

    static func validate(
        _ duration: Duration, _ code: RetryPolicyError.Code, _ name: String
    ) throws(RetryPolicyError) {
        guard duration >= .zero, duration <= longestDelay else {
            throw RetryPolicyError(code, "\(name) must be 0 s to 366 days.", value: "\(duration)")
        }
    }
}

extension Jitter {
    /// Checks that a proportion is from 0 to 1.
    ///
    /// - Throws: ``RetryPolicyError`` if it is not.
    public func validate() throws(RetryPolicyError) {
        guard case .proportional(let proportion) = self else { return }
        guard proportion >= 0, proportion <= 1 else {
            throw RetryPolicyError(.jitter, "The proportion of a jitter must be 0 to 1.", value: "\(proportion)")
        }
    }
}

extension Backoff {
    /// 500 ms, 1 s, 2 s and so on, at most an hour.
    public static let standard = Backoff.exponential(initial: .milliseconds(500))

    /// The delays of Standard Webhooks 1.0: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h.
    public static let standardWebhooks = Backoff.delays([
        .seconds(5), .seconds(300), .seconds(1800), .seconds(2 * 3600), .seconds(5 * 3600), .seconds(10 * 3600),
        .seconds(14 * 3600), .seconds(20 * 3600), .seconds(24 * 3600),
    ])

    /// The name of a kind of backoff, for callers that choose one at run time.
    public struct Strategy: RawRepresentable, Codable, Hashable, Sendable {
        /// The name.
        public let rawValue: String

        /// Creates a strategy from its name; ``Backoff/init(strategy:initial:maximum:delays:)`` refuses unknown names.
        ///
        /// - Parameter rawValue: A name such as `exponential`.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// Each delay is twice the one before.
        public static let exponential = Strategy(rawValue: "exponential")
        /// Each delay is one step longer than the one before.
        public static let linear = Strategy(rawValue: "linear")
        /// All delays are equal.
        public static let fixed = Strategy(rawValue: "fixed")
        /// The delays are given one by one.
        public static let custom = Strategy(rawValue: "custom")
    }

    /// Creates a backoff from the name of its kind.
    ///
    /// No nominal delay is shorter than a second, unless a shorter `initial` or `maximum` says so.
    ///
    /// - Parameters:
    ///   - strategy: The kind of backoff.
    ///   - initial: The first delay, from which the others follow. The default is a second.
    ///   - maximum: The longest delay. The default is an hour.
    ///   - delays: The delays of the custom strategy, the last of which repeats. Other strategies ignore them.
    /// - Throws: ``RetryPolicyError`` if the name is unknown, the delays are missing, or a value is out of its range.
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
