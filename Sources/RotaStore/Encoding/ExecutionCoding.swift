import Foundation
import RotaRetry

// How executions and their parts are written to the store's files. `ArchivedExecution` reads the same fields without
// decoding them: change both together.

extension Execution {
    enum Field: UInt64, RecordField {
        case id = 1
        case jobID = 2
        case jobName = 3
        case jobVersion = 4
        /// A code, or the name of a source that has no code.
        case source = 5
        case scheduledFor = 6
        case createdAt = 7
        case payload = 8
        /// No longer written: it is one of the details.
        case replayOf = 9
        case metadata = 10
        case progress = 11
        /// One field for each attempt.
        case attempt = 12
        /// JSON.
        case pinned = 13
        /// JSON.
        case details = 14
    }

    func write(to record: inout RecordWriter) throws {
        record.put(Field.id, id)
        record.put(Field.jobID, jobID)
        record.put(Field.jobName, jobName)
        record.put(Field.jobVersion, jobVersion)
        if let code = source.code { record.put(Field.source, code) } else { record.put(Field.source, source.rawValue) }
        record.put(Field.scheduledFor, scheduledFor)
        record.put(Field.createdAt, createdAt)
        record.put(Field.payload, payload?.json)
        record.put(Field.metadata, metadata)
        try record.record(Field.progress) { try progress.write(to: &$0) }
        for attempt in attempts { record.record(Field.attempt) { attempt.write(to: &$0) } }
        record.put(Field.pinned, try pinned?.value.json())
        if hasDetails { record.put(Field.details, try StoredJSON.encode(details)) }
    }

    /// Reads an archived execution.
    ///
    /// - Returns: `nil` if the bytes are not an archived execution.
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
        // Written by the first version only, which had no other details.
        var replayOf: ExecutionID?
        var details = ExecutionDetails.none
        var metadata: [String: String] = [:]
        var progress: ExecutionProgress?
        var attempts: [Attempt] = []
        while let field = try record.next(Field.self) {
            switch field {
            case .id: id = try record.id()
            case .jobID: jobID = try record.id()
            case .jobName: jobName = try record.text()
            case .jobVersion: jobVersion = try record.int()
            case .source: source = try ExecutionSource(from: record)
            case .scheduledFor: scheduledFor = try record.date()
            case .createdAt: createdAt = try record.date()
            case .payload: payload = JSONPayload(trusted: try record.data())
            case .replayOf: replayOf = try record.id()
            case .metadata: try record.attribute(into: &metadata)
            case .progress: progress = try ExecutionProgress(from: record.record())
            case .attempt: attempts.append(try Attempt(from: record.record()))
            case .pinned: pinned = try JobDefinition(json: record.data())
            case .details: details = try StoredJSON.decode(ExecutionDetails.self, record.data())
            }
        }
        if let replayOf { details.replayOf = replayOf }
        self.init(
            id: try RecordReader.known(id, "an execution's id"),
            jobID: try RecordReader.known(jobID, "an execution's job"),
            jobName: jobName, jobVersion: jobVersion, source: source,
            scheduledFor: try RecordReader.known(scheduledFor, "an execution's scheduled date"),
            createdAt: try RecordReader.known(createdAt, "an execution's creation date"),
            payload: payload, metadata: metadata, details: details, pinned: pinned,
            progress: try RecordReader.known(progress, "an execution's progress"), attempts: attempts)
    }
}

extension ExecutionProgress {
    enum Field: UInt64, RecordField {
        case status = 1
        case dueAt = 2
        case startedAt = 3
        case attemptStartedAt = 4
        case finishedAt = 5
        case lease = 6
        case failure = 7
        case runningVersion = 8
        /// JSON.
        case rare = 9
    }

    func write(to record: inout RecordWriter) throws {
        record.put(Field.status, status.code)
        record.put(Field.dueAt, dueAt)
        record.put(Field.startedAt, startedAt)
        record.put(Field.attemptStartedAt, attemptStartedAt)
        record.put(Field.finishedAt, finishedAt)
        if let lease { record.record(Field.lease) { lease.write(to: &$0) } }
        if let failure { record.record(Field.failure) { failure.write(to: &$0) } }
        record.put(Field.runningVersion, runningVersion)
        if hasRareMembers { record.put(Field.rare, try StoredJSON.encode(rareMembers)) }
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var progress = ExecutionProgress(dueAt: .distantPast)
        var isDated = false
        while let field = try record.next(Field.self) {
            switch field {
            case .status: progress.status = try ExecutionStatus(code: record.int())
            case .dueAt:
                progress.dueAt = try record.date()
                isDated = true
            case .startedAt: progress.startedAt = try record.date()
            case .attemptStartedAt: progress.attemptStartedAt = try record.date()
            case .finishedAt: progress.finishedAt = try record.date()
            case .lease: progress.lease = try Lease(from: record.record())
            case .failure: progress.failure = try ExecutionFailure(from: record.record())
            case .runningVersion: progress.runningVersion = try record.int()
            case .rare: progress.rareMembers = try StoredJSON.decode(ExecutionProgress.RareParts.self, record.data())
            }
        }
        guard isDated else { throw RecordFormatError("an execution's due time is missing") }
        self = progress
    }
}

