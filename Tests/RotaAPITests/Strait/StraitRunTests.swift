import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Strait's runs")
struct StraitRunTests {
    @Test(
        "A trigger answers the run, which carries the payload to the endpoint",
        .routes("S-9", "S-53 to S-63", "S-66", "S-68 to S-71", "S-78 to S-87", "S-92", "SX-2", "SX-6"))
    func trigger() async throws {
        let bench = APIBench(.strait)
        bench.transport.script("/welcome", .status(200, text: #"{"sent":true}"#))
        try await bench.running {
            let id = try await StraitTests.create(bench, ["default_run_metadata": ["tier": "1"]])
            bench.scheduler.hold()
            let run = await bench.send(
                "POST", "/v1/jobs/\(id)/trigger",
                ["payload": ["user_id": "u_1"], "metadata": ["source": "test"], "priority": 3])
            #expect(run.status == 202)
            let runID = try #require(run.id?.string)
            #expect(
                run.text == """
                    {"id":"\(runID)","job_id":"\(id)","project_id":"proj_1","status":"queued","attempt":1,\
                    "payload":{"user_id":"u_1"},"metadata":{"source":"test","tier":"1"},"triggered_by":"manual",\
                    "expires_at":"2026-03-15T10:06:00Z","priority":3,"job_version":1,"debug_mode":false,\
                    "lineage_depth":0,"job_version_id":"\(id).1","created_by":"tester",\
                    "created_at":"2026-03-15T10:00:00Z"}
                    """)
            bench.scheduler.release()
            await bench.advance(.seconds(1))
            let request = try #require(bench.transport.requests.first)
            #expect(request.method == .post)
            #expect(request.body.data == Data(#"{"user_id":"u_1"}"#.utf8))
            #expect(request.headers["X-Run-ID"] == runID)
            #expect(request.headers["X-Job-ID"] == id)
            #expect(request.headers["X-Attempt"] == "1")
            let ended = await bench.send("GET", "/v1/runs/\(runID)")
            #expect(ended.json["status"] == "completed")
            #expect(ended.result == ["sent": true])
            #expect(ended.started_at == "2026-03-15T10:00:00Z")
            #expect(ended.finished_at == "2026-03-15T10:00:00Z")
            #expect(ended.execution_trace?["total_ms"]?.int != nil)
            #expect(ended.execution_trace?.keys.allSatisfy { $0.hasSuffix("_ms") } == true)
        }
    }

    @Test("The schedule's runs have no payload, and send no body", .routes("S-24", "S-61", "SX-2"))
    func schedule() async throws {
        let bench = APIBench(.strait)
        try await bench.running {
            _ = try await StraitTests.create(bench, ["cron": "*/5 * * * *"])
            await bench.advance(.seconds(300))
            #expect(bench.transport.requests.map(\.body) == [.none])
            let runs = await bench.send("GET", "/v1/runs?project_id=proj_1")
            #expect(runs.json[0]?["triggered_by"] == "cron")
            #expect(runs.json[0]?["scheduled_at"] == "2026-03-15T10:05:00Z")
            #expect(runs.json[0]?["payload"] == nil)
        }
    }

    @Test(
        "Everything that a trigger can say is read back",
        .routes("S-61", "S-64 to S-67", "S-73 to S-77", "S-86 to S-91"))
    func options() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        let parent = await bench.send("POST", "/v1/jobs/\(id)/trigger")
        let body: JSONValue = [
            "payload": [1], "idempotency_key": "order-7", "priority": 9, "metadata": ["dependency_key": "monday"],
            "tags": ["a": "b"], "scheduled_at": "2026-03-15T11:00:00Z", "ttl_secs": 120, "concurrency_key": "c1",
            "debug_mode": true, "parent_run_id": parent.id ?? .null, "max_attempts_override": 7,
            "timeout_secs_override": 9, "retry_backoff": "linear", "retry_initial_delay_secs": 2,
            "retry_max_delay_secs": 60,
        ]
        let run = await bench.send("POST", "/v1/jobs/\(id)/trigger", body, headers: ["Traceparent": "00-ab-cd-01"])
        #expect(run.status == 202, "\(run.text)")
        for name in body.keys where name != "ttl_secs" && name != "metadata" {
            #expect(run[name] == body[name], "\(name)")
        }
        #expect(run.json["status"] == "delayed")
        #expect(run.expires_at == "2026-03-15T11:02:00Z")
        #expect(run.lineage_depth == 1)
        #expect(run.metadata == ["dependency_key": "monday", "traceparent": "00-ab-cd-01"])
        let stored = try await bench.scheduler.executions().items[0]
        #expect(stored.details.dependencyKey == "monday")
        #expect(stored.details.overrides?.maxAttempts == 7)
        // The header's key, or the body's, names the run.
        let again = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["idempotency_key": "order-7"])
        #expect((again.status, again.id) == (200, run.id))
        let header = await bench.send(
            "POST", "/v1/jobs/\(id)/trigger", headers: ["X-Idempotency-Key": "order-7"])
        #expect(header.id == run.id)
        let unknown = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["paylod": 1])
        #expect(unknown.status == 400)
        #expect(unknown.text.contains("Did you mean payload?"))
        for wrong: JSONValue in [
            ["priority": 11], ["ttl_secs": 2_592_001], ["scheduled_at": "noon"], ["parent_run_id": "x"],
            ["retry_backoff": "random"], ["timeout_secs_override": 3_601],
        ] {
            #expect(await bench.send("POST", "/v1/jobs/\(id)/trigger", wrong).status == 400)
        }
    }

    @Test("A payload that breaks the schema is refused before anything is queued", .routes("S-25"))
    func schema() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(
            bench, ["payload_schema": StraitTests.everything["payload_schema"] ?? .null])
        let refused = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["payload": ["user_id": 7]])
        #expect(refused.status == 400)
        #expect(refused.error?.string?.hasPrefix("payload validation failed: $.user_id must be") == true)
        let bulk: JSONValue = ["items": [["payload": ["user_id": "u"]], ["payload": ["user_id": 7]]]]
        #expect(await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", bulk).status == 400)
        #expect(try await bench.scheduler.executions().items.isEmpty)
        #expect(await bench.send("POST", "/v1/jobs/\(id)/trigger", ["payload": ["user_id": "u"]]).status == 202)
    }

    @Test("A dry run says what would happen, and does nothing", .routes("SX-20"))
    func dryRun() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        let dry = await bench.send(
            "POST", "/v1/jobs/\(id)/trigger", ["payload": ["b": 1, "a": 2], "dry_run": true, "ttl_secs": 60])
        #expect(dry.status == 200)
        #expect(
            dry.json.keys == ["job", "payload_hash", "payload", "scheduled_at", "expires_at", "validation_warnings"])
        #expect(dry.payload_hash == "d3626ac30a87e6f7a6428233b3c68299976865fa5508e4267c5415c76af7a772")
        #expect(dry.expires_at == "2026-03-15T10:01:00Z")
        #expect(dry.job?["id"]?.string == id)
        let empty = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["dry_run": true])
        #expect(empty.payload_hash == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
        #expect(try await bench.scheduler.executions().items.isEmpty)
    }

    @Test(
        "Outside its window an execution is delayed, and expires after the opening",
        .routes("S-32", "S-54", "S-66", "SX-3", "SX-6"))
    func window() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench, ["execution_window_cron": "* 12-13 * * *", "run_ttl_secs": 30])
        let run = await bench.send("POST", "/v1/jobs/\(id)/trigger")
        #expect(run.json["status"] == "delayed")
        #expect(run.scheduled_at == "2026-03-15T12:00:00Z")
        #expect(run.expires_at == "2026-03-15T12:00:30Z")
        try await bench.running {
            await bench.advance(.seconds(2 * 3_600 + 1))
            #expect(await bench.send("GET", "/v1/runs/" + (run.id?.string ?? "")).json["status"] == "completed")
        }
    }

    @Test(
        "A disabled job is not triggered, and the same payload within the window is the same run",
        .routes("S-39", "S-40", "SX-4"))
    func duplicates() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench, ["dedup_window_secs": 30])
        let first = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["payload": ["a": 1, "b": 2]])
        let bulk = await bench.send(
            "POST", "/v1/jobs/\(id)/trigger/bulk", ["items": [["payload": ["b": 2, "a": 1]], ["payload": 3]]])
        #expect(bulk.results?[0]?["id"] == first.id)
        #expect(bulk.results?[0]?["idempotency_hit"] == false)
        #expect((bulk.total, bulk.created) == (2, 1))
        await bench.pass(.seconds(31))
        let later = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["payload": ["a": 1, "b": 2]])
        #expect(later.id != first.id)
        _ = await bench.send("PATCH", "/v1/jobs/\(id)", ["enabled": false])
        for path in ["trigger", "trigger/bulk"] {
            let refused = await bench.send("POST", "/v1/jobs/\(id)/\(path)", path == "trigger" ? [:] : ["items": [[:]]])
            #expect((refused.status, refused.error) == (400, "job is disabled"))
        }
    }

    @Test("A bulk request makes a batch", .routes("S-10", "S-90", "S-93", "S-94", "S-96 to S-98"))
    func bulk() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        let literal = await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", ["items": [[:]]])
        #expect(literal.status == 201)
        #expect(literal.json.keys == ["results", "total", "created", "batch_id"])
        #expect(literal.results?[0]?.keys == ["id", "status", "idempotency_hit"])
        #expect((literal.total, literal.created) == (1, 1))
        let single = await bench.send("POST", "/v1/jobs/\(id)/trigger")
        #expect(single.batch_id == nil)
        let items: JSONValue = ["items": [["idempotency_key": "k"], ["idempotency_key": "k"], ["tags": ["a": "b"]]]]
        let bulk = await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", items)
        #expect(bulk.results?.elements.map { $0["idempotency_hit"] } == [false, true, false])
        #expect((bulk.total, bulk.created) == (3, 2))
        let batch = try #require(bulk.batch_id?.string)
        let runs = await bench.send("GET", "/v1/runs?project_id=proj_1&batch_id=\(batch)")
        #expect(runs.json.elements.count == 2)
        #expect(runs.json[0]?["batch_id"] == bulk.batch_id)
        for wrong: JSONValue in [[:], ["items": []], ["items": [["dry_run": true]]]] {
            #expect(await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", wrong).status == 400)
        }
        let many = JSONValue.array(Array(repeating: [:], count: 501))
        #expect(await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", ["items": many]).status == 400)
    }

    @Test(
        "Runs are listed by project, job and status, in pages, and replayed", .routes("S-54", "S-60", "S-67", "S-115"))
    func lists() async throws {
        let bench = APIBench(.strait)
        bench.transport.script("/bad", .status(400))
        try await bench.running {
            let good = try await StraitTests.create(bench, ["webhook_url": "https://hooks.example.com/done"])
            let bad = try await StraitTests.create(
                bench, ["slug": "bad", "endpoint_url": "https://api.example.com/bad"])
            _ = try await StraitTests.create(bench, ["project_id": "other"])
            for id in [good, good, bad] {
                _ = await bench.send("POST", "/v1/jobs/\(id)/trigger")
                await bench.advance(.seconds(2))
            }
            let late = await bench.send(
                "POST", "/v1/jobs/\(good)/trigger", ["scheduled_at": "2026-03-16T00:00:00Z"])
            func list(_ query: String) async -> [JSONValue] {
                await bench.send("GET", "/v1/runs?project_id=proj_1" + query).json.elements
            }
            // The webhook's delivery is no run.
            #expect(await list("").count == 4)
            #expect(await list("&status=completed").count == 2)
            #expect(await list("&status=failed&job_id=\(bad)").count == 1)
            #expect(await list("&status=delayed").map { $0["id"] } == [late.id])
            #expect(await list("&status=queued") == [])
            let page = await bench.send("GET", "/v1/runs?project_id=proj_1&status=completed,failed&limit=2")
            let cursor = try #require(page.response.headers["X-Next-Cursor"])
            #expect(page.json.elements.count == 2)
            #expect(await list("&status=completed,failed&limit=2&cursor=\(cursor)").count == 1)
            #expect(await bench.send("GET", "/v1/runs").error == "project_id is required")
            #expect(await bench.send("GET", "/v1/runs?project_id=other&job_id=\(bad)").status == 404)
            #expect(await bench.send("GET", "/v1/runs?project_id=proj_1&status=lost").status == 400)

            let failed = await list("&status=failed")[0]["id"]?.string ?? ""
            let replay = await bench.send("POST", "/v1/runs/\(failed)/replay")
            #expect(replay.status == 201)
            #expect(replay.triggered_by == "retry")
            let missing = await bench.send("GET", "/v1/runs/0195a6b0-0000-7000-8000-000000000000")
            #expect((missing.status, missing.error) == (404, "run not found"))
            #expect(await bench.send("GET", "/v1/runs/string").error == "run not found")
        }
    }

    @Test("A bulk trigger is repeated by its key")
    func repeatedBulk() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        func send() async -> [String?] {
            let answer = await bench.send(
                "POST", "/v1/jobs/\(id)/trigger/bulk", ["items": [[:], ["priority": 3]]],
                headers: ["Idempotency-Key": "k"])
            return answer.results?.elements.map { $0["id"]?.string } ?? []
        }
        let first = await send()
        #expect(first.count == 2 && first[0] != first[1])
        #expect(await send() == first)
    }
}
