/// What a request asks of the server: one of the six methods a job may use.
public enum HTTPMethod: String, Sendable, Hashable, Codable, CaseIterable, CustomStringConvertible {
    /// Read; the default of a job (row T-32).
    case get = "GET"
    /// Hand over a body to be processed.
    case post = "POST"
    /// Replace what the URL names.
    case put = "PUT"
    /// Change part of what the URL names.
    case patch = "PATCH"
    /// Remove what the URL names.
    case delete = "DELETE"
    /// Like GET, but only the headers come back.
    case head = "HEAD"

    /// The name as sent, in capitals.
    public var description: String { rawValue }

    /// Whether a request of this method may carry a body.
    ///
    /// GET and HEAD may not: Apple's URLSession refuses such a request, and proxies drop or misread the body.
    public var allowsBody: Bool { self != .get && self != .head }
}
