import Foundation
import RotaProfiles
import RotaRetry
import RotaTestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("ErrorClass")
struct ErrorClassTests {
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

    @Test("A request goes to its fallback after the failures whose class uses one", .rows("SX-17"))
    func fallbackAgreesWithClass() {
        // Not `crashed`, `interrupted` and `circuitOpen`: they belong to attempts that send no request.
        let kinds: [FailureKind] = [
            .timeout, .connection, .dns, .tls, .proxy, .responseMismatch, .missingSecret, .handlerError,
            .forbiddenAddress, .tooLarge, .invalidRequest, .redirect, .canceled, .outOfMemory, .budget, .unknown,
        ]
        for kind in kinds {
            #expect(FailureSet.fallback.contains(kind) == AttemptFailure(kind).errorClass.usesFallback, "\(kind)")
        }
        for status in 100...599 {
            let failure = AttemptFailure.http(status: status)
            #expect(
                FailureSet.fallback.contains(failure.kind, status: status) == failure.errorClass.usesFallback,
                "\(status)")
        }
    }

    @Test("What is not retried by default agrees with the class of every kind", .rows("SX-17"))
    func defaultAgreesWithClass() {
        let kinds: [FailureKind] = [
            .timeout, .connection, .dns, .tls, .responseMismatch, .missingSecret, .handlerError, .forbiddenAddress,
            .tooLarge, .invalidRequest, .redirect, .outOfMemory, .budget, .circuitOpen, .unknown, .crashed, .canceled,
            .interrupted, .proxy,
        ]
        for kind in kinds {
            #expect(FailureSet.Kinds.retryable.contains(kind) == AttemptFailure(kind).errorClass.isRetryable, "\(kind)")
        }
    }

    @Test("A missed login counts as 401, so its class is auth")
    func authentication() {
        #expect(AttemptFailure(classifying: URLError(.userAuthenticationRequired)).errorClass == .auth)
    }
}
