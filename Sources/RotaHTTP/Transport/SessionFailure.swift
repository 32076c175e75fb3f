import Foundation

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A URLSession error in Rota's terms.
///
/// Its own text is not used because it may quote the whole URL.
struct SessionFailure {
    let code: TransportError.Code
    let message: String

    init(_ error: any Error) {
        let cause = (error as? URLError)?.code ?? .unknown
        let code = Self.code(of: cause) ?? Self.code(ofCurlText: (error as NSError).localizedDescription)
        self.code = code
        message = code == .other ? "URLSession failed with code \(cause.rawValue)" : code.words
    }

    private static func code(of cause: URLError.Code) -> TransportError.Code? {
        switch cause {
        case .timedOut: .timeout
        case .cancelled: .canceled
        case .cannotFindHost, .dnsLookupFailed: .dns
        case .cannotConnectToHost: .connectionRefused
        // Linux reports a connection that closes without a byte as a bad server response.
        case .networkConnectionLost, .badServerResponse: .connectionReset
        case .notConnectedToInternet, .dataNotAllowed, .internationalRoamingOff, .callIsActive: .connectionFailed
        case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasBadDate,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected,
            .clientCertificateRequired:
            .tls
        case .cannotDecodeRawData, .cannotDecodeContentData, .cannotParseResponse, .zeroByteResource: .badResponse
        // The URL is known to be http. On Linux this error means a response that is not HTTP/1.
        case .unsupportedURL: .badResponse
        case .httpTooManyRedirects, .redirectToNonExistentLocation: .redirect
        case .dataLengthExceedsMaximum: .tooLarge
        case .badURL: .badRequest
        default: nil
        }
    }

    /// Classifies by libcurl's English text (`lib/strerror.c`), because Linux has one number for all other errors.
    private static func code(ofCurlText text: String) -> TransportError.Code {
        let text = text.lowercased()
        let words: [(TransportError.Code, [String])] = [
            // Of a connection that was already in use, not of its handshake.
            (.connectionReset, ["ssl_read", "ssl_write", "shut down the ssl"]),
            (.tls, ["ssl", "tls", "certificate", "crypto"]),
            (.badResponse, ["encoding", "weird server reply", "header", "content-length", "http2", "http/2", "chunk"]),
            (
                .connectionReset,
                ["partial file", "transfer closed", "receiving data", "sending data", "recv failure", "send failure"]
            ),
            (.connectionFailed, ["connect to", "couldn't connect", "unreachable", "no route"]),
            (.timeout, ["timeout", "timed out"]),
            (.dns, ["resolve"]),
            // libcurl's text for a header line that exceeds its buffer.
            (.tooLarge, ["out of memory"]),
            // libcurl's text for a response that its caller, here Foundation, could not interpret.
            (.badResponse, ["failed writing"]),
        ]
        return words.first { $0.1.contains { text.contains($0) } }?.0 ?? .other
    }
}
