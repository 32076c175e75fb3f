/// The kind of a failure, as a name that can be stored, compared and shown.
///
/// Apps can add kinds of their own, such as `FailureKind("quota_exceeded")`. Kinds written by a newer version are
/// preserved.
public struct FailureKind: RawRepresentable, Sendable {
    /// The stored name, in lower snake case.
    public let rawValue: String

    /// The index in ``known``, or `nil` for other kinds, so that decisions compare numbers instead of text.
    let code: UInt8?

    /// Creates a kind from its stored name, which may be one that this version does not know.
    ///
    /// - Parameter rawValue: The name, in lower snake case by convention.
    public init(rawValue: String) {
        self.rawValue = rawValue
        code = Self.codes[rawValue]
    }

    /// Creates a kind of the app's own.
    ///
    /// - Parameter name: The name, in lower snake case by convention.
    public init(_ name: String) {
        self.init(rawValue: name)
    }

    private init(_ code: UInt8, _ name: String) {
        rawValue = name
        self.code = code
    }

    /// The kinds below, each at the index of its code.
    static let known: [FailureKind] = [
        .httpStatus, .timeout, .connection, .dns, .tls, .responseMismatch, .crashed, .missingSecret, .handlerError,
        .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .canceled, .outOfMemory, .budget, .circuitOpen,
        .unknown, .interrupted, .proxy,
    ]

    private static let codes = [String: UInt8](
        uniqueKeysWithValues: known.enumerated().map { ($1.rawValue, UInt8($0)) })
}

extension FailureKind: Hashable, Codable {
    /// Whether two kinds have the same name.
    public static func == (left: FailureKind, right: FailureKind) -> Bool {
        guard left.code == nil, right.code == nil else { return left.code == right.code }
        return left.rawValue == right.rawValue
    }

    /// Hashes the name.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(rawValue)
    }
}

extension FailureKind {
    /// A response whose status does not count as success.
    public static var httpStatus: FailureKind { FailureKind(0, "http_status") }
    /// The attempt took longer than its timeout.
    public static var timeout: FailureKind { FailureKind(1, "timeout") }
    /// The connection failed, or was lost before the response was complete.
    public static var connection: FailureKind { FailureKind(2, "connection") }
    /// The host name could not be resolved.
    public static var dns: FailureKind { FailureKind(3, "dns") }
    /// The TLS handshake or a certificate check failed.
    public static var tls: FailureKind { FailureKind(4, "tls") }
    /// The status counts as success, but the body is not what the job expects.
    public static var responseMismatch: FailureKind { FailureKind(5, "response_mismatch") }
    /// The worker's lease expired before it reported a result.
    public static var crashed: FailureKind { FailureKind(6, "crashed") }
    /// A secret that the request refers to does not exist.
    public static var missingSecret: FailureKind { FailureKind(7, "missing_secret") }
    /// A Swift handler threw an error that has no more specific kind.
    public static var handlerError: FailureKind { FailureKind(8, "handler_error") }
    /// The address policy forbids the request's address.
    public static var forbiddenAddress: FailureKind { FailureKind(9, "forbidden_address") }
    /// The request or the response exceeds its size limit.
    public static var tooLarge: FailureKind { FailureKind(10, "too_large") }
    /// The request cannot be sent, for example because its URL or a header is malformed.
    public static var invalidRequest: FailureKind { FailureKind(11, "invalid_request") }
    /// The server redirected too often, or to a place that is not allowed.
    public static var redirect: FailureKind { FailureKind(12, "redirect") }
    /// The attempt was canceled by a person or a policy.
    public static var canceled: FailureKind { FailureKind(13, "canceled") }
    /// The attempt ran out of memory.
    public static var outOfMemory: FailureKind { FailureKind(14, "out_of_memory") }
    /// A spending or usage budget is used up.
    public static var budget: FailureKind { FailureKind(15, "budget") }
    /// A circuit breaker refused the attempt.
    ///
    /// Nothing was sent.
    public static var circuitOpen: FailureKind { FailureKind(16, "circuit_open") }
    /// The cause is unknown.
    public static var unknown: FailureKind { FailureKind(17, "unknown") }
    /// The scheduler stopped in good order before the attempt ended.
    ///
    /// Such an attempt does not count toward ``RetryPolicy/maxAttempts``.
    public static var interrupted: FailureKind { FailureKind(18, "interrupted") }
    /// The proxy refused to connect to the server.
    ///
    /// Nothing was sent.
    public static var proxy: FailureKind { FailureKind(19, "proxy") }
}

extension FailureKind: CustomStringConvertible {
    /// The stored name.
    public var description: String { rawValue }
}
