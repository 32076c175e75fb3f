import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Krafter's API")
struct KrafterTests {
    static let check: JSONValue = [
        "name": "Health Check", "schedule_type": "interval", "schedule": "every_5m",
        "url": "https://example.com/api/health", "method": "GET",
    ]
    static let jobs = "/api/v1/cron/jobs"

    /// A bench at the date of the quickstart.
    static func bench(_ profile: APIProfile = .krafter, transport: ScriptedTransport? = nil) -> APIBench {
        APIBench(profile, clock: ManualClock(now: Date(timeIntervalSince1970: 1_736_935_200)))
    }

    static func job(_ changes: JSONValue) -> JSONValue { check.with(changes) }

    @Test("A job is sent back after it has run")
    func sentBackLater() async throws {
        let bench = Self.bench()
        let created = await bench.send("POST", Self.jobs, Self.check)
        let path = Self.jobs + "/" + (created.data?["id"]?.string ?? "")
        try await bench.running { await bench.advance(.seconds(301)) }
        let changed = await bench.send("PUT", path, created.data?.with(["name": "renamed"]))
        #expect(changed.status == 200 && changed.data?["name"] == "renamed")
        let other = created.data?.with(["id": "00000000-0000-7000-8000-000000000000"])
        #expect(await bench.send("PUT", path, other).status == 422)
    }

    @Test(
        "The quickstart's job is answered as there",
        .routes("K-1 to K-4", "K-6 to K-20", "K-34"))
    func quickstart() async throws {
        let bench = Self.bench()
        let created = await bench.send("POST", Self.jobs, Self.check)
        #expect(created.status == 201)
        let id = try #require(created.data?["id"]?.string)
        #expect(UUID(uuidString: id) != nil)
        #expect(
            created.text == """
                {"data":{"id":"\(id)","name":"Health Check","schedule_type":"interval","schedule":"every_5m",\
                "timezone":"UTC","url":"https://example.com/api/health","method":"GET","headers":{},\
                "timeout_ms":30000,"max_retries":3,"enabled":true,"failure_notify":false,"last_status":null,\
                "last_run_at":null,"next_run_at":"2025-01-15T10:05:00Z","created_at":"2025-01-15T10:00:00Z",\
                "updated_at":"2025-01-15T10:00:00Z"}}
                """)
        #expect(await bench.send("GET", Self.jobs + "/\(id)").json == created.json)
        #expect(await bench.send("GET", Self.jobs).data == .array([created.data ?? .null]))

