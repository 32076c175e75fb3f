/// Why there is no further attempt.
public struct StopReason: RawRepresentable, Codable, Hashable, Sendable {
    /// The name that is stored, in lower snake case.
    public let rawValue: String

    /// Takes a stored name as it is.
    ///
    /// - Parameter rawValue: A name such as `attempts_exhausted`.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The last allowed attempt has failed.
    public static let attemptsExhausted = StopReason(rawValue: "attempts_exhausted")
    /// The failure is one that the policy does not retry.
    public static let notRetryable = StopReason(rawValue: "not_retryable")
    /// The next attempt would start after the policy's time limit.
    public static let timeLimit = StopReason(rawValue: "time_limit")
    /// The attempt was canceled, and what was stopped on purpose is not started again.
    public static let canceled = StopReason(rawValue: "canceled")
    /// The shared retry budget is used up.
    public static let budgetExhausted = StopReason(rawValue: "budget_exhausted")
    /// A circuit breaker is open.
    public static let circuitOpen = StopReason(rawValue: "circuit_open")
}

extension StopReason: CustomStringConvertible {
    /// The stored name.
    public var description: String { rawValue }
}
