import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Limits of runs, with those who take runs away")
struct RunLimitTests {
    let start = ManualClock().now

    /// The minutes that a job's skips of a reason cover.
    func minutes(_ skips: [SkippedOccurrence]) -> [Int] {
        skips.flatMap { skip in
            stride(from: skip.first, through: skip.last, by: 60).map { Int($0.timeIntervalSince(start)) / 60 }
        }
    }

    @Test(
        "What a limit of runs leaves out is decided on after all if the overlap policy takes the last run",
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
                let instant = start.addingTimeInterval(Double(minute) * 60)
                let verdict = try await later.scheduler.explain(job.id, at: instant)
                guard case .skipped(let skip) = verdict.outcome else {
                    Issue.record("minute \(minute): \(verdict)")
                    continue
                }
                #expect(skip.reason == .overlap)
            }
            #expect(try await later.scheduler.job(job.id).state == .active)
        }
    }

    @Test("A limit of runs holds for what is made up for after a downtime", .rows("I-24"), arguments: 1...5)
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
}
