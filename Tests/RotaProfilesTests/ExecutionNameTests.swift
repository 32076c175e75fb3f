import Foundation
import RotaProfiles
import RotaRetry
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// The services' words, written out once more.
@Suite("Names of statuses, sources and failures")
struct ExecutionNameTests {
    static let all: [ServiceProfile] = [.trigrun, .krafter, .infrai, .strait]

    static let statuses: [(ExecutionStatus, [String?])] = [
        (.queued, ["queued", nil, "queued", "queued"]),
        (.running, ["running", nil, "running", "executing"]),
        (.waiting, ["waiting", nil, "waiting", "waiting"]),
        (.succeeded, ["succeeded", "success", "succeeded", "completed"]),
        (.failed, ["failed", "failed", "failed", "failed"]),
        (.canceled, ["failed", "failed", "canceled", "canceled"]),
        (.expired, ["failed", "failed", "expired", "expired"]),
    ]

    @Test(
        "Every status has a word in every service, or is not shown",
        .rows("C-7", "C-9", "T-71 to T-75", "K-23", "KX-6", "I-36", "S-54", "S-115", "SX-1"))
    func status() {
        #expect(Set(Self.statuses.map(\.0)) == Set(ExecutionStatus.allCases))
        for (status, words) in Self.statuses {
            #expect(Self.all.map { $0.name(of: status) } == words)
            #expect(ExecutionStatus(rawValue: status.rawValue) == status)
        }
        #expect(Set(ExecutionStatus.allCases.compactMap { ServiceProfile.trigrun.name(of: $0) }).count == 5)
        #expect(
            Set(ExecutionStatus.allCases.compactMap { ServiceProfile.krafter.name(of: $0) }) == ["success", "failed"])
    }

    static let failures: [(FailureKind, String)] = [
        (.timeout, "timed_out"), (.crashed, "crashed"), (.httpStatus, "failed"), (.connection, "failed"),
        (.handlerError, "failed"), (.missingSecret, "failed"), (FailureKind("their own"), "failed"),
    ]

    @Test(
        "Strait's word tells timeouts and crashes from other failures, the others do not", .rows("C-10", "S-115"),
        arguments: failures)
    func failure(kind: FailureKind, word: String) {
        #expect(ServiceProfile.strait.name(of: ExecutionStatus.failed, failure: kind) == word)
        for profile in Self.all where profile != .strait {
            #expect(profile.name(of: ExecutionStatus.failed, failure: kind) == "failed")
        }
        // A run that was saved by a later attempt did not fail.
        #expect(ServiceProfile.strait.name(of: ExecutionStatus.succeeded, failure: kind) == "completed")
    }

    @Test("Only queued executions are delayed, if their date lies in the future", .rows("S-115", "S-54"))
    func delayed() {
        #expect(ServiceProfile.strait.name(of: ExecutionStatus.queued, isDelayed: true) == "delayed")
        for status in ExecutionStatus.allCases {
            for profile in Self.all where status != .queued || profile != .strait {
                #expect(profile.name(of: status, isDelayed: true) == profile.name(of: status))
            }
        }
    }

    static let sources: [(ExecutionSource, String, String)] = [
        (.schedule, "schedule", "cron"), (.manual, "manual", "manual"), (.replay, "replay", "retry"),
        (.webhook, "webhook", "manual"), (.backfill, "backfill", "cron"),
        (.dependency, "dependency", "job_completion"), (.notification, "notification", "notification"),
        (ExecutionSource(rawValue: "deploy"), "deploy", "deploy"),
    ]

    @Test(
        "Sources have TrigRun's names, Strait's where it has one", .rows("C-11", "T-111 to T-114", "S-60", "SX-2"),
        arguments: sources)
    func source(source: ExecutionSource, name: String, strait: String) throws {
        #expect(Self.all.map { $0.name(of: source) } == [name, name, name, strait])
        let data = try JSONEncoder().encode([source])
        #expect(try JSONDecoder().decode([ExecutionSource].self, from: data) == [source])
        #expect(String(decoding: data, as: UTF8.self) == "[\"\(name)\"]")
    }

    static let outcomes: [(FailureKind?, Int?, String, ErrorClass?)] = [
        (nil, 200, "SUCCESS", nil), (nil, nil, "SUCCESS", nil),
        (.timeout, nil, "TIMEOUT", .timeout), (.timeout, 200, "TIMEOUT", .timeout),
        (.connection, nil, "CONNECTION_ERROR", .connection), (.dns, nil, "CONNECTION_ERROR", .connection),
        (.tls, nil, "CONNECTION_ERROR", .connection), (.crashed, nil, "CONNECTION_ERROR", .transient),
        (.forbiddenAddress, nil, "CONNECTION_ERROR", .client), (.missingSecret, nil, "CONNECTION_ERROR", .auth),
        (.httpStatus, 503, "HTTP_ERROR", .transient), (.httpStatus, 429, "HTTP_ERROR", .rateLimited),
        (.httpStatus, 404, "HTTP_ERROR", .client), (.httpStatus, 500, "HTTP_ERROR", .server),
        (.responseMismatch, 200, "HTTP_ERROR", .client), (.handlerError, nil, "HTTP_ERROR", .unknown),
        (.tooLarge, 200, "HTTP_ERROR", .client), (.redirect, nil, "CONNECTION_ERROR", .client),
    ]

    @Test("An attempt has one of four outcomes, and a class of its failure", .rows("T-84", "T-89"), arguments: outcomes)
    func outcome(kind: FailureKind?, status: Int?, name: String, errorClass: ErrorClass?) {
        let attempt = Attempt(
            number: 1, startedAt: Date(timeIntervalSince1970: 1_767_225_600), duration: .seconds(1),
            failure: kind.map { ExecutionFailure(kind: $0, message: "x") }, statusCode: status)
        #expect(attempt.outcome.rawValue == name)
        #expect(attempt.errorClass == errorClass)
        #expect(attempt.succeeded == (name == "SUCCESS"))
        #expect(Attempt.Outcome.allCases.map(\.rawValue) == ["SUCCESS", "TIMEOUT", "CONNECTION_ERROR", "HTTP_ERROR"])
    }
}
