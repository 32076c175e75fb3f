import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Infrai's API")
struct InfraiTests {
    static let weekly: JSONValue = [
        "cron_expr": "0 9 * * 1", "task_type": "http_url", "task_url": "https://api.acme.com/weekly",
    ]
    static let daily: JSONValue = [
        "name": "daily", "schedule": "0 9 * * *", "url": "https://api.acme.com/daily",
        "payload": ["segment": "active-users"], "timezone": "Asia/Shanghai", "retries": 3, "idempotency_key": "k1",
    ]

    static func create(_ body: JSONValue, in bench: APIBench) async throws -> String {
        let answer = await bench.send("POST", "/v1/cron/create", body)
        #expect(answer.status == 200)
        return try #require(answer.data?["cron_id"]?.string)
    }

    @Test(
        "The example's job is created, listed, read, paused, resumed and deleted",
        .routes("I-1", "I-3", "I-5", "I-6", "I-11 to I-14", "I-29", "I-31", "I-32", "I-39"))
    func walk() async throws {
        let bench = APIBench(.infrai)
        let created = await bench.send("POST", "/v1/cron/create", Self.weekly)
        let id = try #require(created.data?["cron_id"]?.string)
        #expect(id.hasPrefix("cron_") && id.count == 31)
        let listed: JSONValue = [
            "cron_id": .string(id), "name": "api.acme.com/weekly", "schedule": "0 9 * * 1",
            "url": "https://api.acme.com/weekly", "enabled": true, "next_run_at": "2026-03-16T09:00:00Z",
        ]
        #expect(created.data == listed)
        #expect(created.json.keys == ["ok", "data", "error", "metadata"])
        #expect(created.ok == true)
        #expect(created.error == .null)
        #expect(created.metadata?["request_id"]?.string == created.response.headers["X-Request-Id"])
        #expect(created.metadata?["latency_ms"] == 0)
        #expect(await bench.send("GET", "/v1/cron/list").data == ["items": [listed]])

        let read: JSONValue = [
            "cron_id": .string(id), "name": "api.acme.com/weekly", "cron_expr": "0 9 * * 1",
            "task": "https://api.acme.com/weekly", "timezone": "UTC", "enabled": true,
            "next_run_at": "2026-03-16T09:00:00Z",
        ]
        #expect(await bench.send("GET", "/v1/cron/get/\(id)").data == read)
        #expect(await bench.send("PATCH", "/v1/cron/update/\(id)", [:]).data == read)
        let placeholder: JSONValue = ["cron_id": "..."]
        #expect(
            await bench.send("POST", "/v1/cron/pause/\(id)", placeholder).data == [
                "cron_id": .string(id), "enabled": false,
            ])
        #expect(
            await bench.send("POST", "/v1/cron/resume/\(id)", placeholder).data == [
                "cron_id": .string(id), "enabled": true, "next_run_at": "2026-03-16T09:00:00Z",
            ])
        for _ in 0..<2 {
            let deleted = await bench.send("DELETE", "/v1/cron/delete/\(id)")
            #expect(deleted.status == 200)
            #expect(deleted.data == ["cron_id": .string(id), "deleted": true])
        }
        let gone = await bench.send("GET", "/v1/cron/get/\(id)")
        #expect(gone.status == 404)
        #expect(gone.json.keys == ["ok", "data", "error", "metadata"])
        #expect(gone.ok == false)
        #expect(gone.error?["code"] == "NOT_FOUND")
        let poor = await bench.send("GET", "/v1/cron/list", token: "poor-token")
        #expect(poor.status == 402)
        #expect(poor.error?["code"] == "INSUFFICIENT_CREDIT")
    }

    @Test(
        "Every setting of an update is obeyed",
        .routes("I-15 to I-20", "I-22", "I-24 to I-28", "I-30", "IX-1"))
    func update() async throws {
        let bench = APIBench(.infrai)
        bench.transport.script("/other", .status(500))
        try await bench.running {
            let id = try await Self.create(Self.weekly, in: bench)
            let original = try await bench.scheduler.jobs().items[0].definition
            #expect(original.retry.retries == 3)
            #expect(original.action.request?.timeout == .seconds(300))
            let changed = await bench.send(
                "PATCH", "/v1/cron/update/\(id)",
                [
                    "cron_expr": "0 0 9 * * 1", "task": "https://api.acme.com/other", "name": "weekly",
                    "timezone": "Asia/Shanghai", "retry": 1, "timeout_seconds": 900, "overlap_policy": "skip",
                    "max_runs": 1, "payload": ["a": 1], "headers": ["X-A": "b"],
                    "on_failure_webhook": "https://api.acme.com/failed", "idempotency_key": "u1",
                ])
            #expect(changed.status == 200)
            #expect(changed.data?["next_run_at"] == "2026-03-16T01:00:00Z")
            #expect(changed.data?["timezone"] == "Asia/Shanghai")
            let definition = try await bench.scheduler.jobs().items[0].definition
            #expect(definition.action.request?.timeout == .seconds(900))
            #expect(definition.overlap == .skip)
            await bench.advance(.seconds(16 * 3_600))
            let requests = bench.transport.requests
            let sent = requests.filter { $0.url.path == "/other" }
            #expect(sent.count == 2)
            #expect(sent.first?.method == .post)
            #expect(sent.first?.headers["X-A"] == "b")
            #expect(sent.first?.body.data == Data(#"{"a":1}"#.utf8))
            #expect(requests.contains { $0.url.path == "/failed" })
            // One run was allowed, so there is no other.
            let after = await bench.send("GET", "/v1/cron/get/\(id)")
            #expect(after.data?["enabled"] == false)
            #expect(after.data?["next_run_at"] == nil)
            // The same key does nothing a second time.
            let again = await bench.send(
                "PATCH", "/v1/cron/update/\(id)", ["name": "other", "idempotency_key": "u1"])
            #expect(again.data?["name"] == "weekly")
        }
    }

    @Test("The table's names work too, and an idempotency key", .routes("I-2", "I-7 to I-10", "I-28"))
    func table() async throws {
        let bench = APIBench(.infrai)
        let first = await bench.send("POST", "/v1/cron/create", Self.daily)
        let second = await bench.send("POST", "/v1/cron/create", Self.daily)
        #expect(first.data?["cron_id"] == second.data?["cron_id"])
        #expect(second.response.headers["Idempotency-Replayed"] == "true")
        #expect(first.data?["next_run_at"] == "2026-03-16T01:00:00Z")
        let header = await bench.send("POST", "/v1/cron/create", Self.daily, headers: ["Idempotency-Key": "k2"])
        #expect(header.data?["cron_id"] != first.data?["cron_id"])
        let request = try await bench.scheduler.jobs().items[0].definition.action.request
        #expect(request?.body == .json(["segment": "active-users"]))
    }

    @Test("A date instead of a schedule runs once", .routes("I-4"))
    func once() async throws {
        let bench = APIBench(.infrai)
        let id = try await Self.create(
            ["name": "once", "run_at": "2026-03-15T10:01:00Z", "url": "https://api.acme.com/once"], in: bench)
        let job = await bench.send("GET", "/v1/cron/get/\(id)")
        #expect(job.data?["cron_expr"] == "2026-03-15T10:01:00Z")
        let kept = await bench.send(
            "PATCH", "/v1/cron/update/\(id)",
            ["cron_expr": "2026-03-15T10:01:00Z", "timezone": "Asia/Shanghai", "max_runs": 5])
        #expect(kept.data?["next_run_at"] == "2026-03-15T10:01:00Z")
        #expect(kept.data?["timezone"] == "Asia/Shanghai")
        let unlimited = await bench.send("PATCH", "/v1/cron/update/\(id)", ["max_runs": .null])
        #expect(unlimited.status == 200)
        #expect(try await bench.scheduler.jobs().items[0].definition.schedule.maximumRuns == nil)
        try await bench.running {
            await bench.advance(.seconds(120))
            #expect(bench.transport.requests.count == 1)
            #expect(await bench.send("GET", "/v1/cron/get/\(id)").data?["enabled"] == false)
        }
    }

    @Test("A trigger starts an execution, and executions are read and listed", .routes("I-33 to I-36"))
    func runs() async throws {
        let bench = APIBench(.infrai)
        bench.transport.script("/weekly", .status(404, text: "gone"))
        try await bench.running {
            let id = try await Self.create(Self.weekly, in: bench)
            #expect(await bench.send("GET", "/v1/cron/runs/list/\(id)").data == ["items": []])
            let run = await bench.send("POST", "/v1/cron/trigger/\(id)", ["job_id": "cron_01HX..."])
            let runID = try #require(run.data?["run_id"]?.string)
            #expect(runID.hasPrefix("run_"))
            #expect(run.data?.keys == ["run_id", "cron_id", "state", "started_at"])
            #expect(run.data?["cron_id"]?.string == id)
            let same = await bench.send("POST", "/v1/cron/trigger/\(id)", headers: ["Idempotency-Key": "t"])
            let again = await bench.send("POST", "/v1/cron/trigger/\(id)", headers: ["Idempotency-Key": "t"])
            #expect(same.data?["run_id"] == again.data?["run_id"])
            await bench.advance(.seconds(1))
            let read = await bench.send("GET", "/v1/cron/runs/get/\(id)/\(runID)")
            #expect(read.data?["state"] == "failed")
            #expect(read.data?["started_at"] == "2026-03-15T10:00:00Z")
            #expect(read.data?["finished_at"] == "2026-03-15T10:00:00Z")
            #expect(read.data?["response_status"] == 404)
            #expect(read.data?["error"]?.string?.contains("404") == true)
            let page = await bench.send("GET", "/v1/cron/runs/list/\(id)?limit=1")
            #expect(page.data?["items"]?[0]?["run_id"] == same.data?["run_id"])
            let cursor = try #require(page.data?["next_cursor"]?.string)
            // New runs do not disturb the next page.
            _ = await bench.send("POST", "/v1/cron/trigger/\(id)")
            let next = await bench.send("GET", "/v1/cron/runs/list/\(id)?limit=5&cursor=\(cursor)")
            #expect(next.data?["items"]?.elements.map { $0["run_id"]?.string } == [runID])
            #expect(next.data?["next_cursor"] == nil)
            let other = try await Self.create(Self.daily, in: bench)
            #expect(await bench.send("GET", "/v1/cron/runs/get/\(other)/\(runID)").status == 404)
        }
    }

    @Test("How long runs are kept is read and set", .routes("I-37", "I-38"))
    func retention() async throws {
        let bench = APIBench(.infrai)
        try await bench.running {
            let id = try await Self.create(Self.weekly, in: bench)
            #expect(
                await bench.send("GET", "/v1/cron/retention/get/\(id)").data == [
                    "cron_id": .string(id), "retention_days": 30,
                ])
            let week = await bench.send(
                "PUT", "/v1/cron/retention/set/\(id)", ["retention_days": 7, "idempotency_key": "r1"])
            #expect(week.data?["retention_days"] == 7)
            let none = await bench.send("PUT", "/v1/cron/retention/set/\(id)", ["retention_days": 0])
            #expect(none.data == ["cron_id": .string(id), "retention_days": 0])
            _ = await bench.send("POST", "/v1/cron/trigger/\(id)")
            await bench.advance(.seconds(600))
            #expect(bench.transport.requests.count == 1)
            #expect(await bench.send("GET", "/v1/cron/runs/list/\(id)").data == ["items": []])
            #expect(await bench.send("PUT", "/v1/cron/retention/set/\(id)", [:]).status == 422)
        }
    }

    @Test("A webhook that is sent again as it was read keeps its secret and its output")
    func webhookAgain() async throws {
        let bench = APIBench(.infrai)
        let id = try await Self.create(Self.weekly, in: bench)
        let job = try #require(try await bench.scheduler.jobs().items.first)
        let hook = "https://hooks.example.com/failed"
        let rule = NotificationRule(on: .failure, .webhook(url: hook, secret: "secret://hook"), includesOutput: true)
        try await bench.scheduler.update(job.id) { $0.notifications = [rule] }
        let change: JSONValue = ["on_failure_webhook": .string(hook), "name": "renamed"]
        #expect(await bench.send("PATCH", "/v1/cron/update/\(id)", change).status == 200)
        #expect(try await bench.scheduler.job(job.id).definition.notifications == [rule])
    }

    @Test("A job that was made elsewhere keeps what Infrai has no words for", .routes("I-14"))
    func elsewhere() async throws {
        let bench = APIBench(.infrai)
        let schedule = Schedule.every(.seconds(90), anchor: APIBench.start).smoothed(over: .seconds(10), key: "k")
        let made = try await bench.scheduler.create(
            JobDraft(name: "native", schedule: schedule, action: .handler("h")))
        let listed = await bench.send("GET", "/v1/cron/list").data?["items"]?[0]
        let path = "/v1/cron/update/" + (listed?["cron_id"]?.string ?? "")
        let changed = await bench.send(
            "PATCH", path, ["schedule": listed?["schedule"] ?? .null, "name": "renamed", "retry": 7])
        #expect(changed.status == 200, "\(changed.text)")
        let stored = try await bench.scheduler.job(made.id).definition
        #expect(stored.schedule == schedule)
        #expect(stored.name == "renamed")
        #expect(await bench.send("PATCH", path, ["task": "https://a.example/"]).status == 422)
    }

    @Test(
        "Values outside their range are refused", .routes("I-4", "I-15", "I-18 to I-24"),
        arguments: [
            ["retry": 11], ["retry": -1], ["timeout_seconds": 0], ["timeout_seconds": 901], ["overlap_policy": "maybe"],
            ["cron_expr": "* * * *"], ["cron_expr": "0 0 9 * * 1 2030"], ["timezone": "Mars/Olympus"], ["max_runs": 0],
            ["retry": 1, "retries": 2], ["run_at": "2099-05-01T08:00:00Z", "schedule": "0 9 * * *"],
            ["task_type": "lambda"], ["nmae": "x"], ["on_failure_webhook": "ftp://x"],
            ["task": "https://a.example/", "url": "https://b.example/"],
        ] as [JSONValue])
    func refusals(_ body: JSONValue) async throws {
        let bench = APIBench(.infrai)
        let id = try await Self.create(Self.weekly, in: bench)
        let answer = await bench.send("PATCH", "/v1/cron/update/\(id)", body)
        #expect(answer.status == 422)
        #expect(answer.ok == false)
        #expect(answer.error?["message"]?.string?.isEmpty == false)
        #expect(try await bench.scheduler.jobs().items[0].version == 1)
    }

    @Test("A job needs a schedule and an address", .routes("I-3", "I-4", "I-5", "I-21", "I-23"))
    func required() async throws {
        let bench = APIBench(.infrai)
        for body: JSONValue in [
            ["name": "never", "url": "https://api.acme.com/never"], ["name": "nowhere", "schedule": "0 9 * * *"],
        ] {
            #expect(await bench.send("POST", "/v1/cron/create", body).status == 422)
        }
        let id = try await Self.create(Self.weekly, in: bench)
        _ = await bench.send("PATCH", "/v1/cron/update/\(id)", ["max_runs": 5])
        _ = await bench.send("PATCH", "/v1/cron/update/\(id)", ["cron_expr": "0 10 * * *"])
        #expect(try await bench.scheduler.jobs().items[0].definition.schedule.maximumRuns == 5)
        for (name, policy) in [("allow", OverlapPolicy.allow), ("queue", .queue)] {
            _ = await bench.send("PATCH", "/v1/cron/update/\(id)", ["overlap_policy": .string(name)])
            #expect(try await bench.scheduler.jobs().items[0].definition.overlap == policy)
        }
    }

    @Test("A job that does not exist is named as the client named it")
    func missing() async {
        let bench = APIBench(.infrai)
        let id = "cron_01HX5Z8Q9W7R6T5Y4U3I2O1P0A".replacing("I", with: "J").replacing("O", with: "K")
            .replacing("U", with: "V")
        let answer = await bench.send("GET", "/v1/cron/get/\(id)")
        #expect(answer.status == 404 && answer.error?["message"]?.string?.contains(id) == true, "\(answer.text)")
        let change = await bench.send("PATCH", "/v1/cron/update/\(id)", ["name": "x"])
        #expect(change.status == 404 && change.error?["message"]?.string?.contains(id) == true, "\(change.text)")
    }
}
