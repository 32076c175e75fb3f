import Foundation
import RotaHTTP
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

/// Records that leave a store as lines of JSON and come back.
@Suite struct ExchangeTests {
    /// The state after random operations.
    static func state(seed: UInt64, operations: Int = 150) -> StoreState {
        var script = StoreScript(seed: seed)
        for _ in 0..<operations { _ = script.next() }
        var state = script.state
        let ids = state.jobs.values.map(\.id).sorted()
        let date = Date(timeIntervalSinceReferenceDate: 772_345_600.123_456_7)
        var log = ChangeLog(isRecording: false)
        for (number, id) in ids.enumerated() {
            // None where it would make a circle with those that the operations made.
            try? state.addDependency(
                JobDependency(
                    id: DependencyID(bits: UInt128(number)), jobID: id, dependsOn: ids[0], createdAt: date), log: &log)
            state.apply(.putOperation(OperationKey("\(number)", for: "run", until: date), id))
        }
        if let job = state.jobs.values.min(by: { $0.id < $1.id }) {
            state.apply(
                .putVersion(JobVersion(jobID: job.id, version: 0, definition: job.definition, createdAt: date)))
        }
        return state
    }

    static func lines(_ export: StoreExport) async throws -> [String] {
        var lines: [String] = []
        for try await line in export { lines.append(line) }
        return lines
    }

    @Test("What is exported and imported is the same to the last bit, in both stores", arguments: 1...4)
    func roundTrip(seed: UInt64) async throws {
        let state = Self.state(seed: seed)
        let lines = try await Self.lines(state.export())
        let contents = StoreContents(state)
        let keys = state.idempotencyKeys
        #expect(!keys.isEmpty && !state.operations.isEmpty && !state.dependencies.isEmpty)
        #expect(state.histories.values.contains { !$0.versions.isEmpty })

        let memory = InMemoryJobStore()
        try await memory.importRecords(AsyncStream(lines))
        #expect(try await StoreContents(memory) == contents)
        #expect(try await Self.lines(memory.exportRecords()) == lines)
        for (key, id) in keys {
            let known = try #require(await memory.job(id))
            let again = JobInsertion(FileJobStoreTests.job(1), idempotencyKey: key)
            #expect(try await memory.insert([again]) == [.existing(known)])
        }

        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        try await store.importRecords(AsyncStream(lines))
        #expect(try await StoreContents(store) == contents)
        try await store.close()
        let seen = try await FileJobStore(inspecting: "/store", environment: .inMemory(files))
        #expect(try await StoreContents(seen) == contents)
        #expect(try await Self.lines(seen.exportRecords()) == lines)
        try await seen.close()
        #expect(files.openFiles == 0)
    }

    @Test("Every kind of record comes back from its line as it was")
    func everyKind() throws {
        let state = Self.state(seed: 3)
        let job = try #require(state.jobs.values.max { $0.id < $1.id })
        let odd = Date(timeIntervalSinceReferenceDate: 772_345_600.123_456_7)
        let job2 = JobID(bits: .max)
        let id = ExecutionID(bits: 0)
        let failure = ExecutionFailure(kind: .timeout, message: "line\nbreak \u{2028} \u{0} \"quoted\" \\ 🗓")
        let attempt = Attempt(
            number: 2, startedAt: odd, duration: Duration(attoseconds: Int128(Int64.max) * 7 + 3), failure: failure,
            statusCode: -1, bodyPreview: "", bodyWasTruncated: true, responseHeaders: ["": "é"])
        var progress = ExecutionProgress(dueAt: .distantFuture)
        progress.status = .running
        progress.startedAt = .distantPast
        progress.finishedAt = Date(timeIntervalSinceReferenceDate: -0.0)
        progress.lease = Lease(owner: "o", token: .max, expiresAt: Date(timeIntervalSinceReferenceDate: .infinity))
        progress.failure = failure
        let skip = SkippedOccurrence(
            jobID: job2, first: odd, last: odd + 0.1, count: nil, reason: .init(rawValue: "own"), decidedAt: odd)
        let execution = Execution(
            id: id, jobID: job2, jobName: "n", jobVersion: 7, source: ExecutionSource(rawValue: "x"),
            scheduledFor: odd, createdAt: odd + 1e-6, payload: JSONPayload(trusted: Data("{\"a\":[1,2.50]}".utf8)),
            metadata: ["a": "b", "": ""], details: RecordTests.details, pinned: job.definition, progress: progress,
            attempts: [attempt, attempt])
        let records: [StoredRecord] =
            [.job(job), .execution(execution), .skips(job2, [skip, skip]), .idempotencyKey("a \n key", job2)]
            + RecordTests.changes.compactMap(StoredRecord.init(insertedBy:))
        let coder = ExchangeCoder()
        var kinds: Set<String> = ["format", "end"]
        for record in records {
            let text = try coder.text(ExchangeLine.record(record))
            #expect(!text.contains(UInt8(ascii: "\n")))
            #expect(try coder.value(text) == ExchangeLine.record(record), "\(String(decoding: text, as: UTF8.self))")
            let object = try JSONSerialization.jsonObject(with: text) as? [String: Any]
            kinds.formUnion(object?.keys.map(\.self) ?? [])
        }
        // Whoever adds a kind adds it here.
        #expect(kinds == Set(ExchangeLine.Kind.allCases.map(\.rawValue)))
    }

