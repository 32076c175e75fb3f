/// Why a request, a template or one of their parts was refused before anything was sent.
public struct HTTPRequestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of mistake it was.
    public let code: Code
    /// The part that was wrong, such as `url`, `headers["X-Name"]` or `body`.
    public let field: String
    /// What to do about it, for a person.
    public let message: String
    /// The value that was wrong, cut short; nil where it could hold a secret.
    public let value: String?

    package init(_ code: Code, field: String, _ message: String, value: String? = nil) {
        self.code = code
        self.field = field
        self.message = message
        self.value = value.map { Self.printable($0) }
    }

    /// One line that names the field, the mistake and the value.
    public var description: String {
        "\(field): \(message)" + (value.map { " (found \"\($0)\")" } ?? "")
    }

    /// Text that is safe to print on one line: at most 120 characters, control characters as `\u{…}`.
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

extension HTTPRequestError {
    /// The kind of mistake; a new kind may be added without breaking a caller.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case badMethod, badURL, badHeader, reservedHeader, badBody, badJSON, badTimeout, tooLarge
            case unknownVariable, misplacedVariable, misplacedSecret, badSecret, missingSecret, badRule, badSignature
        }

        private let kind: Kind

        /// The method is none of GET, POST, PUT, PATCH, DELETE and HEAD.
        public static let badMethod = Code(kind: .badMethod)
        /// The URL is malformed, not http or https, or carries credentials.
        public static let badURL = Code(kind: .badURL)
        /// A header name is no token, or a value holds a control character.
        public static let badHeader = Code(kind: .badHeader)
        /// A header belongs to the transport: `Host`, `Content-Length`, `Transfer-Encoding` and their like.
        public static let reservedHeader = Code(kind: .reservedHeader)
        /// The body does not go with the method.
        public static let badBody = Code(kind: .badBody)
        /// Text is no JSON, or nests too deeply.
        public static let badJSON = Code(kind: .badJSON)
        /// The timeout is outside 1 millisecond to 1 hour.
        public static let badTimeout = Code(kind: .badTimeout)
        /// The URL, a header or the body is longer than a request may carry.
        public static let tooLarge = Code(kind: .tooLarge)
        /// A `{{variable}}` has a name nobody knows.
        public static let unknownVariable = Code(kind: .unknownVariable)
        /// A `{{variable}}` stands where none may.
        public static let misplacedVariable = Code(kind: .misplacedVariable)
        /// A `secret://name` stands outside a header value.
        public static let misplacedSecret = Code(kind: .misplacedSecret)
        /// A secret has a malformed name or a value that no header can carry.
        public static let badSecret = Code(kind: .badSecret)
        /// No provider knows the secret; nothing was sent.
        public static let missingSecret = Code(kind: .missingSecret)
        /// A success rule, matcher, path or pattern is malformed.
        public static let badRule = Code(kind: .badRule)
        /// A webhook secret, id or signature cannot be used.
        public static let badSignature = Code(kind: .badSignature)

        /// The name of the code, such as `badURL`.
        public var description: String { kind.rawValue }
    }
}
