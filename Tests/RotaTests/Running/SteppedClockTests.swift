import Foundation
import RotaTesting
import Testing

@Suite("Steps of the wall clock that wake nobody")
struct SteppedClockTests {
    static let year = 365.25 * 86_400

    @Test(
        "R-4 BEYOND-3 a step is noticed within 30 seconds; nothing is early, and every occurrence fires or is skipped once",
        arguments: [-10 * year, -3600, -1, 1, 3600, 30 * 86_400, 10 * year] as [Double],
        [MisfirePolicy.latest, .skip])
    func step(by seconds: Double, misfire: MisfirePolicy) async throws {
        let base = ManualClock(now: ManualClock().now.addingTimeInterval(-SteppedClock.lead))
        let clock = SteppedClock(base)
        let (start, store) = (clock.now, InMemoryJobStore())
        let starts = Tally<(nominal: Date, at: Date)>()
        let scheduler = Scheduler(store: store, transport: ClosureTransport { _ in try .status(200) }, clock: clock)
        try await scheduler.handle("work") { context in starts.add((context.scheduledFor, clock.now)) }
        try await scheduler.running {
            let job = try await scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(600)), action: .handler("work"), misfire: misfire,
                    retention: .last(100_000)))
            await base.advance(by: .seconds(3 * 600 + 100), driving: [scheduler])
            clock.step(by: seconds)
            await base.advance(by: .seconds(30), driving: [scheduler])
            // What the step passed over is decided on by now.
            let due = Int(clock.now.timeIntervalSince(start)) / 600
            let cursor = try await scheduler.job(job.id).scheduleState.decidedThrough
            #expect(cursor == start.addingTimeInterval(Double(max(3, due)) * 600))
            await base.advance(by: .seconds(2 * 600), driving: [scheduler])
            let (runs, skips) = (try await store.allExecutions(of: job.id), await store.skips(of: job.id))
            let end = max(3, Int(clock.now.timeIntervalSince(start)) / 600)
            #expect(Set(runs.map(\.scheduledFor)).count == runs.count)
            let skipped = skips.map { Int($0.last.timeIntervalSince($0.first)) / 600 + 1 }.reduce(0, +)
            #expect(runs.count + skipped == end)
            #expect(starts.all.allSatisfy { $0.at >= $0.nominal })
            // A step forward by less than the tolerance makes nothing late.
            #expect(skips.allSatisfy { $0.reason == .misfire })
            if seconds <= 1 { #expect(skips.isEmpty) }
        }
    }
}