    @Test("An export names its format first and its size last, and people can read its dates")
    func shape() async throws {
        let lines = try await Self.lines(Self.state(seed: 1).export())
        #expect(lines.first == #"{"format":{"name":"rota-store","version":1}}"#)
        #expect(lines.last == #"{"end":{"records":\#(lines.count - 2)}}"#)
        #expect(lines.contains { $0.contains(#""createdAt":"2025-06-15T15:"#) })
        let empty = try await Self.lines(InMemoryJobStore().exportRecords())
        #expect(empty.count == 2)
        try await InMemoryJobStore().importRecords(AsyncStream(empty))
    }

    @Test("An export has durations in seconds", arguments: 1...4)
    func durations(seed: UInt64) async throws {
        let lines = try await Self.lines(Self.state(seed: seed).export()).joined(separator: "\n")
        #expect(lines.contains(/"(timeout|duration|window|maximumAge|timeToLive)":[0-9"]/))
        #expect(!lines.contains(/"(timeout|duration|window|maximumAge|timeToLive)":\[/))
        // Two whole numbers, as Swift writes a duration. The names of weekdays and other lists are texts.
        #expect(!lines.contains(/\[-?[0-9]+,-?[0-9]{7,}\]/))
    }

    @Test("An export shows one date, whatever the store does while it is read")
    func consistent() async throws {
        let store = InMemoryJobStore()
        var script = StoreScript(seed: 8)
        for _ in 0..<100 { _ = try await script.next().operation.run(on: store) }
        let expected = try await Self.lines(store.exportRecords())
        var lines: [String] = []
        for try await line in await store.exportRecords() {
            lines.append(line)
            _ = try await script.next().operation.run(on: store)
        }
        #expect(lines == expected)
        #expect(try await Self.lines(store.exportRecords()) != expected)
    }

