import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

/// Two and five schedulers on one store under random load: every limit holds at every moment, no dependency is passed
/// early, and everything that may run runs.
@Suite struct FlowControlLoadTests {
    /// What happened, in order.
    private final class Ledger: Sendable {
        struct Event: Sendable {
            let isStart: Bool
            let date: Date
            let execution: Execution
        }

        let events = Recorded<Event>()
    }

    private static let shared = SharedRateLimit("api", RateLimit(4, per: .seconds(10)))

    private static func drafts() -> [JobDraft] {
        func queue(_ name: String, _ limits: JobLimits) -> JobDraft {
            JobDraft(name: name, schedule: .onDemand, action: .handler("work"), retry: .none, retention: .last(10_000))
                .with { $0.limits = limits }
        }
        return [
            queue("narrow", JobLimits(concurrency: 2)),
            queue("tenants", JobLimits(concurrency: 5, concurrencyPerKey: 1)),
            queue("slow", JobLimits(rate: RateLimit(3, per: .seconds(7)))),
            queue("first caller", JobLimits(sharedRates: [shared])),
            queue("second caller", JobLimits(concurrencyPerKey: 2, sharedRates: [shared])),
        ]
    }

    @Test(
        "No limit is exceeded, no dependency is passed early, and nothing waits for ever",
        .rows("S-31", "S-34", "S-36", "S-37", "SX-10"), arguments: [2, 5], 1...4 as ClosedRange<UInt64>)
    func load(count: Int, seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed &* 31 &+ UInt64(count))
        let (clock, store, ledger) = (ManualClock(), InMemoryJobStore(), Ledger())
        let benches = (0..<count).map { Bench(clock: clock, store: store, seed: seed &* 100 &+ UInt64($0)) }
        for bench in benches {
            try await bench.scheduler.handle("work") { context in
                ledger.events.add(.init(isStart: true, date: clock.now, execution: context.execution))
                let seconds = Double(context.execution.details.tags?["seconds"] ?? "") ?? 0
                try await clock.sleep(until: clock.now.addingTimeInterval(seconds))
                ledger.events.add(.init(isStart: false, date: clock.now, execution: context.execution))
                if context.execution.details.tags?["fails"] != nil { throw Broken() }
            }
        }
        var jobs: [Job] = []
        for draft in Self.drafts() { jobs.append(try await benches[0].scheduler.create(draft)) }
        let dependencies = [
            try await benches[0].scheduler.addDependency(of: jobs[1].id, on: jobs[0].id),
            try await benches[0].scheduler.addDependency(of: jobs[4].id, on: jobs[2].id, condition: .any),
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for bench in benches { group.addTask { try await bench.scheduler.run() } }
            for _ in 0..<40 {
                for _ in 0..<Int.random(in: 0...4, using: &random) {
                    let job = jobs.randomElement(using: &random) ?? jobs[0]
                    var tags = ["seconds": "\(Int.random(in: 0...6, using: &random))"]
                    if Int.random(in: 0..<4, using: &random) == 0 { tags["fails"] = "yes" }
                    _ = try await benches.randomElement(using: &random)?.scheduler.trigger(
                        job.id,
                        TriggerRequest(
                            priority: Int.random(in: 0...3, using: &random),
                            concurrencyKey: ["a", "b", "c"].randomElement(using: &random)
                        ).with {
                            $0.dependencyKey =
                                Bool.random(using: &random)
                                ? ["x", "y"].randomElement(using: &random) : nil
                            $0.tags = tags
                        })
                }
                await clock.advance(
                    by: .seconds(Double.random(in: 0...4, using: &random)), driving: benches.map(\.scheduler))
            }
            // Whatever still waits for a dependency gets what it waits for.
            for key in [nil, "x", "y"] {
                for job in [jobs[0], jobs[2]] {
                    _ = try await benches[0].scheduler.trigger(job.id, TriggerRequest().with { $0.dependencyKey = key })
                }
                await clock.advance(by: .seconds(600), driving: benches.map(\.scheduler))
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        let all = try await store.allExecutions()
        #expect(all.count > 60)
        #expect(all.filter { !$0.status.isTerminal }.map(\.jobName) == [])
        check(ledger.events.all, jobs)
        for dependency in dependencies { check(dependency, ledger.events.all, all) }
    }

    private struct Broken: Error {}

    private func check(_ events: [Ledger.Event], _ jobs: [Job]) {
        var running: [JobID: [Execution]] = [:]
        var starts: [(job: Job, date: Date)] = []
        for event in events {
            guard let job = jobs.first(where: { $0.id == event.execution.jobID }) else { continue }
            guard event.isStart else {
                running[job.id]?.removeAll { $0.id == event.execution.id }
                continue
            }
            running[job.id, default: []].append(event.execution)
            starts.append((job, event.date))
            let limits = job.definition.limits
            let now = running[job.id] ?? []
            if let limit = limits.concurrency { #expect(now.count <= limit) }
            if let limit = limits.concurrencyPerKey {
                for (_, same) in Dictionary(grouping: now, by: \.details.concurrencyKey)
                where same[0].details.concurrencyKey != nil {
                    #expect(same.count <= limit)
                }
            }
        }
        for job in jobs {
            if let rate = job.definition.limits.rate { check(rate, starts.filter { $0.job.id == job.id }.map(\.date)) }
        }
        check(
            Self.shared.limit, starts.filter { !$0.job.definition.limits.sharedRates.isEmpty }.map(\.date))
    }

    /// In no window, wherever it begins, are there more starts than a rate allows.
    private func check(_ rate: RateLimit, _ dates: [Date]) {
        let window = rate.window / .seconds(1)
        for date in dates {
            #expect(dates.count { $0 >= date && $0 < date.addingTimeInterval(window) } <= rate.maximum)
        }
    }

    /// Every start came after the end that it had to wait for.
    private func check(_ dependency: JobDependency, _ events: [Ledger.Event], _ all: [Execution]) {
        let others = all.filter { $0.jobID == dependency.dependsOn }
        for event in events where event.isStart && event.execution.jobID == dependency.jobID {
            let key = event.execution.details.dependencyKey
            let ended = others.filter { other in
                (key == nil || other.details.dependencyKey == key) && other.finishedAt.map { $0 <= event.date } ?? false
            }
            // Of several ends at one moment, the claim may have seen the one or the other.
            let last = ended.compactMap(\.finishedAt).max()
            #expect(
                ended.contains { $0.finishedAt == last && dependency.condition.isMet(by: $0.status) }
                    || ended.contains { $0.finishedAt == event.date })
        }
    }
}
