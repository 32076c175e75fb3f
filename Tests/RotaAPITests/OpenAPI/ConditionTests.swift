import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@testable import RotaAPI

/// The header fields that routes obey: what is described, what is declared, and what is done.
@Suite("Conditions of requests")
struct ConditionTests {
    private static func routes(of profile: APIProfile) -> [Route] {
        profile.format.routes + NativeFormat(service: profile.format.service).routes
    }

    /// Bodies that the routes need before they look at the job, or to succeed; the others need none.
    private static func body(of id: String, in profile: APIProfile, _ execution: ExecutionID) -> JSONValue? {
        let new: JSONValue =
            switch profile.description {
            case "Krafter": KrafterTests.check
            case "Infrai": InfraiTests.weekly
            case "Strait": StraitTests.welcome
            default: TrigRunTests.report
            }
        return switch id {
        case "createJob", "createCron": new
        case "createJobs": [new]
        case "rotaCreateJob": NativeTests.hourly
        case "cloneJob", "rotaCloneJob": ["name": "copy", "slug": "copy"]
        case "rotaBackfillJob": ["from": "2026-03-15T05:30:00Z", "to": "2026-03-15T08:30:00Z"]
        case "rotaChangeExecutions": ["ids": [.string(execution.description)], "action": "replay"]
        case "setRetention": ["retention_days": 7]
        case "triggerJobs": ["items": [["priority": 1]]]
        default: nil
        }
    }

    /// Sends a request to a route, about a job and an execution of it that are there.
    private static func send(
        _ route: Route, of profile: APIProfile, times: Int = 1, headers: [String: String]
    ) async throws -> [Answer] {
        let bench = APIBench(profile)
        let job = try await bench.scheduler.create(
            JobDraft(name: "a", slug: "a", schedule: .cron("0 * * * *"), action: .http(.get("https://a.example/"))))
        let execution = try await bench.scheduler.trigger(job.id)
        let ids = route.isOwn ? IdentifierForm.uuid : profile.format.ids
        let isOfExecution = route.operation.path.hasPrefix("/_rota/executions")
        let target = route.operation.path
            .replacing("{id}", with: (isOfExecution ? ids.text(execution.id) : ids.text(job.id)).string ?? "")
            .replacing("{execution}", with: ids.text(execution.id).string ?? "")
            .replacing(#/\{[a-z_]+\}/#, with: "x")
        var answers: [Answer] = []
        for _ in 0..<times {
            answers.append(
                await bench.send(
                    route.operation.method, target, body(of: route.operation.id, in: profile, execution.id),
                    headers: headers))
        }
        return answers
    }

    @Test("The description names the header fields that a route obeys, and no others", arguments: APIProfile.allCases)
    func described(_ profile: APIProfile) async throws {
        let bench = APIBench(profile)
        let document = await bench.send("GET", "/_rota/openapi.json", token: nil)
        for route in Self.routes(of: profile) {
            let operation = document.paths?[route.operation.path]?[route.operation.method.lowercased()]
            let parameters = operation?["parameters"]?.elements ?? []
            let names = parameters.filter { $0["in"] == "header" }.compactMap { $0["name"]?.string }
            var expected: [String] = []
            if route.obeys.contains(.key) { expected.append("Idempotency-Key") }
            if route.obeys.contains(.match) { expected.append("If-Match") }
            #expect(operation != nil && names == expected, "\(route.operation)")
        }
    }

    @Test(
        "If-Match with another revision is refused where it is declared, and there alone",
        arguments: APIProfile.allCases)
    func matches(_ profile: APIProfile) async throws {
        for route in Self.routes(of: profile) where route.operation.method != "GET" {
            let isObeyed = route.obeys.contains(.match)
            var headers = ["If-Match": "\"99\""]
            let answers = try await Self.send(route, of: profile, headers: headers)
            #expect((answers[0].status == 412) == isObeyed, "\(route.operation): \(answers[0].text)")
            headers["Idempotency-Key"] = "k"
            let keyed = try await Self.send(route, of: profile, headers: headers)
            #expect((keyed[0].status == 412) == isObeyed, "\(route.operation): \(keyed[0].text)")
        }
    }

    @Test("A repeated key is told where it is declared", arguments: APIProfile.allCases)
    func keys(_ profile: APIProfile) async throws {
        for route in Self.routes(of: profile) where route.obeys.contains(.key) {
            let answers = try await Self.send(route, of: profile, times: 2, headers: ["Idempotency-Key": "k"])
            let told = answers.map { $0.response.headers["Idempotency-Replayed"] }
            #expect(answers.allSatisfy { 200..<300 ~= $0.status }, "\(route.operation): \(answers[1].text)")
            #expect(told == [nil, "true"], "\(route.operation): \(answers[1].text)")
            let status = route.isRepeatable ? 200 : answers[0].status
            #expect(answers[1].status == status && answers[0].status == route.status, "\(route.operation)")
        }
    }
}
