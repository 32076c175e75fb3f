import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Jobs that change while they run", .timeLimit(.minutes(20)))
struct JobLifecycleTests {
    let start = ManualClock().now
    let draft = JobDraft(name: "minutely", schedule: .every(.seconds(60)), action: .handler("work"))

    func minutes(_ runs: [Execution]) -> [Double] { runs.map { $0.scheduledFor.timeIntervalSince(start) / 60 } }

    /// Runs the parts of a job's life on a file store that is reopened for each, with downtimes in between.
    func restarting(
        _ parts: [(seconds: Int, down: Int)], _ change: (Scheduler, JobID) async throws -> Void,
        check: (Bench, Job) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let clock = ManualClock()
        var id: JobID?
        for (number, part) in parts.enumerated() {
            let store = try await FileJobStore(directory: folder)
            let bench = Bench(clock: clock, store: store, seed: UInt64(number))
            try await bench.scheduler.handle("work") { _ in }
            if id == nil {
                let job = try await bench.scheduler.create(draft)
                id = job.id
                try await change(bench.scheduler, job.id)
            }
            try await bench.running { await bench.advance(.seconds(part.seconds)) }
            if number == parts.count - 1, let id { try await check(bench, bench.scheduler.job(id)) }
            try await store.close()
            clock.set(to: clock.now.addingTimeInterval(Double(part.down)))
        }
    }

    @Test("Remaining skips survive restarts and a downtime")
    func skipsSurviveRestart() async throws {
        try await restarting([(70, 0), (60, 90), (130, 0)]) { scheduler, id in
            try await scheduler.skipNext(4, of: id)
        } check: { bench, job in
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(skips.map(\.reason) == [.requested])
            #expect(skips.map(\.count) == [4])
            #expect(minutes(try await bench.executions()) == [5])
            #expect(job.skipsRemaining == 0)
        }
    }

    @Test("A timed pause ends by itself before, during or after a restart", arguments: 0..<3)
    func pauseSurvivesRestart(shape: Int) async throws {
        let parts = [[(20, 0), (500, 0)], [(20, 200), (300, 0)], [(20, 340), (160, 0)]][shape]
        try await restarting(parts.map { (seconds: $0.0, down: $0.1) }) { scheduler, id in
            try await scheduler.pause(id, reason: "holiday", until: start.addingTimeInterval(300))
        } check: { bench, job in
            let skips = try await bench.scheduler.skips(of: job.id)
            #expect(job.state == .active && job.reason == nil)
            if shape < 2 {
                #expect(skips.map(\.reason) == [.paused])
                #expect(minutes(try await bench.executions()) == [5, 6, 7, 8])
            } else {
                // The pause ended during a downtime: later occurrences were missed, and the latest of them fires.
                #expect(skips.map(\.reason) == [.paused, .misfire])
                #expect(skips.map(\.count) == [4, 1])
                #expect(minutes(try await bench.executions()) == [6, 7, 8])
            }
        }
    }

