import Foundation
import RotaStore
import RotaTesting
import Synchronization
import Testing

/// A clock that steps at random, from a second to ten years in either direction, under every kind of schedule.
@Suite("Random steps of the clock")
struct ClockStepPropertyTests {
    private struct Failure: Error {}

    /// What a retention keeps of a job's history.
    private static let retentions: [Retention] = [
        .last(100_000), .last(100_000), .last(2), .last(0), Retention(maximumCount: 500, maximumAge: .seconds(300)),
    ]

    /// Each job with the longest time it may be silent once the clock is right.
    private static func drafts(_ random: inout SeededGenerator) throws -> [(JobDraft, TimeInterval)] {
        let policies: [MisfirePolicy] = [.latest, .skip, .all(limit: 3), .latest(maximumLateness: .seconds(20))]
        func draft(_ name: String, _ schedule: Schedule, _ handler: String = "work") -> JobDraft {
            JobDraft(
                name: name, schedule: schedule, action: .handler(handler),
                retry: RetryPolicy(maxAttempts: 2, backoff: .fixed(.seconds(7)), jitter: .none),
                misfire: policies[Int.random(in: 0..<policies.count, using: &random)],
                overlap: [.allow, .skip, .queue, .replace][Int.random(in: 0..<4, using: &random)],
                retention: retentions[Int.random(in: 0..<retentions.count, using: &random)])
        }
        var broken = draft("breaker", .every(.seconds(30)), "fails")
        broken.breaker = CircuitBreakerPolicy(consecutiveFailures: 2, openFor: .fixed(.seconds(60)))
        return [
            (draft("cron", try .cron("* * * * *")), 60),
            (draft("zone", try .cron("*/2 * * * *", in: "Europe/Berlin")), 120),
            (draft("interval", .every(.seconds(45))), 45),
            (draft("after", .afterCompletion(.seconds(40))), 50),
            (draft("union", .union([.every(.seconds(50)), try .cron("0 * * * *")])), 50),
            (draft("smoothed", .every(.seconds(60)).smoothed(over: .seconds(20), key: "k")), 80),
            (draft("retries", .every(.seconds(60)), "flaky"), 75),
            (draft("paused", .every(.seconds(30))), 30),
            (broken, 150),
        ]
    }

    @Test(
        "Within one interval of the right time everything continues, and nothing fires early or twice",
        arguments: 1...10)
    func steps(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let (clock, store) = (ManualClock(), InMemoryJobStore())
        let start = clock.now
        let early = Recorded<String>()
        // The executions that began for each date of each job's schedule, because not every history is kept.
        let begun = Mutex<[String: [Date: Set<ExecutionID>]]>([:])
        func bench(_ number: UInt64) async throws -> Bench {
            let bench = Bench(clock: clock, store: store, seed: seed &* 100 &+ number)
            for name in ["work", "flaky", "fails"] {
                try await bench.scheduler.handle(name) { context in
                    begun.withLock {
                        _ = $0[context.job.name, default: [:]][context.scheduledFor, default: []]
                            .insert(context.execution.id)
                    }
                    // Attempts after the first belong to what has begun, by whatever clock.
                    if context.attempt == 1, clock.now < context.execution.scheduledFor.addingTimeInterval(-1) {
                        early.add("\(context.job.name) \(context.scheduledFor) at \(clock.now)")
                    }
                    if name == "fails" || name == "flaky" && context.attempt == 1 { throw Failure() }
                }
            }
            return bench
        }
        var current = try await bench(0)
        var jobs: [(Job, TimeInterval)] = []
        for (draft, interval) in try Self.drafts(&random) {
            jobs.append((try await current.scheduler.create(draft), interval))
        }
        let once = try await current.scheduler.create(
            JobDraft(
                name: "once",
                schedule: .once(at: start.addingTimeInterval(Double.random(in: 300...1500, using: &random))),
                action: .handler("work"), misfire: .latest))
        var longestError: TimeInterval = 0
        // The right time goes on; the clock is off by a random amount most of the time.
        var elapsed: TimeInterval = 0
        for round in 1...6 {
            let scale = [1.0, 30, 3600, 86_400, 31_557_600, 315_576_000][Int.random(in: 0..<6, using: &random)]
            let error = Double.random(in: -scale...scale, using: &random).rounded()
            longestError = max(longestError, abs(error))
            current = try await bench(UInt64(round))
            let (wrong, right) = (Int.random(in: 5...200, using: &random), Int.random(in: 200...400, using: &random))
            let scheduler = current
            clock.set(to: start.addingTimeInterval(elapsed + error))
            let pause = TimeInterval(Int.random(in: 20...100, using: &random))
            try await scheduler.running {
                // By whatever clock, a pause is as long as it was meant to be.
                if let job = jobs.first(where: { $0.0.name == "paused" })?.0 {
                    _ = try await scheduler.scheduler.pause(job.id, until: clock.now.addingTimeInterval(pause))
                }
                await scheduler.advance(.seconds(wrong))
                elapsed += Double(wrong)
                clock.set(to: start.addingTimeInterval(elapsed))
                let before = clock.now
                await scheduler.advance(.seconds(right))
                elapsed += Double(right)
                for (job, interval) in jobs {
                    let live = try await scheduler.scheduler.job(job.id)
                    let next = live.nextRunAt ?? live.scheduleState.resumesAt
                    let awaits = live.scheduleState.awaitedExecutionID != nil
                    let fired = begun.withLock { ($0[job.name] ?? [:]).map(\.key) }
                    // What fired while the clock was ahead does not fire again.
                    let isAhead = fired.contains { $0 > clock.now && $0 < next ?? clock.now }
                    #expect(
                        awaits || isAhead || next.map { $0 <= clock.now.addingTimeInterval(interval + 1) } ?? false,
                        "\(job.name) waits until \(String(describing: next)) at \(clock.now), error \(error), round \(round)"
                    )
                    guard job.name != "breaker" else { continue }
                    // A step back repeats dates that fired already, so only a step ahead must show new ones.
                    if error > 0 || abs(error) <= 1 {
                        #expect(
                            fired.contains { $0 > before.addingTimeInterval(-1) && $0 <= clock.now },
                            "\(job.name), \(job.retention), was silent from \(before) to \(clock.now), error \(error), round \(round)"
                        )
                    }
                }
            }
        }
        #expect(early.all.isEmpty, "\(early.all.prefix(3))")
        let last = try await current.scheduler.job(once.id)
        #expect(last.state == .completed, "\(last.scheduleState)")
        #expect(begun.withLock { $0["once"]?.map(\.value.count) } == [1])
        for (job, _) in jobs {
            // Over more than a day, a job without a record of what it did may do it again rather than be silent.
            guard longestError <= 86_400 || job.retention.maximumCount >= 100_000 else { continue }
            let twice = begun.withLock { ($0[job.name] ?? [:]).filter { $0.value.count > 1 }.map(\.key) }
            #expect(twice.isEmpty, "\(job.name), \(job.retention), fired twice for \(twice.prefix(3))")
        }
    }
}
