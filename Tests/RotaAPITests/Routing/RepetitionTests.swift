import Foundation
import Rota
import RotaHTTP
import RotaProfiles
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaAPI

@Suite("Repeated requests")
struct RepetitionTests {
    private static let definition: JSONValue = [
        "name": "a", "schedule": ["cron": "0 * * * *"], "action": ["http": ["url": "https://example.com"]],
    ]

    /// Changes of a job in Rota's own words and those of TrigRun.
    private static let changes: [(method: String, path: String, body: JSONValue)] = [
        ("PATCH", "/_rota/jobs/a", ["definition": ["name": "a", "attributes": ["group": "g"]]]),
        ("POST", "/_rota/jobs/a/pause", ["reason": "repairs"]), ("POST", "/_rota/jobs/a/skip", ["count": 2]),
        ("PATCH", "/v1/jobs/{id}", ["name": "a", "description": "new"]), ("POST", "/v1/jobs/{id}/pause", [:]),
    ]

    @Test("A change with a used key is answered as before, though its own effect made If-Match stale", arguments: 0..<5)
    func repeated(_ place: Int) async throws {
        let (method, path, body) = Self.changes[place]
        let bench = APIBench(.trigrun)
        let id = try #require(await bench.send("POST", "/_rota/jobs", ["definition": Self.definition]).id?.string)
        let target = path.replacing("{id}", with: id)
        let read = await bench.send("GET", "/_rota/jobs/a")
        let tag = try #require(read.response.headers["ETag"])
        let headers = ["If-Match": tag, "Idempotency-Key": "k"]
        let first = await bench.send(method, target, body, headers: headers)
        #expect(first.status == 200 && first.response.headers["Idempotency-Replayed"] == nil, "\(first.text)")
        let second = await bench.send(method, target, body, headers: headers)
        #expect(second.status == 200 && second.response.headers["Idempotency-Replayed"] == "true", "\(second.text)")
        #expect(second.json == first.json)
        // A new key, and none, are refused.
        for stale in [["If-Match": tag, "Idempotency-Key": "other"], ["If-Match": tag]] {
            #expect(await bench.send(method, target, body, headers: stale).status == 412)
        }
        let now = await bench.send("GET", "/_rota/jobs/a")
        #expect(now.revision == first.revision ?? now.revision)
    }

    @Test("A change that is no longer possible is answered as before, and its key opens nothing else")
    func impossible() async throws {
        let bench = APIBench(.trigrun)
        let once: JSONValue = [
            "name": "a", "schedule": ["once": "2026-03-15T11:00:00Z"],
            "action": ["http": ["url": "https://example.com"]],
        ]
        let created = await bench.send("POST", "/_rota/jobs", ["definition": once])
        #expect(created.status == 201, "\(created.text)")
        bench.transport.script("/", .status(200))
        let headers = ["Idempotency-Key": "k"]
        let first = await bench.send("POST", "/_rota/jobs/a/pause", [:], headers: headers)
        #expect(first.status == 200 && first.json["state"] == "paused")
        #expect(await bench.send("POST", "/_rota/jobs/a/resume", [:]).status == 200)
        try await bench.running { await bench.advance(.seconds(3_700)) }
        #expect(await bench.send("GET", "/_rota/jobs/a").json["state"] == "completed")
        let again = await bench.send("POST", "/_rota/jobs/a/pause", [:], headers: headers)
        #expect(again.status == 200 && again.response.headers["Idempotency-Replayed"] == "true", "\(again.text)")
        #expect(await bench.send("POST", "/_rota/jobs/a/pause", [:], headers: ["Idempotency-Key": "new"]).status == 409)
        #expect(await bench.send("POST", "/_rota/jobs/a/resume", [:], headers: headers).status == 409)
    }