    @Test(
        "An update while an occurrence is due applies to later executions and loses none"
    )
    func updateWhenDue() async throws {
        let bench = Bench(configuration: Bench.configuration { $0.maximumConcurrency = 1 })
        let clock = bench.clock
        let names = Recorded<String>()
        try await bench.scheduler.handle("work") { context in
            names.add(context.job.name)
            try await clock.sleep(until: clock.now.addingTimeInterval(90))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            // The execution of minute 1 runs until 2:30, and that of minute 2 is queued.
            await bench.advance(.seconds(130))
            try await bench.scheduler.update(job.id) {
                $0.name = "new"
                $0.schedule = .every(.seconds(600), anchor: start)
            }
            await bench.advance(.seconds(1000))
            let runs = try await bench.executions()
            #expect(minutes(runs) == [1, 2, 10])
            #expect(runs.allSatisfy { $0.status == .succeeded })
            // The queued execution keeps its version.
            #expect(names.all == ["minutely", "minutely", "new"])
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("Deleting a running job cancels its work at once and ends every wait")
    func deleteWhileRunning() async throws {
        let bench = Bench()
        let clock = bench.clock
        let ends = Recorded<String>()
        try await bench.scheduler.handle("work") { context in
            do { try await clock.sleep(until: clock.now.addingTimeInterval(3600)) } catch {
                ends.add("\(Int(clock.now.timeIntervalSince(context.startedAt))) \(context.isCanceled)")
                throw error
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let run = try await bench.scheduler.trigger(job.id)
            let waiting = Task { try await bench.scheduler.waitForCompletion(of: run.id) }
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.delete(job.id))
            await bench.advance(.seconds(20))
            #expect(ends.all == ["1 true"])
            let error = await #expect(throws: SchedulerError.self) { try await waiting.value }
            #expect(error?.code == .executionNotFound)
            #expect(try await bench.executions().isEmpty)
        }
    }

    @Test("A clone of a paused job is active on the same grid, and the original stays paused", .rows("S-13"))
    func cloneOfPaused() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(70))
            try await bench.scheduler.skipNext(3, of: job.id)
            try await bench.scheduler.pause(job.id, reason: "x", until: start.addingTimeInterval(10_000))
            await bench.advance(.seconds(75))
            let clone = try await bench.scheduler.clone(job.id, name: "clone", slug: "clone")
            #expect(clone.state == .active && clone.reason == nil && clone.skipsRemaining == 0)
            await bench.advance(.seconds(60))
            #expect(minutes(try await bench.executions(of: clone.id)) == [3])
            #expect(try await bench.scheduler.skips(of: clone.id).isEmpty)
            #expect(try await bench.scheduler.job(job.id).state == .paused)
            #expect(minutes(try await bench.executions(of: job.id)) == [1])
        }
    }

    @Test(
        "A deferred execution starts after its job was paused or completed, and is deleted with it",
        .rows("S-61"),
        arguments: 0..<3)
    func deferredRun(change: Int) async throws {
        let bench = Bench()
        let calls = Recorded<Date>()
        try await bench.scheduler.handle("work") { _ in calls.add(bench.clock.now) }
        try await bench.running {
            var draft = draft
            draft.definition.schedule = Schedule.every(.seconds(60)).limited(toRuns: 1)
            let job = try await bench.scheduler.create(draft)
            let run = try await bench.scheduler.trigger(job.id, at: start.addingTimeInterval(500))
            switch change {
            case 0: try await bench.scheduler.pause(job.id)
            case 1: await bench.advance(.seconds(100))
            default: try await bench.scheduler.delete(job.id)
            }
            await bench.advance(.seconds(600))
            let state = try? await bench.scheduler.job(job.id).state
            #expect(state == [.paused, .completed, nil][change])
            let minute = start.addingTimeInterval(60)
            let date = start.addingTimeInterval(500)
            #expect(calls.all == [[date], [minute, date], []][change])
            #expect(try await bench.store.execution(run.id)?.status == (change == 2 ? nil : .succeeded))
        }
    }

    @Test("A backfill over dates that are running leaves the schedule and its overlap policy alone")
    func backfillOverLive() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(50))
        }
        try await bench.running {
            var draft = draft
            draft.definition.overlap = .skip
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(190))
            // The execution of minute 3 is running.
            let backfill = try await bench.scheduler.backfill(job.id, start..<clock.now, overlap: .serial)
            #expect(backfill.created == 3)
            await bench.advance(.seconds(420))
            let runs = try await bench.executions(of: job.id)
            #expect(minutes(runs.filter { $0.source == .schedule }) == Array(1...10).map(Double.init))
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
            let filled = runs.filter { $0.source == .backfill }.sorted { $0.scheduledFor < $1.scheduledFor }
            #expect(minutes(filled) == [1, 2, 3])
            #expect(filled.allSatisfy { $0.status == .succeeded })
            #expect(
                zip(filled, filled.dropFirst()).allSatisfy { ($0.finishedAt ?? clock.now) <= $1.startedAt ?? start })
            for minute in 1...10 {
                let date = start.addingTimeInterval(Double(minute) * 60)
                guard case .fired(let run) = try await bench.scheduler.explain(job.id, at: date).outcome else {
                    Issue.record("minute \(minute)")
                    continue
                }
                #expect(run.source == .schedule)
            }
        }
    }
}
