public import Foundation
import RotaCore

/// The reason why no complete response arrived.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public let code: Code
    /// An explanation for a person, without secrets.
    public private(set) var message: String
    /// The request's URL without the values of its query, or `nil` if it is not known.
    public let url: String?

    /// The status of the response, if its header arrived before the failure.
    public let status: Int?
    /// The header fields of that response.
    public let headers: HTTPHeaders
    /// Whether the server may have received the request, and so may have acted on it.
    ///
    /// If this is `false`, it certainly did not, and sending the request again cannot repeat its effect.
    public private(set) var mayHaveBeenSent: Bool
    /// The durations of the exchange until the failure, as far as the transport knows them.
    package var timings: HTTPTimings?
    /// The address that was connected to, if the transport knows it.
    package var peer: IPAddress?
    /// The redirects that were followed before the failure.
    package private(set) var redirects: [FollowedRedirect] = []
    /// How often the transport sent a request again by itself before the failure.
    package var resends = 0

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - message: An explanation without secrets.
    ///   - url: The request's URL. The values of its query are removed.
    ///   - response: The response, as far as it arrived. Its body is not kept.
    ///   - mayHaveBeenSent: Whether the server may have received the request. By default, it may if there is a
    ///     response, or if the code does not exclude it, as `dns` or `connectionRefused` do.
    public init(
        _ code: Code, _ message: String, url: URL? = nil, response: HTTPResponse? = nil, mayHaveBeenSent: Bool? = nil
    ) {
        self.init(
            code, message, urlText: url?.absoluteString, response: response, mayHaveBeenSent: mayHaveBeenSent)
    }

    package init(
        _ code: Code, _ message: String, urlText: String?, response: HTTPResponse? = nil, mayHaveBeenSent: Bool? = nil
    ) {
        self.code = code
        self.message = message
        url = urlText.map { PercentEncoding.redact(url: $0) }
        status = response?.status
        headers = response?.headers ?? [:]
        self.mayHaveBeenSent = response != nil || mayHaveBeenSent ?? !code.precludesSending
    }

    /// Why the address policy refuses the URL, without the advice for the person who wrote it.
    package var refusal: String?

    /// Returns the error of a request that redirects led to: the requests before it were sent.
    ///
    /// A refused address was chosen by the server then, so there is no advice to allow it.
    ///
    /// - Parameters:
    ///   - redirects: The redirects that were followed.
    ///   - source: The URL that the last of them came from, without secrets.
    package func after(_ redirects: [FollowedRedirect], from source: String? = nil) -> TransportError {
        guard !redirects.isEmpty else { return self }
        var copy = self
        copy.mayHaveBeenSent = true
        copy.redirects = redirects
        if let refusal {
            copy.message =
                "a redirect" + (source.map { " from \($0)" } ?? "") + " leads to a refused address: \(refusal)"
        }
        return copy
    }

    /// The code, the message and the URL on one line.
    public var description: String { "\(code): \(message)" + (url.map { " (\($0))" } ?? "") }
}

extension TransportError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The ``message``.
    public var failureReason: String? { message }
}

extension TransportError {
    /// The kind of failure.
    ///
    /// New kinds may be added.
    public struct Code: Sendable, Hashable, Codable, CustomStringConvertible {
        private enum Kind: String, Codable, CaseIterable {
            case timeout, dns, connectionRefused, connectionReset, connectionFailed, tls, tooLarge, forbiddenAddress
            case redirect, canceled, badRequest, badResponse, closed, other, proxyRefused
        }

        private let kind: Kind

