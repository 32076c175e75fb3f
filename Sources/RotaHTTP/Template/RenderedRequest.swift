/// A request whose variables are replaced and whose secrets are still references: safe to store and to show.
public struct RenderedRequest: Sendable, Hashable {
    /// The method.
    public let method: HTTPMethod
    /// Where it goes.
    public let url: String
    /// Where it goes instead after a passing failure, if anywhere.
    public let fallbackURL: String?
    /// The header fields, `secret://name` unresolved.
    public let headers: HTTPHeaders
    /// The body.
    public let body: HTTPBody
    /// How long an attempt may take.
    public let timeout: Duration
}
