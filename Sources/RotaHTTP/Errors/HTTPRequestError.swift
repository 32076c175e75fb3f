public import Foundation

/// An error in a request, a template or one of their parts, found before anything was sent.
public struct HTTPRequestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake.
    public let code: Code
    /// The invalid part, such as `url`, `headers["X-Name"]` or `body`.
    public let field: String
    /// An explanation for a person.
    public let message: String
    /// The invalid value, shortened, or `nil` where it could contain a secret.
    public let value: String?

    package init(_ code: Code, field: String, _ message: String, value: String? = nil) {
        self.code = code
        self.field = field
        self.message = message
        self.value = value.map { Self.printable($0) }
    }

    /// The same error of another part of the request.
    func named(_ field: String) -> HTTPRequestError {
        HTTPRequestError(copying: self, field: field)
    }

    private init(copying error: HTTPRequestError, field: String) {
        code = error.code
        self.field = field
        message = error.message
        value = error.value
    }

    /// The field, the explanation and the value on one line.
    public var description: String {
        "\(field): \(message)" + (value.map { " (found \"\($0)\")" } ?? "")
    }

    /// Returns text that is safe to print on one line: at most 120 characters, with control characters as `\u{…}`.
    private static func printable(_ text: String) -> String {
        var out = ""
        for (count, scalar) in text.unicodeScalars.enumerated() {
            if count == 120 { return out + "…" }
            if scalar.properties.generalCategory == .control {
                out += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

extension HTTPRequestError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The ``message``.
    public var failureReason: String? { message }
}

extension HTTPRequestError {
    /// The kind of mistake.
    ///
    /// New kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case badMethod, badURL, badHeader, reservedHeader, badBody, badJSON, badTimeout, tooLarge
            case unknownVariable, misplacedVariable, misplacedSecret, badSecret, missingSecret, badRule, badSignature
            case missingValue
        }

        private let kind: Kind

        /// The method is not one of GET, POST, PUT, PATCH, DELETE and HEAD.
        public static let badMethod = Code(kind: .badMethod)
        /// The URL is malformed, is not http or https, or contains credentials.
        public static let badURL = Code(kind: .badURL)
        /// A header name is not a token, or a value contains a control character.
        public static let badHeader = Code(kind: .badHeader)
        /// The header belongs to the transport, such as `Host`, `Content-Length` or `Transfer-Encoding`.
        public static let reservedHeader = Code(kind: .reservedHeader)
        /// The method does not allow a body.
        public static let badBody = Code(kind: .badBody)
        /// The text is not JSON, or is nested too deeply.
        public static let badJSON = Code(kind: .badJSON)
        /// The timeout is outside 1 millisecond to 1 hour.
        public static let badTimeout = Code(kind: .badTimeout)
        /// The URL, a header or the body exceeds its size limit.
        public static let tooLarge = Code(kind: .tooLarge)
        /// The name of a `{{variable}}` is unknown.
        public static let unknownVariable = Code(kind: .unknownVariable)
        /// A `{{variable}}` is used where variables are not allowed.
        public static let misplacedVariable = Code(kind: .misplacedVariable)
        /// A `secret://name` is used outside a header value.
        public static let misplacedSecret = Code(kind: .misplacedSecret)
        /// A secret's name is malformed, or its value is not allowed in a header.
        public static let badSecret = Code(kind: .badSecret)
        /// The provider has no such secret.
        ///
        /// Nothing was sent.
        public static let missingSecret = Code(kind: .missingSecret)
        /// The payload lacks a field that the template names.
        ///
        /// Nothing was sent.
        public static let missingValue = Code(kind: .missingValue)
        /// A success rule, matcher, path or pattern is malformed.
        public static let badRule = Code(kind: .badRule)
        /// A webhook's secret, id or signature is invalid.
        public static let badSignature = Code(kind: .badSignature)

        /// The name of the code, such as `badURL`.
        public var description: String { kind.rawValue }
    }
}
