/// What is thrown for an attempt that took longer than it was allowed to.
public struct AttemptTimeout: Error, Hashable, Sendable {
    /// How long the attempt was allowed to take.
    public let limit: Duration

    /// Says that an attempt was out of time.
    ///
    /// - Parameter limit: How long the attempt was allowed to take.
    public init(limit: Duration) {
        self.limit = limit
    }
}

extension AttemptTimeout: AttemptFailureConvertible {
    /// A failure of kind ``FailureKind/timeout``.
    public var attemptFailure: AttemptFailure { AttemptFailure(.timeout) }
}

extension AttemptTimeout: CustomStringConvertible {
    /// One line: `the attempt took longer than 5.0 seconds`.
    public var description: String { "the attempt took longer than \(limit)" }
}
