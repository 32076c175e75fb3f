import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore
import RotaTesting
import Synchronization
import Testing

@Suite("Failures behind the API")
struct FailureTests {
    @Test("An unexpected error shows its request's identifier only, and is reported", arguments: APIProfile.allCases)
    func unexpected(_ profile: APIProfile) async throws {
        let store = KillableStore(InMemoryJobStore())
        let reported = Mutex<[String]>([])
        let api = SchedulerAPI(
            Scheduler(store: store, clock: ManualClock()), as: profile,
            report: { error, _ in reported.withLock { $0.append("\(error)") } }, authorize: { _, _ in .open })
        store.kill()
        let path = profile.description == "Infrai" ? "/list" : profile.description == "Krafter" ? "/cron/jobs" : "/jobs"
        for target in [profile.basePath + path + "?project_id=p", "/_rota/jobs", "/_rota/stats"] {
            let answer = Answer(
                await api.respond(to: APIRequest(method: "GET", target: target, headers: [("X-Request-Id", "r-1")])))
            #expect(answer.status == 500, "\(target)")
            #expect(!answer.text.contains("killed"), "\(answer.text)")
            #expect(answer.text.contains("r-1") && answer.response.headers["X-Request-Id"] == "r-1", "\(answer.text)")
        }
        #expect(reported.withLock(\.count) == 3)
        let health = await api.respond(to: APIRequest(method: "GET", target: "/_rota/health"))
        #expect(health.status == 503)
    }

    @Test("A deletion says so if the store fails, in every API", arguments: APIProfile.allCases)
    func deletion(_ profile: APIProfile) async throws {
        let store = KillableStore(InMemoryJobStore())
        let scheduler = Scheduler(store: store, clock: ManualClock())
        let api = SchedulerAPI(scheduler, as: profile) { _, _ in .open }
        let job = try await scheduler.create(JobDraft(queue: "q"))
        store.kill()
        let path =
            profile.description == "Infrai" ? "/delete/" : profile.description == "Krafter" ? "/cron/jobs/" : "/jobs/"
        for target in [profile.basePath + path, "/_rota/jobs/"] {
            let answer = await api.respond(to: APIRequest(method: "DELETE", target: target + job.id.description))
            #expect(answer.status >= 500, "\(target)")
        }
    }

    @Test(
        "A request that takes too long is ended and says so",
        arguments: [
            "/v1/jobs?offset=10", "/v1/executions?offset=10", "/_rota/jobs?sort=name", "/_rota/timers",
        ])
    func timeLimit(_ target: String) async {
        let bench = APIBench(.trigrun)
        let api = SchedulerAPI(bench.scheduler, as: .trigrun, timeLimit: .zero) { _, _ in .open }
        let answer = Answer(await api.respond(to: APIRequest(method: "GET", target: target)))
        #expect(answer.status == 503)
        #expect(answer.error?["message"]?.string?.contains("longer than") == true)
    }

    @Test("A reader that waits for events gets an empty page when its time has passed")
    func emptyWait() async throws {
        let bench = APIBench(.trigrun)
        let next = try #require(await bench.send("GET", "/_rota/events").next?.string)
        async let waiting = bench.send("GET", "/_rota/events?after=\(next)&wait=20")
        while bench.clock.sleeperCount == 0 { await Task.yield() }
        await bench.pass(.seconds(19))
        #expect(bench.clock.sleeperCount == 1)
        await bench.pass(.seconds(1))
        let answer = await waiting
        #expect(answer.items?.elements.isEmpty == true)
        #expect(answer.next?.string == next)
    }

    @Test("Executions are backfilled, canceled, and answered while they wait")
    func executions() async throws {
        let bench = APIBench(.trigrun)
        _ = await bench.send("POST", "/_rota/jobs", NativeTests.hourly)
        let backfill = await bench.send(
            "POST", "/_rota/jobs/hourly/backfill",
            ["from": "2026-03-15T05:30:00Z", "to": "2026-03-15T08:30:00Z", "overlap": "parallel"])
        #expect(backfill.status == 201)
        #expect(backfill.created == 3)
        let id = try #require(backfill.items?[0]?["id"]?.string)
        let canceled = await bench.send("POST", "/_rota/executions/\(id)/cancel", ["reason": "not needed"])
        #expect(canceled.status == 200)
        #expect(canceled.json["status"] == "canceled")
        // It does not wait for an answer.
        #expect(await bench.send("POST", "/_rota/executions/\(id)/answer", ["outcome": "succeeded"]).status == 409)
        #expect(await bench.send("POST", "/_rota/executions/\(id)/answer", ["outcome": "maybe"]).status == 422)
        let swapped = await bench.send(
            "POST", "/_rota/jobs/hourly/backfill", ["from": "2026-03-15T08:00:00Z", "to": "2026-03-15T05:00:00Z"])
        #expect(swapped.status == 422)
        let replays = await bench.send(
            "POST", "/_rota/executions/bulk", ["query": ["source": "backfill"], "action": "replay", "confirm": 3],
            headers: ["Idempotency-Key": "once"])
        #expect(replays.done == 3 && replays.remaining == 0)
        let again = await bench.send(
            "POST", "/_rota/executions/bulk", ["query": ["source": "backfill"], "action": "replay", "confirm": 3],
            headers: ["Idempotency-Key": "once"])
        #expect(again.done == 3)
        #expect(await bench.send("GET", "/_rota/executions?source=replay").items?.elements.count == 3)
    }

    @Test("An execution that waits is approved or rejected", arguments: ["succeeded", "failed"])
    func answers(_ outcome: String) async throws {
        let bench = APIBench(.trigrun)
        try await bench.scheduler.handle("approve") { _ in throw WaitForCompletion() }
        try await bench.running {
            _ = await bench.send(
                "POST", "/_rota/jobs",
                [
                    "definition": [
                        "name": "ask", "schedule": ["onDemand": true], "action": ["handler": ["name": "approve"]],
                    ]
                ])
            let id = await bench.send("POST", "/_rota/jobs/ask/run").id?.string ?? ""
            await bench.advance(.seconds(1))
            #expect(await bench.send("GET", "/_rota/executions/\(id)").json["status"] == "waiting")
            let answer = await bench.send(
                "POST", "/_rota/executions/\(id)/answer",
                ["outcome": .string(outcome), "output": ["by": "me"], "message": "No."])
            #expect(answer.status == 200)
            let ended = await bench.send("GET", "/_rota/executions/\(id)")
            #expect(ended.json["status"]?.string == outcome)
            if outcome == "failed" { #expect(ended.failure?["message"] == "No.") }
        }
    }

    @Test("The load of a week counts each occurrence in its hour, from the start that was asked for")
    func load() async {
        let bench = APIBench(.trigrun)
        _ = await bench.send("POST", "/_rota/jobs", NativeTests.hourly)
        _ = await bench.send("POST", "/_rota/jobs", NativeTests.job("daily", "45 9 * * *"))
        let load = await bench.send("GET", "/_rota/load?from=2026-03-16T00:30:00Z&to=2026-03-23T00:30:00Z")
        let hours = load.hours?.elements.compactMap(\.int) ?? []
        #expect(hours.count == 168)
        let total = hours.reduce(0, +)
        #expect(total == 168 + 7)
        #expect(hours[9] == 2 && hours[8] == 1)
        #expect(load.jobs == 2 && load.jobsCutOff == 0)
        #expect(await bench.send("GET", "/_rota/load?from=2026-03-16T00:00:00Z&to=2026-05-16T00:00:00Z").status == 422)
    }
}
