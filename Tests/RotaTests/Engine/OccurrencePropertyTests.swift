import Foundation
import RotaTesting
import Testing

@Suite("One outcome for every occurrence", .timeLimit(.minutes(20)))
struct OccurrencePropertyTests {
    let start = ManualClock().now

    @Test("Every occurrence has one outcome under overlap, downtimes, small batches and clock steps", arguments: 1...20)
    func oneVerdictEach(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let schedules: [Schedule] = [
            .every(.seconds(Int.random(in: 1...40, using: &random)), anchor: clock.now),
            try .cron("*/7 * * * * *"), try .cron("*/3 * * * *"),
            .union([.every(.seconds(30), anchor: clock.now), try .cron("10,20,30 * * * * *")]),
            .every(.seconds(20), anchor: clock.now.addingTimeInterval(300)),
            .every(.seconds(20), anchor: clock.now.addingTimeInterval(-305)),
            .every(.seconds(15), anchor: clock.now).smoothed(over: .seconds(4), key: "\(seed)"),
        ]
        let policies: [MisfirePolicy] = [
            .latest, .skip, .all(limit: 2), .all(limit: 500), .latest(maximumLateness: .seconds(45)),
            .all(limit: 5, maximumLateness: .seconds(200)),
        ]
        let schedule = schedules.randomElement(using: &random) ?? .immediately
        let configuration = Bench.configuration {
            $0.batchSize = Int.random(in: 1...20, using: &random)
            $0.maximumConcurrency = Int.random(in: 1...4, using: &random)
        }
        let draft = JobDraft(
            name: "job", schedule: schedule, action: .handler("work"), retry: .fixed(.seconds(1), maxAttempts: 2),
            misfire: policies.randomElement(using: &random) ?? .latest,
            overlap: Bool.random(using: &random) ? .skip : .allow, retention: .last(100_000))
        let length = Double.random(in: 0...30, using: &random)
        let job = try await Bench(clock: clock, store: store, seed: seed).scheduler.create(draft)
        for round in 0..<8 {
            let benches = (0..<2).map {
                Bench(
                    clock: clock, store: store, seed: seed &* 100 &+ UInt64(round * 2 + $0),
                    configuration: configuration)
            }
            for bench in benches {
                try await bench.scheduler.handle("work") { _ in
                    try await clock.sleep(until: clock.now.addingTimeInterval(length))
                }
            }
            let span = Int.random(in: 0...200, using: &random)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for bench in benches { group.addTask { try await bench.scheduler.run() } }
                await clock.advance(by: .seconds(span), driving: benches.map(\.scheduler))
                group.cancelAll()
                try await group.waitForAll()
            }
            clock.set(to: clock.now.addingTimeInterval(Double.random(in: 0...300, using: &random)))
        }
        let last = Bench(clock: clock, store: store)
        try await last.scheduler.handle("work") { _ in }
        try await last.running { await last.advance(.seconds(100)) }

        var expected: [Date] = []
        var date = start
        while let next = schedule.nextOccurrence(after: date), next.effective <= clock.now {
            expected.append(next.nominal)
            date = next.nominal
        }
        var verdicts: [Date] = try await store.allExecutions(of: job.id).map(\.scheduledFor)
        for skip in try await last.scheduler.skips(of: job.id) {
            let covered = expected.filter { skip.first <= $0 && $0 <= skip.last }
            #expect(skip.count == covered.count)
            verdicts += covered
        }
        #expect(verdicts.sorted() == expected)
    }
}