        let again = await bench.send("POST", Self.jobs, Self.check, headers: ["Idempotency-Key": "k"])
        let replayed = await bench.send("POST", Self.jobs, Self.check, headers: ["Idempotency-Key": "k"])
        #expect((again.status, replayed.status) == (201, 200))
        #expect(again.json == replayed.json)
    }

    @Test("A job is paused, resumed, triggered and deleted", .routes("K-30 to K-33", "KX-8"))
    func control() async throws {
        let bench = Self.bench()
        let id = try #require(await bench.send("POST", Self.jobs, Self.check).data?["id"]?.string)
        let path = Self.jobs + "/\(id)"
        #expect(await bench.send("POST", path + "/trigger").text == #"{"ok":true}"#)
        let paused = await bench.send("POST", path + "/pause")
        #expect(paused.text == #"{"data":{"id":"\#(id)","name":"Health Check","enabled":false}}"#)
        // The execution that was triggered is still there; only the schedule stops.
        let stored = try await bench.scheduler.executions()
        #expect(stored.items.map(\.status) == [.queued])
        let refused = await bench.send("POST", path + "/trigger")
        #expect(refused.status == 422)
        #expect(refused.error?.string?.contains("enabled") == true)
        #expect(try await bench.scheduler.executions().items.count == 1)
        let resumed = await bench.send("POST", path + "/resume")
        #expect(resumed.text == #"{"data":{"id":"\#(id)","name":"Health Check","enabled":true}}"#)
        #expect(await bench.send("DELETE", path).status == 204)
        let gone = await bench.send("GET", path)
        #expect(gone.status == 404)
        #expect(gone.text == #"{"error":"Not found"}"#)
        #expect(await bench.send("GET", Self.jobs + "/no-uuid").text == #"{"error":"Not found"}"#)
    }

    @Test("Executions are listed as in the quickstart, the newest first", .routes("K-21 to K-29", "KX-5", "KX-6"))
    func executions() async throws {
        let bench = Self.bench()
        bench.transport.script("/api/health", .status(200, text: #"{"status":"ok"}"#))
        bench.transport.script("/api/broken", .status(500, text: "no"))
        bench.transport.script("/api/silent", .failure(.connectionReset))
        try await bench.running {
            let id = try #require(await bench.send("POST", Self.jobs, Self.check).data?["id"]?.string)
            let path = Self.jobs + "/\(id)/executions"
            #expect(await bench.send("GET", path).text == #"{"data":[]}"#)
            await bench.advance(.seconds(300))
            let list = await bench.send("GET", path)
            let execution = try #require(list.data?[0]?["id"]?.string)
            let duration = try #require(list.data?[0]?["duration_ms"]?.int)
            #expect(
                list.text == """
                    {"data":[{"id":"\(execution)","status":"success","http_status":200,\
                    "response_body":"{\\"status\\":\\"ok\\"}","error":null,"attempt":1,"duration_ms":\(duration),\
                    "started_at":"2025-01-15T10:05:00Z","finished_at":"2025-01-15T10:05:00Z"}]}
                    """)
            let job = await bench.send("GET", Self.jobs + "/\(id)")
            #expect(job.data?["last_status"] == "success")
            #expect(job.data?["last_run_at"] == "2025-01-15T10:05:00Z")

            for (path, status, error) in [
                ("broken", JSONValue.int(500), "HTTP 500"), ("silent", .null, "connection"),
            ] {
                let job = Self.job(["url": .string("https://example.com/api/\(path)"), "max_retries": 0])
                let id = try #require(await bench.send("POST", Self.jobs, job).data?["id"]?.string)
                #expect(await bench.send("POST", Self.jobs + "/\(id)/trigger").status == 200)
                await bench.advance(.seconds(1))
                let failed = await bench.send("GET", Self.jobs + "/\(id)/executions").data?[0]
                #expect(failed?["status"] == "failed")
                #expect(failed?["http_status"] == status)
                #expect(failed?["error"]?.string == error)
            }

            for _ in 0..<25 {
                await bench.pass(.milliseconds(10))
                _ = await bench.send("POST", Self.jobs + "/\(id)/trigger")
            }
            await bench.advance(.seconds(1))
            #expect(await bench.send("GET", path).data?.elements.count == 20)
            let all = await bench.send("GET", path + "?limit=100").data?.elements ?? []
            #expect(all.count == 26)
            #expect(all.last?["id"]?.string == execution)
            #expect(await bench.send("GET", path + "?limit=101").status == 422)
        }
    }

    @Test("A job changes where the body says so", .routes("K-5", "K-8", "K-12", "K-13", "K-14"))
    func update() async throws {
        let bench = Self.bench()
        let created = await bench.send("POST", Self.jobs, Self.check)
        let path = Self.jobs + "/" + (created.data?["id"]?.string ?? "")
        await bench.pass(.seconds(60))
        let same = await bench.send("PUT", path, created.data)
        #expect(same.status == 200)
        #expect(same.data == created.data)
        let cron = await bench.send(
            "PATCH", path,
            [
                "name": "Nightly", "schedule_type": "cron", "schedule": "0 2 * * *", "timezone": "Europe/Berlin",
                "method": "post", "headers": ["X-A": "b", "Authorization": "Bearer token"], "timeout_ms": 500,
                "max_retries": 0, "enabled": false,
            ])
        #expect(cron.status == 200)
        #expect(cron.data?["schedule"] == "0 2 * * *")
        #expect(cron.data?["timezone"] == "Europe/Berlin")
        #expect(cron.data?["method"] == "POST")
        #expect(cron.data?["headers"] == ["Authorization": "[redacted]", "X-A": "b"])
        #expect(cron.data?["timeout_ms"] == 500)
        #expect(cron.data?["max_retries"] == 0)
        #expect(cron.data?["enabled"] == false)
        #expect(!cron.text.contains("Bearer token"))
        // A mark that is sent back keeps what is stored.
        let kept = await bench.send("PATCH", path, ["headers": cron.data?["headers"] ?? .null, "enabled": true])
        #expect(kept.data?["next_run_at"] == "2025-01-16T01:00:00Z")
        let stored = try await bench.scheduler.jobs().items[0]
        #expect(stored.definition.action.request?.headers["Authorization"] == "Bearer token")
        let refused = await bench.send("PATCH", path, ["created_at": "2020-01-01T00:00:00Z"])
        #expect(refused.status == 422)
        // A new interval counts from the change on; its zone is kept until a schedule needs it.
        let interval = await bench.send("PATCH", path, ["schedule_type": "interval", "schedule": "every_30s"])
        #expect(interval.data?["next_run_at"] == "2025-01-15T10:01:30Z")
        #expect(interval.data?["timezone"] == "Europe/Berlin")
        await bench.pass(.seconds(10))
        let other = await bench.send("PATCH", path, ["schedule": "every_1m"])
        #expect(other.data?["next_run_at"] == "2025-01-15T10:02:10Z")
    }

    @Test("A job that runs once disables itself", .routes("KX-1"))
    func once() async throws {
        let bench = Self.bench()
        try await bench.running {
            let job = await bench.send(
                "POST", Self.jobs, Self.job(["schedule_type": "once", "schedule": "2025-01-15T10:00:30Z"]))
            #expect(job.data?["schedule"] == "2025-01-15T10:00:30Z")
            #expect(job.data?["next_run_at"] == "2025-01-15T10:00:30Z")
            await bench.advance(.seconds(60))
            let path = Self.jobs + "/" + (job.data?["id"]?.string ?? "")
            let after = await bench.send("GET", path)
            #expect(after.data?["enabled"] == false)
            #expect(after.data?["next_run_at"] == .null)
            #expect(await bench.send("GET", path + "/executions").data?.elements.count == 1)
            #expect(await bench.send("POST", path + "/trigger").status == 422)
        }
    }

    @Test("Retries are 15, 30 and 45 seconds away, and the last hundred executions stay", .routes("KX-3", "KX-4"))
    func policies() async throws {
        let bench = Self.bench()
        bench.transport.script("/api/health", .status(500))
        try await bench.running {
            let id = await bench.send("POST", Self.jobs, Self.check).data?["id"]?.string ?? ""
            #expect(await bench.send("POST", Self.jobs + "/\(id)/trigger").status == 200)
            await bench.advance(.seconds(89))
            #expect(await bench.send("GET", Self.jobs + "/\(id)/executions").data?.elements.isEmpty == true)
            await bench.advance(.seconds(2))
            #expect(await bench.send("GET", Self.jobs + "/\(id)/executions").data?[0]?["attempt"] == 4)
            let stored = try await bench.scheduler.jobs().items[0]
            #expect(stored.definition.retention == .last(100))
        }
    }
}

extension JSONValue {
    /// The object with other members, or with these in place of its own.
    func with(_ changes: JSONValue) -> JSONValue {
        guard case .object(let mine) = self, case .object(let theirs) = changes else { return changes }
        let names = Set(theirs.map(\.name))
        return .object(mine.filter { !names.contains($0.name) } + theirs)
    }

    static func int(_ value: Int) -> JSONValue { .number(.init(Int64(value))) }
}
