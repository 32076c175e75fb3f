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

    /// Reads a method's name in any letter case.
    ///
    /// - Parameter text: one of the six names, such as `post` or `POST`.
    /// - Throws: ``HTTPRequestError`` with `badMethod` for every other text.
    public init(_ text: String) throws(HTTPRequestError) {
        guard let method = Self(rawValue: text.uppercased()), text.utf8.count == method.rawValue.utf8.count else {
            throw HTTPRequestError(
                .badMethod, field: "method", "use one of GET, POST, PUT, PATCH, DELETE and HEAD", value: text)
        }
        self = method
    }

    /// Decodes a name in any letter case.
    ///
    /// - Parameter decoder: where the name is read from.
    /// - Throws: `HTTPRequestError` with `badMethod` for an unknown name.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// The name as sent, in capitals.
    public var description: String { rawValue }

    /// Whether a request of this method may carry a body.
    ///
    /// GET and HEAD may not: Apple's URLSession refuses such a request, and proxies drop or misread the body.
    public var allowsBody: Bool { self != .get && self != .head }
}
