/// What went wrong with an attempt, in one word that can be stored, compared and shown.
///
/// The set is open: an app may invent kinds of its own (`FailureKind("quota_exceeded")`), and a kind written by
/// a newer version is kept as it is by an older one.
public struct FailureKind: RawRepresentable, Codable, Hashable, Sendable {
    /// The name that is stored, in lower snake case.
    public let rawValue: String

    /// Takes a stored name as it is.
    ///
    /// - Parameter rawValue: The name, in lower snake case by convention.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// Makes a kind of the app's own.
    ///
    /// - Parameter name: The name, in lower snake case by convention.
    public init(_ name: String) {
        rawValue = name
    }
}

extension FailureKind {
    /// The response came, and its status is not one of those that count as success.
    public static let httpStatus = FailureKind("http_status")
    /// The attempt took longer than it was allowed to.
    public static let timeout = FailureKind("timeout")
    /// No connection could be made, or it broke before the response was complete.
    public static let connection = FailureKind("connection")
    /// The host's name could not be resolved.
    public static let dns = FailureKind("dns")
    /// No secure connection could be made: a handshake or a certificate failed.
    public static let tls = FailureKind("tls")
    /// The status was fine, but the body is not what the job expects (row T-80).
    public static let responseMismatch = FailureKind("response_mismatch")
    /// The worker vanished: its lease expired before it reported a result.
    public static let crashed = FailureKind("crashed")
    /// A secret the request refers to does not exist.
    public static let missingSecret = FailureKind("missing_secret")
    /// A Swift handler threw an error that says nothing more precise.
    public static let handlerError = FailureKind("handler_error")
    /// The address policy forbids the address the request would have gone to.
    public static let forbiddenAddress = FailureKind("forbidden_address")
    /// A request or a response is larger than its limit.
    public static let tooLarge = FailureKind("too_large")
    /// The request cannot be sent as it is written, such as a malformed URL or header.
    public static let invalidRequest = FailureKind("invalid_request")
    /// The server redirected too often or to where it must not.
    public static let redirect = FailureKind("redirect")
    /// A person, a policy or a shutdown stopped the attempt.
    public static let canceled = FailureKind("canceled")
    /// The attempt ran out of memory.
    public static let outOfMemory = FailureKind("out_of_memory")
    /// A spending or usage budget is used up.
    public static let budget = FailureKind("budget")
    /// A circuit breaker refused the attempt, so nothing was sent.
    public static let circuitOpen = FailureKind("circuit_open")
    /// Nothing more is known.
    public static let unknown = FailureKind("unknown")
}

extension FailureKind: CustomStringConvertible {
    /// The stored name.
    public var description: String { rawValue }
}