        /// The deadline passed before the response was complete.
        public static let timeout = Code(kind: .timeout)
        /// The host's name could not be resolved.
        public static let dns = Code(kind: .dns)
        /// The connection was refused.
        public static let connectionRefused = Code(kind: .connectionRefused)
        /// The connection was closed before the response was complete.
        public static let connectionReset = Code(kind: .connectionReset)
        /// No connection could be made, for example because there is no route.
        public static let connectionFailed = Code(kind: .connectionFailed)
        /// The TLS handshake failed or the certificate was rejected.
        public static let tls = Code(kind: .tls)
        /// The response exceeds the transport's limit.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The address policy does not allow the host.
        ///
        /// Nothing was sent to it. If a redirect led there, the requests before it were sent.
        public static let forbiddenAddress = Code(kind: .forbiddenAddress)
        /// A redirect was refused: a circle, one too many, no valid target, or a step from https to http.
        public static let redirect = Code(kind: .redirect)
        /// The waiting task was canceled.
        public static let canceled = Code(kind: .canceled)
        /// The request cannot be sent as it is.
        public static let badRequest = Code(kind: .badRequest)
        /// The response is not HTTP, or its content could not be decoded.
        public static let badResponse = Code(kind: .badResponse)
        /// The proxy did not open a connection to the server: its status was not 2xx, such as 407 for a wrong password.
        ///
        /// The request was not sent.
        public static let proxyRefused = Code(kind: .proxyRefused)
        /// The transport was closed.
        public static let closed = Code(kind: .closed)
        /// Any other failure.
        public static let other = Code(kind: .other)

        /// All codes.
        public static var allCases: [Code] { Kind.allCases.map { Code(kind: $0) } }

        /// The name of the code, such as `connectionRefused`.
        public var description: String { kind.rawValue }

        private init(kind: Kind) {
            self.kind = kind
        }

        /// Decodes a name.
        ///
        /// A name that this version does not know becomes ``other``.
        public init(from decoder: any Decoder) throws {
            kind = Kind(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .other
        }

        /// Encodes the name.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(kind.rawValue)
        }
    }
}

extension TransportError: ClassifiedError {
    /// The name of the failure's kind.
    ///
    /// A status outside 2xx outranks what happened to the rest of its response.
    package var failureName: String { failureName { 200...299 ~= $0 } }

    /// Returns the name of the failure's kind, where a status that is not accepted outranks what followed it.
    package func failureName(accepting isAccepted: (Int) -> Bool) -> String {
        if let status, !isAccepted(status), code != .redirect, code != .canceled { return "http_status" }
        return switch code {
        case .timeout: "timeout"
        case .dns: "dns"
        case .connectionRefused, .connectionReset, .connectionFailed, .closed: "connection"
        case .tls: "tls"
        case .proxyRefused: "proxy"
        case .tooLarge: "too_large"
        case .forbiddenAddress: "forbidden_address"
        case .redirect: "redirect"
        case .canceled: "canceled"
        case .badRequest: "invalid_request"
        case .badResponse: status == nil ? "connection" : "response_mismatch"
        default: "unknown"
        }
    }

    package var retryAfter: String? {
        let values = headers.values("Retry-After")
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    package var responseDate: String? { headers["Date"] }
}

extension TransportError.Code {
    /// The failure in the words of a message.
    package var words: String {
        switch self {
        case .timeout: "the connection timed out"
        case .dns: "the host's name could not be resolved"
        case .connectionRefused: "connection refused"
        case .connectionReset: "the connection was closed before the response was complete"
        case .connectionFailed: "no connection could be made"
        case .tls: "the TLS handshake failed or the certificate was rejected"
        case .tooLarge: "the response is too large"
        case .forbiddenAddress: "the address is not allowed"
        case .redirect: "the redirect cannot be followed"
        case .canceled: "the request was canceled"
        case .badRequest: "the request cannot be sent as it is"
        case .badResponse: "the response is not HTTP, or its content cannot be decoded"
        case .closed: "the transport was closed"
        case .proxyRefused: "the proxy refused the connection"
        default: "the request failed"
        }
    }

    /// Whether a request that fails this way has certainly not reached its server.
    var precludesSending: Bool {
        switch self {
        case .dns, .connectionRefused, .connectionFailed, .tls, .forbiddenAddress, .badRequest, .closed, .proxyRefused:
            true
        default: false
        }
    }
}
