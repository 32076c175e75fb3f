import Foundation
import Rota
import RotaAPI
import RotaStore

/// How long the HTTP API takes to list jobs and executions, without a socket.
enum APISuite {
    static let benchmarks = [
        Benchmark(
            id: "P24", title: "HTTP API: a page of 50 among 2,000 jobs and 10,000 executions", goal: "< 10 ms a page",
            run: pages)
    ]

    private static func pages(_ scale: Scale) async throws -> [Figure] {
        let scheduler = Scheduler(store: InMemoryJobStore())
        let count = scale.iterations(2_000)
        var ids: [JobID] = []
        for first in stride(from: 0, to: count, by: 500) {
            let jobs = try await scheduler.create(
                (first..<min(first + 500, count)).map { number in
                    var draft = JobDraft(
                        name: "job \(number % 7) \(number)",
                        schedule: try .cron("\(number % 60) \(number % 24) * * *", in: "Europe/Paris"),
                        action: .http(try .get("https://api.example.com/\(number)")))
                    draft.attributes.tags = ["team": "t\(number % 5)"]
                    return draft
                })
            ids += jobs.map(\.id)
        }
        for id in ids { _ = try await scheduler.trigger(id, [TriggerRequest](repeating: TriggerRequest(), count: 5)) }
        let api = SchedulerAPI(scheduler, as: .trigrun) { _, _ in .open }
        var figures: [Figure] = []
        var floor = 0.0
        for (name, target) in [
            ("a job", "/_rota/jobs/\(ids[0])"), ("the first page", "/_rota/jobs"),
            ("by next run", "/_rota/jobs?sort=next"), ("by name, descending", "/_rota/jobs?sort=name&order=desc"),
            ("filtered by name and tag", "/_rota/jobs?search=job+3&tag=team:t2&sort=name"),
            ("TrigRun's, offset 1,000", "/v1/jobs?limit=50&offset=1000"),
            ("executions, newest", "/_rota/executions"), ("executions of a status", "/v1/executions?status=queued"),
            ("timers", "/_rota/timers"),
        ] {
            let request = APIRequest(method: "GET", target: target)
            guard await api.respond(to: request).status == 200 else { continue }
            var times: [Double] = []
            for _ in 0..<scale.iterations(200) {
                let elapsed = await ContinuousClock().measure { _ = await api.respond(to: request) }
                times.append(nanoseconds(elapsed) / 1e6)
            }
            times.sort()
            let median = times[times.count / 2]
            if floor == 0 { floor = median }
            figures.append(Figure(name, median, "ms", ratio: (median / floor, "one job")))
            figures.append(Figure("  p99", times[times.count * 99 / 100], "ms"))
        }
        return figures
    }
}
