import Foundation
import RotaAPI
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("TrigRun's API")
struct TrigRunTests {
    static let inventory: JSONValue = [
        "name": "sync-inventory", "kind": "recurring",
        "schedule": ["every_n_minutes": 15, "timezone": "UTC"],
        "request": [
            "url": "https://api.example.com/sync", "method": "POST",
            "headers": ["Authorization": "secret://api-key"], "timeout_seconds": 60,
        ],
    ]
    static let report: JSONValue = [
        "name": "daily-report", "kind": "cron",
        "schedule": ["cron": "30 9 * * 1-5", "timezone": "America/New_York"],
        "request": ["url": "https://api.example.com/report", "method": "POST"],
    ]

    @Test(
        "A job is created, read, changed, paused, resumed, run and deleted",
        .routes(
            "T-2", "T-9", "T-23", "T-24", "T-27 to T-30", "T-44", "T-47 to T-50", "T-56", "T-57", "T-59", "T-60",
            "T-97",
            "T-108"))
    func life() async throws {
        let bench = APIBench(.trigrun)
        let created = await bench.send("POST", "/v1/jobs", Self.inventory)
        #expect(created.status == 201)
        let id = try #require(created.id?.string)
        #expect(created.next_run_at == "2026-03-15T10:15:00.000Z")
        #expect(created.request?["headers"] == ["Authorization": "secret://api-key"])
        #expect(created.state == "active")

        let paused = await bench.send("POST", "/v1/jobs/\(id)/pause")
        #expect(paused.status == 200)
        #expect(paused.state == "paused")
        #expect(paused.next_run_at == .null)
        let again = await bench.send("POST", "/v1/jobs/\(id)/pause")
        #expect(again.status == 200)
        await bench.pass(.seconds(60))
        let resumed = await bench.send("POST", "/v1/jobs/\(id)/resume")
        #expect(resumed.state == "active")
        #expect(resumed.next_run_at == "2026-03-15T10:15:00.000Z")

        let changed = await bench.send(
            "PATCH", "/v1/jobs/\(id)", ["name": "updated-name", "schedule": ["every_n_minutes": 30]])
        #expect(changed.status == 200)
        #expect(changed.name == "updated-name")
        #expect(changed.next_run_at == "2026-03-15T10:31:00.000Z")
        #expect(changed.request?["timeout_seconds"] == 60)

        let run = await bench.send("POST", "/v1/jobs/\(id)/run-now")
        #expect(run.status == 201)
        #expect(run.source == "manual")
        #expect(run.job_id?.string == id)
        let after = await bench.send("GET", "/v1/jobs/\(id)")
        #expect(after.next_run_at == "2026-03-15T10:31:00.000Z")
        let executions = await bench.send("GET", "/v1/jobs/\(id)/executions")
        #expect(executions.data?.elements.map { $0["id"] } == [run.id])

        #expect(await bench.send("DELETE", "/v1/jobs/\(id)").status == 204)
        #expect(await bench.send("GET", "/v1/jobs/\(id)").status == 404)
        #expect(await bench.send("GET", "/v1/executions/\(run.id?.string ?? "")").status == 404)
    }

    @Test("Defaults are shown", .routes("T-4", "T-10", "T-11", "T-32", "T-35 to T-38"))
    func defaults() async throws {
        let bench = APIBench(.trigrun)
        let job = await bench.send("POST", "/v1/jobs", Self.report)
        #expect(job.next_run_at == "2026-03-16T13:30:00.000Z")
        #expect(job.request?["headers"] == .object([]))
        #expect(job.request?["body"] == .null)
        #expect(job.request?["timeout_seconds"] == 30)
        #expect(job.request?["success_statuses"] == [200, 201, 202, 204])
        #expect(job.retry_policy == ["max_attempts": 3, "retry_on_statuses": [429, 500, 502, 503, 504]])
    }

