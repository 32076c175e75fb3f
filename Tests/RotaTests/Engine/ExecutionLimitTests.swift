import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Schedules with a limit of executions")
struct ExecutionLimitTests {
    let start = ManualClock().now

    /// The minutes that a job's skips of a reason cover.
    func minutes(_ skips: [SkippedOccurrence]) -> [Int] {
        skips.flatMap { skip in
            stride(from: skip.first, through: skip.last, by: 60).map { Int($0.timeIntervalSince(start)) / 60 }
        }
    }

    @Test(
        "An occurrence beyond the limit is decided if the overlap policy skips the last execution",
        .rows("I-24"),
        arguments: [OverlapPolicy.skip, .queue(limit: 1)])
    func overlapTakesTheLast(overlap: OverlapPolicy) async throws {
        let bench = Bench()
        try await bench.scheduler.handle("park") { _ in throw WaitForCompletion() }
        let limit = overlap == .skip ? 2 : 3
        let job = try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: Schedule.every(.seconds(60)).limited(toRuns: limit), action: .handler("park"),
                    misfire: .all(limit: 100), overlap: overlap))
            await bench.advance(.seconds(70))
            return job
        }
        bench.clock.set(to: bench.clock.now.addingTimeInterval(300))
        let later = Bench(clock: bench.clock, store: bench.store, seed: 2)
        try await later.scheduler.handle("park") { _ in throw WaitForCompletion() }
        try await later.running {
            await later.advance(.seconds(10))
            let runs = try await later.executions(of: job.id).map { Int($0.scheduledFor.timeIntervalSince(start)) / 60 }
            let skips = try await later.scheduler.skips(of: job.id)
            #expect(runs == Array(1..<limit))
            #expect(minutes(skips) == Array(limit...6))
            #expect(skips.allSatisfy { $0.reason == .overlap })
            for minute in limit...6 {
                let date = start.addingTimeInterval(Double(minute) * 60)
                let verdict = try await later.scheduler.explain(job.id, at: date)
                guard case .skipped(let skip) = verdict.outcome else {
                    Issue.record("minute \(minute): \(verdict)")
                    continue
                }
                #expect(skip.reason == .overlap)
            }
            #expect(try await later.scheduler.job(job.id).state == .active)
        }
    }

    @Test("The limit holds when catching up after a downtime", .rows("I-24"), arguments: 1...5)
    func madeUpFor(limit: Int) async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: Schedule.every(.seconds(60)).limited(toRuns: limit), action: .handler("work"),
                misfire: .all(limit: 100)))
        bench.clock.set(to: start.addingTimeInterval(270))
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            await bench.advance(.seconds(200))
            let runs = try await bench.executions(of: job.id).map { Int($0.scheduledFor.timeIntervalSince(start)) / 60 }
            #expect(runs == Array(1...limit))
            #expect(try await bench.scheduler.job(job.id).state == .completed)
            #expect(try await bench.scheduler.skips(of: job.id).isEmpty)
        }
    }

    @Test("A limit within a union is refused or applies")
    func limitInUnion() async throws {
        let bench = Bench()
        let draft = JobDraft(
            name: "j", schedule: .union([.every(.seconds(60)).limited(toRuns: 2)]),
            action: .http(try .get("https://example.com/")))
        guard let job = try? await bench.scheduler.create(draft) else { return }
        try await bench.running { await bench.advance(.seconds(600)) }
        #expect(try await bench.executions(of: job.id).count == 2)
    }

    @Test("A new schedule counts its own executions")
    func limitOfNewSchedule() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)).limited(toRuns: 3),
                    action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(600))
            try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(30)).limited(toRuns: 2) }
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).count == 5)
        }
    }

    @Test("The limit counts executions, not occurrences skipped because of overlap")
    func limitWithOverlap() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("slow") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(90))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)).limited(toRuns: 2), action: .handler("slow"),
                    overlap: .skip))
            await bench.advance(.seconds(600))
            #expect(try await bench.executions(of: job.id).count == 2)
        }
    }
}
