public import RotaRetry
public import RotaStore

/// The class of a failure, with Strait's names.
///
/// It tells whether another attempt can help, and whether Strait tries the fallback endpoint.
///
/// ```swift
/// let failure = AttemptFailure.http(status: 503)
/// print(failure.errorClass, failure.errorClass.isRetryable)  // transient true
/// ```
public struct ErrorClass: RawRepresentable, Codable, Hashable, Sendable, CustomStringConvertible {
    /// Strait's name.
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
    /// A request that will fail again, such as HTTP 400 or 404.
    public static let client = ErrorClass(rawValue: "client")
    /// A server error that may persist: HTTP 500, 501 and other 5xx.
    public static let server = ErrorClass(rawValue: "server")
    /// A server that is briefly unavailable (HTTP 425, 502 or 503), or a crashed worker.
    public static let transient = ErrorClass(rawValue: "transient")
    /// A timeout of the attempt, or of a gateway: HTTP 408 or 504.
    public static let timeout = ErrorClass(rawValue: "timeout")
    /// An attempt that ran out of memory.
    public static let outOfMemory = ErrorClass(rawValue: "oom")
    /// A connection, DNS or TLS failure.
    public static let connection = ErrorClass(rawValue: "connection")
    /// A spending or usage budget that is used up: HTTP 402.
    public static let budget = ErrorClass(rawValue: "budget")
    /// Any other failure.
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
        example.map { FailureSet.fallback.contains($0.kind, status: $0.status) } ?? false
    }

    /// A failure that a request of this class may end with, by which the engine's rules answer for the class.
    private var example: AttemptFailure? {
        switch self {
        case .rateLimited: .http(status: 429)
        case .auth: .http(status: 401)
        case .client: .http(status: 400)
        case .server: .http(status: 500)
        case .transient: .http(status: 503)
        case .timeout: AttemptFailure(.timeout)
        case .outOfMemory: AttemptFailure(.outOfMemory)
        case .connection: AttemptFailure(.connection)
        case .budget: .http(status: 402)
        default: nil
        }
    }

    /// Strait's name.
    public var description: String { rawValue }
}

extension AttemptFailure {
    /// The class of the failure, with Strait's names.
    ///
    /// Failures of kind `httpStatus` are classified by status, others by kind. Kinds that an app has added are
    /// ``ErrorClass/unknown``.
    public var errorClass: ErrorClass {
        switch kind {
        case .httpStatus: Self.errorClass(status: status)
        case .timeout: .timeout
        case .connection, .dns, .tls, .proxy: .connection
        case .crashed, .interrupted, .circuitOpen: .transient
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
    /// The class of the attempt's failure, or `nil` if the attempt succeeded.
    public var errorClass: ErrorClass? {
        failure.map { AttemptFailure($0.kind, status: statusCode).errorClass }
    }
}
