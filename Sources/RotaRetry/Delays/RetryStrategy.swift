/// The name of a backoff, by Strait's words (row S-44).
public struct RetryStrategy: RawRepresentable, Codable, Hashable, Sendable {
    /// The name as Strait writes it.
    public let rawValue: String

    /// Takes a stored name as it is; ``Backoff/init(strategy:initial:maximum:delays:)`` refuses one it does not know.
    ///
    /// - Parameter rawValue: A name such as `exponential`.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Twice as long every time.
    public static let exponential = RetryStrategy(rawValue: "exponential")
    /// One step longer every time.
    public static let linear = RetryStrategy(rawValue: "linear")
    /// The same every time.
    public static let fixed = RetryStrategy(rawValue: "fixed")
    /// Delays given one by one.
    public static let custom = RetryStrategy(rawValue: "custom")
}

extension Backoff {
    /// Makes a backoff from its name, with Strait's defaults (rows S-44, S-45, SX-8).
    ///
    /// As at Strait, no nominal delay is shorter than a second, unless a shorter `initial` or `maximum` says so.
    ///
    /// - Parameters:
    ///   - strategy: Which kind of backoff.
    ///   - initial: The first delay, of which the further ones are made; a second by default.
    ///   - maximum: The cap, an hour by default.
    ///   - delays: The delays of the custom strategy, of which the last repeats; others do not look at it.
    /// - Throws: ``RetryPolicyError`` if the name is unknown, the delays are missing, or a value is out of its range.
    public init(
        strategy: RetryStrategy, initial: Duration = .seconds(1), maximum: Duration = .seconds(3600),
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
