public import RotaRetry
public import RotaStore

/// The coarse class of a failure, by Strait's names.
///
/// It says whether another attempt can help, and whether a fallback endpoint would be tried.
public struct ErrorClass: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {
    /// The name as Strait writes it.
    public let rawValue: String

    /// Creates a class from its name, which may be one that this version does not know.
    ///
    /// - Parameter rawValue: A name such as `rate_limited`.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Too many requests: HTTP 429.
    public static let rateLimited = ErrorClass(rawValue: "rate_limited")
    /// Not authorized: HTTP 401, 403, 407, or a missing secret.
    public static let auth = ErrorClass(rawValue: "auth")
    /// A wrong request; sending it again changes nothing.
    public static let client = ErrorClass(rawValue: "client")
    /// A server error that need not pass: HTTP 500, 501 and other 5xx.
    public static let server = ErrorClass(rawValue: "server")
    /// A server that is away for a moment, HTTP 425, 502 or 503, or a worker that vanished.
    public static let transient = ErrorClass(rawValue: "transient")
    /// An attempt, or a gateway on its way, that took too long: HTTP 408 or 504.
    public static let timeout = ErrorClass(rawValue: "timeout")
    /// An attempt that ran out of memory.
    public static let outOfMemory = ErrorClass(rawValue: "oom")
    /// A connection that was refused, broken, unresolved or not secure.
    public static let connection = ErrorClass(rawValue: "connection")
    /// A spending or usage budget that is used up.
    public static let budget = ErrorClass(rawValue: "budget")
    /// Anything else.
    public static let unknown = ErrorClass(rawValue: "unknown")

    /// Every class, in Strait's order.
    public static let all: [ErrorClass] = [
        .rateLimited, .auth, .client, .server, .transient, .timeout, .outOfMemory, .connection, .budget, .unknown,
    ]

    /// Whether another attempt can help.
    public var isRetryable: Bool {
        switch self {
        case .client, .auth, .budget, .outOfMemory: false
        default: true
        }
    }

    /// Whether Strait tries the fallback endpoint after a failure of the class.
    public var usesFallback: Bool {
        switch self {
        case .rateLimited, .transient, .connection, .timeout: true
        default: false
        }
    }

    /// The class's name.
    public var description: String { rawValue }
}

extension AttemptFailure {
    /// The failure's coarse class.
    ///
    /// The status of a response decides if there is one, otherwise the kind. Kinds that an app invented are
    /// ``ErrorClass/unknown``.
    public var errorClass: ErrorClass {
        switch kind {
        case .httpStatus: Self.errorClass(status: status)
        case .timeout: .timeout
        case .connection, .dns, .tls: .connection
        case .crashed, .circuitOpen: .transient
        case .missingSecret: .auth
        case .responseMismatch, .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .canceled: .client
        case .outOfMemory: .outOfMemory
        case .budget: .budget
        default: .unknown
        }
    }

    private static func errorClass(status: Int?) -> ErrorClass {
        switch status {
        case 429: .rateLimited
        case 401, 403, 407: .auth
        case 402: .budget
        case 408, 504: .timeout
        case 425, 502, 503: .transient
        case .some(300..<500): .client
        case .some(500..<600): .server
        default: .unknown
        }
    }
}

extension Attempt {
    /// The coarse class of the attempt's failure, or `nil` if it succeeded.
    public var errorClass: ErrorClass? {
        failure.map { AttemptFailure($0.kind, status: statusCode).errorClass }
    }
}
