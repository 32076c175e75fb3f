import Foundation
import RotaSchedule

/// The number of a change in the payload of a frame.
///
/// A number keeps its meaning forever. To add a change, add a case here and to ``Change``, and follow the compiler to
/// `StoreState.apply`, `Change.write(to:definitions:)` and `Change.init(_:from:sharing:)`. Versions that do not know
/// the change refuse the file, so only add one that cannot be a field of an existing record.
package enum ChangeKind: UInt64, RecordField, CaseIterable {
    /// With the definition as JSON. Only read.
    case putJobWithJSON = 1
    case putScheduleState = 2
    case putStatistics = 3
    case removeJob = 4
    case putExecution = 5
    case putProgress = 6
    case putAttempt = 7
    case removeExecution = 8
    case putSkips = 9
    case putSkip = 10
    case putIdempotencyKey = 11
    /// With the definition as JSON. Only read.
    case putVersionWithJSON = 12
    case removeVersion = 13
    case putDependency = 14
    case removeDependency = 15
    case putOperation = 16
    case removeOperation = 17
    case putStart = 18
    case forgetStarts = 19
    case putOwner = 20
    case putJob = 21
    case putVersion = 22
    case putCalendar = 23
    case removeCalendar = 24
    case putLease = 25
}

/// The fields of a change of one part of a record: the identifier of the record, then the part.
private enum PartField: UInt64, RecordField {
    case id = 1
    case content = 2
}

/// The fields of ``Change/putLease(_:_:heartbeatAt:report:)``.
private enum LeaseField: UInt64, RecordField {
    case id = 1
    case lease = 2
    case heartbeatAt = 3
    /// JSON.
    case report = 4
}

/// The fields of ``Change/putSkip(_:keeping:)``.
private enum SkipField: UInt64, RecordField {
    case skip = 1
    case limit = 2
}

/// The fields of ``Change/putCalendar(_:_:)``.
private enum CalendarField: UInt64, RecordField {
    case name = 1
    /// JSON.
    case calendar = 2
}

/// The fields of ``Change/putOperation(_:_:)``.
private enum OperationField: UInt64, RecordField {
    case jobID = 1
    case name = 2
    case key = 3
    case expiresAt = 4
}

// MARK: Writing

