/// What carries requests: URLSession, a script for tests, or another client.
///
/// A transport honours `request.timeout` as the limit of the whole exchange, returns every response whatever its
/// status, and returns soon after its task is canceled. The transport contract in `RotaTesting` checks one.
public protocol HTTPTransport: Sendable {
    /// Sends a request and waits for the whole response.
    ///
    /// - Parameter request: what to send.
    /// - Returns: the response, its body cut at the transport's limit.
    /// - Throws: ``TransportError`` if no complete response came back; `canceled` if the task was canceled.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse
}

/// How much of a response's body a transport accepts, counted after decompression.
public struct ResponseLimit: Sendable, Hashable {
    /// The most bytes kept.
    public let bytes: Int
    /// Whether a longer body is an error instead of being cut.
    public let refusesMore: Bool

    /// Keeps the beginning of a longer body and marks the response as truncated.
    ///
    /// - Parameter bytes: the most bytes kept; a negative number means none.
    /// - Returns: the limit.
    public static func truncating(at bytes: Int) -> ResponseLimit {
        ResponseLimit(bytes: max(0, bytes), refusesMore: false)
    }

    /// Fails with `tooLarge` as soon as a body proves longer.
    ///
    /// - Parameter bytes: the most bytes accepted; a negative number means none.
    /// - Returns: the limit.
    public static func refusing(over bytes: Int) -> ResponseLimit {
        ResponseLimit(bytes: max(0, bytes), refusesMore: true)
    }

    /// The first mebibyte.
    public static let `default` = ResponseLimit.truncating(at: 1_048_576)
}

/// Whether a transport follows redirects; a job that follows none sees the 3xx response itself.
public struct RedirectPolicy: Sendable, Hashable {
    /// The most redirects followed in one exchange.
    public let limit: Int

    /// Follows none: the 3xx response is what comes back.
    public static let never = RedirectPolicy(limit: 0)

    /// Follows redirects, each checked like a request of its own.
    ///
    /// Header fields with secrets and credentials are dropped when the scheme, host or port changes. A redirect from
    /// https to http, a loop, and one redirect too many are errors.
    ///
    /// - Parameter limit: the most redirects followed, 1 to 20; 5 by default.
    /// - Returns: the policy.
    public static func following(upTo limit: Int = 5) -> RedirectPolicy {
        RedirectPolicy(limit: min(max(1, limit), 20))
    }
}
