import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("The parts of Strait's jobs")
struct StraitPartsTests {
    @Test("Versions show what a job was", .routes("S-11", "S-12", "S-99"))
    func versions() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        await bench.pass(.seconds(60))
        _ = await bench.send("PATCH", "/v1/jobs/\(id)", StraitTests.everything)
        let list = await bench.send("GET", "/v1/jobs/\(id)/versions")
        #expect(list.json.elements.map { $0["version"] } == [2, 1])
        let first: JSONValue = [
            "id": .string("\(id).1"), "job_id": .string(id), "version": 1, "name": "Send Welcome Email",
            "slug": "send-welcome-email", "endpoint_url": "https://api.example.com/welcome", "max_attempts": 3,
            "timeout_secs": 300, "created_at": "2026-03-15T10:00:00Z",
        ]
        #expect(list.json[1] == first)
        #expect(
            list.json[0]?.keys == [
                "id", "job_id", "version", "name", "slug", "description", "cron", "payload_schema", "tags",
                "endpoint_url", "fallback_endpoint_url", "max_attempts", "timeout_secs", "webhook_url", "run_ttl_secs",
                "created_at",
            ])
        #expect(await bench.send("GET", "/v1/jobs/\(id)/versions/\(id).1").json == first)
        for wrong in ["\(id).3", "string", "1"] {
            let missing = await bench.send("GET", "/v1/jobs/\(id)/versions/\(wrong)")
            #expect((missing.status, missing.error) == (404, "version not found"))
        }
    }

    @Test("Health counts the runs of a window", .routes("S-14", "S-100 to S-110", "SX-9"))
    func health() async throws {
        let bench = APIBench(.strait)
        bench.transport.script("/welcome", .status(200), .status(400), .status(200), .status(400))
        try await bench.running {
            let id = try await StraitTests.create(bench, ["max_attempts": 1])
            let none = await bench.send("GET", "/v1/jobs/\(id)/health")
            #expect(
                none.json.keys == [
                    "total_runs", "completed_runs", "failed_runs", "timed_out_runs", "crashed_runs", "canceled_runs",
                    "expired_runs", "success_rate", "avg_duration_secs", "p95_duration_secs", "health_score",
                ])
            #expect(none.health_score == -1)
            for _ in 0..<4 {
                _ = await bench.send("POST", "/v1/jobs/\(id)/trigger")
                await bench.advance(.seconds(1))
            }
            let half = await bench.send("GET", "/v1/jobs/\(id)/health?window=1h")
            #expect(half.total_runs == 4)
            #expect(half.completed_runs == 2)
            #expect(half.failed_runs == 2)
            #expect(half.success_rate == 50)
            await bench.advance(.seconds(2 * 3_600))
            #expect(await bench.send("GET", "/v1/jobs/\(id)/health?window=1h").total_runs == 0)
            #expect(await bench.send("GET", "/v1/jobs/\(id)/health").total_runs == 4)
            let wrong = await bench.send("GET", "/v1/jobs/\(id)/health?window=2d")
            #expect((wrong.status, wrong.error) == (400, "invalid window: must be 1h, 1d, 7d, or 30d"))
        }
    }

    @Test("An execution waits for the job that its job depends on", .routes("S-15 to S-17", "S-111 to S-114", "SX-10"))
    func dependencies() async throws {
        let bench = APIBench(.strait)
        try await bench.running {
            let (a, b) = (
                try await StraitTests.create(bench), try await StraitTests.create(bench, ["slug": "other"])
            )
            let other = try await StraitTests.create(bench, ["project_id": "proj_2"])
            let path = "/v1/jobs/\(a)/dependencies"
            #expect(await bench.send("GET", path).json == [])
            let made = await bench.send("POST", path, ["depends_on_job_id": .string(b)])
            #expect(made.status == 201)
            let dependency: JSONValue = [
                "id": made.id ?? .null, "job_id": .string(a), "depends_on_job_id": .string(b), "condition": "completed",
                "created_at": "2026-03-15T10:00:00Z",
            ]
            #expect(made.json == dependency)
            #expect(await bench.send("GET", path).json == [dependency])
            let texts: [(JSONValue, String)] = [
                (["depends_on_job_id": .string(a)], "job cannot depend on itself"),
                (["depends_on_job_id": "string"], "depends_on_job_id does not exist"),
                (["depends_on_job_id": .string(other)], "dependency jobs must belong to the same project"),
                (
                    ["depends_on_job_id": .string(b), "condition": "maybe"],
                    "condition must be one of: completed, failed, any"
                ),
            ]
            for (body, text) in texts {
                let refused = await bench.send("POST", path, body)
                #expect(refused.status == 400)
                #expect(refused.error?.string == text)
            }
            #expect(await bench.send("POST", path, [:]).status == 400)

            let held = await bench.send("POST", "/v1/jobs/\(a)/trigger")
            await bench.advance(.seconds(2))
            let run = "/v1/runs/" + (held.id?.string ?? "")
            #expect(await bench.send("GET", run).json["status"] == "queued")
            _ = await bench.send("POST", "/v1/jobs/\(b)/trigger")
            await bench.advance(.seconds(2))
            #expect(await bench.send("GET", run).json["status"] == "completed")

            let own = path + "/" + (made.id?.string ?? "")
            #expect(await bench.send("DELETE", "/v1/jobs/\(b)/dependencies/" + (made.id?.string ?? "")).status == 404)
            #expect(await bench.send("DELETE", own).status == 204)
            #expect(await bench.send("DELETE", own).status == 404)
            #expect(await bench.send("GET", path).json == [])
        }
    }

    @Test("A job with active runs is not deleted", .routes("S-8"))
    func activeRuns() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        let run = await bench.send("POST", "/v1/jobs/\(id)/trigger")
        let refused = await bench.send("DELETE", "/v1/jobs/\(id)")
        #expect(refused.status == 409)
        #expect(refused.error == "job has active runs — cancel them first or wait for completion")
        #expect(await bench.send("DELETE", "/v1/runs/" + (run.id?.string ?? "")).json["status"] == "canceled")
        #expect(await bench.send("DELETE", "/v1/runs/" + (run.id?.string ?? "")).status == 409)
        #expect(await bench.send("DELETE", "/v1/jobs/\(id)").status == 204)
    }

    @Test("A client without the right scope is refused, and anybody may ask whether the server is up")
    func access() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        #expect(await bench.send("GET", "/v1/jobs/\(id)", token: "read-token").status == 200)
        #expect(await bench.send("POST", "/v1/jobs/\(id)/trigger", token: "read-token").status == 403)
        let unknown = await bench.send("GET", "/v1/jobs/\(id)", token: nil)
        #expect(unknown.status == 401)
        #expect(unknown.json.keys == ["error", "request_id"])
        #expect(await bench.send("GET", "/health", token: nil).text == #"{"status":"ok"}"#)
        #expect(await bench.send("GET", "/health/ready", token: nil).text == #"{"status":"ready"}"#)
    }
}