    @Test("Seven settings change at once", .routes("T-45", "T-46"))
    func manyChanges() async throws {
        let bench = APIBench(.trigrun)
        let id = try #require(await bench.send("POST", "/v1/jobs", Self.report).id?.string)
        let job = await bench.send(
            "PATCH", "/v1/jobs/\(id)",
            [
                "name": "all-at-once", "kind": "recurring", "schedule": ["every_n_minutes": 1440],
                "request": ["url": "https://api.example.com/new", "method": "PUT"],
                "retry_policy": ["max_attempts": 1], "state": "paused", "concurrency_limit": 2,
            ])
        #expect(job.status == 200)
        #expect(job.name == "all-at-once")
        #expect(job.kind == "recurring")
        #expect(job.schedule?["every_n_minutes"] == 1440)
        #expect(job.request?["method"] == "PUT")
        #expect(job.retry_policy?["max_attempts"] == 1)
        #expect(job.state == "paused")
        #expect(job.concurrency_limit == 2)
    }

    @Test(
        "Values outside their range are refused, and the answer names the field",
        .routes("T-2", "T-8", "T-12", "TX-14"),
        arguments: [
            (["kind": "recurring", "schedule": ["every_n_minutes": 0]], "schedule.every_n_minutes"),
            (["kind": "recurring", "schedule": ["every_n_minutes": 1441]], "schedule.every_n_minutes"),
            (["kind": "cron", "schedule": ["cron": "60 * * * *"]], "schedule.cron"),
            (["kind": "cron", "schedule": ["cron": "0 0 * * *", "timezone": "Mars/Olympus"]], "schedule.timezone"),
            (["kind": "cron", "schedule": ["every_n_minutes": 5]], "schedule.every_n_minutes"),
            (["kind": "never"], "kind"),
            (
                [
                    "schedule": ["every_n_minutes": 5],
                    "request": ["url": "https://a.example/", "timeout_seconds": 301],
                ],
                "request.timeout_seconds"
            ),
            (
                ["schedule": ["every_n_minutes": 5], "request": ["url": "https://a.example/", "method": "TRACE"]],
                "request.method"
            ),
            (["schedule": ["every_n_minutes": 5], "request": ["url": "ftp://a.example/"]], "request.url"),
            (["schedule": ["every_n_minutes": 5], "retry_policy": ["max_attempts": 11]], "retry_policy.max_attempts"),
            (["schedule": ["every_n_minutes": 5], "name": ""], "name"),
        ] as [(JSONValue, String)])
    func refusals(_ changes: JSONValue, field: String) async throws {
        let bench = APIBench(.trigrun)
        var members: [String: JSONValue] = ["name": "job", "request": ["url": "https://api.example.com/"]]
        for name in changes.keys { members[name] = changes[name] }
        let answer = await bench.send(
            "POST", "/v1/jobs", .object(members.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }))
        #expect(answer.status == 422)
        #expect(answer.error?["details"]?.elements.first?["field"]?.string == field)
        #expect(answer.error?["message"]?.string?.isEmpty == false)
        #expect(await bench.send("GET", "/v1/jobs").data?.elements.isEmpty == true)
    }

    @Test("An idempotency key returns the existing job", .routes("T-55"))
    func idempotency() async throws {
        let bench = APIBench(.trigrun)
        let first = await bench.send("POST", "/v1/jobs", Self.report, headers: ["Idempotency-Key": "deploy-v1.2.3"])
        let second = await bench.send("POST", "/v1/jobs", Self.report, headers: ["idempotency-key": "deploy-v1.2.3"])
        #expect(first.id == second.id)
        #expect((first.status, second.status) == (201, 200))
        #expect(second.response.headers["Idempotency-Replayed"] == "true")
    }

    @Test("A crontab is imported, and a bad line refused with its number", .routes("T-51 to T-54"))
    func imports() async throws {
        let bench = APIBench(.trigrun)
        let text = "# nightly\n*/10 * * * *\n\n0 3 * * * https://api.example.com/three"
        let answer = await bench.send(
            "POST", "/v1/jobs/import", ["crontab": .string(text), "default_url": "https://api.example.com/fallback"])
        #expect(answer.status == 201)
        #expect(answer.created == 2)
        #expect(
            answer.data?.elements.map { $0["request"]?["url"] } == [
                "https://api.example.com/fallback", "https://api.example.com/three",
            ])
        let bad = await bench.send("POST", "/v1/jobs/import", ["crontab": "0 0 * * * https://a.example/\n61 * * * *"])
        #expect(bad.status == 422)
        #expect(bad.text.contains("line 2"))
    }

    @Test(
        "An execution shows its attempts, and can be replayed",
        .routes(
            "T-6", "T-83 to T-87", "T-89", "T-106", "T-107", "T-109", "T-110"))
    func detail() async throws {
        let bench = APIBench(.trigrun)
        bench.transport.script(
            "/health", .status(503, text: "busy"), .status(200, text: #"{"ok":true}"#))
        try await bench.running {
            let job = await bench.send(
                "POST", "/v1/jobs",
                ["name": "health-check", "kind": "one_time", "request": ["url": "https://api.example.com/health"]])
            let id = try #require(job.id?.string)
            await bench.advance(.seconds(10))
            let list = await bench.send("GET", "/v1/jobs/\(id)/executions?status=succeeded")
            let execution = try #require(list.data?.elements.first?["id"]?.string)
            let detail = await bench.send("GET", "/v1/executions/\(execution)")
            #expect(detail.status == 200)
            #expect(detail.json["status"] == "succeeded")
            #expect(detail.source == "schedule")
            let attempts = detail.attempts?.elements ?? []
            #expect(attempts.map { $0["status"] } == ["HTTP_ERROR", "SUCCESS"])
            #expect(attempts.map { $0["statusCode"] } == [503, 200])
            #expect(attempts.first?["errorClass"] == "transient")
            #expect(detail.final_response == ["statusCode": 200, "bodyPreview": #"{"ok":true}"#])
            let replay = await bench.send("POST", "/v1/executions/\(execution)/replay")
            #expect(replay.status == 201)
            #expect(replay.source == "replay")
            #expect(replay.scheduled_for == "2026-03-15T10:00:10.000Z")
            #expect(replay.replay_of?.string == execution)
            #expect(await bench.send("GET", "/v1/jobs/\(id)").state == "completed")
        }
    }

    @Test("Executions are filtered, sorted and paged", .routes("T-96 to T-105"))
    func lists() async throws {
        let bench = APIBench(.trigrun)
        var ids: [JSONValue] = []
        for name in ["Health-Check", "other"] {
            var job = TrigRunTests.report
            job = .object(
                [.init("name", .string(name))] + ["kind", "schedule", "request"].map { .init($0, job[$0] ?? .null) })
            let id = await bench.send("POST", "/v1/jobs", job).id?.string ?? ""
            for _ in 0..<3 {
                await bench.pass(.seconds(1))
                ids.append(await bench.send("POST", "/v1/jobs/\(id)/run-now").id ?? .null)
            }
        }
        func list(_ query: String) async -> [JSONValue?] {
            await bench.send("GET", "/v1/executions" + query).data?.elements.map { $0["id"] } ?? []
        }
        #expect(await list("") == ids.reversed())
        #expect(await list("?order=asc&limit=2&offset=1") == Array(ids[1...2]))
        #expect(await list("?job_name=HEALTH-ch&order=asc") == Array(ids[..<3]))
        #expect(await list("?status=failed") == [])
        #expect(
            await list("?from=2026-03-15T10:00:02Z&to=2026-03-15T10:00:04Z&sort=scheduled_for&order=asc")
                == Array(ids[1...2]))
        #expect(await bench.send("GET", "/v1/executions?limit=101").status == 422)
        #expect(await bench.send("GET", "/v1/executions?status=lost").status == 422)
        let page = await bench.send("GET", "/v1/executions?limit=4")
        #expect(page.has_more == true)
    }

    @Test("A change of the schedule costs nothing that is beside it", .routes("T-44", "T-47"))
    func scheduleChanges() async throws {
        let bench = APIBench(.trigrun)
        _ = await bench.send(
            "POST", "/_rota/jobs",
            [
                "definition": [
                    "name": "limited", "schedule": ["cron": "0 9 * * *", "timezone": "Europe/Paris", "maximumRuns": 9],
                    "action": ["http": ["method": "GET", "url": "https://api.example.com/"]],
                ]
            ])
        let id = try #require(await bench.send("GET", "/v1/jobs").data?.elements.first?["id"]?.string)
        for change: JSONValue in [
            ["schedule": ["timezone": "Asia/Tokyo"]], ["schedule": ["cron": "30 9 * * *"]], ["kind": "cron"],
            ["schedule": ["every_n_minutes": 5], "kind": "recurring"],
        ] {
            #expect(await bench.send("PATCH", "/v1/jobs/\(id)", change).status == 200)
            let kept = await bench.send("GET", "/_rota/jobs/\(id)").schedule
            #expect(kept?["maximumRuns"] == 9)
        }
        let answer = await bench.send(
            "PATCH", "/v1/jobs/\(id)", ["schedule": ["every_n_minutes": .null, "cron": "0 2 * * *"]])
        #expect(answer.kind == "cron")
        let two = await bench.send(
            "PATCH", "/v1/jobs/\(id)", ["schedule": ["every_n_minutes": 5, "cron": "0 2 * * *"]])
        #expect(two.status == 422)
    }

    @Test("A job of one date is active until its execution has ended, in the list too", .routes("T-26"))
    func activeUntilEnded() async throws {
        let bench = APIBench(.trigrun)
        let job = await bench.send(
            "POST", "/v1/jobs", ["name": "once", "kind": "one_time", "request": ["url": "https://api.example.com/"]])
        #expect(job.state == "active")
        #expect(await bench.send("GET", "/v1/jobs?state=active").data?.elements.count == 1)
        #expect(await bench.send("GET", "/v1/jobs?state=completed").data?.elements.isEmpty == true)
        try await bench.running { await bench.advance(.seconds(5)) }
        #expect(await bench.send("GET", "/v1/jobs?state=active").data?.elements.isEmpty == true)
        #expect(await bench.send("GET", "/v1/jobs?state=completed").data?.elements.count == 1)
    }

    @Test("A crontab may be longer than any other text", .routes("T-51"))
    func longCrontab() async {
        let lines = (0..<400).map { "\($0 % 60) * * * * https://api.example.com/\($0)" }.joined(separator: "\n")
        let answer = await APIBench(.trigrun).send("POST", "/v1/jobs/import", ["crontab": .string(lines)])
        #expect(answer.created == 400)
    }

    @Test("A zone is kept and shown where it changes no date, and rules the cron expression that follows")
    func zones() async throws {
        let bench = APIBench(.trigrun)
        for schedule: JSONValue in [["every_n_minutes": 15], ["run_at": "2099-01-01T00:00:00Z"]] {
            let stated = schedule.with(["timezone": "Asia/Tokyo"])
            let kind: JSONValue = schedule["run_at"] == nil ? "recurring" : "scheduled"
            let created = await bench.send("POST", "/v1/jobs", Self.inventory.with(["kind": kind, "schedule": stated]))
            #expect(created.status == 201, "\(created.text)")
            let path = "/v1/jobs/\(created.id?.string ?? "")"
            #expect(await bench.send("GET", path).schedule?["timezone"] == "Asia/Tokyo")
            let native = await bench.send("GET", "/_rota" + path.dropFirst(3))
            #expect(native.timezone == "Asia/Tokyo" && native.schedule?["timezone"] == nil)
            #expect(native.definition?["limits"] == nil)
            let renamed = await bench.send("PATCH", path, ["name": "other"])
            #expect(renamed.schedule?["timezone"] == "Asia/Tokyo")
            let cron = await bench.send("PATCH", path, ["kind": "cron", "schedule": ["cron": "0 9 * * *"]])
            #expect(cron.schedule == ["cron": "0 9 * * *", "timezone": "Asia/Tokyo"])
            #expect(cron.next_run_at == "2026-03-16T00:00:00.000Z")
            #expect(await bench.send("GET", "/_rota" + path.dropFirst(3)).definition?["attributes"] == nil)
            let back = await bench.send("PATCH", path, ["kind": "recurring", "schedule": ["every_n_minutes": 5]])
            #expect(back.schedule?["timezone"] == "Asia/Tokyo")
            let moved = await bench.send("PATCH", path, ["schedule": ["timezone": "UTC"]])
            #expect(moved.schedule == ["every_n_minutes": 5, "timezone": "UTC"])
            for zone in ["Mars/Olympus", ""] {
                #expect(await bench.send("PATCH", path, ["schedule": ["timezone": .string(zone)]]).status == 422)
            }
        }
        let mars: JSONValue = ["attributes": ["timezone": "Mars/Olympus"]]
        let id = await bench.send("POST", "/v1/jobs", Self.inventory).id?.string ?? ""
        #expect(await bench.send("PATCH", "/_rota/jobs/\(id)", ["definition": mars]).status == 422)
    }

    @Test(
        "Unknown members are refused, with the one that is meant",
        arguments: [
            (["retry_polcy": ["max_attempts": 1]], "retry_polcy", "retry_policy"),
            (["nam": "x"], "nam", "name"), (["response_matcher": .object([])], "response_matcher", nil),
            (
                ["request": ["url": "https://a.example/", "timeout": 5]], "request.timeout", nil
            ),
            (["request": ["url": "https://a.example/", "methd": "GET"]], "request.methd", "method"),
        ] as [(JSONValue, String, String?)])
    func unknown(_ change: JSONValue, _ field: String, _ meant: String?) async throws {
        let bench = APIBench(.trigrun)
        let id = try #require(await bench.send("POST", "/v1/jobs", Self.report).id?.string)
        let created = await bench.send("POST", "/v1/jobs", Self.report.merged(with: change))
        let changed = await bench.send("PATCH", "/v1/jobs/\(id)", change)
        for answer in [created, changed] {
            #expect(answer.status == 422 && answer.error?["details"]?[0]?["field"] == .string(field), "\(answer.text)")
            if let meant { #expect(answer.text.contains("Did you mean \(meant)?")) }
        }
        #expect(await bench.send("POST", "/v1/jobs/\(id)/run-now", ["paylod": 1]).status == 422)
        #expect(await bench.send("POST", "/v1/jobs/import", ["crontab": "# none", "defaulturl": "x"]).status == 422)
        #expect(try await bench.scheduler.jobs().items.count == 1)
    }

    @Test("A job that was read can be sent back whole")
    func roundTrip() async throws {
        let bench = APIBench(.trigrun)
        for job in [Self.inventory, Self.report] {
            let created = await bench.send("POST", "/v1/jobs", job)
            let path = "/v1/jobs/\(created.id?.string ?? "")"
            let sent = await bench.send("PATCH", path, await bench.send("GET", path).json)
            #expect(sent.status == 200 && sent.json == created.json, "\(sent.text)")
        }
    }
}

extension JSONValue {
    /// The object with the members of another one in place of its own.
    fileprivate func merged(with other: JSONValue) -> JSONValue {
        guard case .object(let mine) = self, case .object(let theirs) = other else { return other }
        return .object(mine.filter { member in !theirs.contains { $0.name == member.name } } + theirs)
    }
}
