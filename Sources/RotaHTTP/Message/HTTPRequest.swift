public import Foundation
import RotaCore

/// A request ready to be sent: checked, rendered, with every secret in place.
///
/// It cannot be encoded and its descriptions leave out header values and the query, because it holds resolved secrets.
public struct HTTPRequest: Sendable, Hashable {
    /// The method.
    public let method: HTTPMethod
    /// Where it goes: http or https, without credentials, its host in canonical form.
    public let url: URL
    /// The header fields, `Content-Type` included if the body implies one.
    public let headers: HTTPHeaders
    /// What it carries.
    public let body: HTTPBody
    /// How long connecting, sending and receiving may take together; 1 ms to 1 hour.
    public let timeout: Duration
    /// The URL taken apart, so that nobody on the way reads it again.
    package let address: RequestURL
    /// What must be struck out of everything recorded about this request.
    public let redaction: Redaction

    /// Checks the parts and makes a request of them.
    ///
    /// - Parameters:
    ///   - method: what to ask; GET by default.
    ///   - url: an http or https URL without user name and password.
    ///   - headers: header fields; names that belong to the transport (`Host`, `Content-Length` …) are refused.
    ///   - body: what to carry; none by default, and none with GET and HEAD.
    ///   - timeout: 1 ms to 1 hour, for the whole exchange; 30 s by default (row T-35).
    /// - Throws: ``HTTPRequestError`` that names the part and says what is wrong with it.
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
                .badURL, field: "url", "no URL can be made of this", value: PercentEncoding.redact(url: address.text))
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

    /// The same request with a header field put in, replacing those of its name.
    ///
    /// - Parameter field: the field to put in.
    /// - Returns: the changed request.
    /// - Throws: ``HTTPRequestError`` if the field could smuggle or is too large.
    public func setting(_ field: HTTPHeaders.Field) throws(HTTPRequestError) -> HTTPRequest {
        var headers = headers
        headers.set(field)
        return try replacing(headers: headers)
    }

    package func replacing(headers: HTTPHeaders) throws(HTTPRequestError) -> HTTPRequest {
        try HTTPRequest(
            method: method, address: address, headers: headers, body: body, timeout: timeout, redaction: redaction)
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and URL without its query, such as `POST https://api.example.com/report`.
    public var description: String { "\(method) \(PercentEncoding.redact(url: url.absoluteString))" }
    /// The same as the description, so that a debugger shows no secret.
    public var debugDescription: String { description }
    /// A mirror of the parts that hold no secret, so that `dump` shows none.
    public var customMirror: Mirror {
        Mirror(self, children: ["request": description, "body": body.description, "timeout": timeout])
    }
}

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

extension HTTPMethod {
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
}

/// How long a request may be given.
package enum RequestTimeout {
    /// The shortest and the longest time.
    package static let range: ClosedRange<Duration> = .milliseconds(1)...(.seconds(3600))

    /// Refuses a time outside the range.
    ///
    /// - Throws: ``HTTPRequestError`` with `badTimeout`.
    package static func check(_ timeout: Duration) throws(HTTPRequestError) {
        guard range.contains(timeout) else {
            throw HTTPRequestError(
                .badTimeout, field: "timeout", "a timeout lies between 1 ms and 1 hour", value: "\(timeout)")
        }
    }
}
