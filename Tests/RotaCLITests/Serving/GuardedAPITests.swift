import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaServer
import RotaStore
import RotaTesting
import Testing

@testable import RotaCLI

@Suite("The API behind rota serve")
struct GuardedAPITests {
    private static func guarded(_ profile: APIProfile) throws -> GuardedAPI {
        let api = SchedulerAPI(Scheduler(store: InMemoryJobStore(), clock: ManualClock()), as: profile) { _, _ in .open
        }
        let address = try #require(SocketAddress("127.0.0.1:8484"))
        return GuardedAPI(
            api: api, requests: RequestGuard(for: address, allowing: []), now: { Date(timeIntervalSince1970: 0) })
    }

    private static func json(_ response: ServerResponse) throws -> JSONValue {
        try JSONValue(parsing: Array(response.body))
    }

    @Test("Refusals before routing have the form of the profile, and an identifier", arguments: APIProfile.allCases)
    func forms(_ profile: APIProfile) async throws {
        let guarded = try Self.guarded(profile)
        let stranger = ServerRequest(
            method: "GET", target: profile.basePath + "/jobs", headers: ["Host": "evil.example"], body: Data())
        var refusal = ServerRefusal(431, "headers_too_large", "The head is too long.")
        refusal.target = profile.basePath + "/jobs"
        for (response, status, code) in [
            (await guarded.respond(to: stranger), 421, "unknown_host"),
            (guarded.refuse(refusal), 431, "headers_too_large"),
        ] {
            #expect(response.status == status)
            let id = try #require(response.headers["X-Request-Id"])
            #expect(response.headers["Rota-API"] == "1" && response.headers["Date"] != nil)
            let json = try Self.json(response)
            switch profile.description {
            case "TrigRun":
                #expect(json["error"]?["code"]?.string == code && json["error"]?["request_id"]?.string == id)
            case "Krafter": #expect(json["error"]?.string?.isEmpty == false)
            case "Infrai":
                #expect(json["ok"] == false && json["error"]?["code"]?.string == code.uppercased())
                #expect(json["metadata"]?["request_id"]?.string == id)
            default: #expect(json["error"]?.string?.isEmpty == false && json["request_id"]?.string == id)
            }
        }
    }

    @Test("A refusal about Rota's own routes has their form, and keeps the identifier of the request")
    func native() throws {
        let guarded = try Self.guarded(.krafter)
        var refusal = ServerRefusal(413, "payload_too_large", "The body is too long.")
        (refusal.target, refusal.headers) = ("/_rota/jobs", ["X-Request-Id": "r-1"])
        let json = try Self.json(guarded.refuse(refusal))
        #expect(json["error"]?["code"] == "payload_too_large" && json["error"]?["request_id"] == "r-1")
        #expect(guarded.refuse(ServerRefusal(400, "bad_request", "No.")).headers["X-Request-Id"]?.isEmpty == false)
    }
}
