import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaProfiles
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Strait's jobs")
struct StraitTests {
    static let welcome: JSONValue = [
        "project_id": "proj_1", "name": "Send Welcome Email", "slug": "send-welcome-email",
        "endpoint_url": "https://api.example.com/welcome",
    ]

    /// Every setting that a job can have but those of `welcome` and the secret.
    static let everything: JSONValue = [
        "group_id": "g1", "description": "All of it", "cron": "0 9 * * 1-5", "timezone": "Europe/Paris",
        "payload_schema": [
            "type": "object", "required": ["user_id"], "properties": ["user_id": ["type": "string"]],
        ],
        "tags": ["team": "a"], "fallback_endpoint_url": "https://fallback.example.com/welcome", "max_attempts": 5,
        "timeout_secs": 60, "max_concurrency": 2, "max_concurrency_per_key": 1,
        "execution_window_cron": "* 8-17 * * 1-5", "rate_limit_max": 10, "rate_limit_window_secs": 60,
        "rate_limit_keys": [["name": "api", "max": 100, "window_secs": 3600]], "default_run_metadata": ["tier": "1"],
        "dedup_window_secs": 30, "webhook_url": "https://api.example.com/done", "run_ttl_secs": 900,
        "retry_strategy": "custom", "retry_delays_secs": [5, 50], "environment_id": "env_1",
        "version_policy": "minor", "backwards_compatible": true, "cron_overlap_policy": "cancel_running",
    ]

    static func create(_ bench: APIBench, _ changes: JSONValue = [:]) async throws -> String {
        let answer = await bench.send("POST", "/v1/jobs", welcome.with(changes))
        #expect(answer.status == 201, "\(answer.text)")
        return try #require(answer.id?.string)
    }

    @Test(
        "A job is created with the service's defaults, read, listed and deleted",
        .routes(
            "S-1", "S-2", "S-6", "S-8", "S-18", "S-19", "S-21", "S-22", "S-27", "S-29", "S-30", "S-40", "S-47 to S-49",
            "S-51", "S-52", "SX-13"))
    func life() async throws {
        let bench = APIBench(.strait)
        let created = await bench.send("POST", "/v1/jobs", Self.welcome)
        #expect(created.status == 201)
        let id = try #require(created.id?.string)
        #expect(
            created.text == """
                {"id":"\(id)","project_id":"proj_1","name":"Send Welcome Email","slug":"send-welcome-email",\
                "endpoint_url":"https://api.example.com/welcome","max_attempts":3,"timeout_secs":300,"enabled":true,\
                "retry_strategy":"exponential","version":1,"version_id":"\(id).1","version_policy":"pin",\
                "backwards_compatible":false,"created_by":"tester","created_at":"2026-03-15T10:00:00Z",\
                "updated_at":"2026-03-15T10:00:00Z"}
                """)
        #expect(await bench.send("GET", "/v1/jobs/\(id)").json == created.json)
        #expect(await bench.send("GET", "/v1/jobs?project_id=proj_1").json == [created.json])
        #expect(await bench.send("GET", "/v1/jobs?project_id=proj_2").json == [])
        #expect(await bench.send("GET", "/v1/jobs").error == "project_id is required")
        #expect(await bench.send("GET", "/v1/jobs").status == 400)

        let taken = await bench.send("POST", "/v1/jobs", Self.welcome)
        #expect(taken.status == 409)
        #expect(taken.request_id?.string == taken.response.headers["X-Request-Id"])
        let key = ["X-Idempotency-Key": "k"]
        let first = await bench.send("POST", "/v1/jobs", Self.welcome.with(["slug": "b"]), headers: key)
        let second = await bench.send("POST", "/v1/jobs", Self.welcome.with(["slug": "b"]), headers: key)
        #expect((first.status, second.status) == (201, 200))
        #expect(first.id == second.id)