extension Change {
    /// Writes the change as a field of a frame's payload, with the change's kind as the field's number.
    ///
    /// - Parameter definitions: The definitions of jobs that are already encoded.
    package func write(to payload: inout RecordWriter, definitions: [JobID: [UInt8]] = [:]) throws {
        switch self {
        case .putJob(let job):
            try payload.record(ChangeKind.putJob) { try job.write(to: &$0, definition: definitions[job.id]) }
        case .putScheduleState(let id, let scheduleState):
            try payload.record(ChangeKind.putScheduleState) { record in
                record.put(PartField.id, id)
                try record.record(PartField.content) { try scheduleState.write(to: &$0) }
            }
        case .putStatistics(let id, let statistics):
            payload.record(ChangeKind.putStatistics) { record in
                record.put(PartField.id, id)
                record.record(PartField.content) { statistics.write(to: &$0) }
            }
        case .removeJob(let id):
            payload.record(ChangeKind.removeJob) { $0.put(PartField.id, id) }
        case .putExecution(let execution):
            try payload.record(ChangeKind.putExecution) { try execution.write(to: &$0) }
        case .putProgress(let id, let progress):
            try payload.record(ChangeKind.putProgress) { record in
                record.put(PartField.id, id)
                try record.record(PartField.content) { try progress.write(to: &$0) }
            }
        case .putLease(let id, let lease, let heartbeat, let report):
            let json = try report.map { try StoredJSON.encode($0) }
            payload.record(ChangeKind.putLease) { record in
                record.put(LeaseField.id, id)
                record.record(LeaseField.lease) { lease.write(to: &$0) }
                record.put(LeaseField.heartbeatAt, heartbeat)
                record.put(LeaseField.report, json)
            }
        case .putAttempt(let id, let attempt):
            payload.record(ChangeKind.putAttempt) { record in
                record.put(PartField.id, id)
                record.record(PartField.content) { attempt.write(to: &$0) }
            }
        case .removeExecution(let id):
            payload.record(ChangeKind.removeExecution) { $0.put(PartField.id, id) }
        case .putSkips(let id, let skips):
            payload.record(ChangeKind.putSkips) { record in
                record.put(PartField.id, id)
                for skip in skips { record.record(PartField.content) { skip.write(to: &$0) } }
            }
        case .putSkip(let skip, let limit):
            payload.record(ChangeKind.putSkip) { record in
                record.record(SkipField.skip) { skip.write(to: &$0) }
                record.put(SkipField.limit, limit)
            }
        case .putIdempotencyKey(let key, let id):
            payload.record(ChangeKind.putIdempotencyKey) { record in
                record.put(PartField.id, id)
                record.put(PartField.content, key)
            }
        case .putVersion(let version):
            try payload.record(ChangeKind.putVersion) { try version.write(to: &$0) }
        case .removeVersion(let id):
            payload.record(ChangeKind.removeVersion) { id.write(to: &$0) }
        case .putDependency(let dependency):
            payload.record(ChangeKind.putDependency) { dependency.write(to: &$0) }
        case .removeDependency(let id):
            payload.record(ChangeKind.removeDependency) { $0.put(PartField.id, id) }
        case .putOperation(let key, let id):
            payload.record(ChangeKind.putOperation) { record in
                record.put(OperationField.jobID, id)
                record.put(OperationField.name, key.operation)
                record.put(OperationField.key, key.key)
                record.put(OperationField.expiresAt, key.expiresAt)
            }
        case .removeOperation(let key):
            payload.record(ChangeKind.removeOperation) { key.write(to: &$0) }
        case .putOwner(let owner):
            payload.record(ChangeKind.putOwner) { owner.write(to: &$0) }
        case .putCalendar(let name, let calendar):
            let json = try StoredJSON.encode(calendar)
            payload.record(ChangeKind.putCalendar) { record in
                record.put(CalendarField.name, name)
                record.put(CalendarField.calendar, json)
            }
        case .removeCalendar(let name):
            payload.record(ChangeKind.removeCalendar) { $0.put(CalendarField.name, name) }
        case .putStart(let pool, let start):
            payload.record(ChangeKind.putStart) { record in
                pool.write(to: &record)
                start.write(to: &record)
            }
        case .forgetStarts(let pool, let date):
            payload.record(ChangeKind.forgetStarts) { record in
                pool.write(to: &record)
                record.put(AttemptStart.Field.date, date)
            }
        }
    }
}

// MARK: Reading

extension Change {
    /// Reads the changes of a frame's payload in order, without decoding finished executions.
    ///
    /// Unknown fields of records are skipped. An unknown kind of change is an error, because leaving it out would give
    /// a state that the store never had.
    ///
    /// - Parameters:
    ///   - parts: The parts of definitions that were read before.
    ///   - archive: Receives the executions that are finished.
    ///   - body: Receives all other changes.
    /// - Throws: ``RecordFormatError``, and any error that `body` throws.
    package static func read(
        _ payload: UnsafeRawBufferPointer, sharing parts: SharedParts = SharedParts(),
        archive: (ArchivedExecution) -> Void, _ body: (Change) throws -> Void
    ) throws {
        try read(payload, parts, isArchived: { ArchivedExecution($0).map(archive) != nil }, body)
    }

    /// Reads all changes of a frame's payload in order.
    ///
    /// - Throws: ``RecordFormatError``, and any error that `body` throws.
    package static func read(_ payload: UnsafeRawBufferPointer, _ body: (Change) throws -> Void) throws {
        try read(payload, SharedParts(), isArchived: { _ in false }, body)
    }

