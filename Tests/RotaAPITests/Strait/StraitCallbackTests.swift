import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaProfiles
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Strait's callbacks and secrets")
struct StraitCallbackTests {
    static func bench(vault: MemoryVault? = nil, signature: WebhookSignature = .strait) -> APIBench {
        var configuration = SchedulerConfiguration()
        configuration.tokenSecret = SecretValue("0123456789abcdef0123456789abcdef")
        configuration.webhookSignature = signature
        return APIBench(.strait, vault: vault, configuration: configuration)
    }

    @Test("A worker completes an execution later, with its token", .routes("S-57", "S-64", "S-95", "SX-20"))
    func callbacks() async throws {
        let bench = Self.bench()
        bench.transport.script("/welcome", .status(202))
        try await bench.running {
            let id = try await StraitTests.create(bench)
            let bulk = await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", ["items": [[:], [:], [:]]])
            let runs = bulk.results?.elements.compactMap { $0["id"]?.string } ?? []
            let tokens = bulk.results?.elements.compactMap { $0["run_token"]?.string } ?? []
            #expect((runs.count, tokens.count) == (3, 3))
            func call(_ name: String, _ run: Int, _ body: JSONValue? = nil, token: String?) async -> Answer {
                await bench.send("POST", "/sdk/v1/runs/\(runs[run])/\(name)", body, token: token)
            }
            let early = await call("complete", 0, token: tokens[0])
            #expect((early.status, early.error) == (409, "run status conflict"))
            await bench.advance(.seconds(1))
            // The endpoint got a token too.
            let given = bench.transport.requests.first { $0.headers["X-Run-ID"] == runs[0] }?.headers["X-Run-Token"]
            #expect(await bench.send("GET", "/v1/runs/\(runs[0])").json["status"] == "waiting")

            for wrong in [nil, "test-token", tokens[1]] {
                #expect(await call("complete", 0, token: wrong).status == 401)
            }
            let beat = await call("heartbeat", 0, token: tokens[0])
            #expect(beat.status == 200)
            #expect(beat.heartbeat_at == "2026-03-15T10:00:01Z")
            let progress = await call("progress", 0, ["percent": 50, "message": "half"], token: tokens[0])
            #expect(progress.status == 200)
            let report = try await bench.scheduler.executions().items.compactMap(\.progress.report).first
            #expect(report == ProgressReport(fraction: 0.5, message: "half"))
            #expect(await call("progress", 0, [:], token: tokens[0]).status == 400)

            let done = await call("complete", 0, ["result": ["sent": 1]], token: given)
            #expect(done.status == 200)
            #expect(done.json["status"] == "completed")
            #expect(done.result == ["sent": 1])
            #expect(await call("complete", 0, token: tokens[0]).status == 409)
            #expect(await call("fail", 1, [:], token: tokens[1]).status == 400)
            let failed = await call("fail", 1, ["error": "no mail"], token: tokens[1])
            #expect(failed.json["status"] == "failed")
            #expect(failed.error == "no mail")
            await bench.pass(.seconds(86_401))
            #expect(await call("complete", 2, token: tokens[2]).status == 401)
        }
    }

    @Test("A worker reports with its token to a server that lets no client change anything")
    func readOnly() async throws {
        let bench = Self.bench()
        let api = SchedulerAPI(bench.scheduler, as: .strait) { _, _ in .allow(scopes: [.read]) }
        bench.transport.script("/welcome", .status(202))
        try await bench.running {
            let id = try await StraitTests.create(bench)
            let run = await bench.send("POST", "/v1/jobs/\(id)/trigger")
            let token = try #require(run.run_token?.string)
            await bench.advance(.seconds(1))
            func send(_ target: String) async -> Int {
                await api.respond(
                    to: APIRequest(method: "POST", target: target, headers: [("Authorization", "Bearer \(token)")])
                ).status
            }
            #expect(await send("/v1/jobs/\(id)/trigger") == 403)
            #expect(await send("/sdk/v1/runs/\(run.id?.string ?? "")/complete") == 200)
        }
    }

