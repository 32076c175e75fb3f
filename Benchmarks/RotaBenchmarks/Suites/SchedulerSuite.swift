import Foundation
import Rota
import Synchronization

/// The goals of the scheduler: P3 to P7.
enum SchedulerSuite {
    static let benchmarks = [
        Benchmark(id: "P3", title: "register cron jobs in memory, parsing included", goal: "≥ 500k/s", run: register),
        Benchmark(id: "P4", title: "memory a registered job", goal: "≤ 650 B", run: memory),
        Benchmark(
            id: "P5", title: "jobs due at one date, no-op handlers, full records", goal: "≥ 300k/s", run: dueAtOnce),
        Benchmark(
            id: "P6", title: "lateness of jobs spread over 2 s", goal: "p50 ≤ 100 µs, p99 ≤ 2 ms", run: lateness),
        Benchmark(id: "P7", title: "idle with registered jobs", goal: "≤ 1 wake in 30 s, < 0.1 % CPU", run: idle),
        Benchmark(
            id: "P13", title: "due, HTTP, durable result, 32 at once", goal: "≥ 0.8× the transport alone (P12)",
            run: delivery),
    ]

    /// The sizes to measure.
    ///
    /// `ROTA_BENCHMARK_SIZES` overrides them, for example to profile one size.
    static func sizes(_ scale: Scale) -> [Int] {
        if let chosenSizes { return chosenSizes }
        return scale == .tiny ? [1_000] : [1_000, 10_000, 100_000, 1_000_000]
    }

    static var chosenSizes: [Int]? {
        ProcessInfo.processInfo.environment["ROTA_BENCHMARK_SIZES"]?.split(separator: ",").compactMap { Int($0) }
    }

    private static func scheduler(_ store: InMemoryJobStore = InMemoryJobStore()) async throws -> Scheduler {
        var configuration = SchedulerConfiguration()
        configuration.maximumConcurrency = 64
        // A million jobs take longer than the ten seconds after which a job counts as late, and the default rate of
        // catching up, 1,000 a second, would then be what is measured.
        configuration.catchUpRate = 1_000_000
        let scheduler = Scheduler(store: store, transport: .automatic, configuration: configuration)
        try await scheduler.handle("none") { _ in }
        return scheduler
    }

    private static func register(_ scale: Scale) async throws -> [Figure] {
        var figures: [Figure] = []
        for size in sizes(scale) {
            var samples: [Double] = []
            for _ in 0..<(size > 100_000 ? 1 : 5) {
                let scheduler = try await scheduler()
                let elapsed = try await ContinuousClock().measure { try await fillDaily(scheduler, size) }
                samples.append(Double(size) / (nanoseconds(elapsed) / 1e9))
            }
            figures.append(Figure("\(size) jobs", median(samples) / 1000, "k/s"))
        }
        return figures
    }

    /// Measures each size in its own process, because memory freed by one size would be reused by the next.
    private static func memory(_ scale: Scale) async throws -> [Figure] {
        try sizes(scale).map { size in
            Figure("\(size) jobs", Double(try child(["--memory", "\(size)"])) ?? .nan, "B a job")
        }
    }

    /// Runs this program with other arguments, and returns what it prints.
    static func child(_ arguments: [String]) throws -> String {
        let child = Process()
        child.executableURL = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        child.arguments = arguments
        let output = Pipe()
        child.standardOutput = output
        try child.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        child.waitUntilExit()
        return text
    }

    /// The bytes by which this process grows for each registered job.
    static func bytesPerJob(_ size: Int) async throws -> Double {
        // Memory allocated once, for the first jobs, does not count.
        let warm = try await scheduler()
        try await fillDaily(warm, 100)
        let before = residentBytes()
        let scheduler = try await scheduler()
        try await fillDaily(scheduler, size)
        let grown = residentBytes() - before
        keep((warm, scheduler))
        return Double(grown) / Double(size)
    }

    /// Creates cron jobs with different schedules, parsing each expression.
    ///
    /// - Parameter callers: How many tasks create them at the same time.
    static func fillDaily(_ scheduler: Scheduler, _ size: Int, callers: Int = 1) async throws {
        try await fill(scheduler, size, callers: callers) { number in
            (try .cron("\(number % 60) \(number / 60 % 24) * * *"), .handler("none"))
        }
    }

    private static func dueAtOnce(_ scale: Scale) async throws -> [Figure] {
        var figures: [Figure] = []
        for size in sizes(scale) {
            var (rates, costs): ([Double], [Double]) = ([], [])
            for _ in 0..<(scale == .tiny ? 1 : size >= 1_000_000 ? 1 : 5) {
                let scheduler = try await scheduler()
                let done = Countdown(size)
                try await scheduler.handle("count") { _ in done.countDown() }
                // Nothing runs before all of them exist. Then they have just become due.
                let date = Date().addingTimeInterval(0.05 + Double(size) / 80_000)
                try await fill(scheduler, size) { _ in (.once(at: date), .handler("count")) }
                try await Task.sleep(for: .seconds(max(0, date.timeIntervalSinceNow) + 0.01))
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
    static func fill(
        _ scheduler: Scheduler, _ size: Int, callers: Int = 1,
        _ job: @escaping @Sendable (Int) throws -> (schedule: Schedule, action: JobAction)
    ) async throws {
        try await withThrowingTaskGroup { group in
            for caller in 0..<callers {
                group.addTask {
                    for begin in stride(from: caller * 1000, to: size, by: callers * 1000) {
                        try await scheduler.create(
                            (begin..<min(size, begin + 1000)).map { number in
                                let (schedule, action) = try job(number)
                                return JobDraft(name: "job \(number)", schedule: schedule, action: action)
                            })
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Measures from the first step of the driver to the last record.
    ///
    /// - Returns: The jobs per second, and the microseconds of processor time for each.
    static func run(
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
            (.once(at: start.addingTimeInterval(2 * Double(number) / Double(size))), .handler("late"))
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
        var figures: [Figure] = []
        let seconds = scale == .tiny ? 1.0 : 30.0
        for size in sizes(scale) where scale == .tiny || size >= 100_000 {
            let clock = CountingClock()
            let scheduler = Scheduler(store: InMemoryJobStore(), transport: .automatic, clock: clock)
            let tomorrow = Date().addingTimeInterval(86_400)
            try await fill(scheduler, size) { _ in (.once(at: tomorrow), .handler("none")) }
            var (used, wakes) = (0.0, 0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await scheduler.run() }
                try await Task.sleep(for: .seconds(0.2))
                let (processor, woken) = (processorSeconds(), clock.wakes)
                try await Task.sleep(for: .seconds(seconds))
                (used, wakes) = (processorSeconds() - processor, clock.wakes - woken)
                scheduler.beginShutdown()
                try await group.waitForAll()
            }
            figures.append(Figure("\(size) jobs, \(Int(seconds)) s", Double(wakes), "wakes"))
            figures.append(Figure("  processor time", used / seconds * 100, "% CPU"))
        }
        return figures
    }
}

/// The system clock, counting the sleeps that ended.
private final class CountingClock: WallClock {
    private let clock = SystemWallClock()
    private let count = Mutex(0)

    var now: Date { clock.now }
    var uptime: Duration { clock.uptime }
    var wakes: Int { count.withLock(\.self) }

    func sleep(until deadline: Date) async throws {
        defer { count.withLock { $0 += 1 } }
        try await clock.sleep(until: deadline)
    }
}
