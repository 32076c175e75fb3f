import Foundation
import RotaProfiles
import RotaRetry
import RotaTestSupport
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
        #expect(failure == .http(status: 401) && failure.errorClass == .auth)
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

    @Test("Errors that know what they are say so; others are a handler's")
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

    @Test(
        "Every failure has a class by Strait's names", .rows("SX-17"),
        arguments: [
            (AttemptFailure.http(status: 429), "rate_limited"), (.http(status: 401), "auth"),
            (.http(status: 403), "auth"),
            (.http(status: 407), "auth"), (.http(status: 402), "budget"), (.http(status: 400), "client"),
            (.http(status: 404), "client"), (.http(status: 301), "client"), (.http(status: 408), "timeout"),
            (.http(status: 504), "timeout"), (.http(status: 425), "transient"), (.http(status: 502), "transient"),
            (.http(status: 503), "transient"), (.http(status: 500), "server"), (.http(status: 501), "server"),
            (.http(status: 599), "server"), (.http(status: 200), "unknown"), (.http(status: 700), "unknown"),
            (.init(.httpStatus), "unknown"), (.init(.timeout), "timeout"), (.init(.connection), "connection"),
            (.init(.dns), "connection"), (.init(.tls), "connection"), (.init(.crashed), "transient"),
            (.init(.circuitOpen), "transient"), (.init(.missingSecret), "auth"), (.init(.responseMismatch), "client"),
            (.init(.forbiddenAddress), "client"), (.init(.tooLarge), "client"), (.init(.invalidRequest), "client"),
            (.init(.redirect), "client"), (.init(.canceled), "client"), (.init(.outOfMemory), "oom"),
            (.init(.budget), "budget"), (.init(.handlerError), "unknown"), (.init(.unknown), "unknown"),
            (.init(FailureKind("anything_else")), "unknown"),
        ])
    func errorClasses(failure: AttemptFailure, name: String) {
        #expect(failure.errorClass.rawValue == name)
        #expect(ErrorClass.all.contains(failure.errorClass))
    }

    @Test("Which classes are not retried, and which use the fallback endpoint", .rows("SX-17"))
    func classRules() {
        #expect(ErrorClass.all.count == 10)
        #expect(ErrorClass.all.filter { !$0.isRetryable }.map(\.rawValue) == ["auth", "client", "oom", "budget"])
        #expect(
            ErrorClass.all.filter(\.usesFallback).map(\.rawValue)
                == ["rate_limited", "transient", "timeout", "connection"])
    }

    @Test("What is not retried by default agrees with the class of every kind", .rows("SX-17"))
    func defaultAgreesWithClass() {
        let kinds: [FailureKind] = [
            .timeout, .connection, .dns, .tls, .responseMismatch, .missingSecret, .handlerError, .forbiddenAddress,
            .tooLarge, .invalidRequest, .redirect, .outOfMemory, .budget, .circuitOpen, .unknown, .crashed, .canceled,
        ]
        for kind in kinds {
            #expect(FailureSet.Kinds.retryable.contains(kind) == AttemptFailure(kind).errorClass.isRetryable, "\(kind)")
        }
    }
}
