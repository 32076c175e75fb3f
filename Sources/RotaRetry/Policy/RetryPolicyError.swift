public import Foundation

/// An invalid setting of a retry policy, a retry budget, a circuit breaker or an adaptive timeout.
public struct RetryPolicyError: Error, Hashable, Sendable {
    /// The rule that a setting breaks.
    ///
    /// More rules may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case maxAttempts, delay, factor, jitter, timeLimit, retryAfterCap, status, strategy, budget, breaker
            case timeout
        }

        private let kind: Kind

        /// The number of attempts is outside its range.
        public static let maxAttempts = Code(kind: .maxAttempts)
        /// A delay is negative, too long, or missing.
        public static let delay = Code(kind: .delay)
        /// The factor by which delays grow is outside its range.
        public static let factor = Code(kind: .factor)
        /// The proportion of a jitter is outside its range.
        public static let jitter = Code(kind: .jitter)
        /// The total time limit is outside its range.
        public static let timeLimit = Code(kind: .timeLimit)
        /// The cap on `Retry-After` is outside its range.
        public static let retryAfterCap = Code(kind: .retryAfterCap)
        /// An HTTP status is outside 100–999.
        public static let status = Code(kind: .status)
        /// A retry strategy is unknown.
        public static let strategy = Code(kind: .strategy)
        /// A setting of a retry budget is outside its range.
        public static let budget = Code(kind: .budget)
        /// A setting of a circuit breaker is outside its range.
        public static let breaker = Code(kind: .breaker)
        /// A setting of an adaptive timeout is outside its range.
        public static let timeout = Code(kind: .timeout)

        /// The name of the code, such as `maxAttempts`.
        public var description: String { kind.rawValue }
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

extension RetryPolicyError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The ``message``.
    public var failureReason: String? { message }
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
