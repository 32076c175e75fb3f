import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("What readers see")
struct ReaderTests {
    /// A job of a service with secrets in all its URLs, and the paths that show it.
    private static func job(_ profile: APIProfile, _ bench: APIBench) async throws -> (path: String, shown: [String]) {
        let secret = JSONValue.string("https://a.example/x?key=hidden")
        switch profile.description {
        case "Krafter":
            let job = await bench.send("POST", KrafterTests.jobs, KrafterTests.job(["url": secret]))
            let path = KrafterTests.jobs + "/" + (job.data?["id"]?.string ?? "")
            return (path, [path, KrafterTests.jobs])
        case "Infrai":
            let id = try await InfraiTests.create(
                InfraiTests.weekly.with(["task_url": secret, "name": "w", "on_failure_webhook": secret]), in: bench)
            return ("/v1/cron/update/\(id)", ["/v1/cron/get/\(id)", "/v1/cron/list"])
        case "Strait":
            let id = try await StraitTests.create(
                bench, ["endpoint_url": secret, "fallback_endpoint_url": secret, "webhook_url": secret])
            _ = await bench.send("PATCH", "/v1/jobs/\(id)", ["description": "second version"])
            let version = try #require(await bench.send("GET", "/v1/jobs/\(id)/versions").json[0]?["id"]?.string)
            let paths = ["/v1/jobs/\(id)", "/v1/jobs?project_id=proj_1", "/v1/jobs/\(id)/versions"]
            return (paths[0], paths + ["/v1/jobs/\(id)/versions/\(version)"])
        default:
            let body = TrigRunTests.report.with(["request": ["url": secret, "method": "POST"]])
            let job = await bench.send("POST", "/v1/jobs", body)
            let path = "/v1/jobs/" + (job.id?.string ?? "")
            return (path, [path, "/v1/jobs"])
        }
    }

    @Test("Who may only read sees no secrets in URLs, in any service", arguments: APIProfile.allCases)
    func urls(_ profile: APIProfile) async throws {
        let bench = APIBench(profile)
        let (_, paths) = try await Self.job(profile, bench)
        for path in paths {
            let writer = await bench.send("GET", path)
            #expect(writer.status == 200 && writer.text.contains("https://a.example/x?key=hidden"), "\(writer.text)")
            let reader = await bench.send("GET", path, token: "read-token")
            #expect(reader.status == 200 && reader.text.contains("https://a.example/x?[redacted]"), "\(reader.text)")
            #expect(!reader.text.contains("hidden"), "\(reader.text)")
        }
    }

    @Test("A part of a URL that was not shown cannot come back", arguments: APIProfile.allCases)
    func marks(_ profile: APIProfile) async throws {
        let bench = APIBench(profile)
        let (path, _) = try await Self.job(profile, bench)
        let marked: JSONValue = "https://a.example/x?[redacted]"
        let bodies: [JSONValue] =
            switch profile.description {
            case "Krafter": [["url": marked]]
            case "Infrai": [["task": marked], ["on_failure_webhook": marked]]
            case "Strait": [["endpoint_url": marked], ["fallback_endpoint_url": marked], ["webhook_url": marked]]
            default: [["request": ["url": marked]]]
            }
        for body in bodies {
            let answer = await bench.send("PATCH", path, body)
            #expect(answer.status == (profile.description == "Strait" ? 400 : 422), "\(answer.text)")
            #expect(answer.text.contains("not shown"), "\(answer.text)")
        }
    }
}
