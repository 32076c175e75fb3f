import Foundation

/// How an attempt failed: all that a decision to retry depends on, and nothing that could leak.
///
/// It is itself an error, so an operation run by `retry` may throw one:
///
/// ```swift
/// guard response.status == 200 else {
///     throw AttemptFailure.http(status: response.status, retryAfter: RetryAfter(header, receivedAt: now))
/// }
/// ```
public struct AttemptFailure: Error, Codable, Hashable, Sendable {
    /// What went wrong.
    public var kind: FailureKind
    /// The HTTP status, if a response came.
    public var status: Int?
    /// When the server asked to be called again, if it did.
    public var retryAfter: RetryAfter?

    private enum CodingKeys: String, CodingKey {
        case kind
        case status
        case retryAfter = "retry_after"
    }

    /// Describes a failed attempt.
    ///
    /// - Parameters:
    ///   - kind: What went wrong.
    ///   - status: The HTTP status, if a response came.
    ///   - retryAfter: The response's parsed `Retry-After`, if it carried one.
    public init(_ kind: FailureKind, status: Int? = nil, retryAfter: RetryAfter? = nil) {
        self.kind = kind
        self.status = status
        self.retryAfter = retryAfter
    }

    /// A response whose status is not a success.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - retryAfter: The response's parsed `Retry-After`, if it carried one.
    /// - Returns: A failure of kind ``FailureKind/httpStatus``.
    public static func http(status: Int, retryAfter: RetryAfter? = nil) -> AttemptFailure {
        AttemptFailure(.httpStatus, status: status, retryAfter: retryAfter)
    }
}

extension AttemptFailure: CustomStringConvertible {
    /// The kind, and the status if there is one: `http_status 503`.
    public var description: String {
        status.map { "\(kind) \($0)" } ?? kind.rawValue
    }
}

/// An error that knows how it counts as a failed attempt.
///
/// Conform an app's own errors to it, and `retry` and the scheduler judge them as what they are:
///
/// ```swift
/// extension QuotaError: AttemptFailureConvertible {
///     var attemptFailure: AttemptFailure { AttemptFailure(.budget) }
/// }
/// ```
public protocol AttemptFailureConvertible: Error {
    /// The failure this error stands for.
    var attemptFailure: AttemptFailure { get }
}

extension AttemptFailure: AttemptFailureConvertible {
    /// The failure itself.
    public var attemptFailure: AttemptFailure { self }
}

extension AttemptFailure {
    /// Finds out what kind of failure an error is.
    ///
    /// An ``AttemptFailureConvertible`` says so itself. `CancellationError`, `URLError` and `POSIXError` are known;
    /// anything else is a ``FailureKind/handlerError``.
    ///
    /// - Parameter error: What an attempt threw.
    public init(classifying error: any Error) {
        switch error {
        case let convertible as any AttemptFailureConvertible: self = convertible.attemptFailure
        case is CancellationError: self.init(.canceled)
        case let url as URLError: self = Self.classify(url.code)
        // On Linux an NSError of URLSession's is not a URLError, as it is on Apple's systems.
        case let error as NSError where error.domain == NSURLErrorDomain:
            self = Self.classify(URLError.Code(rawValue: error.code))
        case let posix as POSIXError: self.init(Self.kind(posix.code))
        default: self.init(.handlerError)
        }
    }

    private static func classify(_ code: URLError.Code?) -> AttemptFailure {
        guard let code else { return AttemptFailure(.unknown) }
        switch code {
        case .userAuthenticationRequired, .userCancelledAuthentication: return .http(status: 401)
        default: return AttemptFailure(kind(code))
        }
    }

    private static func kind(_ code: URLError.Code) -> FailureKind {
        switch code {
        case .timedOut: .timeout
        case .cancelled: .canceled
        case .cannotFindHost, .dnsLookupFailed: .dns
        case .cannotConnectToHost, .networkConnectionLost, .notConnectedToInternet, .resourceUnavailable,
            .internationalRoamingOff, .callIsActive, .dataNotAllowed, .badServerResponse, .cannotParseResponse,
            .zeroByteResource, .cannotLoadFromNetwork:
            .connection
        case .secureConnectionFailed, .serverCertificateHasBadDate, .serverCertificateUntrusted,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected,
            .clientCertificateRequired:
            .tls
        case .badURL, .unsupportedURL, .appTransportSecurityRequiresSecureConnection, .fileDoesNotExist,
            .fileIsDirectory, .noPermissionsToReadFile:
            .invalidRequest
        case .httpTooManyRedirects, .redirectToNonExistentLocation: .redirect
        case .dataLengthExceedsMaximum: .tooLarge
        case .cannotDecodeRawData, .cannotDecodeContentData: .responseMismatch
        default: .unknown
        }
    }

    private static func kind(_ code: POSIXErrorCode) -> FailureKind {
        switch code {
        case .ETIMEDOUT: .timeout
        case .ECANCELED: .canceled
        case .ECONNREFUSED, .ECONNRESET, .ECONNABORTED, .EPIPE, .EHOSTUNREACH, .EHOSTDOWN, .ENETUNREACH, .ENETDOWN,
            .ENETRESET, .ENOTCONN, .EADDRNOTAVAIL:
            .connection
        case .ENOMEM: .outOfMemory
        case .EMSGSIZE, .EFBIG: .tooLarge
        default: .handlerError
        }
    }
}
