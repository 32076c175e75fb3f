/// How an attempt failed: all that a decision to retry depends on, and nothing that could leak.
///
/// It is itself an error, so an operation run by `retry` may throw one:
///
/// ```swift
/// guard response.status == 200 else {
///     throw AttemptFailure.http(status: response.status, retryAfter: RetryAfter(header, receivedAt: now))
/// }
/// ```
public struct AttemptFailure: Error, Codable, Hashable, Sendable {
    /// What went wrong.
    public var kind: FailureKind
    /// The HTTP status, if a response came.
    public var status: Int?
    /// When the server asked to be called again, if it did.
    public var retryAfter: RetryAfter?

    private enum CodingKeys: String, CodingKey {
        case kind
        case status
        case retryAfter = "retry_after"
    }

    /// Describes a failed attempt.
    ///
    /// - Parameters:
    ///   - kind: What went wrong.
    ///   - status: The HTTP status, if a response came.
    ///   - retryAfter: The response's parsed `Retry-After`, if it carried one.
    public init(_ kind: FailureKind, status: Int? = nil, retryAfter: RetryAfter? = nil) {
        self.kind = kind
        self.status = status
        self.retryAfter = retryAfter
    }

    /// A response whose status is not a success.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - retryAfter: The response's parsed `Retry-After`, if it carried one.
    /// - Returns: A failure of kind ``FailureKind/httpStatus``.
    public static func http(status: Int, retryAfter: RetryAfter? = nil) -> AttemptFailure {
        AttemptFailure(.httpStatus, status: status, retryAfter: retryAfter)
    }
}

extension AttemptFailure: CustomStringConvertible {
    /// The kind, and the status if there is one: `http_status 503`.
    public var description: String {
        status.map { "\(kind) \($0)" } ?? kind.rawValue
    }
}