    @Test("A record of a completed job that is sent back with a new date is known by its key when it comes again")
    func completed() async throws {
        for isNative in [true, false] {
            let bench = APIBench(.trigrun)
            bench.transport.script("/", .status(200))
            let once: JSONValue = [
                "name": "a", "schedule": ["once": "2026-03-15T11:00:00Z"],
                "action": ["http": ["url": "https://example.com"]],
            ]
            let created = await bench.send("POST", "/_rota/jobs", ["definition": once])
            let id = try #require(created.id?.string)
            try await bench.running { await bench.advance(.seconds(3_700)) }
            let body: JSONValue =
                isNative
                ? ["state": "completed", "definition": ["schedule": ["once": "2026-03-15T14:00:00Z"]]]
                : ["state": "completed", "schedule": ["run_at": "2026-03-15T14:00:00Z"]]
            func send(_ key: String) async -> Answer {
                await bench.send(
                    "PATCH", isNative ? "/_rota/jobs/a" : "/v1/jobs/\(id)", body, headers: ["Idempotency-Key": key])
            }
            let first = await send("k")
            #expect(first.status == 200 && first.json["state"] == "active", "\(first.text)")
            let again = await send("k")
            #expect(again.status == 200 && again.json["state"] == "active", "\(again.text)")
            #expect(again.response.headers["Idempotency-Replayed"] == "true")
            #expect(await send("other").status == 422)
        }
    }

    @Test("Strait stores no new secret for a change that is refused")
    func secrets() async throws {
        let vault = MemoryVault()
        var configuration = SchedulerConfiguration()
        configuration.webhookSignature = .strait
        let bench = APIBench(.strait, vault: vault, configuration: configuration)
        let id = try await StraitTests.create(
            bench, ["webhook_url": "https://hooks.example.com/", "webhook_secret": "0123456789-first"])
        let name = try #require(await vault.secretNames().first)
        let change: JSONValue = ["webhook_secret": "0123456789-second"]
        let headers = ["If-Match": "\"99\"", "Idempotency-Key": "k"]
        #expect(await bench.send("PATCH", "/v1/jobs/\(id)", change, headers: headers).status == 412)
        #expect(try await vault.secret(named: name) == SecretValue("0123456789-first"))
    }

    /// A job of a profile, and the request that triggers it.
    private static func triggered(_ profile: APIProfile, _ bench: APIBench) async throws -> (
        id: String, trigger: String, pause: String
    ) {
        switch profile.description {
        case "Krafter":
            let job = await bench.send("POST", KrafterTests.jobs, KrafterTests.check)
            let id = try #require(job.data?["id"]?.string)
            return (id, KrafterTests.jobs + "/\(id)/trigger", KrafterTests.jobs + "/\(id)/pause")
        case "Infrai":
            let id = try await InfraiTests.create(InfraiTests.weekly, in: bench)
            return (id, "/v1/cron/trigger/\(id)", "/v1/cron/pause/\(id)")
        case "Strait":
            let id = try await StraitTests.create(bench)
            return (id, "/v1/jobs/\(id)/trigger", "/_rota/jobs/\(id)/pause")
        default:
            let id = try #require(await bench.send("POST", "/v1/jobs", TrigRunTests.report).id?.string)
            return (id, "/v1/jobs/\(id)/run-now", "/v1/jobs/\(id)/pause")
        }
    }

