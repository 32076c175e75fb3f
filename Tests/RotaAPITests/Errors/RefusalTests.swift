import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@testable import RotaAPI

@Suite("What refusals say")
struct RefusalTests {
    @Test("Krafter's words for a missing scope are for that alone")
    func scopes() async throws {
        let bench = APIBench(.krafter)
        let open = SchedulerAPI(bench.scheduler, as: .krafter) { _, _ in .open }
        let foreign = Answer(
            await open.respond(
                to: APIRequest(
                    method: "POST", target: KrafterTests.jobs,
                    headers: [("Host", "127.0.0.1:8484"), ("Origin", "https://evil.example")],
                    body: Data(KrafterTests.check.text.utf8))))
        #expect(foreign.status == 403)
        #expect(foreign.error == "A page of another site may not change anything here.")
        let closed = SchedulerAPI(bench.scheduler, as: .krafter) { _, _ in
            .refused(status: 403, message: "The account is suspended. Call `refresh()` first.")
        }
        let refused = Answer(await closed.respond(to: APIRequest(method: "GET", target: KrafterTests.jobs)))
        #expect(refused.status == 403 && refused.error == "The account is suspended. Call `refresh()` first.")
        let poor = await bench.send("POST", KrafterTests.jobs, KrafterTests.check, token: "read-token")
        #expect(poor.status == 403 && poor.error == "Insufficient scope")
    }

    @Test("A refusal before routing has the fields of all answers, and no body if it is to a HEAD")
    func early() {
        let bench = APIBench(.trigrun, under: "/a")
        let request = APIRequest(
            method: "HEAD", target: "/a/_rota/jobs", headers: [("X-Request-Id", "r-1"), ("Host", "x")])
        let answer = bench.api.refusal(of: request, 421, "unknown_host", "Not here.")
        #expect(answer.status == 421 && answer.body.isEmpty && answer.headers["X-Request-Id"] == "r-1")
        #expect(answer.headers["Content-Length"] != "0" && answer.headers["Cache-Control"] == "no-store")
    }

    /// Whether a text has code of Swift as messages have it: a call, a label, a case or a dictionary.
    private static func namesSwift(_ text: String) -> Bool {
        text.contains(#/`\.?[A-Za-z.]+\(|[a-z]+:\)|\(\.[a-z]|[ `]\.[a-z]|[A-Za-z]+: \[/#)
    }

    @Test(
        "An error tells in terms of JSON what would be right",
        arguments: [
            (["cron": "90 * * * *"], "an interval of 5400 s"), (["cron": "rate(5 minutes)"], "an interval of 300 s"),
            (["cron": "at(2026-05-01T10:00:00)"], "a schedule of one date"),
            (["cron": "CRON_TZ=Europe/Berlin 0 9 * * *"], "apart from the expression: \"Europe/Berlin\""),
            (["cron": "0 9 * * *", "dialect": "quartz"], "the dialect quartz"),
            (["cron": "0 0 9 * * *", "dialect": "vixie"], "the dialect standard"), (["every": 0], "such as 5m"),
            (["afterCompletion": -1], "such as 5m"), (["union": .array([])], "at least one schedule"),
            (["union": [["onDemand": true]]], "`onDemand`"),
        ] as [(JSONValue, String)])
    func schedules(_ schedule: JSONValue, _ told: String) async throws {
        let bench = APIBench(.trigrun)
        let definition = NativeTests.hourly["definition"]?.with(["schedule": schedule])
        let answer = await bench.send("POST", "/_rota/jobs", ["definition": definition ?? .null])
        let message = try #require(answer.error?["message"]?.string)
        #expect(answer.status == 422 && message.contains(told), "\(message)")
        #expect(!Self.namesSwift(answer.text), "\(message)")
    }

    @Test("Services tell in neutral terms, too, what is wrong with a cron expression")
    func services() async throws {
        let requests: [(APIProfile, String, JSONValue)] = [
            (.trigrun, "/v1/jobs", TrigRunTests.report.with(["schedule": ["cron": "90 * * * *"]])),
            (.infrai, "/v1/cron/create", InfraiTests.weekly.with(["cron_expr": "90 * * * *"])),
            (.strait, "/v1/jobs", StraitTests.welcome.with(["cron": "90 * * * *"])),
        ]
        for (profile, target, body) in requests {
            let answer = await APIBench(profile).send("POST", target, body)
            #expect(answer.status >= 400 && answer.text.contains("an interval of 5400 s"), "\(answer.text)")
            #expect(!Self.namesSwift(answer.text), "\(answer.text)")
        }
        let next = await APIBench(.krafter).send("GET", "/_rota/schedules/next?expression=90+*+*+*+*")
        #expect(next.status == 422 && next.text.contains("an interval of 5400 s"), "\(next.text)")
    }

    @Test(
        "Values and advice for Swift are put in other words",
        arguments: [
            (
                "Let schedules name both: `.named(\"a\").union(.named(\"b\"))`.",
                "Let schedules name both: {\"named\": [\"a\", \"b\"]}."
            ),
            (
                "as in headers: [\"Authorization\": \"Bearer secret://name\"]",
                "as in {\"Authorization\": \"Bearer secret://name\"}"
            ),
            ("Choose the policy `.skip`.", "Choose the policy `skip`."),
            (
                "nothing was sent; add it to the provider passed as `secrets:`",
                "nothing was sent; add it to the server's secrets"
            ),
            (
                "10.0.0.1 is refused: it is private. To allow it, make the transport with "
                    + "addressPolicy: .publicInternet.adding(hosts: [\"10.0.0.1\"])",
                "10.0.0.1 is refused: it is private."
            ),
            ("Write 1 .5 and .NET", "Write 1 .5 and .NET"),
        ])
    func wording(_ message: String, _ told: String) {
        #expect(ClientWording.text(message) == told)
    }

    @Test("The message of an app's own error is told as it is")
    func failures() {
        let message = "Call `charge()` failed: use `.cents`."
        #expect(ClientWording.failure(message) == message)
    }
}