    @Test("A webhook's secret is kept in the vault, signs, and is never shown", .routes("S-41", "S-42", "SX-16"))
    func secrets() async throws {
        let vault = MemoryVault()
        let bench = Self.bench(vault: vault)
        let secret = "0123456789-very-secret"
        let hook: JSONValue = ["webhook_url": "https://hooks.example.com/done", "webhook_secret": .string(secret)]
        bench.transport.script("/welcome", .status(200, text: "sent"))
        try await bench.running {
            let id = try await StraitTests.create(bench, hook)
            let name = try #require(await vault.secretNames().first)
            let stored = try await bench.scheduler.jobs().items[0].definition
            #expect(
                stored.notifications.map(\.channel) == [
                    .webhook(url: "https://hooks.example.com/done", secret: "secret://" + name)
                ])
            _ = await bench.send("POST", "/v1/jobs/\(id)/trigger")
            await bench.advance(.seconds(2))
            let sent = try #require(bench.transport.requests.first { $0.url.host == "hooks.example.com" })
            try WebhookSignature.strait.verify(
                headers: sent.headers, body: sent.body.data ?? Data(), at: bench.clock.now,
                with: [WebhookSecret(utf8: secret)])

            // A new value takes the place of the old one; a request that is refused changes nothing.
            let other = "another-0123456789-secret"
            let refused = await bench.send(
                "PATCH", "/v1/jobs/\(id)", ["webhook_secret": .string(other), "cron": "61 * * * *"])
            #expect(refused.status == 400)
            #expect(try await vault.secret(named: name)?.value == secret)
            let changed = await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": .string(other)])
            #expect(changed.status == 200)
            let renamed = try await vault.secretNames()
            #expect(renamed.count == 1 && renamed != [name])
            #expect(try await vault.secret(named: renamed.first ?? "")?.value == other)
            // A clone has a copy of its own.
            let clone = await bench.send("POST", "/v1/jobs/\(id)/clone", ["name": "Copy", "slug": "copy"])
            #expect(try await vault.secretNames().count == 2)
            for path in [
                "/v1/jobs?project_id=proj_1", "/v1/jobs/\(id)", "/v1/jobs/\(id)/versions",
                "/v1/jobs/\(id)/versions/\(id).1", "/v1/runs?project_id=proj_1",
            ] {
                let shown = await bench.send("GET", path).text
                #expect(!shown.contains(secret) && !shown.contains(other) && !shown.contains("webhook_secret"))
            }
            #expect(!changed.text.contains(other) && !clone.text.contains(other))
            // Nothing stays behind in the vault.
            let off = await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": ""])
            #expect(off.webhook_url == "https://hooks.example.com/done")
            #expect(try await vault.secretNames().count == 1)
            #expect(await bench.send("DELETE", "/v1/jobs/" + (clone.id?.string ?? "")).status == 204)
            #expect(try await vault.secretNames().isEmpty)
        }
    }

    @Test("A refused or repeated request leaves no secret in the vault", .routes("S-42"))
    func leftovers() async throws {
        let vault = MemoryVault()
        let bench = Self.bench(vault: vault)
        let hook: JSONValue = ["webhook_url": "https://a.example/", "webhook_secret": "0123456789abcdef"]
        for _ in 0..<2 {
            let made = await bench.send(
                "POST", "/v1/jobs", StraitTests.welcome.with(hook), headers: ["Idempotency-Key": "k"])
            #expect(made.status < 300)
        }
        #expect(try await vault.secretNames().count == 1)
        #expect(await bench.send("POST", "/v1/jobs", StraitTests.welcome.with(hook)).status == 409)
        let batch: JSONValue = [StraitTests.welcome.with(hook).with(["slug": "x"]), StraitTests.welcome.with(hook)]
        #expect(await bench.send("POST", "/v1/jobs/batch", batch).status == 409)
        #expect(try await vault.secretNames().count == 1)
        // A reference is taken as it is, and short secrets are refused.
        let reference = await bench.send(
            "POST", "/v1/jobs",
            StraitTests.welcome.with(hook).with(["slug": "r", "webhook_secret": "secret://hook"]))
        #expect(reference.status == 201)
        let short = StraitTests.welcome.with(hook).with(["slug": "s", "webhook_secret": "short"])
        #expect(await bench.send("POST", "/v1/jobs", short).status == 400)
        #expect(try await vault.secretNames().count == 1)
        // A secret that the scheduler's scheme cannot sign with would never be obeyed.
        let standard = Self.bench(vault: MemoryVault(), signature: .standard)
        let unusable = await standard.send("POST", "/v1/jobs", StraitTests.welcome.with(hook))
        #expect(unusable.status == 400)
        #expect(unusable.text.contains("set up to sign as Strait does"))
    }
}
