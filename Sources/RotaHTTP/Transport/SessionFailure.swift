import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What a URLSession error means, in our words: its own text may quote the URL with everything in it.
struct SessionFailure {
    let code: TransportError.Code
    let message: String

    init(_ error: any Error) {
        let cause = (error as? URLError)?.code ?? .unknown
        (code, message) =
            switch cause {
            case .timedOut: (.timeout, "the connection timed out")
            case .cancelled: (.canceled, "the request was canceled")
            case .cannotFindHost, .dnsLookupFailed: (.dns, "the host's name could not be resolved")
            case .cannotConnectToHost: (.connectionRefused, "nobody accepts connections there")
            case .networkConnectionLost: (.connectionReset, "the connection was cut before the response was complete")
            case .notConnectedToInternet: (.connectionFailed, "there is no network")
            case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
                .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected,
                .clientCertificateRequired:
                (.tls, "no secure connection: the certificate or the handshake was refused")
            case .badServerResponse, .cannotDecodeRawData, .cannotDecodeContentData, .cannotParseResponse,
                .zeroByteResource:
                (.badResponse, "the answer is no complete HTTP response")
            case .httpTooManyRedirects, .redirectToNonExistentLocation: (.redirect, "the redirect cannot be followed")
            case .dataLengthExceedsMaximum: (.tooLarge, "the response is too large")
            case .badURL, .unsupportedURL: (.badRequest, "URLSession cannot send this request")
            default: (.other, "URLSession failed with code \(cause.rawValue)")
            }
    }
}
