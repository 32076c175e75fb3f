import Foundation
import RotaCore
import RotaStore
import RotaTesting
import Testing

@Suite struct ArchivedExecutionTests {
    private static let start = StoreSamples.start

    /// A finished execution with every part that an archived one may have.
    private static func execution(_ number: Int, status: ExecutionStatus = .succeeded) throws -> Execution {
        var execution = StoreSamples.execution(number, of: try StoreSamples.job(1), at: start + Double(number))
        execution.progress.status = status
        execution.progress.startedAt = start
        execution.progress.attemptStartedAt = start
        execution.progress.finishedAt = start + 5
        execution.progress.lease = Lease(owner: "somebody", token: 1, expiresAt: start)
        execution.progress.failure = RecordTests.failure
        execution.progress.runningVersion = 2
        execution.attempts = [RecordTests.attempt, StoreSamples.attempt(2)]
        return execution
    }

    /// The fields of an execution's record.
    private static func bytes(_ execution: Execution) throws -> [UInt8] {
        let change = try RecordTests.write([.putExecution(execution)])
        return try change.withUnsafeBytes { bytes in
            var reader = RecordReader(bytes)
            _ = try reader.next()
            return try Array(reader.recordBytes())
        }
    }

    private static func archived(_ bytes: [UInt8]) -> ArchivedExecution? {
        bytes.withUnsafeBytes { ArchivedExecution($0) }
    }

    /// The execution that a record decodes to.
    private static func read(_ bytes: [UInt8]) -> Execution? {
        var record = RecordWriter()
        record.record(RawField(5), bytes: bytes)
        guard case .putExecution(let execution)? = try? RecordTests.read(record.bytes).first else { return nil }
        return execution
    }

    @Test("A finished execution is archived, unless it has a part in JSON")
    func whatIsArchived() throws {
        for status in ExecutionStatus.allCases {
            let bytes = try Self.bytes(Self.execution(1, status: status))
            #expect((Self.archived(bytes) != nil) == status.isTerminal)
        }
        var withOutput = try Self.execution(1)
        withOutput.progress.output = JSONPayload(trusted: Data("1".utf8))
        var details = ExecutionDetails()
        details.idempotencyKey = "key"
        var withDetails = try StoreSamples.job(1).execution(
            id: ExecutionID(bits: 1), source: .manual, scheduledFor: Self.start, createdAt: Self.start, details: details
        )
        withDetails.progress = try Self.execution(1).progress
        for execution in [withOutput, withDetails] {
            #expect(try Self.archived(Self.bytes(execution)) == nil)
        }
        #expect(Self.archived([]) == nil)
    }

    @Test("Only records that can be decoded are archived, with the facts that decoding gives")
    func mutations() throws {
        var random = SplitMix64(seed: 77)
        let whole = try Self.bytes(Self.execution(3))
        for length in 0..<whole.count where Self.archived(Array(whole[..<length])) != nil {
            #expect(Self.read(Array(whole[..<length])) != nil, "cut to \(length)")
        }
        var kept = 0
        for number in 0..<4000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(UInt8.random(in: 0...70, using: &random), at: place)
                default: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                }
            }
            guard let archived = Self.archived(bytes) else { continue }
            kept += 1
            let read = Self.read(bytes)
            let says = ArchivedExecution.facts(of: archived.bytes)
            guard let read, read.facts == says, read.progress.status.isTerminal else {
                Issue.record("input \(number): \(bytes)")
                return
            }
        }
        #expect(kept > 300)
    }

    @Test("Archived and decoded history behave alike")
    func sameHistory() throws {
        let job = try StoreSamples.job(1, retention: Retention(maximumCount: 30, maximumAge: .seconds(60)))
        let executions = try (1...20).map { try Self.execution($0, status: $0 % 3 == 0 ? .failed : .succeeded) }
        var (plain, archived) = (StoreState(), StoreState())
        func both(_ changes: [Change]) throws {
            for change in changes { plain.apply(change) }
            let bytes = try RecordTests.write(changes)
            try bytes.withUnsafeBytes {
                try Change.read($0, archive: { archived.put($0) }, { archived.apply($0) })
            }
            #expect(StoreContents(plain) == StoreContents(archived))
            #expect(Array(plain.aged.suffix()) == Array(archived.aged.suffix()))
        }
        try both([.putJob(job)] + executions.map { .putExecution($0) })
        // Images of an earlier state, as a journal has them that is replayed over a snapshot.
        var running = executions[4].progress
        running.status = .running
        running.finishedAt = nil
        try both([.putProgress(executions[4].id, running), .putAttempt(executions[5].id, StoreSamples.attempt(1))])
        try both([.putProgress(executions[4].id, executions[4].progress), .putExecution(executions[5])])
        try both([.removeExecution(executions[7].id), .putExecution(executions[8]), .putExecution(executions[7])])
        // It is found by every order, and once only.
        let query = ExecutionQuery(statuses: [.failed], sort: .scheduledFor, limit: 100)
        #expect(try archived.executions(query).items == plain.executions(query).items)
        #expect(archived.executions.count == 20 && archived.executions[executions[0].id] == executions[0])
        var (log, now) = (ChangeLog(isRecording: true), Self.start + 1000)
        #expect(plain.prune(at: now, limit: 7, log: &log) == archived.prune(at: now, limit: 7, log: &log))
        #expect(StoreContents(plain) == StoreContents(archived))
        now += 1
        try both([.removeJob(job.id)])
        #expect(archived.executions.isEmpty && archived.executionOrder.isEmpty && archived.aged.isEmpty)
    }

    @Test("An unknown field of a finished execution survives a compaction")
    func unknownField() async throws {
        var state = StoreState()
        state.apply(.putJob(try StoreSamples.job(1)))
        var record = RecordWriter(try Self.bytes(Self.execution(1)))
        record.put(RawField(99), "from the future")
        state.put(try #require(Self.archived(record.bytes)))
        var place: StoreState.SnapshotPosition? = .executions(after: nil)
        let chunk = try #require(state.chunk(from: &place, limit: 10))
        var expected = RecordWriter()
        expected.record(RawField(5), bytes: record.bytes)
        #expect(try chunk.payloads() == [expected.bytes])
        #expect(place == .executions(after: ExecutionID(bits: 1)))
    }
}
