/// What went wrong with an attempt, in one word that can be stored, compared and shown.
///
/// The set is open: an app may invent kinds of its own (`FailureKind("quota_exceeded")`), and a kind written by
/// a newer version is kept as it is by an older one.
public struct FailureKind: RawRepresentable, Sendable {
    /// The name that is stored, in lower snake case.
    public let rawValue: String

    /// The place of a kind that is known here among ``known``, or nil: a decision compares numbers, not texts.
    let code: UInt8?

    /// Takes a stored name as it is.
    ///
    /// - Parameter rawValue: The name, in lower snake case by convention.
    public init(rawValue: String) {
        self.rawValue = rawValue
        code = Self.codes[rawValue]
    }

    /// Makes a kind of the app's own.
    ///
    /// - Parameter name: The name, in lower snake case by convention.
    public init(_ name: String) {
        self.init(rawValue: name)
    }

    private init(_ code: UInt8, _ name: String) {
        rawValue = name
        self.code = code
    }

    /// The kinds below, each at the place of its code.
    static let known: [FailureKind] = [
        .httpStatus, .timeout, .connection, .dns, .tls, .responseMismatch, .crashed, .missingSecret, .handlerError,
        .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .canceled, .outOfMemory, .budget, .circuitOpen,
        .unknown,
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
    /// The response came, and its status is not one of those that count as success.
    public static var httpStatus: FailureKind { FailureKind(0, "http_status") }
    /// The attempt took longer than it was allowed to.
    public static var timeout: FailureKind { FailureKind(1, "timeout") }
    /// No connection could be made, or it broke before the response was complete.
    public static var connection: FailureKind { FailureKind(2, "connection") }
    /// The host's name could not be resolved.
    public static var dns: FailureKind { FailureKind(3, "dns") }
    /// No secure connection could be made: a handshake or a certificate failed.
    public static var tls: FailureKind { FailureKind(4, "tls") }
    /// The status was fine, but the body is not what the job expects (row T-80).
    public static var responseMismatch: FailureKind { FailureKind(5, "response_mismatch") }
    /// The worker vanished: its lease expired before it reported a result.
    public static var crashed: FailureKind { FailureKind(6, "crashed") }
    /// A secret the request refers to does not exist.
    public static var missingSecret: FailureKind { FailureKind(7, "missing_secret") }
    /// A Swift handler threw an error that says nothing more precise.
    public static var handlerError: FailureKind { FailureKind(8, "handler_error") }
    /// The address policy forbids the address the request would have gone to.
    public static var forbiddenAddress: FailureKind { FailureKind(9, "forbidden_address") }
    /// A request or a response is larger than its limit.
    public static var tooLarge: FailureKind { FailureKind(10, "too_large") }
    /// The request cannot be sent as it is written, such as a malformed URL or header.
    public static var invalidRequest: FailureKind { FailureKind(11, "invalid_request") }
    /// The server redirected too often or to where it must not.
    public static var redirect: FailureKind { FailureKind(12, "redirect") }
    /// A person, a policy or a shutdown stopped the attempt.
    public static var canceled: FailureKind { FailureKind(13, "canceled") }
    /// The attempt ran out of memory.
    public static var outOfMemory: FailureKind { FailureKind(14, "out_of_memory") }
    /// A spending or usage budget is used up.
    public static var budget: FailureKind { FailureKind(15, "budget") }
    /// A circuit breaker refused the attempt, so nothing was sent.
    public static var circuitOpen: FailureKind { FailureKind(16, "circuit_open") }
    /// Nothing more is known.
    public static var unknown: FailureKind { FailureKind(17, "unknown") }
}

extension FailureKind: CustomStringConvertible {
    /// The stored name.
    public var description: String { rawValue }
}
