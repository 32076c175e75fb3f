import Foundation
import RotaRetry
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("AttemptFailure")
struct AttemptFailureTests {
    @Test(
        "Errors of URLSession become kinds",
        arguments: [
            (URLError.Code.timedOut, FailureKind.timeout), (.cancelled, .canceled), (.cannotFindHost, .dns),
            (.dnsLookupFailed, .dns), (.cannotConnectToHost, .connection), (.networkConnectionLost, .connection),
            (.notConnectedToInternet, .connection), (.badServerResponse, .connection), (.secureConnectionFailed, .tls),
            (.serverCertificateUntrusted, .tls), (.serverCertificateHasBadDate, .tls),
            (.clientCertificateRequired, .tls),
            (.badURL, .invalidRequest), (.unsupportedURL, .invalidRequest), (.httpTooManyRedirects, .redirect),
            (.dataLengthExceedsMaximum, .tooLarge), (.unknown, .unknown),
        ])
    func urlErrors(code: URLError.Code, kind: FailureKind) {
        #expect(AttemptFailure(classifying: URLError(code)) == AttemptFailure(kind))
        #expect(
            AttemptFailure(classifying: NSError(domain: NSURLErrorDomain, code: code.rawValue)) == AttemptFailure(kind))
    }

    @Test("A code that URLSession has not had yet is unknown")
    func futureCode() {
        let error = NSError(domain: NSURLErrorDomain, code: -424_242)
        #expect(AttemptFailure(classifying: error).kind == .unknown)
    }

    @Test("A login that URLSession misses counts as 401")
    func authentication() {
        let failure = AttemptFailure(classifying: URLError(.userAuthenticationRequired))
        #expect(failure == .http(status: 401))
    }

    @Test(
        "Errors of the system become kinds",
        arguments: [
            (POSIXErrorCode.ETIMEDOUT, FailureKind.timeout), (.ECONNREFUSED, .connection), (.ECONNRESET, .connection),
            (.EPIPE, .connection), (.ENETUNREACH, .connection), (.ENOMEM, .outOfMemory), (.ECANCELED, .canceled),
            (.EMSGSIZE, .tooLarge), (.ENOENT, .handlerError),
        ])
    func posixErrors(code: POSIXErrorCode, kind: FailureKind) {
        #expect(AttemptFailure(classifying: POSIXError(code)) == AttemptFailure(kind))
    }

    @Test("Errors that classify themselves are believed; others are a handler's")
    func others() {
        struct Quota: AttemptFailureConvertible {
            var attemptFailure: AttemptFailure { AttemptFailure(.budget) }
        }
        struct Plain: Error {}
        #expect(AttemptFailure(classifying: Quota()).kind == .budget)
        #expect(AttemptFailure(classifying: Plain()).kind == .handlerError)
        #expect(AttemptFailure(classifying: CancellationError()).kind == .canceled)
        #expect(AttemptFailure(classifying: AttemptTimeout(limit: .seconds(1))).kind == .timeout)
        let failure = AttemptFailure.http(status: 503, retryAfter: .delay(.seconds(4)))
        #expect(AttemptFailure(classifying: failure) == failure)

    }
}
