import Foundation
import Rota
import RotaStore

/// The goals of the file store at size: many jobs, and many jobs that are due every second.
extension StoreSuite {
    static let atSize = [
        Benchmark(
            id: "P16", title: "file store: many jobs",
            goal: "≥ 150k/s, ≤ 400 B a job on disk, reopen ≤ 6 µs a job, ≤ 800 B resident", run: manyJobs),
        Benchmark(
            id: "P17", title: "file store: lateness of 10,000 jobs due every second", goal: "p99 ≤ 150 ms",
            run: everySecond),
        Benchmark(
            id: "P18", title: "file store: 50,000 jobs declared again", goal: "≤ 1 s, no growth of the files",
            run: declaredAgain),
    ]

    /// Declares the same jobs twice, as an app does at every start.
    private static func declaredAgain(_ scale: Scale) async throws -> [Figure] {
        let size = SchedulerSuite.chosenSizes?.first ?? scale.iterations(50_000)
        let schedule = try Schedule.cron("0 3 * * *", in: "Europe/Berlin")
        let drafts = (0..<size).map { JobDraft(name: "job-\($0)", schedule: schedule, action: .handler("none")) }
        return try await StoreFloor.withFolder { folder in
            let store = try await FileJobStore(directory: folder)
            let scheduler = Scheduler(store: store)
            try await scheduler.handle("none") { _ in }
            let clock = ContinuousClock()
            let first = try await clock.measure { _ = try await scheduler.declare(drafts, owner: "app") }
            let bytes = StoreFloor.bytes(in: folder)
            let again = try await clock.measure { _ = try await scheduler.declare(drafts, owner: "app") }
            let growth = StoreFloor.bytes(in: folder) - bytes
            let listed = try await clock.measure {
                var query = JobQuery(limit: 1000)
                repeat { query.after = try await store.jobs(query).next } while query.after != nil
            }
            try await store.close()
            return [
                Figure("\(size) jobs, first", nanoseconds(first) / 1e6, "ms"),
                Figure(
                    "  again", nanoseconds(again) / 1e6, "ms",
                    ratio: (nanoseconds(again) / nanoseconds(listed), "the time to list them")),
                Figure("  growth of the files", Double(growth), "B"),
            ]
        }
    }

    /// Registers jobs a thousand at a time, and opens the folder again in a process of its own.
    private static func manyJobs(_ scale: Scale) async throws -> [Figure] {
        var figures: [Figure] = []
        for size in SchedulerSuite.sizes(scale) where scale == .tiny || size >= 10_000 {
            figures += try await StoreFloor.withFolder { folder in
                let store = try await FileJobStore(directory: folder)
                let memory = try await registered(size, in: InMemoryJobStore())
                let seconds = try await registered(size, in: store)
                try await store.close()
                let bytes = StoreFloor.bytes(in: folder)
                let rows = bytes / StoreFloor.row.count
                let floor = try StoreFloor.appendAndSync(
                    count: max(1, size / 1000), rows: max(1, rows * 1000 / size))
                let together = try await registeredTogether(size)
                let read = try StoreFloor.readAndCheck(folder)
                let opened = try reopened(folder)
                return [
                    Figure(
                        "\(size) jobs, registered", Double(size) / seconds / 1000, "k/s",
                        ratio: (seconds / memory, "the time in memory")),
                    Figure(
                        "  by \(callers) callers at once", Double(size) / together / 1000, "k/s",
                        ratio: (together / memory, "the time in memory")),
                    Figure(
                        "  against the same bytes, synced", seconds * 1000, "ms",
                        ratio: (seconds * floor / Double(max(1, size / 1000)), "floor")),
                    Figure("  files", Double(bytes) / Double(size), "B a job"),
                    Figure("  reopen", opened.milliseconds, "ms", ratio: (opened.milliseconds / read, "floor")),
                    Figure("  resident after reopening", opened.bytes / Double(size), "B a job"),
                ]
            }
        }
        return figures
    }

    /// The callers that share the syncs of the journal.
    private static let callers = 8

    /// The seconds to register daily jobs by several callers.
    private static func registeredTogether(_ size: Int) async throws -> Double {
        try await StoreFloor.withFolder { folder in
            let store = try await FileJobStore(directory: folder)
            let seconds = try await registered(size, callers: callers, in: store)
            try await store.close()
            return seconds
        }
    }

    /// The seconds to register daily jobs.
    private static func registered(
        _ size: Int, callers: Int = 1, in store: any JobStore
    ) async throws -> Double {
        let scheduler = Scheduler(store: store, transport: URLSessionTransport())
        try await scheduler.handle("none") { _ in }
        let elapsed = try await ContinuousClock().measure {
            try await SchedulerSuite.fillDaily(scheduler, size, callers: callers)
        }
        return nanoseconds(elapsed) / 1e9
    }

    /// Opens a folder in a child process, which has no memory of its own to reuse.
    private static func reopened(_ folder: URL) throws -> (milliseconds: Double, bytes: Double) {
        let text = try SchedulerSuite.child(["--open", folder.path(percentEncoded: false)])
        let numbers = text.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 2 else { return (.nan, .nan) }
        return (numbers[0], numbers[1])
    }

    /// The milliseconds to open a folder, and the bytes by which this process grows.
    static func open(_ path: String) async throws -> String {
        let before = residentBytes()
        let start = ContinuousClock().now
        let store = try await FileJobStore(directory: URL(filePath: path, directoryHint: .isDirectory))
        let milliseconds = nanoseconds(start.duration(to: ContinuousClock().now)) / 1e6
        let grown = residentBytes() - before
        try await store.close()
        return "\(milliseconds) \(grown)"
    }

    /// Lateness of jobs that all fire every second, on the file store and in memory.
    private static func everySecond(_ scale: Scale) async throws -> [Figure] {
        let size = SchedulerSuite.chosenSizes?.first ?? scale.iterations(10_000)
        let rounds = scale == .tiny ? 2 : 10
        let memory = try await lateness(size, rounds, in: InMemoryJobStore())
        let file = try await StoreFloor.withFolder { folder in
            let store = try await FileJobStore(directory: folder)
            let samples = try await lateness(size, rounds, in: store)
            try await store.close()
            return samples
        }
        return [("p50", 50), ("p99", 99), ("most", 100)].map { name, percent in
            let (slow, fast) = (quantile(file, percent), quantile(memory, percent))
            return Figure(name, slow, "ms", ratio: (slow / fast, "in memory"))
        }
    }

    static func quantile(_ sorted: [Double], _ percent: Int) -> Double {
        sorted.isEmpty ? .nan : sorted[min(sorted.count - 1, sorted.count * percent / 100)]
    }

    /// The lateness of all executions in milliseconds, sorted.
    private static func lateness(_ size: Int, _ rounds: Int, in store: any JobStore) async throws -> [Double] {
        var configuration = SchedulerConfiguration()
        configuration.maximumConcurrency = 64
        let scheduler = Scheduler(store: store, transport: URLSessionTransport(), configuration: configuration)
        let samples = Samples()
        let done = Countdown(size * rounds)
        try await scheduler.handle("late") { context in
            samples.append(nanoseconds(context.lateness) / 1e6)
            done.countDown()
        }
        // All of them are created before the first is due.
        let anchor = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 1 + Double(size) / 20_000).rounded())
        try await SchedulerSuite.fill(scheduler, size) { _ in
            (.every(.seconds(1), anchor: anchor).limited(toRuns: rounds), .handler("late"))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scheduler.run() }
            await done.wait()
            scheduler.beginShutdown()
            try await group.waitForAll()
        }
        return samples.sorted()
    }
}
