import Foundation
import Rota
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@testable import RotaAPI

@Suite("Lengths of texts")
struct LengthTests {
    /// One letter to the eye, of many Unicode scalars.
    private static func heap(_ scalars: Int) -> String {
        "a" + String(String.UnicodeScalarView(repeatElement("\u{301}", count: scalars - 1)))
    }

    private static func jobs(named name: String) -> [(profile: APIProfile, target: String, body: JSONValue)] {
        let name = JSONValue.string(name)
        let definition = NativeTests.hourly["definition"]?.with(["name": name]) ?? .null
        return [
            (.trigrun, "/v1/jobs", TrigRunTests.report.with(["name": name])),
            (.krafter, KrafterTests.jobs, KrafterTests.job(["name": name])),
            (.infrai, "/v1/cron/create", InfraiTests.daily.with(["name": name])),
            (.strait, "/v1/jobs", StraitTests.welcome.with(["name": name])),
            (.trigrun, "/_rota/jobs", ["definition": definition]),
        ]
    }

    @Test("Limits count Unicode scalars, so that combining marks make no text gigantic", arguments: 0..<5)
    func names(_ place: Int) async {
        #expect(Self.heap(255).count == 1)
        for (count, isTaken) in [(255, true), (256, false), (5_000, false)] {
            let (profile, target, body) = Self.jobs(named: Self.heap(count))[place]
            let answer = await APIBench(profile).send("POST", target, body)
            #expect((200..<300 ~= answer.status) == isTaken, "\(count): \(answer.status)")
        }
    }

    @Test("An actor whose name is a heap of marks is recorded, cut to 255 scalars")
    func actor() async throws {
        let bench = APIBench(.trigrun)
        let name = Self.heap(5_000)
        let api = SchedulerAPI(bench.scheduler, as: .trigrun) { _, _ in .allow(actor: name) }
        let answer = Answer(
            await api.respond(
                to: APIRequest(method: "POST", target: "/v1/jobs", body: Data(TrigRunTests.report.text.utf8))))
        #expect(answer.status == 201, "\(answer.text)")
        #expect(try await bench.scheduler.jobs().items[0].createdBy == Self.heap(255))
    }

    @Test("An idempotency key may have 256 characters, as in Strait, and no more")
    func keys() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench)
        let key = String(repeating: "k", count: 256)
        let run = await bench.send("POST", "/v1/jobs/\(id)/trigger", [:], headers: ["Idempotency-Key": key])
        #expect(run.status == 202 && run.idempotency_key?.string == key, "\(run.text)")
        let again = await bench.send("POST", "/v1/jobs/\(id)/trigger", ["idempotency_key": .string(key)])
        #expect(again.status == 200 && again.id == run.id, "\(again.text)")
        for path in ["/v1/jobs/\(id)/trigger", "/_rota/jobs/\(id)/pause"] {
            let long = await bench.send("POST", path, [:], headers: ["X-Idempotency-Key": key + "k"])
            #expect(long.status == (path.hasPrefix("/v1") ? 400 : 422), "\(long.text)")
        }
        let paused = await bench.send("POST", "/_rota/jobs/\(id)/pause", [:], headers: ["Idempotency-Key": key])
        #expect(paused.status == 200, "\(paused.text)")
        let items: JSONValue = ["items": [["idempotency_key": .string(key + "k")]]]
        #expect(await bench.send("POST", "/v1/jobs/\(id)/trigger/bulk", items).status == 400)
    }
}
