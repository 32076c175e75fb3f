public import RotaRetry

/// Why an attempt or a whole execution failed.
public struct ExecutionFailure: Sendable, Hashable, Codable {
    /// The kind of failure, on which the retry policy decides.
    public let kind: FailureKind
    /// What happened, in words that a person can act on; it never contains a secret.
    public let message: String

    /// Makes a failure.
    public init(kind: FailureKind, message: String) {
        self.kind = kind
        self.message = message
    }
}
