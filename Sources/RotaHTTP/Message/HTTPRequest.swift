public import Foundation
import RotaCore

/// A checked and rendered request with its secrets in place, ready to send.
///
/// It holds resolved secrets, so it is not `Codable`, and its descriptions leave out header values and the query.
public struct HTTPRequest: Sendable, Hashable {
    /// The method.
    public let method: HTTPMethod
    /// The URL: http or https, without credentials, with the host in canonical form.
    public let url: URL
    /// The header fields, including the `Content-Type` that the body implies.
    public let headers: HTTPHeaders
    /// The body.
    public let body: HTTPBody
    /// The time limit of the whole exchange, from 1 ms to 1 hour.
    public let timeout: Duration
    /// Whether a transport may send the request again on its own, for instance when a connection that was kept open
    /// turns out to be closed.
    ///
    /// The scheduler sets this to `false` for jobs that are delivered at most once. ``URLSessionTransport`` then opens
    /// a connection for this request alone.
    public var isRepeatable = true
    /// The parsed URL.
    ///
    /// Everything that needs a part of it takes it from here, so no second parser can disagree.
    package let address: RequestURL
    /// The secrets to remove from every record of this request.
    public let redaction: Redaction

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - url: An http or https URL without user name and password.
    ///   - headers: The header fields. Names that belong to the transport, such as `Host`, are refused.
    ///   - body: The body. GET and HEAD requests have none.
    ///   - timeout: The time limit of the whole exchange, from 1 ms to 1 hour.
    /// - Throws: ``HTTPRequestError``, which names the invalid part and the reason.
    public init(
        method: HTTPMethod = .get, url: URL, headers: HTTPHeaders = [:], body: HTTPBody = .none,
        timeout: Duration = .seconds(30)
    ) throws(HTTPRequestError) {
        try self.init(
            method: method, address: RequestURL(parsing: url.absoluteString), headers: headers, body: body,
            timeout: timeout, redaction: Redaction())
    }

    package init(
        method: HTTPMethod, address: RequestURL, headers: HTTPHeaders, body: HTTPBody, timeout: Duration,
        redaction: Redaction
    ) throws(HTTPRequestError) {
        try headers.check()
        try body.check(method: method)
        try RequestTimeout.check(timeout)
        guard let url = URL(string: address.text) else {
            throw HTTPRequestError(
                .badURL, field: "url", "Foundation cannot read this URL",
                value: PercentEncoding.redact(url: address.text))
        }
        self.method = method
        self.url = url
        self.address = address
        var headers = headers
        if let contentType = body.contentType, !headers.contains("Content-Type") {
            headers.append(.init("Content-Type", contentType))
        }
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.redaction = redaction
    }

    /// Returns the request with a header field that replaces those of the same name.
    ///
    /// - Throws: ``HTTPRequestError`` if the field is invalid or too large.
    public func setting(_ field: HTTPHeaders.Field) throws(HTTPRequestError) -> HTTPRequest {
        var headers = headers
        headers.set(field)
        return try replacing(headers: headers)
    }

    package func replacing(
        headers: HTTPHeaders? = nil, timeout: Duration? = nil, redaction: Redaction? = nil
    ) throws(HTTPRequestError) -> HTTPRequest {
        var copy = try HTTPRequest(
            method: method, address: address, headers: headers ?? self.headers, body: body,
            timeout: timeout ?? self.timeout, redaction: redaction ?? self.redaction)
        copy.isRepeatable = isRepeatable
        return copy
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the URL without its query, such as `POST https://api.example.com/report`.
    public var description: String { "\(method) \(PercentEncoding.redact(url: url.absoluteString))" }
    /// The same as the description, so that a debugger shows no secret.
    public var debugDescription: String { description }
    /// A mirror of the parts that hold no secret, so that `dump` shows none.
    public var customMirror: Mirror {
        Mirror(self, children: ["request": description, "body": body.description, "timeout": timeout])
    }
}

/// An HTTP method that a job may use.
public enum HTTPMethod: String, Sendable, Hashable, Codable, CaseIterable, CustomStringConvertible {
    /// GET, the default.
    case get = "GET"
    /// POST.
    case post = "POST"
    /// PUT.
    case put = "PUT"
    /// PATCH.
    case patch = "PATCH"
    /// DELETE.
    case delete = "DELETE"
    /// HEAD.
    case head = "HEAD"

    /// The name in capitals.
    public var description: String { rawValue }

    /// Whether a request of this method may have a body.
    ///
    /// GET and HEAD requests may not: URLSession on Apple platforms refuses them, and proxies drop or misread the body.
    public var allowsBody: Bool { self != .get && self != .head }
}

extension HTTPMethod {
    /// Parses the name of a method in any letter case.
    ///
    /// - Throws: ``HTTPRequestError`` with `badMethod` for an unknown name.
    public init(_ text: String) throws(HTTPRequestError) {
        guard let method = Self(rawValue: text.uppercased()), text.utf8.count == method.rawValue.utf8.count else {
            throw HTTPRequestError(
                .badMethod, field: "method", "use one of GET, POST, PUT, PATCH, DELETE and HEAD", value: text)
        }
        self = method
    }

    /// Decodes the name of a method in any letter case.
    ///
    /// - Throws: ``HTTPRequestError`` with `badMethod` for an unknown name.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }
}

/// The limits of a request's timeout.
package enum RequestTimeout {
    /// The shortest and the longest timeout.
    package static let range: ClosedRange<Duration> = .milliseconds(1)...(.seconds(3600))

    /// Throws if a timeout is out of range.
    ///
    /// - Throws: ``HTTPRequestError`` with `badTimeout`.
    package static func check(_ timeout: Duration) throws(HTTPRequestError) {
        guard range.contains(timeout) else {
            throw HTTPRequestError(
                .badTimeout, field: "timeout",
                "a timeout must lie between 1 ms and 1 hour; give longer work to a handler", value: timeout.exactText)
        }
    }
}
