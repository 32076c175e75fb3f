package import Foundation

extension Change {
    /// Writes the change as a field of a frame's payload; the field's number says what kind of change it is.
    ///
    /// - Parameter definitions: The JSON of jobs' definitions that were encoded already.
    package func write(to payload: inout RecordWriter, definitions: [JobID: Data] = [:]) throws {
        switch self {
        case .putJob(let job):
            try payload.record(1) { try job.write(to: &$0, definition: definitions[job.id]) }
        case .putScheduleState(let id, let scheduleState):
            try payload.record(2) { record in
                record.put(1, id)
                try record.record(2) { try scheduleState.write(to: &$0) }
            }
        case .putStatistics(let id, let statistics):
            payload.record(3) { record in
                record.put(1, id)
                record.record(2) { statistics.write(to: &$0) }
            }
        case .removeJob(let id):
            payload.record(4) { $0.put(1, id) }
        case .putExecution(let execution):
            try payload.record(5) { try execution.write(to: &$0) }
        case .putProgress(let id, let progress):
            try payload.record(6) { record in
                record.put(1, id)
                try record.record(2) { try progress.write(to: &$0) }
            }
        case .putAttempt(let id, let attempt):
            payload.record(7) { record in
                record.put(1, id)
                record.record(2) { attempt.write(to: &$0) }
            }
        case .removeExecution(let id):
            payload.record(8) { $0.put(1, id) }
        case .putSkips(let id, let skips):
            payload.record(9) { record in
                record.put(1, id)
                for skip in skips { record.record(2) { skip.write(to: &$0) } }
            }
        case .putSkip(let skip, let limit):
            payload.record(10) { record in
                record.record(1) { skip.write(to: &$0) }
                record.put(2, limit)
            }
        case .putIdempotencyKey(let key, let id):
            payload.record(11) { record in
                record.put(1, id)
                record.put(2, key)
            }
        case .putVersion(let version):
            try payload.record(12) { try version.write(to: &$0) }
        case .removeVersion(let id):
            payload.record(13) { record in
                record.put(1, id.jobID)
                record.put(2, id.version)
            }
        case .putDependency(let dependency):
            payload.record(14) { dependency.write(to: &$0) }
        case .removeDependency(let id):
            payload.record(15) { $0.put(1, id) }
        case .putOperation(let key, let id):
            payload.record(16) { record in
                record.put(1, id)
                record.put(2, key.operation)
                record.put(3, key.key)
                record.put(4, key.expiresAt)
            }
        case .removeOperation(let key):
            payload.record(17) { record in
                record.put(1, key.operation)
                record.put(2, key.key)
                record.put(3, key.job)
            }
        case .putStart(let pool, let start):
            payload.record(18) { record in
                pool.write(to: &record)
                record.put(3, start.date)
                record.put(4, start.executionID)
                record.put(5, start.token)
            }
        case .forgetStarts(let pool, let date):
            payload.record(19) { record in
                pool.write(to: &record)
                record.put(3, date)
            }
        }
    }

    /// Reads the changes of a frame's payload, in order.
    ///
    /// Fields of records that this version does not know are stepped over; a kind of change that it does not know is an
    /// error, for leaving one out would leave a state that never was.
    ///
    /// - Parameters:
    ///   - archive: Gets, in place of the changes that put them, executions that are over.
    ///   - body: Gets the other changes.
    package static func read(
        _ payload: UnsafeRawBufferPointer, archive: (ArchivedExecution) -> Void, _ body: (Change) throws -> Void
    ) throws {
        try read(payload, isArchived: { ArchivedExecution($0).map(archive) != nil }, body)
    }

    /// Reads the changes of a frame's payload, in order and in full.
    package static func read(_ payload: UnsafeRawBufferPointer, _ body: (Change) throws -> Void) throws {
        try read(payload, isArchived: { _ in false }, body)
    }

    private static func read(
        _ payload: UnsafeRawBufferPointer, isArchived: (UnsafeRawBufferPointer) -> Bool,
        _ body: (Change) throws -> Void
    ) throws {
        var fields = RecordReader(payload)
        while let kind = try fields.next() {
            if kind == 5, isArchived(try fields.recordBytes()) { continue }
            let record = try fields.record()
            let change: Change =
                switch kind {
                case 1: .putJob(try Job(from: record))
                case 5: .putExecution(try Execution(from: record))
                case 10: try skip(record)
                case 12: .putVersion(try JobVersion(from: record))
                case 13: .removeVersion(try JobVersionID(from: record))
                case 14: .putDependency(try JobDependency(from: record))
                case 15: .removeDependency(try dependency(record))
                case 16: try operation(record)
                case 17: .removeOperation(try JobOperationKey(from: record))
                case 18: .putStart(try RatePool(from: record), try AttemptStart(from: record))
                case 19: .forgetStarts(try RatePool(from: record), through: try date(record))
                default: try part(kind, record)
                }
            try body(change)
        }
    }

