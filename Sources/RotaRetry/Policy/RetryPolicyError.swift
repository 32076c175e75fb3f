/// What is wrong with a policy, a budget or a breaker, and which value it was.
public struct RetryPolicyError: Error, Hashable, Sendable {
    /// Which rule was broken; more may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private enum Name: String, Hashable, Sendable {
            case maxAttempts, delay, factor, jitter, timeLimit, retryAfterCap, status, strategy, budget, breaker
        }

        private let name: Name

        /// The number of attempts is outside its range.
        public static let maxAttempts = Code(name: .maxAttempts)
        /// A delay is negative, too long, or missing.
        public static let delay = Code(name: .delay)
        /// The factor by which delays grow is outside its range.
        public static let factor = Code(name: .factor)
        /// The proportion of a jitter is outside its range.
        public static let jitter = Code(name: .jitter)
        /// The total time limit is outside its range.
        public static let timeLimit = Code(name: .timeLimit)
        /// The cap on `Retry-After` is outside its range.
        public static let retryAfterCap = Code(name: .retryAfterCap)
        /// An HTTP status is outside 100–999.
        public static let status = Code(name: .status)
        /// A retry strategy is not one of those there are.
        public static let strategy = Code(name: .strategy)
        /// A retry budget's setting is outside its range.
        public static let budget = Code(name: .budget)
        /// A circuit breaker's setting is outside its range.
        public static let breaker = Code(name: .breaker)

        /// The code's name.
        public var description: String { name.rawValue }
    }

    /// Which rule was broken.
    public let code: Code
    /// What to do about it, for a person.
    public let message: String
    /// The value that was wrong, as text.
    public let value: String

    package init(_ code: Code, _ message: String, value: String) {
        self.code = code
        self.message = message
        self.value = value
    }
}

extension RetryPolicyError: CustomStringConvertible {
    /// The message and the value.
    public var description: String { "\(message) (got \(value))" }
}

extension RetryPolicyError {
    /// The error as a decoder throws it.
    func decodingError(at path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: description, underlyingError: self))
    }
}
