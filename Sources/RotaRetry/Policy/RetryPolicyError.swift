/// An invalid setting of a retry policy, a retry budget or a circuit breaker.
public struct RetryPolicyError: Error, Hashable, Sendable {
    /// The rule that a setting breaks.
    ///
    /// More rules may be added.
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
        /// A retry strategy is unknown.
        public static let strategy = Code(name: .strategy)
        /// A setting of a retry budget is outside its range.
        public static let budget = Code(name: .budget)
        /// A setting of a circuit breaker is outside its range.
        public static let breaker = Code(name: .breaker)

        /// The name of the code.
        public var description: String { name.rawValue }
    }

    /// The rule that the setting breaks.
    public let code: Code
    /// The rule as a sentence.
    public let message: String
    /// The invalid value as text.
    public let value: String

    package init(_ code: Code, _ message: String, value: String) {
        self.code = code
        self.message = message
        self.value = value
    }
}

extension RetryPolicyError: CustomStringConvertible {
    /// The message and the invalid value.
    public var description: String { "\(message) (got \(value))" }
}

extension RetryPolicyError {
    /// Returns the error wrapped in a `DecodingError`.
    func decodingError(at path: [any CodingKey]) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: description, underlyingError: self))
    }
}
