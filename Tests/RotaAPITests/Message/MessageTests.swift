import Foundation
import RotaHTTP
import Testing

@testable import RotaAPI

@Suite("Requests and answers")
struct MessageTests {
    @Test(
        "Requests for nothing that the API has are refused",
        arguments: [
            ("GET", "/nowhere", 404), ("PUT", "/v1/jobs", 405), ("GET", "/v1/jobs/%zz", 400),
            ("GET", "/v1/jobs/%00", 400),
            ("GET", "/v1/jobs/no-uuid", 404), ("GET", "/v1/jobs?limit=0", 422), ("DELETE", "/v1/jobs/import", 404),
        ] as [(String, String, Int)])
    func refused(_ method: String, _ target: String, _ status: Int) async {
        let answer = await APIBench(.trigrun).send(method, target)
        #expect(answer.status == status)
        #expect(answer.error?["request_id"]?.string == answer.response.headers["X-Request-Id"])
    }

    @Test("A path tells the methods it has")
    func methods() async {
        let answer = await APIBench(.trigrun).send("PUT", "/v1/jobs")
        #expect(answer.response.headers["Allow"] == "GET, HEAD, POST")
    }

    @Test("HEAD is GET without a body")
    func head() async {
        let bench = APIBench(.trigrun)
        let answer = await bench.send("HEAD", "/v1/jobs")
        #expect(answer.status == 200)
        #expect(answer.response.body.isEmpty)
        let whole = await bench.send("GET", "/v1/jobs")
        #expect(answer.response.headers["Content-Length"] == "\(whole.response.body.count)")
        #expect(!whole.response.body.isEmpty && whole.response.headers["Content-Length"] == nil)
    }

    @Test(
        "Bodies that cannot be read are refused",
        arguments: [
            ("{", "application/json", 400), ("[]", "application/json", 422), ("{}", "text/plain", 415),
            ("{}", "application/merge-patch+json; charset=utf-8", 422), ("\u{0}", "application/json", 400),
        ] as [(String, String, Int)])
    func bodies(_ text: String, _ type: String, _ status: Int) async {
        let bench = APIBench(.trigrun)
        let response = await bench.api.respond(
            to: APIRequest(
                method: "POST", target: "/v1/jobs",
                headers: [("Authorization", "Bearer test-token"), ("Content-Type", type)], body: Data(text.utf8)))
        #expect(response.status == status)
    }

    @Test("Bodies that are too long or too deep are refused")
    func hugeBodies() async {
        let bench = APIBench(.trigrun)
        for (text, status) in [
            (String(repeating: "[", count: 100_000), 400),
            ("\"" + String(repeating: "a", count: 1 << 20) + "\"", 413),
        ] {
            let response = await bench.api.respond(
                to: APIRequest(
                    method: "POST", target: "/v1/jobs", headers: [("Authorization", "Bearer test-token")],
                    body: Data(text.utf8)))
            #expect(response.status == status)
        }
    }

    @Test("The API answers under its prefix only")
    func prefix() async {
        let bench = APIBench(.trigrun, under: "/a/b/")
        #expect(await bench.send("GET", "/a/b/v1/jobs").status == 200)
        #expect(await bench.send("GET", "http://host.example/a/b/v1/jobs?limit=1").status == 200)
        #expect(await bench.send("GET", "/v1/jobs").status == 404)
    }

    @Test("A change based on an earlier revision is refused")
    func matches() async throws {
        let bench = APIBench(.trigrun)
        let job = await bench.send("POST", "/v1/jobs", TrigRunTests.report)
        let tag = try #require(job.response.headers["ETag"])
        let path = "/v1/jobs/\(job.id?.string ?? "")"
        #expect(await bench.send("PATCH", path, ["name": "first"], headers: ["If-Match": tag]).status == 200)
        #expect(await bench.send("PATCH", path, ["name": "second"], headers: ["If-Match": tag]).status == 412)
        #expect(await bench.send("DELETE", path, headers: ["If-Match": tag]).status == 412)
        let read = await bench.send("GET", path)
        #expect(read.name == "first")
        let now = try #require(read.response.headers["ETag"])
        #expect(await bench.send("PATCH", path, ["name": "third"], headers: ["If-Match": now]).status == 200)
    }

    @Test(
        "Advice for Swift is left out of messages, and all else stays",
        arguments: [
            (
                "Job x is completed: its end. Give it another schedule with `update(_:_:)` instead.",
                "Job x is completed: its end. Give it another schedule instead."
            ),
            (
                "There is no job x. It may have been deleted; `jobs()` lists the existing ones.",
                "There is no job x. It may have been deleted."
            ),
            (
                "It is due but undecided. Is a scheduler running? `run()` fires it.",
                "It is due but undecided. Is a scheduler running?"
            ),
            ("queued: this scheduler is not running (call `run()`).", "queued: this scheduler is not running."),
            (
                "no handler \"a\" (did you mean \"b\"? register it with `handle(\"a\") { … }`).",
                "no handler \"a\" (did you mean \"b\"? register it)."
            ),
            ("There is no job `rm -rf` here. It is gone.", "There is no job `rm -rf` here. It is gone."),
            ("One.\n  Two: call `run()` now.", "One.\n"), ("`run()` it.", "`run()` it."), ("Plain.", "Plain."),
        ])
    func wording(_ message: String, _ told: String) {
        #expect(ClientWording.text(message) == told)
    }

    @Test("Every answer has the mark by which a client knows the API", arguments: APIProfile.allCases)
    func mark(_ profile: APIProfile) async {
        let bench = APIBench(profile)
        for (method, target, token) in [
            ("GET", "/_rota/jobs", "test-token"), ("GET", "/nowhere", "test-token"), ("GET", "/_rota/jobs", "wrong"),
            ("PUT", "/_rota/jobs", "test-token"), ("GET", "/%", "test-token"), ("HEAD", "/_rota/health", "test-token"),
        ] {
            #expect(await bench.send(method, target, token: token).response.headers["Rota-API"] == "1")
        }
    }
}
