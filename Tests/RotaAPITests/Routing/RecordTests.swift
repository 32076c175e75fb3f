import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaProfiles
import RotaStore
import RotaTesting
import Testing

@Suite("Records that are sent back as they were read")
struct RecordTests {
    /// How a job is read and changed, by the profile's routes or by Rota's own.
    enum Route: String, CaseIterable {
        case trigrun, krafter, strait, native

        var profile: APIProfile {
            switch self {
            case .trigrun, .native: .trigrun
            case .krafter: .krafter
            case .strait: .strait
            }
        }

        func path(_ id: JobID) -> String {
            switch self {
            case .trigrun, .strait: "/v1/jobs/\(id)"
            case .krafter: KrafterTests.jobs + "/\(id)"
            case .native: "/_rota/jobs/\(id)"
            }
        }

        func read(_ id: JobID, _ bench: APIBench) async throws -> JSONValue {
            let answer = await bench.send("GET", path(id))
            #expect(answer.status == 200, "\(answer.text)")
            switch self {
            case .trigrun, .strait: return answer.json
            case .krafter: return try #require(answer.data)
            case .native: return ["definition": answer.definition ?? .null, "state": answer.json["state"] ?? .null]
            }
        }

        func renamed(_ record: JSONValue) -> JSONValue {
            guard self == .native else { return record.with(["name": "renamed"]) }
            return record.with(["definition": (record["definition"] ?? .null).with(["name": "renamed"])])
        }

        func write(_ id: JobID, _ record: JSONValue, _ bench: APIBench) async -> Answer {
            await bench.send(self == .krafter ? "PUT" : "PATCH", path(id), record)
        }
    }

    private static func job(_ bench: APIBench, state: JobState = .active) async throws -> JobID {
        var draft = JobDraft(
            name: "once", schedule: .once(at: APIBench.start.addingTimeInterval(60)),
            action: .http(try .get("https://api.example.com/once")))
        draft.state = state
        (draft.definition.attributes.project, draft.definition.attributes.slug) = ("proj_1", "once")
        return try await bench.scheduler.create(draft).id
    }

    @Test("A completed job takes a new name, and stays completed", arguments: Route.allCases)
    func completed(_ route: Route) async throws {
        let bench = APIBench(route.profile)
        bench.transport.script("/once", .status(200))
        let id = try await Self.job(bench)
        try await bench.running {
            await bench.advance(.seconds(120))
            let record = try await route.read(id, bench)
            let changed = await route.write(id, route.renamed(record), bench)
            #expect(changed.status == 200, "\(changed.text)")
            let job = try await bench.scheduler.job(id)
            #expect(job.name == "renamed")
            #expect(job.state == .completed)
        }
    }

    @Test("A draft takes a new name, and stays a draft", arguments: Route.allCases)
    func draft(_ route: Route) async throws {
        let bench = APIBench(route.profile)
        let id = try await Self.job(bench, state: .draft)
        let changed = await route.write(id, route.renamed(try await route.read(id, bench)), bench)
        #expect(changed.status == 200, "\(changed.text)")
        let job = try await bench.scheduler.job(id)
        #expect(job.name == "renamed")
        #expect(job.state == .draft)
    }

    @Test("A completed job that is sent back with a new date fires again", arguments: [Route.trigrun, .krafter])
    func rescheduled(_ route: Route) async throws {
        let bench = APIBench(route.profile)
        bench.transport.script("/once", .status(200))
        let id = try await Self.job(bench)
        try await bench.running {
            await bench.advance(.seconds(120))
            let date: JSONValue = "2026-03-15T12:00:00Z"
            let record = try await route.read(id, bench)
            let change: JSONValue =
                route == .krafter ? ["schedule": date, "enabled": true] : ["schedule": ["run_at": date]]
            let changed = await route.write(id, record.with(change), bench)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(try await bench.scheduler.job(id).state == .active)
            await bench.advance(.seconds(7_200))
            #expect(bench.transport.requests.count == 2)
        }
    }

    @Test(
        "A completed job that is sent back with a new schedule, and disabled, waits to be enabled",
        arguments: [Route.krafter, .strait])
    func disabled(_ route: Route) async throws {
        let bench = APIBench(route.profile)
        bench.transport.script("/once", .status(200))
        let id = try await Self.job(bench)
        try await bench.running {
            await bench.advance(.seconds(120))
            let schedule: JSONValue =
                route == .krafter ? ["schedule": "2026-03-15T12:00:00Z"] : ["cron": "0 12 * * *"]
            let record = try await route.read(id, bench).with(schedule)
            #expect(record["enabled"] == false)
            for _ in 0..<2 {
                let changed = await route.write(id, record, bench)
                #expect(changed.status == 200, "\(changed.text)")
                #expect(try await bench.scheduler.job(id).state == .paused)
            }
            await bench.advance(.seconds(3_600))
            #expect(bench.transport.requests.count == 1)
            let enabled = await route.write(id, record.with(["enabled": true]), bench)
            #expect(enabled.status == 200, "\(enabled.text)")
            await bench.advance(.seconds(3_600))
            #expect(bench.transport.requests.count == 2)
        }
    }

    @Test("A job of one date that TrigRun shows as active while it runs is sent back as that")
    func underWay() async throws {
        let bench = APIBench(.trigrun)
        let id = try await Self.job(bench)
        _ = try await bench.scheduler.addDependency(
            of: id, on: bench.scheduler.create(JobDraft(name: "other", schedule: .onDemand, action: .handler("h"))).id)
        try await bench.running {
            await bench.advance(.seconds(120))
            #expect(try await bench.scheduler.job(id).state == .completed)
            let record = try await Route.trigrun.read(id, bench)
            #expect(record["state"] == "active")
            let changed = await Route.trigrun.write(id, Route.trigrun.renamed(record), bench)
            #expect(changed.status == 200, "\(changed.text)")
        }
    }

    @Test("A state that differs from the one that was shown is still a change, and one alone is obeyed")
    func asked() async throws {
        let bench = APIBench(.trigrun)
        let id = try await Self.job(bench, state: .draft)
        let paused = await Route.native.write(id, ["state": "paused", "definition": ["name": "a"]], bench)
        #expect(paused.status == 200 && paused.json["state"] == "paused", "\(paused.text)")
        let active = await Route.native.write(id, ["state": "active"], bench)
        #expect(active.json["state"] == "active", "\(active.text)")
        let completed = await Route.native.write(id, ["state": "completed"], bench)
        #expect(completed.status == 422)
    }

    @Test("TrigRun's lists of executions hold no notifications")
    func notifications() async throws {
        let bench = APIBench(.trigrun)
        let id = try await Self.job(bench)
        try await bench.scheduler.update(id) {
            $0.notifications = [NotificationRule(on: .completion, .webhook(url: "https://hooks.example.com/done"))]
        }
        bench.transport.script("/once", .status(200))
        bench.transport.script("/done", .status(200))
        try await bench.running {
            await bench.advance(.seconds(120))
            let all = try await bench.scheduler.executions(ExecutionQuery()).items
            #expect(all.count == 2)
            for path in ["/v1/executions", "/v1/jobs/\(id)/executions"] {
                let list = await bench.send("GET", path)
                #expect(list.data?.elements.count == 1, "\(list.text)")
            }
        }
    }
}
