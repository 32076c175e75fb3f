import Foundation
import RotaCore
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

/// History that was inserted, read from files, or shortened.
@Suite struct JobHistoryTests {
    private let start = StoreSamples.start

    private func ended(_ number: Int, of job: Job) -> Execution {
        var execution = StoreSamples.execution(number, of: job, at: start + Double(number))
        execution.progress.status = .succeeded
        execution.progress.finishedAt = start
        return execution
    }

    @Test(
        "An execution that started earlier and finishes later does not move back the date of the last start",
        .rows("K-17"))
    func lastRun() {
        var statistics = JobStatistics()
        statistics.count(.succeeded, startedAt: start + 20, finishedAt: start + 30)
        statistics.count(.failed, startedAt: start + 10, finishedAt: start + 40)
        #expect(statistics.lastRunAt == start + 20)
        #expect(statistics.lastStatus == .failed && statistics.lastFinishedAt == start + 40)
        // A clock that had run ahead, and was set right, is not believed for ever.
        statistics.count(.succeeded, startedAt: start + 9000, finishedAt: start + 9001)
        statistics.count(.succeeded, startedAt: start + 50, finishedAt: start + 60)
        #expect(statistics.lastRunAt == start + 50)
    }

    @Test("The last success is the end of the one that succeeded latest, whatever is counted after it")
    func lastSuccess() {
        var statistics = JobStatistics()
        statistics.count(.failed, startedAt: start, finishedAt: start + 5)
        #expect(statistics.lastSucceededAt == nil)
        statistics.count(.succeeded, startedAt: start + 20, finishedAt: start + 40)
        statistics.count(.succeeded, startedAt: start + 10, finishedAt: start + 30)
        statistics.count(.succeeded, startedAt: start + 10, finishedAt: nil)
        for status in ExecutionStatus.allCases where status != .succeeded {
            statistics.count(status, startedAt: start + 50, finishedAt: start + 60)
        }
        #expect(statistics.lastSucceededAt == start + 40)
    }

    @Test("A lowered retention survives a commit that is refused for its length")
    func refusedCommit() async throws {
        let files = FaultyFileSystem()
        var environment = FileStoreEnvironment.inMemory(files)
        environment.frameLimit = 4096
        let store = try await FileJobStore(path: "/store", environment: environment)
        let job = try StoreSamples.job(1, retention: .last(100))
        _ = try await store.insert([JobInsertion(job)])
        try await store.enqueue((1...9).map { ended($0, of: job) })
        var definition = job.definition
        definition.retention = .last(2)
        _ = try await store.replace(
            JobReplacement(
                id: job.id, expectedRevision: 1, definition: definition, scheduleState: job.scheduleState, date: start))
        // From now on it is in the snapshot, and no change in the journal tells of it.
        try await store.compact()
        #expect(try await store.dueWork(at: start, limit: 1).isPruningDue)
        let large = try (2...60).map { JobInsertion(try StoreSamples.job($0)) }
        let error = await #expect(throws: FileStoreError.self) { _ = try await store.insert(large) }
        #expect(error?.code == .commitTooLarge)
        #expect(try await store.dueWork(at: start, limit: 1).isPruningDue)
        #expect(try await store.prune(at: start, limit: 10).removedExecutions == 7)
        try await store.close()
    }

    @Test("A state read from a snapshot written during changes behaves like the one that wrote it", arguments: 1...4)
    func rebuilt(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var script = StoreScript(seed: seed)
        var state = StoreState()
        func run(_ count: Int, _ body: (StoreOperation, [Change]) throws -> Void) rethrows {
            for _ in 0..<count {
                let operation = script.next().operation
                var log = ChangeLog(isRecording: true)
                if case .dueWork(let now, let limit) = operation { _ = state.dueWork(at: now, limit: limit) }
                operation.run(on: &state, log: &log)
                try body(operation, log.changes)
            }
        }
        run(300) { _, _ in }
        // A walk, interrupted by changes.
        var payloads: [[UInt8]] = []
        var journal: [[UInt8]] = []
        var place: StoreState.SnapshotPosition? = .jobs(after: nil)
        while let chunk = state.chunk(from: &place, limit: Int.random(in: 1...5, using: &random)) {
            payloads += try chunk.payloads()
            try run(Int.random(in: 0...2, using: &random)) { _, changes in
                if !changes.isEmpty { journal.append(try RecordTests.write(changes)) }
            }
        }
        var again = StoreState(isLoading: true)
        for payload in payloads + journal {
            try payload.withUnsafeBytes {
                try Change.read($0, archive: { again.put($0) }, { again.apply($0) })
            }
        }
        again.endLoading()
        // When history was trimmed last is not stored; it is known again from the next trimming on.
        for date in [state.trimmedAt] where date > .distantPast { again.endKeeping(at: date) }
        #expect(StoreContents(again) == StoreContents(state))
        #expect(Self.indexes(again) == Self.indexes(state))
        run(200) { operation, changes in
            var log = ChangeLog(isRecording: true)
            if case .dueWork(let now, let limit) = operation {
                let (one, other) = (state.dueWork(at: now, limit: limit), again.dueWork(at: now, limit: limit))
                #expect(one.isPruningDue == other.isPruningDue)
            }
            if case .executions(let query) = operation {
                let (one, other) = (try? again.executions(query), try? state.executions(query))
                #expect(one?.items == other?.items && one?.next == other?.next)
            }
            operation.run(on: &again, log: &log)
            #expect(Self.essence(log.changes) == Self.essence(changes))
        }
        #expect(StoreContents(again) == StoreContents(state))
    }

    /// What the indexes hold that do not show in the contents.
    private static func indexes(_ state: StoreState) -> [String] {
        let histories = state.jobOrder.suffix().map { id in
            let history = state.histories[id] ?? JobHistory()
            return [
                "\(id)", "\(Array(history.executions.suffix()))", "\(Array(history.finished.suffix()))",
                "\(Array((state.finishedNotifications[id] ?? OrderedIndex()).suffix()))", "\(history.scheduledCount)",
                "\(history.idempotencyKey ?? "")", "\(history.operations.sorted())", "\(history.backfills.count)",
            ].joined(separator: " ")
        }
        let starts = state.claims.startLog.starts.map { "\($0) \(Array($1.suffix()))" }.sorted()
        return histories + starts
            + [
                "\(Array(state.executionOrder.suffix()))", "\(Array(state.dueJobs.suffix()))",
                "\(Array(state.leases.suffix()))", "\(Array(state.expiries.suffix()))",
                "\(Array(state.aged.suffix()))", "\(state.operations.sorted { $0.key < $1.key })",
                "\(state.idempotencyKeys.sorted { $0.key < $1.key })",
            ]
    }

    /// Changes, without what is forgotten of starts: that depends on the longest window by which a name was limited.
    private static func essence(_ changes: [Change]) -> [Change] {
        changes.filter { if case .forgetStarts = $0 { false } else { true } }
    }
}
