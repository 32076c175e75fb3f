import Foundation
import RotaAPI
import RotaCore
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

/// Sends bodies that are almost right: those of the services' own tests, damaged.
///
/// `ROTA_API_REQUESTS` sets how many for each route.
@Suite("Mutated bodies of the services")
struct ServiceMutationTests {
    static let infrai = InfraiTests.daily.with([
        "retry": 1, "timeout_seconds": 900, "overlap_policy": "skip", "max_runs": 9, "headers": ["X-A": "b"],
        "on_failure_webhook": "https://api.acme.com/failed",
    ])
    static let krafter = KrafterTests.check.with([
        "timezone": "Europe/Berlin", "headers": ["X-A": "b"], "timeout_ms": 500, "max_retries": 2, "enabled": false,
    ])
    static let trigger: JSONValue = [
        "payload": ["user_id": "u"], "priority": 9, "metadata": ["dependency_key": "monday"], "tags": ["a": "b"],
        "scheduled_at": "2026-03-15T11:00:00Z", "ttl_secs": 120, "concurrency_key": "c1", "debug_mode": true,
        "max_attempts_override": 7, "timeout_secs_override": 9, "retry_backoff": "linear",
        "retry_initial_delay_secs": 2, "retry_max_delay_secs": 60, "dry_run": true,
    ]
    static let strait = StraitTests.welcome.with(StraitTests.everything).with(["slug": "new"])

    @Test(
        "A damaged body is taken or refused, and never a surprise",
        arguments: [
            ("Krafter", "POST", KrafterTests.jobs, krafter), ("Krafter", "PATCH", KrafterTests.jobs + "/{id}", krafter),
            ("Infrai", "POST", "/v1/cron/create", infrai), ("Infrai", "PATCH", "/v1/cron/update/{id}", infrai),
            ("Strait", "POST", "/v1/jobs", strait), ("Strait", "PATCH", "/v1/jobs/{id}", StraitTests.everything),
            ("Strait", "POST", "/v1/jobs/batch", [strait.with(["slug": "one"]), strait.with(["slug": "two"])]),
            ("Strait", "POST", "/v1/jobs/{id}/trigger", trigger),
            ("Strait", "POST", "/v1/jobs/{id}/trigger/bulk", ["items": [trigger.with(["dry_run": false])]]),
        ] as [(String, String, String, JSONValue)])
    func bodies(_ service: String, _ method: String, path: String, body: JSONValue) async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["ROTA_API_REQUESTS"].flatMap { Int($0) } ?? 400
        let profile = try #require(APIProfile(named: service))
        let bench = APIBench(profile)
        let id = await Self.job(in: bench, service)
        var mutator = Mutator(random: SplitMix64(seed: environment["ROTA_SEED"].flatMap { UInt64($0) } ?? 1))
        var taken = 0
        for number in 0..<count {
            let request = APIRequest(
                method: method, target: path.replacing("{id}", with: id),
                headers: [("Authorization", "Bearer test-token"), ("Content-Type", "application/json")],
                body: Data(body.text.utf8))
            // The first one is whole.
            let damaged = number == 0 ? request : mutator.mutate(request)
            let response = await bench.api.respond(to: damaged)
            let shown = "\(damaged.method) \(String(decoding: damaged.body.prefix(600), as: UTF8.self))"
            #expect((200..<500).contains(response.status), "\(shown): \(Answer(response).text.prefix(300))")
            if response.status < 300 { taken += 1 }
        }
        // The engine saw some too, and what it stored can be shown.
        #expect(taken > 0)
        let list =
            service == "Krafter"
            ? KrafterTests.jobs : service == "Infrai" ? "/v1/cron/list" : "/v1/jobs?project_id=proj_1"
        #expect(await bench.send("GET", list).status == 200)
    }

    private static func job(in bench: APIBench, _ service: String) async -> String {
        switch service {
        case "Krafter": await bench.send("POST", KrafterTests.jobs, KrafterTests.check).data?["id"]?.string ?? ""
        case "Infrai": await bench.send("POST", "/v1/cron/create", InfraiTests.weekly).data?["cron_id"]?.string ?? ""
        default: await bench.send("POST", "/v1/jobs", StraitTests.welcome).id?.string ?? ""
        }
    }
}