    private static func skip(_ reader: RecordReader) throws(RecordFormatError) -> Change {
        var record = reader
        var skip: SkippedOccurrence?
        var limit: Int?
        while let field = try record.next() {
            switch field {
            case 1: skip = try SkippedOccurrence(from: record.record())
            case 2: limit = try record.int()
            default: break
            }
        }
        return .putSkip(
            try RecordReader.known(skip, "a skip"), keeping: max(0, try RecordReader.known(limit, "a limit")))
    }

    private static func dependency(_ reader: RecordReader) throws(RecordFormatError) -> DependencyID {
        var record = reader
        var id: DependencyID?
        while let field = try record.next() {
            if field == 1 { id = try record.id() }
        }
        return try RecordReader.known(id, "a dependency's id")
    }

    private static func date(_ reader: RecordReader) throws(RecordFormatError) -> Date {
        var record = reader
        var date: Date?
        while let field = try record.next() {
            if field == 3 { date = try record.date() }
        }
        return try RecordReader.known(date, "an instant")
    }

    private static func operation(_ reader: RecordReader) throws(RecordFormatError) -> Change {
        var record = reader
        var job: JobID?
        var (operation, key): (String?, String?)
        var expiresAt: Date?
        while let field = try record.next() {
            switch field {
            case 1: job = try record.id()
            case 2: operation = try record.text()
            case 3: key = try record.text()
            case 4: expiresAt = try record.date()
            default: break
            }
        }
        return .putOperation(
            OperationKey(
                try RecordReader.known(key, "an operation's key"),
                for: try RecordReader.known(operation, "an operation's name"),
                until: try RecordReader.known(expiresAt, "an operation's end")),
            try RecordReader.known(job, "an operation's job"))
    }

    /// Reads a change that begins with an identifier.
    private static func part(_ kind: UInt64, _ reader: RecordReader) throws -> Change {
        var record = reader
        guard try record.next() == 1 else { throw RecordFormatError("a change has no identifier") }
        let (job, execution): (JobID, ExecutionID) = (try record.id(), try record.id())
        switch kind {
        case 4: return .removeJob(job)
        case 8: return .removeExecution(execution)
        default: break
        }
        var skips: [SkippedOccurrence] = []
        while let field = try record.next() {
            guard field == 2 else { continue }
            switch kind {
            case 2: return .putScheduleState(job, try ScheduleState(from: record.record()))
            case 3: return .putStatistics(job, try JobStatistics(from: record.record()))
            case 6: return .putProgress(execution, try ExecutionProgress(from: record.record()))
            case 7: return .putAttempt(execution, try Attempt(from: record.record()))
            case 9: skips.append(try SkippedOccurrence(from: record.record()))
            case 11: return .putIdempotencyKey(try record.text(), job)
            default: break
            }
        }
        if kind == 9 { return .putSkips(job, skips) }
        throw kind > 19
            ? RecordFormatError("there is no change \(kind)", isLaterFormat: true)
            : RecordFormatError("a change of kind \(kind) has no content")
    }
}

// What limits of rates remember, in the store's files; a start and its pool share one record, and number their fields apart.

extension RatePool {
    func write(to record: inout RecordWriter) {
        switch self {
        case .job(let id): record.put(1, id)
        case .shared(let name): record.put(2, name)
        }
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var pool: RatePool?
        while let field = try record.next() {
            switch field {
            case 1: pool = .job(try record.id())
            case 2: pool = .shared(try record.text())
            default: break
            }
        }
        self = try RecordReader.known(pool, "what starts are counted by")
    }
}

extension AttemptStart {
    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var date: Date?
        var id: ExecutionID?
        var token: Int?
        while let field = try record.next() {
            switch field {
            case 3: date = try record.date()
            case 4: id = try record.id()
            case 5: token = try record.int()
            default: break
            }
        }
        self.init(
            date: try RecordReader.known(date, "a start's instant"),
            executionID: try RecordReader.known(id, "a start's execution"),
            token: try RecordReader.known(token, "a start's token"))
    }
}
