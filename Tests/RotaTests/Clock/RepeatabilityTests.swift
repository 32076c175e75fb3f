import Foundation
import RotaStore
import RotaTesting
import Testing

@Suite("Repeatable tests", .timeLimit(.minutes(10)))
struct RepeatabilityTests {
    /// Everything that a store remembers of a job, as text.
    private func outcome(_ store: InMemoryJobStore, of id: JobID) async throws -> String {
        let runs = try await store.allExecutions(of: id).map { run in
            "\(run.scheduledFor.timeIntervalSince1970) \(run.status) \(run.createdAt.timeIntervalSince1970) "
                + run.attempts.map { "\($0.startedAt.timeIntervalSince1970)+\($0.duration)" }.joined(separator: ",")
        }
        let skips = await store.skips(of: id).map { "\($0.reason.rawValue) \($0.first) \($0.last) \($0.count ?? -1)" }
        return (runs + skips).joined(separator: "\n")
    }

    @Test(
        "An execution that ends at the date of an occurrence has ended before it fires, in every repetition",
        arguments: [1, 3], [OverlapPolicy.skip, .queue, .replace])
    func endsWithAnOccurrence(count: Int, overlap: OverlapPolicy) async throws {
        var outcomes: Set<String> = []
        for _ in 0..<60 {
            let (clock, store) = (ManualClock(), InMemoryJobStore())
            let benches = (0..<count).map { Bench(clock: clock, store: store, seed: UInt64($0 + 1)) }
            for bench in benches {
                try await bench.scheduler.handle("work") { _ in
                    try await clock.sleep(until: clock.now.addingTimeInterval(10))
                }
            }
            let job = try await benches[0].scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(10)), action: .handler("work"), overlap: overlap,
                    retention: .last(1000)))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for bench in benches { group.addTask { try await bench.scheduler.run() } }
                await clock.advance(by: .seconds(65), driving: benches.map(\.scheduler))
                outcomes.insert(try await outcome(store, of: job.id))
                group.cancelAll()
                try await group.waitForAll()
            }
        }
        #expect(outcomes.count == 1)
        // Each execution has ended before the next occurrence, so none is skipped and none waits.
        #expect(outcomes.first?.contains("overlap") == false)
        #expect(outcomes.first?.split(separator: "\n").count == 6)
    }

    @Test("A second scheduler takes over from one that was killed, within the longest sleep, in every repetition")
    func takesOver() async throws {
        var outcomes: Set<String> = []
        for _ in 0..<60 {
            let (clock, store, calls) = (ManualClock(), InMemoryJobStore(), Recorded<String>())
            let mortal = KillableStore(store)
            let first = Bench(clock: clock, store: mortal, seed: 1)
            let second = Bench(clock: clock, store: store, seed: 2)
            for (name, bench) in [("first", first), ("second", second)] {
                try await bench.scheduler.handle("work") { context in
                    calls.add("\(name) \(context.attempt)")
                    guard context.attempt == 1 else { return }
                    try await clock.sleep(until: clock.now.addingTimeInterval(20))
                }
            }
            let job = try await first.scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(86_400)), action: .handler("work"),
                    retry: .fixed(.seconds(1), maxAttempts: 2)))
            let dying = Task { try await first.scheduler.run() }
            try await second.running {
                let both = [first.scheduler, second.scheduler]
                await clock.advance(by: .seconds(1), driving: both)
                // Only the first scheduler learns of it at once.
                let run = try await first.scheduler.trigger(job.id)
                await clock.advance(by: .seconds(1), driving: both)
                mortal.kill()
                let end = clock.now
                await clock.advance(by: .seconds(25), driving: both)
                // Nothing has reached the store, and the lease stays.
                let left = try await second.scheduler.execution(run.id)
                #expect(left.status == .running && left.attempts.isEmpty)
                #expect((left.progress.lease?.expiresAt ?? end) > clock.now)
                await #expect(throws: KillableStore.Killed.self) { try await dying.value }
                await clock.advance(by: .seconds(60), driving: [second.scheduler])
                let ended = try await second.scheduler.execution(run.id)
                #expect(ended.status == .succeeded && ended.attempts.map(\.failure?.kind) == [.crashed, nil])
                #expect((ended.finishedAt ?? .distantFuture) <= end.addingTimeInterval(61))
            }
            #expect(calls.all == ["first 1", "second 2"])
            outcomes.insert(try await outcome(store, of: job.id))
        }
        #expect(outcomes.count == 1)
    }
}
