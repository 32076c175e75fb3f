import Foundation
import RotaStore
import RotaTesting
import Testing

@testable import Rota

/// A plan must not grow without bounds, because a store commits it in one step.
@Suite("Due planner")
struct DuePlannerTests {
    let start = ManualClock().now

    private func job(_ number: UInt128, _ misfire: MisfirePolicy, metadata: [String: String] = [:]) -> Job {
        let schedule = Schedule.every(.seconds(60), anchor: start)
        return Job(
            id: JobID(bits: number),
            definition: JobDefinition(
                name: "x", schedule: schedule, action: .handler("x"), misfire: misfire, metadata: metadata),
            createdAt: start, scheduleState: .starting(schedule, state: .active, at: start))
    }

    private func planner(batchSize: Int) -> FirePlanner {
        FirePlanner(misfireThreshold: .seconds(5), batchSize: batchSize)
    }

    /// Fires a job until nothing is due, and returns the sizes of the fires, the dates that fired and those that did
    /// not, in minutes.
    private func fireAll(
        _ job: Job, batchSize: Int, at now: Date
    ) throws -> (sizes: [Int], fired: [Int], skipped: [ClosedRange<Int>]) {
        let planner = planner(batchSize: batchSize)
        var (job, catchUp, number) = (job, CatchUp(rate: 1_000_000), UInt128(0))
        var (sizes, fired, skipped): ([Int], [Int], [ClosedRange<Int>]) = ([], [], [])
        func minute(_ date: Date) -> Int { Int(date.timeIntervalSince(start) / 60) }
        while let fire = try planner.plan(
            job, at: now, catchUp: &catchUp,
            makeID: {
                number += 1
                return ExecutionID(bits: number)
            })
        {
            sizes.append(fire.executions.count)
            fired += fire.executions.map { minute($0.scheduledFor) }
            skipped += fire.skips.map { minute($0.first)...minute($0.last) }
            job.scheduleState = fire.scheduleState
            guard sizes.count < 1_000 else { break }
        }
        return (sizes, fired, skipped)
    }

    @Test("Occurrences after a downtime fire in several steps, each of them once", arguments: [1, 7, 10, 50, 1_000])
    func steps(batchSize: Int) throws {
        let now = start.addingTimeInterval(200 * 60)
        let outcome = try fireAll(job(1, .all(limit: 50)), batchSize: batchSize, at: now)
        #expect(outcome.sizes.allSatisfy { $0 <= batchSize })
        #expect(outcome.fired == Array(151...200))
        #expect(outcome.skipped == [1...150])
    }

    @Test("Executions with large metadata fire in smaller steps")
    func metadata() throws {
        let now = start.addingTimeInterval(100 * 60)
        let large = job(1, .all(limit: 50), metadata: ["k": String(repeating: "x", count: 1 << 20)])
        let outcome = try fireAll(large, batchSize: 1_000, at: now)
        #expect(outcome.sizes.allSatisfy { $0 <= 16 } && outcome.fired == Array(51...100))
    }

    @Test("A plan stops at a batch of executions, and says that there is more")
    func cut() {
        let now = start.addingTimeInterval(200 * 60)
        func plan(_ jobs: [Job]) -> DuePlan {
            var planner = DuePlanner(
                firePlanner: planner(batchSize: 10), ids: TimeOrderedIDGenerator(), catchUp: CatchUp(rate: 1_000_000),
                random: SystemRandomNumberGenerator())
            let work = DueWork(dueJobs: jobs, expiredLeases: [], isTruncated: false, nextWakeup: nil)
            return planner.plan(work, at: now, uptime: .zero) { [] }
        }
        let many = plan((1...5).map { job($0, .all(limit: 50)) })
        #expect(many.fires.count == 1 && many.isCut)
        // Fires at the head may be refused again and again, so each job gets its turn.
        let single = plan((1...20).map { job($0, .latest) })
        #expect(single.fires.count == 20 && !single.isCut)
    }

    @Test("Results count with the notifications and chains that carry their output on")
    func results() throws {
        var job = job(1, .latest)
        let output = JSONPayload(trusted: Data(repeating: 0x31, count: 1 << 20))
        func planned(_ job: Job) -> PlannedCompletion {
            let execution = job.execution(
                id: ExecutionID(bits: 1), source: .manual, scheduledFor: start, createdAt: start)
            let claim = Claim(execution: execution, lease: Lease(owner: "a", token: 1, expiresAt: start), job: job)
            return PlannedCompletion(
                work: ClaimedWork(claim, slot: 0),
                completion: Completion(
                    executionID: execution.id, token: 1, attempt: nil, next: .succeeded, date: start, output: output),
                stopReason: nil)
        }
        #expect(Array(repeating: planned(job), count: 20).firstBatch.count == 16)
        job.definition.notifications = (1...7).map { _ in
            NotificationRule(on: .completion, .handler("x"), includesOutput: true)
        }
        #expect(Array(repeating: planned(job), count: 20).firstBatch.count == 2)
    }
}
