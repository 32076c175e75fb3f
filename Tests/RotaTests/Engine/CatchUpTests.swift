import Foundation
import RotaTesting
import Testing

@Suite("Catching up")
struct CatchUpTests {
    @Test(
        "Missed occurrences are caught up in order, no faster than the rate, and none is lost", arguments: [1, 7, 1000])
    func rate(rate: Int) async throws {
        let bench = Bench(configuration: Bench.configuration { $0.catchUpRate = rate })
        let (clock, start, starts) = (bench.clock, bench.clock.now, Recorded<Date>())
        try await bench.scheduler.handle("work") { _ in starts.add(clock.now) }
        let draft = JobDraft(
            name: "x", schedule: .every(.seconds(60)), action: .handler("work"), misfire: .all(limit: 10))
        for _ in 0..<5 { try await bench.scheduler.create(draft) }
        clock.set(to: start.addingTimeInterval(630))
        try await bench.running { await bench.advance(.seconds(59)) }
        let made = Dictionary(grouping: starts.all) { Int($0.timeIntervalSince(start)) - 630 }.mapValues(\.count)
        // The regular occurrences at 660 are on time while others are still being caught up.
        let expected = Dictionary(grouping: 0..<50) { $0 / rate }.mapValues(\.count)
        for (second, count) in expected {
            #expect(made[second, default: 0] == count + (second == 30 ? 5 : 0), "second \(second)")
        }
        #expect(starts.all.count == 55)
    }

    @Test("A catch-up execution expires if its turn comes after the maximum lateness")
    func lateness() async throws {
        let bench = Bench(configuration: Bench.configuration { $0.catchUpRate = 1 })
        let (clock, start, starts) = (bench.clock, bench.clock.now, Recorded<Date>())
        try await bench.scheduler.handle("work") { _ in starts.add(clock.now) }
        let draft = JobDraft(
            name: "x", schedule: .every(.seconds(600)), action: .handler("work"), misfire: .latest(within: .seconds(22))
        )
        for _ in 0..<5 { try await bench.scheduler.create(draft) }
        clock.set(to: start.addingTimeInterval(620))
        try await bench.running { await bench.advance(.seconds(100)) }
        #expect(starts.all.allSatisfy { $0.timeIntervalSince(start) <= 622 })
        #expect(starts.all.count >= 2 && starts.all.count < 5)
    }

    @Test(
        "The catch-up rate holds for each scheduler: two together catch up at most twice as fast, and each occurrence once"
    )
    func twoSchedulers() async throws {
        let (clock, store, rate) = (ManualClock(), InMemoryJobStore(), 7)
        let (start, starts) = (clock.now, Recorded<(id: ExecutionID, at: Date)>())
        let benches = (0..<2).map { number in
            Bench(
                clock: clock, store: store, seed: UInt64(number),
                configuration: Bench.configuration {
                    $0.catchUpRate = rate
                    $0.batchSize = 3
                })
        }
        for bench in benches {
            try await bench.scheduler.handle("work") { starts.add(($0.execution.id, clock.now)) }
        }
        for _ in 0..<12 {
            try await benches[0].scheduler.create(
                .init(name: "x", schedule: .every(.seconds(3600)), action: .handler("work"), misfire: .all(limit: 10)))
        }
        clock.set(to: start.addingTimeInterval(10 * 3600 + 60))
        try await benches[0].running {
            try await benches[1].running {
                await clock.advance(by: .seconds(100), driving: benches.map(\.scheduler))
            }
        }
        #expect(starts.all.count == 120 && Set(starts.all.map(\.id)).count == 120)
        let seconds = Dictionary(grouping: starts.all) { Int($0.at.timeIntervalSince(start)) }
        #expect(seconds.values.allSatisfy { $0.count <= 2 * rate })
        #expect(seconds.count >= 120 / (2 * rate))
    }
}
