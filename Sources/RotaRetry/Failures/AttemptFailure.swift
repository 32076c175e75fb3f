public import Foundation
import RotaCore

/// The cause of a failed attempt: everything a retry decision depends on, and no response body or secret.
///
/// It is an error, so an operation that `retry` runs can throw it:
///
/// ```swift
/// let value = try await retry(.exponential(maxAttempts: 5)) { context in
///     if context.attempt == 1 {
///         throw AttemptFailure.http(status: 503, retryAfter: RetryAfter("1", receivedAt: Date()))
///     }
///     return "ready"
/// }
/// print(value)  // ready, a second later
/// ```
public struct AttemptFailure: Error, Codable, Hashable, Sendable {
    /// The kind of failure.
    public var kind: FailureKind
    /// The HTTP status, or `nil` if there was no response.
    public var status: Int?
    /// The server's `Retry-After`, or `nil` if it sent none.
    public var retryAfter: RetryAfter?
    /// Whether the server may have received a request that got no complete response.
    ///
    /// `false` if it certainly did not, and `nil` if there was no request or if it was answered. A scheduler does not
    /// repeat the request of an at-most-once job unless this is `false` or `nil`.
    public var mayHaveBeenSent: Bool?

    private enum CodingKeys: String, CodingKey {
        case kind
        case status
        case retryAfter = "retry_after"
        case mayHaveBeenSent = "may_have_been_sent"
    }

    /// Creates a failure.
    ///
    /// - Parameters:
    ///   - kind: The kind of failure.
    ///   - status: The HTTP status, if there was a response.
    ///   - retryAfter: The response's `Retry-After`, if it sent one.
    ///   - mayHaveBeenSent: Whether the server may have received a request that got no complete response.
    public init(
        _ kind: FailureKind, status: Int? = nil, retryAfter: RetryAfter? = nil, mayHaveBeenSent: Bool? = nil
    ) {
        self.kind = kind
        self.status = status
        self.retryAfter = retryAfter
        self.mayHaveBeenSent = mayHaveBeenSent
    }

    /// Creates a failure of kind ``FailureKind/httpStatus``: a response whose status is not a success.
    ///
    /// - Parameters:
    ///   - status: The HTTP status.
    ///   - retryAfter: The response's `Retry-After`, if it sent one.
    public static func http(status: Int, retryAfter: RetryAfter? = nil) -> AttemptFailure {
        AttemptFailure(.httpStatus, status: status, retryAfter: retryAfter)
    }
}

extension AttemptFailure: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}

extension AttemptFailure: CustomStringConvertible {
    /// The kind, followed by the status if there is one, such as `http_status 503`.
    public var description: String {
        status.map { "\(kind) \($0)" } ?? kind.rawValue
    }
}

/// An error that says which kind of failure it is.
///
/// Conform your own errors to it, so that `retry` and the scheduler classify them correctly:
///
/// ```swift
/// struct QuotaExceeded: AttemptFailureConvertible {
///     var attemptFailure: AttemptFailure { AttemptFailure(.budget) }
/// }
/// print(AttemptFailure(classifying: QuotaExceeded()))  // budget
/// ```
public protocol AttemptFailureConvertible: Error {
    /// The error as a failure.
    var attemptFailure: AttemptFailure { get }
}

extension AttemptFailure: AttemptFailureConvertible {
    /// The failure itself.
    public var attemptFailure: AttemptFailure { self }
}

extension AttemptFailure {
    /// Classifies an error.
    ///
    /// ``AttemptFailureConvertible`` errors classify themselves. `TransportError` of `RotaHTTP`, `CancellationError`,
    /// `URLError` and `POSIXError` are mapped to their kinds. Any other error is a ``FailureKind/handlerError``.
    ///
    /// - Parameter error: The error that an attempt threw.
    public init(classifying error: any Error) {
        switch error {
        case let convertible as any AttemptFailureConvertible: self = convertible.attemptFailure
        case let error as any ClassifiedError:
            self.init(
                FailureKind(rawValue: error.failureName), status: error.status,
                retryAfter: error.retryAfter.flatMap {
                    RetryAfter(parsing: $0, receivedAt: nil, responseDate: error.responseDate)
                }, mayHaveBeenSent: error.mayHaveBeenSent)
        case is CancellationError: self.init(.canceled)
        case let url as URLError: self = Self.classify(url.code)
        // On Apple platforms URLSession's NSErrors bridge to URLError. On Linux they do not.
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