    private static func read(
        _ payload: UnsafeRawBufferPointer, _ parts: SharedParts, isArchived: (UnsafeRawBufferPointer) -> Bool,
        _ body: (Change) throws -> Void
    ) throws {
        var changes = RecordReader(payload)
        while let number = try changes.next() {
            guard let kind = ChangeKind(rawValue: number) else {
                throw RecordFormatError("there is no change \(number)", isLaterFormat: true)
            }
            if kind == .putExecution, isArchived(try changes.recordBytes()) { continue }
            try body(try Change(kind, from: changes.record(), sharing: parts))
        }
    }

    private init(_ kind: ChangeKind, from record: RecordReader, sharing parts: SharedParts) throws {
        switch kind {
        case .putJob, .putJobWithJSON:
            self = .putJob(try Job(from: record, sharing: parts))
        case .putScheduleState:
            self = try Self.part(record, Change.putScheduleState) { try ScheduleState(from: $0.record()) }
        case .putStatistics:
            self = try Self.part(record, Change.putStatistics) { try JobStatistics(from: $0.record()) }
        case .removeJob:
            self = .removeJob(try Self.id(record))
        case .putExecution:
            self = .putExecution(try Execution(from: record))
        case .putProgress:
            self = try Self.part(record, Change.putProgress) { try ExecutionProgress(from: $0.record()) }
        case .putLease:
            self = try Self.lease(record)
        case .putAttempt:
            self = try Self.part(record, Change.putAttempt) { try Attempt(from: $0.record()) }
        case .removeExecution:
            self = .removeExecution(try Self.id(record))
        case .putSkips:
            var skips: [SkippedOccurrence] = []
            let id: JobID = try Self.id(record) { skips.append(try SkippedOccurrence(from: $0.record())) }
            self = .putSkips(id, skips)
        case .putSkip:
            self = try Self.skip(record)
        case .putIdempotencyKey:
            self = try Self.part(record, { .putIdempotencyKey($1, $0) }, { try $0.text() })
        case .putVersion, .putVersionWithJSON:
            self = .putVersion(try JobVersion(from: record, sharing: parts))
        case .removeVersion:
            self = .removeVersion(try JobVersionID(from: record))
        case .putDependency:
            self = .putDependency(try JobDependency(from: record))
        case .removeDependency:
            self = .removeDependency(try Self.id(record))
        case .putOperation:
            self = try Self.operation(record)
        case .removeOperation:
            self = .removeOperation(try JobOperationKey(from: record))
        case .putOwner:
            self = .putOwner(try JobOwner(from: record))
        case .putCalendar:
            let (name, calendar) = try Self.calendar(record)
            self = .putCalendar(name, try RecordReader.known(calendar, "a calendar"))
        case .removeCalendar:
            self = .removeCalendar(try Self.calendar(record).name)
        case .putStart:
            self = .putStart(try RatePool(from: record), try AttemptStart(from: record))
        case .forgetStarts:
            self = .forgetStarts(try RatePool(from: record), through: try AttemptStart.date(from: record))
        }
    }

    /// Reads the identifier of a record and hands each of the parts that follow to a closure.
    private static func id<ID: RecordID>(
        _ reader: RecordReader, _ content: (RecordReader) throws -> Void = { _ in }
    ) throws -> ID {
        var record = reader
        var id: ID?
        while let field = try record.next(PartField.self) {
            switch field {
            case .id: id = try record.id()
            case .content: try content(record)
            }
        }
        return try RecordReader.known(id, "the identifier of a change")
    }

    /// Reads a change that consists of the identifier of a record and one part of it.
    private static func part<ID: RecordID, Part>(
        _ reader: RecordReader, _ change: (ID, Part) -> Change, _ content: (RecordReader) throws -> Part
    ) throws -> Change {
        var part: Part?
        let id: ID = try id(reader) { part = try content($0) }
        return change(id, try RecordReader.known(part, "the content of a change"))
    }

