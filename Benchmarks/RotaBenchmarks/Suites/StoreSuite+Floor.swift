import Foundation
import Rota
import RotaStore

/// The floors of the store's figures, and the data they are measured on.
enum StoreFloor {
    /// Calls `body` with a folder that is removed afterwards.
    static func withFolder<Value>(_ body: (URL) async throws -> Value) async throws -> Value {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "rota-bench-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    static func job(_ number: UInt128 = 1, keeping: Int = .max) -> Job {
        let date = Date(timeIntervalSince1970: 1_750_000_000)
        return Job(
            id: JobID(bits: number),
            definition: JobDefinition(
                name: "daily-report", schedule: .every(.seconds(60)), action: .handler("work"),
                retention: .last(keeping)),
            createdAt: date, scheduleState: ScheduleState(state: .active, decidedThrough: date, next: nil))
    }

    static func execution(of job: Job, _ number: UInt128) -> Execution {
        let date = Date(timeIntervalSince1970: 1_750_000_000)
        return job.execution(id: ExecutionID(bits: number), source: .schedule, scheduledFor: date, createdAt: date)
    }

    static func completion(of execution: Execution) -> Completion {
        let date = Date(timeIntervalSince1970: 1_750_000_001)
        return Completion(
            executionID: execution.id, token: execution.lease?.token ?? 0,
            attempt: Attempt(number: 1, startedAt: date, duration: .milliseconds(12), statusCode: 200),
            next: .succeeded,
            date: date)
    }

    /// The bytes of one row: as many as the store writes for one enqueued execution.
    static let row = [UInt8](repeating: 0x5a, count: 128)

    /// Commits per second of a loop that appends rows to a file and syncs after each group.
    static func appendAndSync(count: Int, rows: Int) throws -> Double {
        let files = PosixFileSystem()
        let path = FileManager.default.temporaryDirectory.appending(path: "rota-floor-\(UUID().uuidString)")
            .path(percentEncoded: false)
        let file = try files.openFile(path, .create)
        defer {
            files.closeFile(file)
            try? files.removeFile(path)
        }
        let group = Array(repeatElement(row, count: rows).joined())
        let clock = ContinuousClock()
        let elapsed = try clock.measure {
            for _ in 0..<count {
                _ = try group.withUnsafeBytes { try files.appendFile(file, $0) }
                try files.syncFile(file)
            }
        }
        return Double(count) / (nanoseconds(elapsed) / 1e9)
    }

    /// The milliseconds to read every file of a folder and sum its bytes.
    static func readAndCheck(_ folder: URL) throws -> Double {
        let files = PosixFileSystem()
        let path = folder.path(percentEncoded: false)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { buffer.deallocate() }
        let clock = ContinuousClock()
        let elapsed = try clock.measure {
            for name in try files.names(inFolder: path) {
                let file = try files.openFile(path + name, .read)
                defer { files.closeFile(file) }
                var (offset, checksum) = (0, CRC32C())
                while case let count = try files.readFile(file, at: offset, into: buffer), count > 0 {
                    checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    offset += count
                }
                keep(checksum.value)
            }
        }
        return nanoseconds(elapsed) / 1e6
    }

    /// Fills a store with finished executions of a hundred jobs.
    static func fill(
        _ folder: URL, executions: Int, compacting: Bool, keeping: Int = .max
    ) async throws {
        var environment = FileStoreEnvironment()
        environment.compactionMinimum = .max / 4
        let store = try await FileJobStore(
            path: folder.path(percentEncoded: false), durability: .operatingSystem, environment: environment)
        let jobs = (1...100).map { job($0, keeping: keeping) }
        _ = try await store.insert(jobs.map { JobInsertion($0) })
        var made = 0
        while made < executions {
            let count = min(1000, executions - made)
            try await store.enqueue(
                (0..<count).map { index in
                    let number = made + index
                    var execution = execution(of: jobs[number % 100], UInt128(number + 1) << 20)
                    execution.progress.status = .succeeded
                    execution.progress.startedAt = execution.createdAt
                    execution.progress.attemptStartedAt = execution.createdAt
                    execution.progress.finishedAt = execution.createdAt
                    execution.progress.lease = Lease(owner: "scheduler-1", token: 1, expiresAt: execution.createdAt)
                    execution.attempts = [
                        Attempt(
                            number: 1, startedAt: execution.createdAt, duration: .milliseconds(number % 500),
                            statusCode: 200)
                    ]
                    return execution
                })
            made += count
        }
        if compacting { try await store.compact() }
        try await store.close()
    }

    /// The total size of the files in a folder.
    static func bytes(in folder: URL) -> Int {
        let path = folder.path(percentEncoded: false)
        let files = PosixFileSystem()
        let names = (try? files.names(inFolder: path)) ?? []
        return names.reduce(0) { sum, name in
            guard let file = try? files.openFile(path + name, .read) else { return sum }
            defer { files.closeFile(file) }
            return sum + ((try? files.status(of: file).size) ?? 0)
        }
    }
}