    @Test("A trigger with a used key is answered as before, though the job changed", arguments: APIProfile.allCases)
    func triggers(_ profile: APIProfile) async throws {
        let bench = APIBench(profile)
        let (id, trigger, pause) = try await Self.triggered(profile, bench)
        let native = profile.description == "Infrai" ? nil : "/_rota/jobs/\(id)/run"
        var executions = 0
        for target in [trigger, native].compactMap(\.self) {
            let tag = try await ETag.text(bench.scheduler.jobs().items[0])
            let headers = ["If-Match": tag, "Idempotency-Key": "k\(executions)"]
            let first = await bench.send("POST", target, headers: headers)
            executions += 1
            #expect(200..<300 ~= first.status, "\(first.text)")
            #expect(first.response.headers["Idempotency-Replayed"] == nil)
            // The job has another revision now, and Krafter and Strait trigger no job that is paused.
            #expect(await bench.send("POST", pause).status == 200)
            let second = await bench.send("POST", target, headers: headers)
            #expect(second.status == 200, "\(second.text)")
            #expect(second.response.headers["Idempotency-Replayed"] == "true")
            if profile.description != "Infrai" { #expect(second.json == first.json) }
            let other = await bench.send("POST", target, headers: ["If-Match": tag, "Idempotency-Key": "other"])
            #expect(other.status == 412, "\(other.text)")
            let resumed = try await bench.scheduler.jobs().items[0]
            _ = try await bench.scheduler.resume(resumed.id)
        }
        #expect(try await bench.scheduler.executions(ExecutionQuery()).items.count == executions)
    }

    @Test("Runs that were triggered at once are answered as before, though the job is disabled")
    func bulk() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        let body: JSONValue = ["items": [["priority": 1], ["priority": 2]]]
        let headers = ["Idempotency-Key": "k"]
        let first = await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", body, headers: headers)
        #expect(first.status == 201 && first.created == 2, "\(first.text)")
        #expect(await bench.send("POST", "/_rota/jobs/\(id)/pause").status == 200)
        let second = await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", body, headers: headers)
        #expect(second.status == 201 && second.created == 0 && second.total == 2, "\(second.text)")
        #expect(second.response.headers["Idempotency-Replayed"] == "true")
        #expect(second.batch_id == first.batch_id)
        #expect(second.results?.elements.map { $0["id"] } == first.results?.elements.map { $0["id"] })
        let other = await bench.send(
            "POST", "/v1/jobs/\(id)/trigger/bulk", body, headers: ["Idempotency-Key": "other"])
        #expect(other.status == 400)
    }

    @Test("A repeated clone says so, and is answered as before though the original changed")
    func clones() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        for (place, path) in ["/v1/jobs/\(id)/clone", "/_rota/jobs/\(id)/clone"].enumerated() {
            let tag = try await ETag.text(bench.scheduler.job(#require(JobID(id))))
            let body: JSONValue = ["name": "Copy", "slug": .string("copy-\(place)")]
            let headers = ["If-Match": tag, "Idempotency-Key": "k\(place)"]
            let first = await bench.send("POST", path, body, headers: headers)
            #expect(first.status == 201 && first.response.headers["Idempotency-Replayed"] == nil, "\(first.text)")
            _ = await bench.send("PATCH", "/v1/jobs/\(id)", ["description": .string("\(place)")])
            let second = await bench.send("POST", path, body, headers: headers)
            #expect(second.status == 200 && second.json == first.json, "\(second.text)")
            #expect(second.response.headers["Idempotency-Replayed"] == "true")
            let other = body.with(["slug": .string("other-\(place)")])
            let refused = await bench.send(
                "POST", path, other, headers: ["If-Match": tag, "Idempotency-Key": "other"])
            #expect(refused.status == 412, "\(refused.text)")
        }
        #expect(try await bench.scheduler.jobs().items.count == 3)
    }

    @Test("Jobs that were created together, and executions that were replayed together, say so when repeated")
    func several() async throws {
        let bench = APIBench(.strait)
        let headers = ["Idempotency-Key": "k"]
        let list: JSONValue = [StraitTests.welcome, StraitTests.welcome.with(["slug": "second"])]
        for body in [list, ["jobs": [StraitTests.welcome.with(["slug": "third"])]]] {
            let key = ["Idempotency-Key": body.elements.isEmpty ? "object" : "array"]
            let first = await bench.send("POST", "/v1/jobs/batch", body, headers: key)
            #expect(first.status == 201 && first.response.headers["Idempotency-Replayed"] == nil, "\(first.text)")
            let second = await bench.send("POST", "/v1/jobs/batch", body, headers: key)
            #expect(second.json == first.json && second.response.headers["Idempotency-Replayed"] == "true")
        }
        let job = try #require(try await bench.scheduler.jobs().items.first)
        let run = try await bench.scheduler.trigger(job.id)
        let replay: JSONValue = ["ids": [.string(run.id.description)], "action": "replay"]
        let first = await bench.send("POST", "/_rota/executions/bulk", replay, headers: headers)
        #expect(first.done == 1 && first.response.headers["Idempotency-Replayed"] == nil, "\(first.text)")
        let second = await bench.send("POST", "/_rota/executions/bulk", replay, headers: headers)
        #expect(second.done == 1 && second.response.headers["Idempotency-Replayed"] == "true")
        #expect(try await bench.scheduler.executions(ExecutionQuery(jobID: job.id)).items.count == 2)
    }
}