extension Attempt {
    enum Field: UInt64, RecordField {
        case number = 1
        case startedAt = 2
        case duration = 3
        case failure = 4
        case statusCode = 5
        case bodyPreview = 6
        case bodyWasTruncated = 7
        case responseHeaders = 8
        case trace = 9
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.number, number)
        record.put(Field.startedAt, startedAt)
        record.put(Field.duration, duration)
        if let failure { record.record(Field.failure) { failure.write(to: &$0) } }
        record.put(Field.statusCode, statusCode)
        record.put(Field.bodyPreview, bodyPreview)
        if bodyWasTruncated { record.put(Field.bodyWasTruncated, 1) }
        record.put(Field.responseHeaders, responseHeaders)
        if let trace { record.record(Field.trace) { trace.write(to: &$0) } }
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
        while let field = try record.next(Field.self) {
            switch field {
            case .number: number = try record.int()
            case .startedAt: startedAt = try record.date()
            case .duration: duration = try record.duration()
            case .failure: failure = try ExecutionFailure(from: record.record())
            case .statusCode: statusCode = try record.int()
            case .bodyPreview: bodyPreview = try record.text()
            case .bodyWasTruncated: bodyWasTruncated = try record.int() != 0
            case .responseHeaders: try record.attribute(into: &responseHeaders)
            case .trace: trace = try ExecutionTrace(from: record.record())
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
    enum Field: UInt64, RecordField {
        case queueWait = 1
        case dequeue = 2
        case connect = 3
        case firstByte = 4
        case transfer = 5
        case total = 6
        case resolve = 7
        case handshake = 8
        case peer = 9
        case redirects = 10
        case resends = 11
        case fallbackCause = 12
        case fallbackFailure = 13
        case timeout = 14
    }

    func write(to record: inout RecordWriter) {
        if let queueWait { record.put(Field.queueWait, queueWait) }
        if let dequeue { record.put(Field.dequeue, dequeue) }
        if let connect { record.put(Field.connect, connect) }
        if let firstByte { record.put(Field.firstByte, firstByte) }
        if let transfer { record.put(Field.transfer, transfer) }
        if let total { record.put(Field.total, total) }
        if let resolve { record.put(Field.resolve, resolve) }
        if let handshake { record.put(Field.handshake, handshake) }
        record.put(Field.peer, peer)
        for redirect in redirects ?? [] { record.put(Field.redirects, redirect) }
        record.put(Field.resends, resends)
        record.put(Field.fallbackCause, fallback?.cause)
        record.put(Field.fallbackFailure, fallback?.failure)
        if let timeout { record.put(Field.timeout, timeout) }
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        self.init()
        while let field = try record.next(Field.self) {
            switch field {
            case .queueWait: queueWait = try record.duration()
            case .dequeue: dequeue = try record.duration()
            case .connect: connect = try record.duration()
            case .firstByte: firstByte = try record.duration()
            case .transfer: transfer = try record.duration()
            case .total: total = try record.duration()
            case .resolve: resolve = try record.duration()
            case .handshake: handshake = try record.duration()
            case .peer: peer = try record.text()
            case .redirects: redirects = (redirects ?? []) + [try record.text()]
            case .resends: resends = try record.int()
            case .fallbackCause: fallback = Fallback(cause: try record.text())
            case .fallbackFailure: fallback?.failure = try record.text()
            case .timeout: timeout = try record.duration()
            }
        }
    }
}

extension Lease {
    enum Field: UInt64, RecordField {
        case owner = 1
        case token = 2
        case expiresAt = 3
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.owner, owner)
        record.put(Field.token, token)
        record.put(Field.expiresAt, expiresAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var owner = ""
        var token: Int?
        var expiresAt: Date?
        while let field = try record.next(Field.self) {
            switch field {
            case .owner: owner = try record.text()
            case .token: token = try record.int()
            case .expiresAt: expiresAt = try record.date()
            }
        }
        self.init(
            owner: owner, token: try RecordReader.known(token, "a lease's token"),
            expiresAt: try RecordReader.known(expiresAt, "a lease's end"))
    }
}

extension ExecutionFailure {
    enum Field: UInt64, RecordField {
        case kind = 1
        case message = 2
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.kind, kind.rawValue)
        record.put(Field.message, message)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var kind = FailureKind.unknown
        var message = ""
        while let field = try record.next(Field.self) {
            switch field {
            case .kind: kind = FailureKind(try record.text())
            case .message: message = try record.text()
            }
        }
        self.init(kind: kind, message: message)
    }
}

extension ExecutionStatus {
    /// The number of the status in the store's files.
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

    /// The number of the source in the store's files, or `nil` for sources that are written by name.
    var code: Int? { Self.coded.firstIndex(of: self) }

    /// Whether a number is the code of a source.
    static func hasCode(_ code: Int) -> Bool { coded.indices.contains(code) }

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