    private static func lease(_ reader: RecordReader) throws -> Change {
        var record = reader
        var id: ExecutionID?
        var lease: Lease?
        var heartbeat: Date?
        var report: ProgressReport?
        while let field = try record.next(LeaseField.self) {
            switch field {
            case .id: id = try record.id()
            case .lease: lease = try Lease(from: record.record())
            case .heartbeatAt: heartbeat = try record.date()
            case .report: report = try StoredJSON.decode(ProgressReport.self, record.data())
            }
        }
        return .putLease(
            try RecordReader.known(id, "the execution of a lease"), try RecordReader.known(lease, "a lease"),
            heartbeatAt: heartbeat, report: report)
    }

    private static func skip(_ reader: RecordReader) throws(RecordFormatError) -> Change {
        var record = reader
        var skip: SkippedOccurrence?
        var limit: Int?
        while let field = try record.next(SkipField.self) {
            switch field {
            case .skip: skip = try SkippedOccurrence(from: record.record())
            case .limit: limit = try record.int()
            }
        }
        return .putSkip(
            try RecordReader.known(skip, "a skip"), keeping: max(0, try RecordReader.known(limit, "a skip's limit")))
    }

    private static func calendar(_ reader: RecordReader) throws -> (name: String, calendar: ScheduleCalendar?) {
        var record = reader
        var name: String?
        var calendar: ScheduleCalendar?
        while let field = try record.next(CalendarField.self) {
            switch field {
            case .name: name = try record.text()
            case .calendar: calendar = try StoredJSON.decode(ScheduleCalendar.self, record.data())
            }
        }
        return (try RecordReader.known(name, "a calendar's name"), calendar)
    }

    private static func operation(_ reader: RecordReader) throws(RecordFormatError) -> Change {
        var record = reader
        var job: JobID?
        var (name, key): (String?, String?)
        var expiresAt: Date?
        while let field = try record.next(OperationField.self) {
            switch field {
            case .jobID: job = try record.id()
            case .name: name = try record.text()
            case .key: key = try record.text()
            case .expiresAt: expiresAt = try record.date()
            }
        }
        return .putOperation(
            OperationKey(
                try RecordReader.known(key, "an operation's key"),
                for: try RecordReader.known(name, "an operation's name"),
                until: try RecordReader.known(expiresAt, "an operation's expiry date")),
            try RecordReader.known(job, "an operation's job"))
    }
}

// MARK: Rate limits

// The start of an attempt and the pool it counts for share one record, so their fields have different numbers.

extension RatePool {
    enum Field: UInt64, RecordField {
        case jobID = 1
        case sharedName = 2
    }

    func write(to record: inout RecordWriter) {
        switch self {
        case .job(let id): record.put(Field.jobID, id)
        case .shared(let name): record.put(Field.sharedName, name)
        }
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var pool: RatePool?
        while let field = try record.next(Field.self) {
            switch field {
            case .jobID: pool = .job(try record.id())
            case .sharedName: pool = .shared(try record.text())
            }
        }
        self = try RecordReader.known(pool, "a rate pool")
    }
}

extension AttemptStart {
    enum Field: UInt64, RecordField {
        case date = 3
        case executionID = 4
        case token = 5
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.date, date)
        record.put(Field.executionID, executionID)
        record.put(Field.token, token)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var date: Date?
        var id: ExecutionID?
        var token: Int?
        while let field = try record.next(Field.self) {
            switch field {
            case .date: date = try record.date()
            case .executionID: id = try record.id()
            case .token: token = try record.int()
            }
        }
        self.init(
            date: try RecordReader.known(date, "a start's date"),
            executionID: try RecordReader.known(id, "a start's execution"),
            token: try RecordReader.known(token, "a start's token"))
    }

    /// Reads only the date of a record.
    static func date(from reader: RecordReader) throws(RecordFormatError) -> Date {
        var record = reader
        var date: Date?
        while let field = try record.next(Field.self) {
            if field == .date { date = try record.date() }
        }
        return try RecordReader.known(date, "a date")
    }
}
