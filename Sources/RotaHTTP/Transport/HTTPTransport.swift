public import Foundation

/// A type that sends requests: URLSession, a script for tests, or another client.
///
/// A transport treats `request.timeout` as the limit of the whole exchange, returns every response with any status,
/// and ends soon after its task is canceled. Check yours with `TransportContract` of `RotaTesting`.
///
/// ```swift
/// struct LoggingTransport: HTTPTransport {
///     let base: any HTTPTransport
///
///     func send(_ request: HTTPRequest) async throws -> HTTPResponse {
///         let response = try await base.send(request)
///         print(request.method, request.url, response.status)
///         return response
///     }
///
///     func refusal(of url: URL) -> TransportError? { base.refusal(of: url) }
/// }
/// _ = LoggingTransport(base: URLSessionTransport())
/// ```
public protocol HTTPTransport: Sendable {
    /// Sends a request and returns the whole response.
    ///
    /// - Parameter request: The request.
    /// - Returns: The response, with its body cut at the transport's limit.
    /// - Throws: ``TransportError`` if no complete response arrived, with `canceled` if the task was canceled.
    func send(_ request: HTTPRequest) async throws -> HTTPResponse

    /// Returns why the transport would refuse every request to a URL, as far as it knows without a lookup.
    ///
    /// A scheduler asks it when a job is previewed, so that a blocked address is found before the job fires. A
    /// transport around another one passes the question on.
    ///
    /// - Parameter url: The URL. Its path and query may differ from those of the requests.
    /// - Returns: The reason, whose message says what to change; or `nil`, the default, if it is not known to be
    ///   refused.
    func refusal(of url: URL) -> TransportError?
}

extension HTTPTransport {
    /// No URL is known to be refused.
    public func refusal(of url: URL) -> TransportError? { nil }

    // `import Rota` does not export these two names, because server frameworks have types of the same name.
    // A conforming type finds them here instead.
    /// The request that a transport sends.
    public typealias HTTPRequest = RotaHTTP.HTTPRequest
    /// The response that a transport returns.
    public typealias HTTPResponse = RotaHTTP.HTTPResponse
}

/// A limit on the size of a response's body, counted after decompression.
public struct ResponseLimit: Sendable, Hashable {
    /// The most bytes kept.
    public let bytes: Int
    /// Whether a longer body is an error.
    ///
    /// Otherwise it is cut.
    public let refusesMore: Bool

    /// Keeps the beginning of a longer body and marks the response as truncated.
    ///
    /// A negative limit counts as zero.
    public static func truncating(at bytes: Int) -> ResponseLimit {
        ResponseLimit(bytes: max(0, bytes), refusesMore: false)
    }

    /// Fails with `tooLarge` as soon as a body exceeds the limit.
    ///
    /// A negative limit counts as zero.
    public static func refusing(over bytes: Int) -> ResponseLimit {
        ResponseLimit(bytes: max(0, bytes), refusesMore: true)
    }

    /// Keeps the first mebibyte.
    public static let `default` = ResponseLimit.truncating(at: 1_048_576)
}
