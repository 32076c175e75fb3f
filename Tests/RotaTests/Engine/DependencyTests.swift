import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

/// Executions that wait for those of other jobs.
@Suite struct DependencyTests {
    /// A bench with two queues, of which the second depends on the first.
    private func bench(_ condition: JobDependency.Condition = .completed) async throws -> (
        Bench, load: Job, report: Job
    ) {
        let bench = Bench()
        for name in ["load", "report"] {
            try await bench.scheduler.handle(name) { context in
                guard try context.payload?.decode(String.self) != "fail" else { throw Broken() }
            }
        }
        let load = try await bench.scheduler.create(JobDraft(queue: "load").with { $0.retry = .none })
        let report = try await bench.scheduler.create(JobDraft(queue: "report"))
        try await bench.scheduler.addDependency(of: report.id, on: load.id, condition: condition)
        return (bench, load, report)
    }

    private struct Broken: Error {}

    private func end(_ job: Job, _ payload: String, key: String? = nil, in bench: Bench) async throws {
        _ = try await bench.scheduler.trigger(
            job.id, TriggerRequest(payload: JSONPayload(payload)).with { $0.dependencyKey = key })
        await bench.advance(.zero)
    }

    @Test("An execution waits for the other job, says for what, and starts when that is met", .rows("SX-10", "S-113"))
    func waits() async throws {
        let (bench, load, report) = try await bench()
        try await bench.running {
            let work = try await bench.scheduler.trigger(report.id)
            await bench.advance(.seconds(5))
            #expect(
                try await bench.scheduler.explain(work.id).description
                    == "Execution \(work.id) of \"report\" has been queued since 2026-01-01T00:00:00Z: an execution of job "
                    + "\"load\" has to succeed first; none has ended.")
            try await end(load, "fail", in: bench)
            let hold = try #require(try await bench.scheduler.explain(work.id).holds.first)
            #expect("\(hold)" == "an execution of job \"load\" has to succeed first; the latest one failed")
            #expect(
                hold == .dependency(on: load.id, name: "load", .completed, key: nil, last: .failed))
            try await end(load, "", in: bench)
            #expect(try await bench.scheduler.execution(work.id).status == .succeeded)
        }
    }

    @Test("Each condition is met by its statuses alone", .rows("S-113"), arguments: JobDependency.Condition.allCases)
    func conditions(condition: JobDependency.Condition) async throws {
        let (bench, load, report) = try await bench(condition)
        try await bench.running {
            for (payload, status) in [("", ExecutionStatus.succeeded), ("fail", .failed)] {
                try await end(load, payload, in: bench)
                let work = try await bench.scheduler.trigger(report.id)
                await bench.advance(.zero)
                let started = try await bench.scheduler.execution(work.id).status == .succeeded
                #expect(started == condition.isMet(by: status))
                _ = try await bench.scheduler.cancel(work.id)
            }
        }
    }

    @Test("A dependency key, such as a day, is matched with the same key", .rows("SX-10"))
    func keys() async throws {
        let (bench, load, report) = try await bench()
        try await bench.running {
            let days = ["mon", "tue"]
            var work: [Execution] = []
            for day in days {
                work.append(
                    try await bench.scheduler.trigger(report.id, TriggerRequest().with { $0.dependencyKey = day }))
            }
            try await end(load, "", in: bench)
            try await end(load, "", key: "tue", in: bench)
            #expect(try await statuses(of: work, in: bench) == [.queued, .succeeded])
            #expect(
                try await bench.scheduler.explain(work[0].id).holds.map(\.description) == [
                    "an execution of job \"load\" with the key \"mon\" has to succeed first; none has ended"
                ])
            try await end(load, "fail", key: "mon", in: bench)
            try await end(load, "", key: "mon", in: bench)
            #expect(try await statuses(of: work, in: bench) == [.succeeded, .succeeded])
        }
    }

    @Test("Removing the dependency, or expiring, ends the wait", .rows("S-17"))
    func ends() async throws {
        let (bench, _, report) = try await bench()
        let first = try await bench.scheduler.trigger(report.id, TriggerRequest(timeToLive: .seconds(10)))
        let second = try await bench.scheduler.trigger(report.id)
        try await bench.running {
            await bench.advance(.seconds(11))
            #expect(try await statuses(of: [first, second], in: bench) == [.expired, .queued])
            let dependency = try #require(try await bench.scheduler.dependencies(of: report.id).first)
            try await bench.scheduler.removeDependency(dependency.id)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.execution(second.id).status == .succeeded)
        }
    }

    @Test("The key that keeps a replay or a backfill from being created twice is not matched", .rows("S-113"))
    func ownKeys() async throws {
        let (bench, load, report) = try await bench()
        let hourly = try await bench.scheduler.create(
            JobDraft(
                name: "hourly", schedule: .every(.seconds(3600), anchor: Date(timeIntervalSince1970: 0)),
                action: .handler("report")))
        try await bench.scheduler.addDependency(of: hourly.id, on: load.id)
        try await bench.running {
            try await end(load, "", in: bench)
            try await end(report, "fail", key: "mon", in: bench)
            try await end(load, "", key: "mon", in: bench)
            await bench.advance(.seconds(30))
            let letter = try #require(try await bench.executions(of: report.id).first)
            #expect(letter.status == .failed)
            let replay = try #require(try await bench.scheduler.replayDeadLetters().first)
            let keyed = try await bench.scheduler.replay(letter.id, idempotencyKey: "again")
            let past = bench.clock.now.addingTimeInterval(-7300)..<bench.clock.now
            let backfill = try await bench.scheduler.backfill(hourly.id, past)
            #expect(backfill.created > 1)
            await bench.advance(.seconds(30))
            #expect(try await statuses(of: [replay, keyed], in: bench) == [.failed, .failed])
            let ended = try await statuses(of: backfill.outcomes.map(\.execution), in: bench)
            #expect(ended.allSatisfy { $0 == .succeeded })
        }
    }

    private func statuses(of executions: [Execution], in bench: Bench) async throws -> [ExecutionStatus] {
        var statuses: [ExecutionStatus] = []
        for execution in executions { statuses.append(try await bench.scheduler.execution(execution.id).status) }
        return statuses
    }
}
