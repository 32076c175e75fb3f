import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaProfiles
import RotaStore
import RotaTesting
import Testing

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
}
