import Foundation
import RotaStore
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

@Suite("Overlap and limits")
struct OverlapTests {
    /// A record of a job's handler: the executions that started, and how many ran at the same time.
    final class Watch: Sendable {
        private struct State {
            var running = 0
            var most = 0
            var starts: [Int] = []
        }

        private let state = Mutex(State())
        var most: Int { state.withLock(\.most) }
        var starts: [Int] { state.withLock(\.starts) }

        func run(_ nominal: Int, _ body: () async throws -> Void) async rethrows {
            state.withLock {
                $0.running += 1
                $0.most = max($0.most, $0.running)
                $0.starts.append(nominal)
            }
            defer { state.withLock { $0.running -= 1 } }
            try await body()
        }
    }

    struct Row: Sendable {
        let overlap: OverlapPolicy
        let duration: Int
        /// The minutes whose executions start within ten minutes.
        let starts: [Int]
        let most: Int
    }

    static let rows = [
        Row(overlap: .allow, duration: 30, starts: Array(1...10), most: 1),
        Row(overlap: .skip, duration: 30, starts: Array(1...10), most: 1),
        Row(overlap: .queue, duration: 30, starts: Array(1...10), most: 1),
        Row(overlap: .replace, duration: 30, starts: Array(1...10), most: 1),
        Row(overlap: .allow, duration: 140, starts: Array(1...10), most: 3),
        Row(overlap: .skip, duration: 140, starts: [1, 4, 7, 10], most: 1),
        Row(overlap: .queue, duration: 140, starts: [1, 2, 4, 6], most: 1),
        Row(overlap: .queue(limit: nil), duration: 140, starts: [1, 2, 3, 4], most: 1),
        Row(overlap: .replace, duration: 140, starts: Array(1...10), most: 1),
    ]