    @Test("An import that is wrong anywhere names the line and leaves the store empty and usable")
    func refusals() async throws {
        let lines = try await Self.lines(Self.state(seed: 5).export())
        let job = try #require(lines.firstIndex { $0.hasPrefix(#"{"job":"#) })
        let execution = try #require(lines.firstIndex { $0.hasPrefix(#"{"execution":"#) })
        func changed(_ change: (inout [String]) -> Void) -> [String] {
            var copy = lines
            change(&copy)
            return copy
        }
        let cases: [(lines: [String], code: StoreImportError.Code, line: Int?)] = [
            ([], .incomplete, 0),
            (Array(lines.dropLast()), .incomplete, lines.count - 1),
            (changed { $0.remove(at: execution) }, .incomplete, lines.count - 1),
            (changed { $0.append($0[job]) }, .incomplete, lines.count + 1),
            (Array(lines.dropFirst()), .malformedLine, 1),
            (changed { $0.insert($0[0], at: 3) }, .malformedLine, 4),
            (changed { $0[0] = #"{"format":{"name":"rota-store","version":2}}"# }, .unsupportedVersion, 1),
            (changed { $0[0] = #"{"format":{"name":"csv","version":1}}"# }, .malformedLine, 1),
            (changed { $0[execution] = "{" }, .malformedLine, execution + 1),
            (changed { $0[execution] = #"{"planet":{}}"# }, .malformedLine, execution + 1),
            (changed { $0[execution] = String($0[execution].dropLast(20)) }, .malformedLine, execution + 1),
            (
                changed { $0[execution] = $0[execution].replacing("2025-06-15T", with: "2025-06-31T") },
                .malformedLine, execution + 1
            ),
            (changed { $0.insert($0[job], at: job) }, .inconsistentRecord, job + 2),
            (changed { $0.insert($0[execution], at: execution) }, .inconsistentRecord, execution + 2),
            (changed { $0.swapAt(job, execution) }, .inconsistentRecord, job + 1),
        ]
        let files = FaultyFileSystem()
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        for (lines, code, line) in cases {
            let error = await #expect(throws: StoreImportError.self) {
                try await store.importRecords(AsyncStream(lines))
            }
            #expect(error?.code == code && error?.line == line, "\(String(describing: error))")
            #expect(try await store.jobs(JobQuery()).items.isEmpty)
        }
        try await store.importRecords(AsyncStream(lines))
        let again = await #expect(throws: StoreImportError.self) {
            try await store.importRecords(AsyncStream(lines))
        }
        #expect(again?.code == .storeNotEmpty && again?.line == nil)
        try await store.close()
    }

    @Test(
        "An import that fails or dies at any file operation leaves an empty store or a whole one",
        arguments: [
            FileFault.Effect.fail(.noSpace), .tear(.inputOutput), .powerLoss,
        ])
    func everyOperation(effect: FileFault.Effect) async throws {
        let state = Self.state(seed: 2, operations: 16)
        let lines = try await Self.lines(state.export())
        let whole = StoreContents(state)
        let empty = StoreContents(StoreState())
        let origin = FaultyFileSystem()
        // A store that is empty again, with a past.
        var store = try await FileJobStore(path: "/store", environment: .inMemory(origin))
        _ = try await store.insert([JobInsertion(FileJobStoreTests.job(1))])
        _ = try await store.delete([JobID(bits: 1)])
        try await store.close()
        var outcomes: Set<Bool> = []
        for operation in 1...200 {
            let files = origin.copy()
            store = try await FileJobStore(path: "/store", environment: .inMemory(files))
            files.fault = FileFault(at: operation, effect)
            let result: Bool
            do {
                try await store.importRecords(AsyncStream(lines))
                result = true
            } catch {
                #expect(error is FileStoreError)
                result = false
            }
            outcomes.insert(result)
            let isOver = files.operations < operation
            if !result, effect != .powerLoss, await store.status.failure == nil {
                // The store is as empty as before, and takes commits and the import.
                #expect(try await StoreContents(store) == empty)
                try await store.importRecords(AsyncStream(lines))
                #expect(try await StoreContents(store) == whole)
                continue
            }
            for crash in [FaultyFileSystem.Crash.killed, .lostUnsynced, .tore(seed: UInt64(operation))] {
                let reopened = try await FileJobStore(
                    inspecting: "/store", environment: .inMemory(files.copy(crash)))
                let contents = try await StoreContents(reopened)
                #expect(contents == whole || (!result && contents == empty), "operation \(operation), \(crash)")
                let writable = try await FileJobStore(path: "/store", environment: .inMemory(files.copy(crash)))
                try await writable.close()
            }
            if isOver { break }
        }
        #expect(outcomes == [true, false])
    }

    @Test("A file of lines is written for its owner only, read back in blocks, and never overwritten")
    func file() async throws {
        let state = Self.state(seed: 7)
        let files = FaultyFileSystem()
        let export = state.export()
        try await export.write(to: "/lines", in: files)
        let bytes = try #require(files.bytes(of: "/lines"))
        let lines = try await Self.lines(export)
        #expect(String(decoding: bytes, as: UTF8.self) == lines.map { $0 + "\n" }.joined())
        #expect(StoreContents(try StoreState(importing: "/lines", in: files)) == StoreContents(state))
        await #expect(throws: FileStoreError.self) { try await export.write(to: "/lines", in: files) }
        #expect(files.bytes(of: "/lines") == bytes)
        for operation in 1...4 {
            let disk = FaultyFileSystem()
            disk.fault = FileFault(at: operation, .tear(.noSpace))
            await #expect(throws: FileStoreError.self) { try await export.write(to: "/lines", in: disk) }
            #expect(disk.bytes(of: "/lines") == nil && disk.openFiles == 0)
        }
    }

    @Test("A store moves to another folder through a real file")
    func realFile() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rota-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = try await FileJobStore(directory: folder.appending(path: "one"))
        _ = try await store.insert([JobInsertion(FileJobStoreTests.job(1), idempotencyKey: "k")])
        let file = folder.appending(path: "export.jsonl")
        try await store.exportRecords().write(to: file)
        let other = try await FileJobStore(directory: folder.appending(path: "two"))
        try await other.importRecords(from: file)
        #expect(try await StoreContents(other) == StoreContents(store))
        let memory = InMemoryJobStore()
        try await memory.importRecords(from: file)
        #expect(try await StoreContents(memory) == StoreContents(store))
        try await store.close()
        try await other.close()
    }
}

extension AsyncStream where Element == String {
    init(_ lines: [String]) {
        self.init { continuation in
            for line in lines { continuation.yield(line) }
            continuation.finish()
        }
    }
}

extension StoredRecord {
    /// The record that a change inserts, or `nil` if it changes or removes one.
    fileprivate init?(insertedBy change: Change) {
        switch change {
        case .putJob(let job): self = .job(job)
        case .putOwner(let owner): self = .owner(owner)
        case .putCalendar(let name, let calendar): self = .calendar(name, calendar)
        case .putIdempotencyKey(let key, let id): self = .idempotencyKey(key, id)
        case .putVersion(let version): self = .version(version)
        case .putSkips(let id, let skips): self = .skips(id, skips)
        case .putDependency(let dependency): self = .dependency(dependency)
        case .putOperation(let key, let id): self = .operation(key, id)
        case .putStart(let pool, let start): self = .start(pool, start)
        case .putExecution(let execution): self = .execution(execution)
        default: return nil
        }
    }
}
