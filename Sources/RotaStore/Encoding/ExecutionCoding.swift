import Foundation
import RotaRetry

// The fields of executions and their parts in the store's files. A number, once used, keeps its meaning for ever; a
// new field gets a new one, and is optional, for files written before do not have it.

extension Execution {
    func write(to record: inout RecordWriter) throws {
        record.put(1, id)
        record.put(2, jobID)
        record.put(3, jobName)
        record.put(4, jobVersion)
        if let code = source.code { record.put(5, code) } else { record.put(5, source.rawValue) }
        record.put(6, scheduledFor)
        record.put(7, createdAt)
        record.put(8, payload?.json)
        record.put(10, metadata)
        try record.record(11) { try progress.write(to: &$0) }
        for attempt in attempts { record.record(12) { attempt.write(to: &$0) } }
        record.put(13, try pinned?.value.json())
        if hasDetails { record.put(14, try RareJSON.encode(details)) }
    }

    /// Reads an execution that is archived.
    ///
    /// - Returns: `nil` for bytes that no archived execution has.
    init?(archived bytes: [UInt8]) {
        guard let execution = bytes.withUnsafeBytes({ try? Execution(from: RecordReader($0)) }) else { return nil }
        self = execution
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var pinned: JobDefinition?
        var (id, jobID): (ExecutionID?, JobID?)
        var jobName = ""
        var jobVersion = 1
        var source = ExecutionSource.schedule
        var (scheduledFor, createdAt): (Date?, Date?)
        var payload: JSONPayload?
        // Field 9 is the one detail that the first stores had.
        var replayOf: ExecutionID?
        var details = ExecutionDetails.none
        var metadata: [String: String] = [:]
        var progress: ExecutionProgress?
        var attempts: [Attempt] = []
        while let field = try record.next() {
            switch field {
            case 1: id = try record.id()
            case 2: jobID = try record.id()
            case 3: jobName = try record.text()
            case 4: jobVersion = try record.int()
            case 5: source = try ExecutionSource(from: record)
            case 6: scheduledFor = try record.date()
            case 7: createdAt = try record.date()
            case 8: payload = JSONPayload(trusted: try record.data())
            case 9: replayOf = try record.id()
            case 10: try record.label(into: &metadata)
            case 11: progress = try ExecutionProgress(from: record.record())
            case 12: attempts.append(try Attempt(from: record.record()))
            case 13: pinned = try JobDefinition(json: record.data())
            case 14: details = try RareJSON.decode(ExecutionDetails.self, record.data())
            default: break
            }
        }
        if let replayOf { details.replayOf = replayOf }
        self.init(
            id: try RecordReader.known(id, "an execution's id"),
            jobID: try RecordReader.known(jobID, "an execution's job"),
            jobName: jobName, jobVersion: jobVersion, source: source,
            scheduledFor: try RecordReader.known(scheduledFor, "an execution's instant"),
            createdAt: try RecordReader.known(createdAt, "an execution's date"),
            payload: payload, metadata: metadata, details: details, pinned: pinned,
            progress: try RecordReader.known(progress, "an execution's progress"), attempts: attempts)
    }
}

extension ExecutionProgress {
    func write(to record: inout RecordWriter) throws {
        record.put(1, status.code)
        record.put(2, dueAt)
        record.put(3, startedAt)
        record.put(4, attemptStartedAt)
        record.put(5, finishedAt)
        if let lease { record.record(6) { lease.write(to: &$0) } }
        if let failure { record.record(7) { failure.write(to: &$0) } }
        record.put(8, runningVersion)
        if hasNotes { record.put(9, try RareJSON.encode(notes)) }
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var progress = ExecutionProgress(dueAt: .distantPast)
        var isDated = false
        while let field = try record.next() {
            switch field {
            case 1: progress.status = try ExecutionStatus(code: record.int())
            case 2:
                progress.dueAt = try record.date()
                isDated = true
            case 3: progress.startedAt = try record.date()
            case 4: progress.attemptStartedAt = try record.date()
            case 5: progress.finishedAt = try record.date()
            case 6: progress.lease = try Lease(from: record.record())
            case 7: progress.failure = try ExecutionFailure(from: record.record())
            case 8: progress.runningVersion = try record.int()
            case 9: progress.notes = try RareJSON.decode(ExecutionProgress.Notes.self, record.data())
            default: break
            }
        }
        guard isDated else { throw RecordFormatError("an execution's due time is missing") }
        self = progress
    }
}

