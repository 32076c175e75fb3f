import Foundation

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