    @Test("The overlap policy decides for each duration", .rows("I-21", "I-22", "I-23", "C-16"), arguments: rows)
    func table(_ row: Row) async throws {
        let bench = Bench()
        let (clock, start, watch) = (bench.clock, bench.clock.now, Watch())
        try await bench.scheduler.handle("work") { context in
            let nominal = Int(context.execution.scheduledFor.timeIntervalSince(start)) / 60
            try await watch.run(nominal) {
                try await clock.sleep(until: clock.now.addingTimeInterval(Double(row.duration)))
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work"), overlap: row.overlap))
            await bench.advance(.seconds(610))
            #expect(watch.starts == row.starts)
            #expect(watch.most == row.most)
            // Every occurrence has one outcome: an execution or a skip.
            let runs = try await bench.executions().map { Int($0.scheduledFor.timeIntervalSince(start)) / 60 }
            let skips = try await bench.scheduler.skips(of: job.id)
            let skipped = skips.flatMap {
                Array(Int($0.first.timeIntervalSince(start)) / 60...Int($0.last.timeIntervalSince(start)) / 60)
            }
            #expect((runs + skipped).sorted() == Array(1...10))
            #expect(skips.allSatisfy { $0.reason == .overlap })
        }
    }

    struct TriggerRow: Sendable {
        let overlap: OverlapPolicy
        /// The outcome of the occurrence at the first minute, while a triggered execution runs from 0:30 to 1:30.
        let starts: [Int]
        let skips: Int
        let canceled: Int
        let most: Int
    }

    static let triggerRows = [
        TriggerRow(overlap: .skip, starts: [30, 60], skips: 0, canceled: 0, most: 2),
        TriggerRow(overlap: .queue, starts: [30, 60], skips: 0, canceled: 0, most: 2),
        TriggerRow(overlap: .replace, starts: [30, 60], skips: 0, canceled: 0, most: 2),
        TriggerRow(overlap: .skip.countingTriggered(), starts: [30], skips: 1, canceled: 0, most: 1),
        TriggerRow(overlap: .queue.countingTriggered(), starts: [30, 90], skips: 0, canceled: 0, most: 1),
        TriggerRow(overlap: .replace.countingTriggered(), starts: [30, 60], skips: 0, canceled: 1, most: 1),
    ]

    @Test(
        "A triggered execution counts for the overlap policy only if the policy says so", .rows("SX-19"),
        arguments: triggerRows)
    func triggered(_ row: TriggerRow) async throws {
        let bench = Bench()
        let (clock, start, watch) = (bench.clock, bench.clock.now, Watch())
        try await bench.scheduler.handle("work") { _ in
            try await watch.run(Int(clock.now.timeIntervalSince(start))) {
                try await clock.sleep(until: clock.now.addingTimeInterval(60))
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: Schedule.every(.seconds(60)).limited(toRuns: 1), action: .handler("work"),
                    overlap: row.overlap))
            await bench.advance(.seconds(30))
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(85))
            #expect(watch.starts == row.starts)
            #expect(watch.most == row.most)
            #expect(try await bench.scheduler.skips(of: job.id).count { $0.reason == .overlap } == row.skips)
            #expect(try await bench.executions().count { $0.status == .canceled } == row.canceled)
        }
    }

    @Test("A triggered execution waits its turn behind one of the schedule if the policy queues and counts it")
    func triggeredWaits() async throws {
        let bench = Bench()
        let (clock, start, watch) = (bench.clock, bench.clock.now, Watch())
        try await bench.scheduler.handle("work") { _ in
            try await watch.run(Int(clock.now.timeIntervalSince(start))) {
                try await clock.sleep(until: clock.now.addingTimeInterval(60))
            }
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: Schedule.every(.seconds(60)).limited(toRuns: 1), action: .handler("work"),
                    overlap: .queue.countingTriggered()))
            await bench.advance(.seconds(90))
            let execution = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1))
            #expect(try await bench.scheduler.explain(execution.id).holds.count == 1)
            await bench.advance(.seconds(100))
            #expect(watch.starts == [60, 120] && watch.most == 1)
        }
    }

    @Test("Counting triggered executions survives JSON, and earlier JSON does not count them")
    func triggeredJSON() throws {
        let policy = OverlapPolicy.queue(limit: 2).countingTriggered()
        let data = try JSONEncoder().encode(policy)
        #expect(try JSONDecoder().decode(OverlapPolicy.self, from: data) == policy)
        let earlier = try JSONDecoder().decode(OverlapPolicy.self, from: Data(#"{"rule":"skip"}"#.utf8))
        #expect(earlier == .skip && !earlier.countsTriggered)
        #expect(try String(decoding: JSONEncoder().encode(OverlapPolicy.skip), as: UTF8.self) == #"{"rule":"skip"}"#)
        #expect(OverlapPolicy.allow.countingTriggered() == .allow)
    }

    @Test(
        "Random durations never exceed the concurrency limit and never lose an occurrence", .rows("T-46"),
        arguments: 1...4)
    func invariants(limit: Int) async throws {
        var random = SeededGenerator(seed: UInt64(limit))
        let durations = (0...200).map { _ in Double.random(in: 0...240, using: &random) }
        let bench = Bench(seed: UInt64(limit))
        let (clock, start, watch) = (bench.clock, bench.clock.now, Watch())
        try await bench.scheduler.handle("work") { context in
            let nominal = Int(context.execution.scheduledFor.timeIntervalSince(start)) / 60
            #expect(clock.now >= context.execution.scheduledFor)
            try await watch.run(nominal) {
                try await clock.sleep(until: clock.now.addingTimeInterval(durations[nominal % durations.count]))
            }
        }
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "x", schedule: Schedule.every(.seconds(60)).limited(toRuns: 60), action: .handler("work"),
                    limits: .concurrency(limit)))
            await bench.advance(.seconds(6 * 3600))
            #expect(watch.most <= limit)
            #expect(watch.starts.sorted() == Array(1...60))
            #expect(try await bench.executions().allSatisfy { $0.status == .succeeded })
        }
    }

    @Test(
        "A crash fails an at-most-once execution and is retried otherwise",
        arguments: [true, false])
    func atMostOnce(isAtMostOnce: Bool) async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let bench = Bench(clock: clock, store: store)
        let starts = Recorded<Int>()
        try await bench.scheduler.handle("work") { starts.add($0.attempt) }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(3600)), action: .handler("work")
            ).with { $0.delivery = isAtMostOnce ? .atMostOnce : .atLeastOnce })
        let execution = try await bench.scheduler.trigger(job.id)
        // Another scheduler claims it and dies.
        let lease = clock.now.addingTimeInterval(30)
        let request = ClaimRequest(owner: "dead", limit: 1, now: clock.now, leaseExpiresAt: lease)
        let claims = await store.claim(request)
        #expect(claims.count == 1)
        try await bench.running { await bench.advance(.seconds(120)) }
        let ended = try await bench.scheduler.execution(execution.id)
        #expect(ended.status == (isAtMostOnce ? .failed : .succeeded))
        #expect(starts.all.count == (isAtMostOnce ? 0 : 1))
        #expect(ended.attempts.first?.failure?.kind == .crashed)
    }

    @Test(
        "An attempt interrupted by a shutdown is not repeated with at-most-once delivery",
        arguments: [true, false])
    func atMostOnceShutdown(isAtMostOnce: Bool) async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(1000))
        }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(3600)), action: .handler("work")
            ).with { $0.delivery = isAtMostOnce ? .atMostOnce : .atLeastOnce })
        let execution = try await bench.scheduler.trigger(job.id)
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(try await bench.scheduler.execution(execution.id).status == (isAtMostOnce ? .failed : .queued))
    }
}
