import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

@Suite("Health")
struct HealthTests {
    @Test("The health of a job, a group and all jobs covers seven days unless told otherwise", .rows("S-14"))
    func scopes() async throws {
        let count = Recorded<Int>()
        let bench = Bench { _ in
            count.add(1)
            return try .status(count.all.count.isMultiple(of: 4) ? 500 : 200)
        }
        try await bench.running {
            var jobs: [Job] = []
            for (name, group) in [("a", "g"), ("b", "g"), ("c", nil)] {
                var draft = try JobDraft(
                    name: name, schedule: .every(.seconds(3600)), action: .http(.get("https://example.com/")),
                    retry: .none)
                draft.attributes.group = group
                jobs.append(try await bench.scheduler.create(draft))
            }
            await bench.advance(.seconds(9 * 86_400 + 60))
            let now = bench.clock.now
            func expect(_ health: JobHealth, days: Double, _ jobs: ArraySlice<Job>, _ total: Int) async throws {
                var executions: [Execution] = []
                for job in jobs { executions += try await bench.executions(of: job.id) }
                let inWindow = executions.filter { $0.createdAt >= now.addingTimeInterval(-days * 86_400) }
                #expect(health.total == total && inWindow.count == total)
                #expect(health.failed == inWindow.count { $0.status == .failed } && health.failed > 0)
                #expect(health.succeeded == total - health.failed)
            }
            let scheduler = bench.scheduler
            try await expect(scheduler.health(of: .job(jobs[0].id)), days: 7, jobs[..<1], 168)
            try await expect(scheduler.health(of: .job(jobs[0].id), over: .day), days: 1, jobs[..<1], 24)
            try await expect(scheduler.health(of: .group("g")), days: 7, jobs[..<2], 336)
            try await expect(scheduler.health(of: .all, over: .month), days: 30, jobs[...], 648)
            #expect(try await scheduler.health(of: .group("h")).score == -1)
        }
    }

    @Test("The health of a job that does not exist is refused")
    func missing() async throws {
        let bench = Bench()
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.health(of: .job(JobID(bits: 7)))
        }
        #expect(error?.code == .jobNotFound)
    }
}
