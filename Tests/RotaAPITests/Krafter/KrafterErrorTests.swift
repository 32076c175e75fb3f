import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Krafter's errors")
struct KrafterErrorTests {
    static let presets = "every_30s, every_1m, every_5m, every_15m, every_30m, every_1h, every_6h, every_12h, every_1d"

    @Test(
        "What is wrong is told by field, in Krafter's words", .routes("KX-2", "KX-7"),
        arguments: [
            (["name": "  "], "name", "can't be blank"),
            (["schedule": .null], "schedule", "can't be blank"),
            (["schedule_type": "cron", "schedule": "61 * * * *"], "schedule", "is not a valid cron expression"),
            (["schedule_type": "cron", "schedule": "0 0 * * 8"], "schedule", "is not a valid cron expression"),
            (["schedule": "every_2m"], "schedule", "is not a valid interval (must be one of: \(presets))"),
            (
                ["schedule_type": "once", "schedule": "tomorrow"], "schedule", "must be a valid ISO 8601 datetime"
            ),
            (["method": "FETCH"], "method", "is invalid"),
            (["schedule_type": "weekly"], "schedule_type", "is invalid"),
            (["url": "ftp://example.com/"], "url", "must be a valid http or https URL"),
            (["timezone": "Mars/Olympus"], "timezone", "is not a valid IANA timezone"),
            (["timeout_ms": 0], "timeout_ms", "must be between 1 and 3600000"),
            (["max_retries": 100], "max_retries", "must be between 0 and 99"),
        ] as [(JSONValue, String, String)])
    func messages(_ changes: JSONValue, field: String, message: String) async throws {
        let bench = KrafterTests.bench()
        let answer = await bench.send("POST", KrafterTests.jobs, KrafterTests.job(changes))
        #expect(answer.status == 422)
        #expect(answer.json == ["error": "Validation failed", "details": .object([.init(field, [.string(message)])])])
        #expect(try await bench.scheduler.jobs().items.isEmpty)
    }

    @Test("All fields that are wrong are told at once")
    func several() async throws {
        let bench = KrafterTests.bench()
        let answer = await bench.send("POST", KrafterTests.jobs, [:])
        #expect(answer.json["details"]?.keys == ["name", "schedule", "schedule_type", "url"])
        let unknown = await bench.send("POST", KrafterTests.jobs, KrafterTests.job(["shedule": "every_1m"]))
        #expect(unknown.status == 422)
        #expect(unknown.text.contains("Did you mean schedule?"))
    }

    @Test("A private address is refused when the transport would refuse it")
    func addresses() async throws {
        let scheduler = Scheduler(store: InMemoryJobStore(), transport: URLSessionTransport())
        let api = SchedulerAPI(scheduler, as: .krafter) { _, _ in .open }
        let body = KrafterTests.job(["url": "http://169.254.169.254/latest"])
        let answer = Answer(
            await api.respond(to: APIRequest(method: "POST", target: KrafterTests.jobs, body: Data(body.text.utf8))))
        #expect(answer.status == 422)
        #expect(answer.json["details"] == ["url": ["must not target private or internal addresses"]])
    }

    @Test("Access is refused in Krafter's words", .routes("K-34"))
    func access() async throws {
        let bench = KrafterTests.bench()
        let unknown = await bench.send("GET", KrafterTests.jobs, token: "wrong")
        #expect((unknown.status, unknown.text) == (401, #"{"error":"Invalid or missing API key"}"#))
        let readOnly = await bench.send("POST", KrafterTests.jobs, KrafterTests.check, token: "read-token")
        #expect((readOnly.status, readOnly.text) == (403, #"{"error":"Insufficient scope"}"#))
        #expect(await bench.send("GET", KrafterTests.jobs, token: "read-token").status == 200)
    }

    @Test("failure_notify is obeyed where there is a channel, and refused where there is none", .routes("K-15"))
    func notification() async throws {
        let without = KrafterTests.bench()
        let refused = await without.send("POST", KrafterTests.jobs, KrafterTests.job(["failure_notify": true]))
        #expect(refused.status == 422)
        #expect(refused.text.contains("no channel to notify"))

        let bench = KrafterTests.bench(.krafter(notifying: .webhook(url: "https://alerts.example.com/hook")))
        bench.transport.script("/api/health", .status(500))
        try await bench.running {
            let job = await bench.send(
                "POST", KrafterTests.jobs, KrafterTests.job(["failure_notify": true, "max_retries": 0]))
            #expect(job.data?["failure_notify"] == true)
            let path = KrafterTests.jobs + "/" + (job.data?["id"]?.string ?? "")
            _ = await bench.send("POST", path + "/trigger")
            await bench.advance(.seconds(5))
            let hooks = bench.transport.requests.filter { $0.url.host == "alerts.example.com" }
            #expect(hooks.count == 1)
            // The notification is no execution of the job's history.
            #expect(await bench.send("GET", path + "/executions").data?.elements.count == 1)
            let off = await bench.send("PATCH", path, ["failure_notify": false])
            #expect(off.data?["failure_notify"] == false)
            _ = await bench.send("POST", path + "/trigger")
            await bench.advance(.seconds(5))
            #expect(bench.transport.requests.filter { $0.url.host == "alerts.example.com" }.count == 1)
        }
    }
}
