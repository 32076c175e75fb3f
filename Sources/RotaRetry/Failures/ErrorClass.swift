/// The coarse class of a failure, by Strait's names (row SX-17).
///
/// It answers two questions a kind alone does not: whether another attempt can help at all, and whether a
/// fallback endpoint should take over.
public struct ErrorClass: RawRepresentable, Codable, Hashable, Sendable {
    /// The name as Strait writes it.
    public let rawValue: String

    /// Takes a stored name as it is.
    ///
    /// - Parameter rawValue: A name such as `rate_limited`.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Too many requests: HTTP 429.
    public static let rateLimited = ErrorClass(rawValue: "rate_limited")
    /// The caller is not who or what it must be: HTTP 401, 403, 407, or a missing secret.
    public static let auth = ErrorClass(rawValue: "auth")
    /// The request itself is wrong, so sending it again changes nothing.
    public static let client = ErrorClass(rawValue: "client")
    /// The server failed in a way that does not promise to pass: HTTP 500, 501 and other 5xx.
    public static let server = ErrorClass(rawValue: "server")
    /// The server is away for a moment: HTTP 425, 502, 503, or a worker that vanished.
    public static let transient = ErrorClass(rawValue: "transient")
    /// The attempt, or a gateway on its way, took too long: HTTP 408, 504.
    public static let timeout = ErrorClass(rawValue: "timeout")
    /// The attempt ran out of memory.
    public static let outOfMemory = ErrorClass(rawValue: "oom")
    /// No connection: refused, broken, unresolved or not secure.
    public static let connection = ErrorClass(rawValue: "connection")
    /// A spending or usage budget is used up.
    public static let budget = ErrorClass(rawValue: "budget")
    /// Nothing more is known.
    public static let unknown = ErrorClass(rawValue: "unknown")

    /// Every class, in the order of row SX-17.
    public static let all: [ErrorClass] = [
        .rateLimited, .auth, .client, .server, .transient, .timeout, .outOfMemory, .connection, .budget, .unknown,
    ]

    /// Whether another attempt can help: true but for client, auth, budget and out of memory (row SX-17).
    public var isRetryable: Bool {
        switch self {
        case .client, .auth, .budget, .outOfMemory: false
        default: true
        }
    }

    /// Whether a fallback endpoint should take over: rate limited, transient, connection or timeout (row SX-17).
    public var usesFallback: Bool {
        switch self {
        case .rateLimited, .transient, .connection, .timeout: true
        default: false
        }
    }
}

extension ErrorClass: CustomStringConvertible {
    /// The stored name.
    public var description: String { rawValue }
}