        #expect(await bench.send("DELETE", "/v1/jobs/\(id)").status == 204)
        let gone = await bench.send("GET", "/v1/jobs/\(id)")
        #expect((gone.status, gone.error) == (404, "job not found"))
        #expect(await bench.send("GET", "/v1/jobs/string").error == "job not found")
    }

    @Test(
        "Every setting is read back as it was written, and obeyed by the engine",
        .routes(
            "S-7", "S-20", "S-23 to S-26", "S-28", "S-31 to S-39", "S-41", "S-43 to S-46", "S-49", "S-50", "SX-8",
            "SX-14", "SX-19"))
    func settings() async throws {
        let bench = APIBench(.strait)
        let id = try await Self.create(bench)
        #expect(await bench.send("PATCH", "/v1/jobs/\(id)", [:]).version == 1)
        let changed = await bench.send("PATCH", "/v1/jobs/\(id)", Self.everything)
        #expect(changed.status == 200, "\(changed.text)")
        for name in Self.everything.keys { #expect(changed[name] == Self.everything[name], "\(name)") }
        #expect(changed.version == 2)
        #expect(changed.version_id?.string == "\(id).2")
        #expect(changed.updated_by == "tester")

        let definition = try await bench.scheduler.jobs().items[0].definition
        #expect(definition.limits.concurrency == 2)
        #expect(definition.limits.concurrencyPerKey == 1)
        #expect(definition.limits.rate == RateLimit(10, per: .seconds(60)))
        #expect(definition.limits.sharedRates == [.init("proj_1/api", RateLimit(100, per: .seconds(3600)))])
        #expect(definition.limits.timeToLive == .seconds(900))
        #expect(definition.limits.window?.zone == "Europe/Paris")
        #expect(definition.overlap == .replace.countingTriggered())
        #expect((1...3).map { definition.retry.backoff.nominalDelay(afterAttempt: $0) / .seconds(1) } == [5, 50, 50])
        #expect(definition.deduplicationWindow == .seconds(30))
        #expect(definition.versionPolicy == .minor)
        #expect(definition.retention == .strait)
        #expect(definition.action.request?.timeout == .seconds(60))
        #expect(definition.metadata == ["tier": "1"])
        #expect(definition.notifications.map(\.event) == [.completion])

        // What was read can be written back, and nothing changes.
        let same = await bench.send("PATCH", "/v1/jobs/\(id)", changed.json)
        #expect(same.status == 200, "\(same.text)")
        #expect(same.version == 2)
        #expect(await bench.send("PATCH", "/v1/jobs/\(id)", ["project_id": "proj_2"]).status == 400)

        // Zero and an empty text turn a setting off; the zone stays.
        let off = await bench.send(
            "PATCH", "/v1/jobs/\(id)",
            [
                "group_id": "", "cron": "", "payload_schema": .null, "tags": [:], "fallback_endpoint_url": "",
                "max_attempts": 0, "timeout_secs": 0, "max_concurrency": 0, "max_concurrency_per_key": 0,
                "execution_window_cron": "", "rate_limit_max": 0, "rate_limit_keys": [], "default_run_metadata": [:],
                "dedup_window_secs": 0, "webhook_url": "", "run_ttl_secs": 0, "retry_strategy": "linear",
                "environment_id": "", "version_policy": "latest", "cron_overlap_policy": "allow",
            ])
        #expect(off.status == 200, "\(off.text)")
        #expect(
            off.json.keys == [
                "id", "project_id", "name", "slug", "description", "endpoint_url", "max_attempts", "timeout_secs",
                "timezone", "enabled", "retry_strategy", "version", "version_id", "version_policy",
                "backwards_compatible", "created_by", "updated_by", "created_at", "updated_at",
            ])
        #expect(off.timezone == "Europe/Paris")
        #expect(off.max_attempts == 3)
        #expect(off.retry_strategy == "linear")
        let cron = await bench.send("PATCH", "/v1/jobs/\(id)", ["cron": "0 9 * * *"])
        #expect(cron.timezone == "Europe/Paris")
        #expect(try await bench.scheduler.jobs().items[0].nextRunAt == Date(timeIntervalSince1970: 1_773_648_000))
    }

    @Test(
        "What cannot be obeyed is refused, and the answer names it", .routes("S-2", "S-16", "SX-13"),
        arguments: [
            (["project_id": ""], "project_id"), (["name": .null], "name"), (["slug": "a b"], "slug"),
            (["endpoint_url": "string"], "endpoint_url"), (["max_attempts": 101], "max_attempts"),
            (["timeout_secs": 3601], "timeout_secs"), (["cron": "61 * * * *"], "cron"),
            (["timezone": "Mars/Olympus"], "timezone"), (["execution_window_cron": "x"], "execution_window_cron"),
            (["payload_schema": ["type": "nothing"]], "payload_schema"),
            (["rate_limit_max": 5], "rate_limit_window_secs"),
            (["rate_limit_keys": [["name": "a", "max": 1]]], "rate_limit_keys[0].window_secs"),
            (["retry_strategy": "random"], "retry_strategy"), (["retry_strategy": "custom"], "retry_delays_secs"),
            (["retry_strategy": "fixed", "retry_delays_secs": [1]], "retry_delays_secs"),
            (["retry_delays_secs": [3_601]], "3600"), (["version_policy": "any"], "version_policy"),
            (["cron_overlap_policy": "queue"], "cron_overlap_policy"),
            (["webhook_secret": "secret://hook"], "webhook_url"), (["webhook_secret": "0123456789abcdef"], "vault"),
            (["endpont_url": "https://a.example/"], "Did you mean endpoint_url?"),
            (["tags": ["a": 1]], "tags"), (["enabled": "yes"], "enabled"), (["version": 3], "version"),
        ] as [(JSONValue, String)])
    func refusals(_ changes: JSONValue, text: String) async throws {
        let bench = APIBench(.strait)
        let answer = await bench.send("POST", "/v1/jobs", Self.welcome.with(changes))
        #expect(answer.status == 400, "\(answer.text)")
        #expect(answer.text.contains(text), "\(answer.text)")
        #expect(answer.json.keys == ["error", "request_id"])
        #expect(try await bench.scheduler.jobs().items.isEmpty)
    }

    @Test("Jobs are listed by tag and in pages", .routes("S-1", "S-26"))
    func lists() async throws {
        for profile in [APIProfile.strait, .strait(lists: .enveloped)] {
            let bench = APIBench(profile, under: "/api")
            var ids: [JSONValue] = []
            for n in 0..<5 {
                let job = Self.welcome.with([
                    "slug": .string("job-\(n)"), "tags": ["parity": n.isMultiple(of: 2) ? "even" : "odd"],
                ])
                ids.append(await bench.send("POST", "/api/v1/jobs", job).id ?? .null)
            }
            let base = "/api/v1/jobs?project_id=proj_1"
            let odd = await bench.send("GET", base + "&tag_key=parity&tag_value=odd")
            let first = await bench.send("GET", base + "&limit=3")
            let half = await bench.send("GET", base + "&tag_value=odd")
            #expect((half.status, half.error) == (400, "tag_key is required when tag_value is provided"))
            let isBare = first.json.keys.isEmpty
            if isBare {
                #expect(odd.json.elements.map { $0["id"] } == [ids[1], ids[3]])
                let link = try #require(first.response.headers["Link"])
                #expect(link.hasSuffix("; rel=\"next\""))
                let target = String(link.dropFirst().prefix { $0 != ">" })
                #expect(target.contains("cursor=" + (first.response.headers["X-Next-Cursor"] ?? "?")))
                let next = await bench.send("GET", target)
                #expect((first.json.elements + next.json.elements).map { $0["id"] } == ids)
                #expect(next.response.headers["Link"] == nil)
            } else {
                #expect(odd.data?.elements.map { $0["id"] } == [ids[1], ids[3]])
                #expect(first.json.keys == ["data", "next_cursor", "has_more"])
                let next = await bench.send("GET", base + "&cursor=" + (first.next_cursor?.string ?? ""))
                #expect(next.has_more == false)
                #expect(((first.data?.elements ?? []) + (next.data?.elements ?? [])).map { $0["id"] } == ids)
            }
        }
    }

    @Test("Several jobs are created, disabled and enabled at once", .routes("S-3 to S-5", "S-40"))
    func batches() async throws {
        let bench = APIBench(.strait)
        func job(_ slug: String) -> JSONValue { Self.welcome.with(["slug": .string(slug)]) }
        let made = await bench.send("POST", "/v1/jobs/batch", [job("one"), job("two")])
        #expect(made.status == 201)
        let ids = made.json.elements.compactMap { $0["id"] }
        #expect(ids.count == 2)
        // All of an array or none.
        let none = await bench.send("POST", "/v1/jobs/batch", [job("three"), job("one")])
        #expect(none.status == 409)
        let invalid = await bench.send("POST", "/v1/jobs/batch", [job("three"), ["name": "four"]])
        #expect(invalid.status == 400)
        #expect(invalid.text.contains("[1].project_id"))
        #expect(await bench.send("GET", "/v1/jobs?project_id=proj_1").json.elements.count == 2)
        // Of the later form, those that can be.
        let some = await bench.send("POST", "/v1/jobs/batch", ["jobs": [job("three"), job("one")]])
        #expect(some.status == 201)
        #expect(some.created?.elements.count == 1)
        #expect(some.errors?[0]?["index"] == 1)
        #expect(await bench.send("POST", "/v1/jobs/batch", ["jobs": [job("one")]]).status == 400)
        #expect(await bench.send("POST", "/v1/jobs/batch", []).status == 400)

        let disabled = await bench.send("POST", "/v1/jobs/batch-disable", ["job_ids": .array(ids)])
        #expect((disabled.status, disabled.updated) == (200, 2))
        for id in ids { #expect(await bench.send("GET", "/v1/jobs/\(id.string ?? "")").enabled == false) }
        // Nobody is named, so nobody is meant.
        for body: JSONValue in [[:], ["ids": []], ["job_ids": .null]] {
            #expect(await bench.send("POST", "/v1/jobs/batch-enable", body).status == 400)
        }
        #expect(await bench.send("GET", "/v1/jobs/\(ids[0].string ?? "")").enabled == false)
        let missing: JSONValue = "0195a6b0-0000-7000-8000-000000000000"
        let enabled = await bench.send("POST", "/v1/jobs/batch-enable", ["ids": [ids[1], missing]])
        #expect(enabled.updated == 1)
        #expect(enabled.errors == [["id": missing, "message": "job not found"]])
        #expect(await bench.send("GET", "/v1/jobs/\(ids[1].string ?? "")").enabled == true)
    }

    @Test("Jobs that were created before the store failed are told, with an error for each of the others")
    func partialBatch() async throws {
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let bench = APIBench(.strait, store: store)
        _ = try await Self.create(bench, ["slug": "first"])
        files.fault = FileFault(at: 8, .fail(.noSpace), persists: true)
        let jobs = (0..<10).map { Self.welcome.with(["slug": .string("job-\($0)")]) }
        let answer = await bench.send("POST", "/v1/jobs/batch", ["jobs": .array(jobs)])
        let (created, errors) = (answer.created?.elements ?? [], answer.errors?.elements ?? [])
        #expect(answer.status == 201 && (1..<10).contains(created.count), "\(answer.text)")
        #expect(errors.compactMap { $0["index"]?.int } == Array(created.count..<10))
        #expect(await bench.send("POST", "/v1/jobs/batch", ["jobs": .array(jobs)]).status == 503)
        try? await store.close()
    }

    @Test("A job is cloned, with a name and a slug of its own", .routes("S-13", "SX-21"))
    func clone() async throws {
        let bench = APIBench(.strait)
        let id = try await Self.create(bench, ["cron": "0 9 * * *", "tags": ["a": "b"], "enabled": false])
        let clone = await bench.send("POST", "/v1/jobs/\(id)/clone", ["name": "Copy", "slug": "copy"])
        #expect(clone.status == 201)
        #expect(clone.id?.string != id)
        #expect(clone.name == "Copy")
        #expect(clone.slug == "copy")
        #expect(clone.cron == "0 9 * * *")
        #expect(clone.tags == ["a": "b"])
        #expect(clone.enabled == true)
        #expect(clone.version == 1)
        #expect(await bench.send("POST", "/v1/jobs/\(id)/clone", [:]).status == 400)
        #expect(await bench.send("POST", "/v1/jobs/\(id)/clone", ["name": "Copy", "slug": "copy"]).status == 409)
    }
}
