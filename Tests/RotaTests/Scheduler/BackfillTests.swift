import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Backfill")
struct BackfillTests {
    let start = ManualClock().now

    let draft = JobDraft(
        name: "hourly", schedule: .every(.seconds(3600), anchor: Date(timeIntervalSince1970: 0)),
        action: .handler("work"), retry: .none)

    func bench(taking seconds: Double) async throws -> (Bench, Recorded<Date>, Recorded<Date>) {
        let bench = Bench()
        let (clock, starts, ends) = (bench.clock, Recorded<Date>(), Recorded<Date>())
        try await bench.scheduler.handle("work") { context in
            starts.add(context.execution.scheduledFor)
            if seconds > 0 { try await clock.sleep(until: clock.now.addingTimeInterval(seconds)) }
            ends.add(clock.now)
        }
        return (bench, starts, ends)
    }

    @Test(
        "Past occurrences run in parallel or serially, the oldest first", arguments: [true, false])
    func overlap(isSerial: Bool) async throws {
        let (bench, starts, ends) = try await bench(taking: 100)
        let start = bench.clock.now
        let range = start.addingTimeInterval(-5 * 3600)..<start
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let backfill = try await bench.scheduler.backfill(
                job.id, range, overlap: isSerial ? .serial : .parallel, author: "ann")
            #expect(backfill.created == 5)
            let dates = (0..<5).map { range.lowerBound.addingTimeInterval(Double($0) * 3600) }
            #expect(backfill.outcomes.map(\.execution.scheduledFor) == dates)
            #expect(
                backfill.outcomes.allSatisfy {
                    $0.execution.source == .backfill && $0.execution.details.createdBy == "ann"
                }
            )
            await bench.advance(.seconds(1000))
            if isSerial {
                #expect(starts.all == dates)
                #expect(ends.all.map { $0.timeIntervalSince(start) } == [100, 200, 300, 400, 500])
            } else {
                #expect(Set(starts.all) == Set(dates))
                #expect(ends.all.allSatisfy { $0.timeIntervalSince(start) == 100 })
            }
            #expect(try await bench.scheduler.job(job.id).nextRunAt == start.addingTimeInterval(3600))
        }
    }

    @Test("Overlapping backfills execute an occurrence once")
    func idempotent() async throws {
        let (bench, _, _) = try await bench(taking: 0)
        let start = bench.clock.now
        let job = try await bench.scheduler.create(draft)
        let first = try await bench.scheduler.backfill(
            job.id, start.addingTimeInterval(-3 * 3600)..<start.addingTimeInterval(-3600))
        let again = try await bench.scheduler.backfill(
            job.id, start.addingTimeInterval(-4 * 3600)..<start.addingTimeInterval(-3600))
        #expect(first.created == 2)
        #expect(again.created == 1)
        #expect(again.outcomes.dropFirst().map(\.execution) == first.outcomes.map(\.execution))
        #expect(try await bench.executions().count == 3)
    }

    @Test("A serial backfill continues when one of its executions fails or is canceled")
    func goesOn() async throws {
        let (bench, starts, _) = try await bench(taking: 100)
        let start = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let runs = try await bench.scheduler.backfill(job.id, start.addingTimeInterval(-4 * 3600)..<start).outcomes
            await bench.advance(.seconds(10))
            // Cancel a waiting execution, then the running one. No two may run at the same time, and no later one may
            // wait forever.
            try await bench.scheduler.cancel(runs[1].execution.id)
            await bench.advance(.seconds(10))
            #expect(starts.all.count == 1)
            try await bench.scheduler.cancel(runs[0].execution.id)
            await bench.advance(.seconds(300))
            #expect(starts.all.map { start.timeIntervalSince($0) / 3600 } == [4, 2, 1])
            #expect(try await bench.executions().map(\.status) == [.canceled, .canceled, .succeeded, .succeeded])
        }
    }

    @Test("A range with too many occurrences is refused, and future dates are left out")
    func limits() async throws {
        let (bench, _, _) = try await bench(taking: 0)
        let start = bench.clock.now
        let job = try await bench.scheduler.create(draft)
        let range = start.addingTimeInterval(-10 * 3600)..<start.addingTimeInterval(10 * 3600)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.backfill(job.id, range, limit: 10)
        }
        #expect(error?.code == .tooMany)
        #expect(try await bench.executions().isEmpty)
        // The current date is an occurrence too.
        #expect(try await bench.scheduler.backfill(job.id, range, limit: 11).created == 11)
        let future = start.addingTimeInterval(60)..<start.addingTimeInterval(7200)
        #expect(try await bench.scheduler.backfill(job.id, future).outcomes.isEmpty)
        await #expect(throws: SchedulerError.self) { try await bench.scheduler.backfill(job.id, range, limit: 10_001) }
    }

    @Test("A huge backfill is refused immediately")
    func hugeBackfill() async throws {
        let bench = Bench()
        for period in [Duration.seconds(1), .milliseconds(1)] {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .every(period, anchor: start.addingTimeInterval(-1e9)),
                    action: .handler("work")))
            let range = start.addingTimeInterval(-1e9)..<start
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.backfill(job.id, range, limit: Scheduler.maximumBackfill)
            }
            #expect(error?.code == .tooMany)
            #expect(try await bench.executions(of: job.id).isEmpty)
        }
    }

    @Test("Concurrent backfills leave no execution waiting")
    func backfillsAtOnce() async throws {
        let (clock, base, asked) = (ManualClock(), InMemoryJobStore(), Recorded<Int>())
        let now = clock.now
        let other = Bench(clock: clock, store: base, seed: 2).scheduler
        let store = HookedStore(
            base: base,
            beforeEnqueue: {
                asked.add(1)
                // The other scheduler is slightly faster.
                guard asked.all.count == 1, let job = try await base.jobs(JobQuery()).items.first else { return }
                try await other.backfill(job.id, now.addingTimeInterval(-10_800)..<now.addingTimeInterval(-7200))
            })
        let bench = Bench(clock: clock, store: store)
        let job = try await bench.scheduler.create(
            .init(
                name: "hourly", schedule: .every(.seconds(3600), anchor: Date(timeIntervalSince1970: 0)),
                action: .http(.get("https://example.com/"))))
        try await bench.scheduler.backfill(job.id, now.addingTimeInterval(-10_800)..<now)
        try await bench.running {
            await bench.advance(.seconds(60))
            let statuses = try await bench.executions(of: job.id).map(\.status)
            #expect(statuses == [.succeeded, .succeeded, .succeeded])
        }
    }

    @Test("The time to live of an execution begins when its turn comes", arguments: [true, false])
    func timeToLive(isPrompt: Bool) async throws {
        let (bench, _, _) = try await bench(taking: 0)
        var draft = draft
        draft.definition.limits.timeToLive = .seconds(30)
        let job = try await bench.scheduler.create(draft)
        let backfill = try await bench.scheduler.backfill(job.id, start.addingTimeInterval(-7200)..<start)
        let second = backfill.outcomes[1].execution
        #expect(second.status == .waiting && second.expiresAt == nil)
        bench.clock.set(to: start.addingTimeInterval(100))
        _ = try await bench.scheduler.cancel(backfill.outcomes[0].execution.id)
        #expect(try await bench.scheduler.execution(second.id).expiresAt == start.addingTimeInterval(130))
        bench.clock.set(to: start.addingTimeInterval(isPrompt ? 120 : 140))
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(try await bench.scheduler.execution(second.id).status == (isPrompt ? .succeeded : .expired))
    }

    @Test("An execution that waits for its turn cannot be completed from outside", .rows("SX-16"))
    func completed() async throws {
        let (bench, _, _) = try await bench(taking: 0)
        let job = try await bench.scheduler.create(draft)
        let backfill = try await bench.scheduler.backfill(job.id, start.addingTimeInterval(-7200)..<start)
        let second = backfill.outcomes[1].execution.id
        for next in [ExternalCompletion.Next.succeeded, .queued(at: start)] {
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.complete(second, as: next)
            }
            #expect(error?.code == .illegalState)
            #expect(error?.description.contains("It waits for other executions") == true)
        }
        #expect(try await bench.scheduler.execution(second).status == .waiting)
    }
}
