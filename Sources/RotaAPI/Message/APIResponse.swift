public import Foundation
public import RotaHTTP

/// The answer to a request, for the web framework to send.
public struct APIResponse: Sendable, Hashable {
    /// The status, from 200 to 599.
    public var status: Int
    /// The header fields.
    ///
    /// `Content-Length` is among them only in the answer to a HEAD, which has no body.
    public var headers: HTTPHeaders
    /// The body, empty if there is none.
    public var body: Data

    /// Creates a response.
    public init(status: Int, headers: HTTPHeaders = [:], body: Data = Data()) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer in JSON.
    static func json(_ value: JSONValue, status: Int = 200, headers: HTTPHeaders = [:]) -> APIResponse {
        var headers = headers
        headers["Content-Type"] = "application/json"
        return APIResponse(status: status, headers: headers, body: Data(value.text.utf8))
    }

    /// An answer in plain text, of the given media type.
    static func text(_ text: String, type: String, status: Int = 200) -> APIResponse {
        APIResponse(status: status, headers: ["Content-Type": type], body: Data(text.utf8))
    }

    static let noContent = APIResponse(status: 204)

    func with(header name: String, _ value: String?) -> APIResponse {
        guard let value else { return self }
        var copy = self
        copy.headers[name] = value
        return copy
    }
}

extension HTTPHeaders {
    /// The fields as pairs of name and value, for a web framework.
    public var pairs: [(String, String)] { fields.map { ($0.name, $0.value) } }
}
