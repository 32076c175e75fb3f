import Foundation
import RotaStore
import RotaTesting
import Testing

@testable import Rota

@Suite("Deleting jobs")
struct JobDeletionTests {
    /// The calls that delete a job.
    enum Way: CaseIterable {
        case one, all, declaration, crontab
    }

    /// A bench whose handler notes that it was canceled.
    private static func bench() async throws -> (Bench, canceled: Recorded<Bool>) {
        let bench = Bench()
        let (clock, canceled) = (bench.clock, Recorded<Bool>())
        try await bench.scheduler.handle("slow") { _ in
            do { try await clock.sleep(until: clock.now.addingTimeInterval(1_000)) } catch {
                canceled.add(true)
                throw error
            }
        }
        return (bench, canceled)
    }

    private static func delete(_ job: Job, _ way: Way, in bench: Bench) async throws {
        switch way {
        case .one: #expect(try await bench.scheduler.delete(job.id))
        case .all:
            let query = JobQuery().with { $0.ids = [job.id] }
            #expect(try await bench.scheduler.deleteAll(query) == 1)
        case .declaration: _ = try await bench.scheduler.declare([], owner: "app", orphans: .delete)
        case .crontab:
            let result = try await bench.scheduler.importCrontab("", named: "tab", removedLines: .delete)
            #expect(result.removed.map(\.id) == [job.id])
        }
    }

    private static func create(_ way: Way, in bench: Bench) async throws -> Job {
        let draft = JobDraft(name: "j", schedule: .onDemand, action: .handler("slow"))
        switch way {
        case .one, .all: return try await bench.scheduler.create(draft)
        case .declaration:
            _ = try await bench.scheduler.declare([draft], owner: "app")
        case .crontab:
            let made = try await bench.scheduler.importCrontab("@yearly https://example.com/", named: "tab")
            // A line of a crontab sends a request; the job is made to run the handler.
            return try await bench.scheduler.update(made.jobs[0].id) { $0.action = .handler("slow") }
        }
        return try await bench.scheduler.job(named: "j")
    }

    @Test("The attempts of a deleted job are canceled at once, and others continue", arguments: Way.allCases)
    func attempts(_ way: Way) async throws {
        let (bench, canceled) = try await Self.bench()
        try await bench.running {
            let job = try await Self.create(way, in: bench)
            let other = try await bench.scheduler.create(
                JobDraft(name: "other", schedule: .onDemand, action: .handler("slow")))
            _ = try await bench.scheduler.trigger(job.id)
            let running = try await bench.scheduler.trigger(other.id)
            await bench.advance(.seconds(1))
            try await Self.delete(job, way, in: bench)
            await bench.advance(.zero)
            #expect(canceled.all == [true])
            #expect(try await bench.executions(of: job.id).isEmpty)
            #expect(try await bench.scheduler.execution(running.id).status == .running)
            // The canceled worker is replaced.
            await bench.advance(.seconds(1_100))
            #expect(try await bench.scheduler.execution(running.id).status == .succeeded)
        }
    }

    @Test("An execution that waited for a deleted job starts at once", arguments: Way.allCases)
    func dependents(_ way: Way) async throws {
        let (bench, _) = try await Self.bench()
        try await bench.scheduler.handle("report") { _ in }
        try await bench.running {
            let job = try await Self.create(way, in: bench)
            let report = try await bench.scheduler.create(JobDraft(queue: "report"))
            try await bench.scheduler.addDependency(of: report.id, on: job.id)
            let work = try await bench.scheduler.trigger(report.id)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.execution(work.id).status == .queued)
            try await Self.delete(job, way, in: bench)
            await bench.advance(.zero)
            #expect(try await bench.scheduler.execution(work.id).status == .succeeded)
        }
    }

    @Test("What follows a batch starts at once if the job of the batch is deleted")
    func followUp() async throws {
        let (bench, _) = try await Self.bench()
        let done = Recorded<Int>()
        try await bench.scheduler.handle("end") { context in done.add(context.batch?.canceled ?? -1) }
        try await bench.running {
            let later = TriggerRequest(at: bench.clock.now.addingTimeInterval(600))
            _ = try await bench.scheduler.enqueue("slow", [later, later], then: TriggerRequest.FollowUp("end"))
            await bench.advance(.seconds(1))
            try await bench.scheduler.delete(bench.scheduler.job(slug: "slow").id)
            await bench.advance(.zero)
            #expect(done.all == [2])
        }
    }

    @Test("The attempts of a deleted job stay withdrawn until all leases were renewed")
    func withdrawn() {
        let pool = WorkerPool()
        let job = Job(
            id: JobID(bits: 1),
            definition: JobDefinition(name: "x", schedule: .immediately, action: .handler("x")),
            createdAt: .distantPast,
            scheduleState: ScheduleState(state: .active, decidedThrough: .distantPast, next: nil))
        let execution = job.execution(
            id: ExecutionID(bits: 1), source: .manual, scheduledFor: .distantPast, createdAt: .distantPast)
        let claim = Claim(
            execution: execution, lease: Lease(owner: "x", token: 1, expiresAt: .distantFuture), job: job)
        pool.withdraw(jobs: [job.id], because: .lost)
        #expect(pool.isWithdrawn(claim))
        pool.forgetWithdrawn { [claim.leaseKey] }
        #expect(pool.isWithdrawn(claim))
        pool.forgetDeletedJobs()
        #expect(!pool.isWithdrawn(claim))
    }
}
