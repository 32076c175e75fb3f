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
