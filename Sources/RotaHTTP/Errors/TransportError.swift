public import Foundation
import RotaCore

/// Why no complete response came back.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it was.
    public let code: Code
    /// What happened and what to do about it, for a person; it holds no secret.
    public let message: String
    /// The URL that was asked, without the values of its query; nil if there was none to name.
    public let url: String?

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: the kind of failure.
    ///   - message: what happened, without a secret.
    ///   - url: the URL that was asked; its query is left out.
    public init(_ code: Code, _ message: String, url: URL? = nil) {
        self.init(code, message, urlText: url?.absoluteString)
    }

    package init(_ code: Code, _ message: String, urlText: String?) {
        self.code = code
        self.message = message
        url = urlText.map { PercentEncoding.redact(url: $0) }
    }

    /// One line: the code, the message and the URL.
    public var description: String { "\(code): \(message)" + (url.map { " (\($0))" } ?? "") }
}

extension TransportError {
    /// The kind of failure; a new kind may be added without breaking a caller.
    public struct Code: Sendable, Hashable, Codable, CustomStringConvertible {
        private enum Kind: String, Codable, CaseIterable {
            case timeout, dns, connectionRefused, connectionReset, connectionFailed, tls, tooLarge, forbiddenAddress
            case redirect, canceled, badRequest, badResponse, closed, other
        }

        private let kind: Kind

        /// The deadline passed before the response was complete.
        public static let timeout = Code(kind: .timeout)
        /// The host's name could not be resolved.
        public static let dns = Code(kind: .dns)
        /// Nobody listens at the host's port.
        public static let connectionRefused = Code(kind: .connectionRefused)
        /// The connection was cut before the response was complete.
        public static let connectionReset = Code(kind: .connectionReset)
        /// No connection: no route, no network.
        public static let connectionFailed = Code(kind: .connectionFailed)
        /// No secure connection: the certificate or the handshake was refused.
        public static let tls = Code(kind: .tls)
        /// The response is longer than the transport accepts.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The address policy does not allow the host; nothing was sent to it.
        public static let forbiddenAddress = Code(kind: .forbiddenAddress)
        /// A redirect that cannot or may not be followed: a loop, too many, no target, or from https to http.
        public static let redirect = Code(kind: .redirect)
        /// The task that waited for the response was canceled.
        public static let canceled = Code(kind: .canceled)
        /// The request cannot be sent as it is.
        public static let badRequest = Code(kind: .badRequest)
        /// What came back is no HTTP response, or its content could not be decoded.
        public static let badResponse = Code(kind: .badResponse)
        /// The transport was closed.
        public static let closed = Code(kind: .closed)
        /// Anything else.
        public static let other = Code(kind: .other)

        /// Every code there is today.
        public static var allCases: [Code] { Kind.allCases.map { Code(kind: $0) } }

        /// The name of the code, such as `connectionRefused`.
        public var description: String { kind.rawValue }

        private init(kind: Kind) {
            self.kind = kind
        }

        /// Decodes a name; one that this version does not know becomes ``other``.
        ///
        /// - Parameter decoder: where the name is read from.
        /// - Throws: `DecodingError` if it is no string.
        public init(from decoder: any Decoder) throws {
            kind = Kind(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .other
        }

        /// Encodes the name.
        ///
        /// - Parameter encoder: where the name is written to.
        /// - Throws: what the encoder throws.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(kind.rawValue)
        }
    }
}
