import Foundation
import Rota
import Synchronization

/// The goals of the scheduler: P3 to P7.
enum SchedulerSuite {
    static let benchmarks = [
        Benchmark(id: "P3", title: "register cron jobs in memory, parsing included", goal: "≥ 500k/s", run: register),
        Benchmark(id: "P4", title: "memory a registered job", goal: "≤ 650 B", run: memory),
        Benchmark(
            id: "P5", title: "jobs due at one instant, no-op handlers, full records", goal: "≥ 300k/s", run: dueAtOnce),
        Benchmark(
            id: "P6", title: "lateness of jobs spread over 2 s", goal: "p50 ≤ 100 µs, p99 ≤ 2 ms", run: lateness),
        Benchmark(id: "P7", title: "idle with registered jobs", goal: "≤ 1 wake in 30 s, < 0.1 % CPU", run: idle),
    ]

    private static func sizes(_ scale: Scale, upTo largest: Int = 1_000_000) -> [Int] {
        scale == .tiny ? [1_000] : [1_000, 10_000, 100_000, 1_000_000].filter { $0 <= largest }
    }

    private static func drafts(_ count: Int) throws -> [JobDraft] {
        try (0..<count).map { number in
            JobDraft(
                name: "job \(number)", schedule: try .cron("\(number % 60) \(number / 60 % 24) * * *"),
                action: .handler("none"))
        }
    }

    private static func scheduler(_ store: InMemoryJobStore = InMemoryJobStore()) async throws -> Scheduler {
        var configuration = SchedulerConfiguration()
        configuration.maximumConcurrency = 64
        let scheduler = Scheduler(store: store, transport: URLSessionTransport(), configuration: configuration)
        try await scheduler.handle("none") { _ in }
        return scheduler
    }

    private static func register(_ scale: Scale) async throws -> [Figure] {
        var figures: [Figure] = []
        for size in sizes(scale) {
            var samples: [Double] = []
            for _ in 0..<(size > 100_000 ? 1 : 5) {
                let scheduler = try await scheduler()
                let clock = ContinuousClock()
                let elapsed = try await clock.measure {
                    var begin = 0
                    while begin < size {
                        let end = min(size, begin + 1000)
                        try await scheduler.create(
                            (begin..<end).map { number in
                                JobDraft(
                                    name: "job \(number)",
                                    schedule: try .cron("\(number % 60) \(number / 60 % 24) * * *"),
                                    action: .handler("none"))
                            })
                        begin = end
                    }
                }
                samples.append(Double(size) / (nanoseconds(elapsed) / 1e9))
            }
            figures.append(Figure("\(size) jobs", median(samples) / 1000, "k/s"))
        }
        return figures
    }

    private static func memory(_ scale: Scale) async throws -> [Figure] {
        let size = scale == .tiny ? 10_000 : 100_000
        let before = residentBytes()
        let scheduler = try await scheduler()
        var begin = 0
        while begin < size {
            try await scheduler.create(drafts(1000))
            begin += 1000
        }
        let bytes = Double(residentBytes() - before) / Double(size)
        keep(scheduler)
        return [Figure("\(size) jobs", bytes, "B a job")]
    }

    private static func dueAtOnce(_ scale: Scale) async throws -> [Figure] {
        var figures: [Figure] = []
        for size in sizes(scale) {
            var (rates, costs): ([Double], [Double]) = ([], [])
            for _ in 0..<(scale == .tiny ? 1 : size >= 1_000_000 ? 1 : 5) {
                let scheduler = try await scheduler()
                let done = Countdown(size)
                try await scheduler.handle("count") { _ in done.countDown() }
                // Nothing runs before they are all there; then they have just become due.
                let instant = Date().addingTimeInterval(0.05 + Double(size) / 80_000)
                try await fill(scheduler, size) { _ in (.once(at: instant), "count") }
                try await Task.sleep(for: .seconds(max(0, instant.timeIntervalSinceNow) + 0.01))
                let (rate, cost) = try await run(scheduler, size: size, done: done)
                rates.append(rate)
                costs.append(cost)
            }
            figures.append(Figure("\(size) jobs", median(rates) / 1000, "k/s"))
            figures.append(Figure("  processor time", median(costs), "µs a job"))
        }
        return figures
    }

    /// Creates active jobs, a thousand at a time.
    private static func fill(
        _ scheduler: Scheduler, _ size: Int, _ job: (Int) throws -> (schedule: Schedule, handler: String)
    ) async throws {
        var begin = 0
        while begin < size {
            let end = min(size, begin + 1000)
            try await scheduler.create(
                (begin..<end).map { number in
                    let (schedule, handler) = try job(number)
                    return JobDraft(name: "job \(number)", schedule: schedule, action: .handler(handler))
                })
            begin = end
        }
    }

    /// Measures from the first step of the driver to the last record.
    ///
    /// - Returns: Jobs a second, and the microseconds of processor time that each took.
    private static func run(
        _ scheduler: Scheduler, size: Int, done: Countdown
    ) async throws -> (rate: Double, cost: Double) {
        let clock = ContinuousClock()
        let (begin, processor) = (clock.now, processorSeconds())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            await done.wait()
            scheduler.beginShutdown()
            try await group.waitForAll()
        }
        return (
            Double(size) / (nanoseconds(clock.now - begin) / 1e9),
            (processorSeconds() - processor) * 1e6 / Double(size)
        )
    }

    private static func lateness(_ scale: Scale) async throws -> [Figure] {
        let size = scale == .tiny ? 1_000 : 100_000
        let scheduler = try await scheduler()
        let done = Countdown(size)
        let samples = Mutex<[Double]>([])
        try await scheduler.handle("late") { context in
            let late = context.lateness
            samples.withLock { $0.append(nanoseconds(late) / 1000) }
            done.countDown()
        }
        let start = Date().addingTimeInterval(scale == .tiny ? 0.5 : 3)
        try await fill(scheduler, size) { number in
            (.once(at: start.addingTimeInterval(2 * Double(number) / Double(size))), "late")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            await done.wait()
            scheduler.beginShutdown()
            try await group.waitForAll()
        }
        let sorted = samples.withLock { $0.sorted() }
        return [
            Figure("p50", sorted[sorted.count / 2], "µs"),
            Figure("p99", sorted[sorted.count * 99 / 100], "µs"),
            Figure("most", sorted[sorted.count - 1], "µs"),
        ]
    }

    private static func idle(_ scale: Scale) async throws -> [Figure] {
        let size = scale == .tiny ? 1_000 : 1_000_000
        let scheduler = try await scheduler()
        let tomorrow = Date().addingTimeInterval(86_400)
        try await fill(scheduler, size) { _ in (.once(at: tomorrow), "none") }
        let seconds = scale == .tiny ? 1.0 : 30.0
        var used = 0.0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            try await Task.sleep(for: .seconds(0.2))
            let before = processorSeconds()
            try await Task.sleep(for: .seconds(seconds))
            used = processorSeconds() - before
            scheduler.beginShutdown()
            try await group.waitForAll()
        }
        return [Figure("\(size) jobs, \(Int(seconds)) s", used / seconds * 100, "% CPU")]
    }
}