extension Attempt {
    func write(to record: inout RecordWriter) {
        record.put(1, number)
        record.put(2, startedAt)
        record.put(3, duration)
        if let failure { record.record(4) { failure.write(to: &$0) } }
        record.put(5, statusCode)
        record.put(6, bodyPreview)
        if bodyWasTruncated { record.put(7, 1) }
        record.put(8, responseHeaders)
        if let trace { record.record(9) { trace.write(to: &$0) } }
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var number: Int?
        var startedAt: Date?
        var duration = Duration.zero
        var failure: ExecutionFailure?
        var statusCode: Int?
        var bodyPreview: String?
        var bodyWasTruncated = false
        var responseHeaders: [String: String] = [:]
        var trace: ExecutionTrace?
        while let field = try record.next() {
            switch field {
            case 1: number = try record.int()
            case 2: startedAt = try record.date()
            case 3: duration = try record.duration()
            case 4: failure = try ExecutionFailure(from: record.record())
            case 5: statusCode = try record.int()
            case 6: bodyPreview = try record.text()
            case 7: bodyWasTruncated = try record.int() != 0
            case 8: try record.label(into: &responseHeaders)
            case 9: trace = try ExecutionTrace(from: record.record())
            default: break
            }
        }
        self.init(
            number: try RecordReader.known(number, "an attempt's number"),
            startedAt: try RecordReader.known(startedAt, "an attempt's date"), duration: duration, failure: failure,
            statusCode: statusCode, bodyPreview: bodyPreview, bodyWasTruncated: bodyWasTruncated,
            responseHeaders: responseHeaders, trace: trace)
    }
}

extension ExecutionTrace {
    func write(to record: inout RecordWriter) {
        if let queueWait { record.put(1, queueWait) }
        if let dequeue { record.put(2, dequeue) }
        if let connect { record.put(3, connect) }
        if let firstByte { record.put(4, firstByte) }
        if let transfer { record.put(5, transfer) }
        if let total { record.put(6, total) }
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        self.init()
        while let field = try record.next() {
            switch field {
            case 1: queueWait = try record.duration()
            case 2: dequeue = try record.duration()
            case 3: connect = try record.duration()
            case 4: firstByte = try record.duration()
            case 5: transfer = try record.duration()
            case 6: total = try record.duration()
            default: break
            }
        }
    }
}

extension Lease {
    func write(to record: inout RecordWriter) {
        record.put(1, owner)
        record.put(2, token)
        record.put(3, expiresAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var owner = ""
        var token: Int?
        var expiresAt: Date?
        while let field = try record.next() {
            switch field {
            case 1: owner = try record.text()
            case 2: token = try record.int()
            case 3: expiresAt = try record.date()
            default: break
            }
        }
        self.init(
            owner: owner, token: try RecordReader.known(token, "a lease's token"),
            expiresAt: try RecordReader.known(expiresAt, "a lease's end"))
    }
}

extension ExecutionFailure {
    func write(to record: inout RecordWriter) {
        record.put(1, kind.rawValue)
        record.put(2, message)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var kind = FailureKind.unknown
        var message = ""
        while let field = try record.next() {
            switch field {
            case 1: kind = FailureKind(try record.text())
            case 2: message = try record.text()
            default: break
            }
        }
        self.init(kind: kind, message: message)
    }
}

extension ExecutionStatus {
    /// The number that stands for the status in the store's files.
    var code: Int {
        switch self {
        case .queued: 0
        case .running: 1
        case .waiting: 2
        case .succeeded: 3
        case .failed: 4
        case .canceled: 5
        case .expired: 6
        }
    }

    init(code: Int) throws(RecordFormatError) {
        switch code {
        case 0: self = .queued
        case 1: self = .running
        case 2: self = .waiting
        case 3: self = .succeeded
        case 4: self = .failed
        case 5: self = .canceled
        case 6: self = .expired
        default: throw RecordFormatError("there is no execution status \(code)", isLaterFormat: true)
        }
    }
}

extension ExecutionSource {
    private static let coded: [ExecutionSource] = [
        .schedule, .manual, .replay, ExecutionSource(rawValue: "webhook"),
    ]

    /// The number that stands for one of the library's own sources in the store's files.
    var code: Int? { Self.coded.firstIndex(of: self) }

    /// Whether a number stands for a source.
    static func hasCode(_ code: Int) -> Bool { (0..<4).contains(code) }

    init(from record: RecordReader) throws(RecordFormatError) {
        guard record.isNumber else {
            self.init(rawValue: try record.text())
            return
        }
        let code = try record.int()
        guard Self.hasCode(code) else {
            throw RecordFormatError("there is no execution source \(code)", isLaterFormat: true)
        }
        self = Self.coded[code]
    }
}
