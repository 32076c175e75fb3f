import Foundation
import RotaSchedule

// How jobs and their parts are written to the store's files.

extension Job {
    enum Field: UInt64, RecordField {
        case id = 1
        /// JSON, which earlier versions wrote.
        case definitionJSON = 2
        case version = 3
        case createdAt = 4
        case updatedAt = 5
        case scheduleState = 6
        case statistics = 7
        case createdBy = 8
        case updatedBy = 9
        case declaredBy = 10
        case definition = 11
    }

    func write(to record: inout RecordWriter, definition encoded: [UInt8]? = nil) throws {
        record.put(Field.id, id)
        record.record(Field.definition, bytes: try encoded ?? definition.record())
        record.put(Field.version, version)
        record.put(Field.createdAt, createdAt)
        record.put(Field.updatedAt, updatedAt)
        try record.record(Field.scheduleState) { try scheduleState.write(to: &$0) }
        record.record(Field.statistics) { statistics.write(to: &$0) }
        record.put(Field.createdBy, createdBy)
        record.put(Field.updatedBy, updatedBy)
        record.put(Field.declaredBy, declaredBy)
    }

    init(from reader: RecordReader, sharing parts: SharedParts) throws {
        var record = reader
        var id: JobID?
        var definition: JobDefinition?
        var version = 1
        var (createdAt, updatedAt): (Date?, Date?)
        var scheduleState: ScheduleState?
        var statistics = JobStatistics()
        var (createdBy, updatedBy, declaredBy): (String?, String?, String?)
        while let field = try record.next(Field.self) {
            switch field {
            case .id: id = try record.id()
            case .definitionJSON: definition = try JobDefinition(json: record.data())
            case .definition: definition = try JobDefinition(from: record.record(), sharing: parts)
            case .version: version = try record.int()
            case .createdAt: createdAt = try record.date()
            case .updatedAt: updatedAt = try record.date()
            case .scheduleState: scheduleState = try ScheduleState(from: record.record())
            case .statistics: statistics = try JobStatistics(from: record.record())
            case .createdBy: createdBy = try record.text()
            case .updatedBy: updatedBy = try record.text()
            case .declaredBy: declaredBy = try record.text()
            }
        }
        self.init(
            id: try RecordReader.known(id, "a job's id"),
            definition: try RecordReader.known(definition, "a job's definition"), version: version,
            createdAt: try RecordReader.known(createdAt, "a job's date"), updatedAt: updatedAt,
            scheduleState: try RecordReader.known(scheduleState, "a job's schedule state"), statistics: statistics,
            createdBy: createdBy, updatedBy: updatedBy, declaredBy: declaredBy)
    }
}

extension JobDefinition {
    /// The definition as JSON, for executions that have one of their own.
    func json() throws -> Data { try StoredJSON.encode(self) }

    init(json: Data) throws { self = try StoredJSON.decode(JobDefinition.self, json) }
}

/// The JSON in records of the store's files, for values that are rarely written or rarely present.
///
/// Numbers that JSON lacks are written as text.
enum StoredJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.readStoredValues()
        if let key = JSONPayload.trust { decoder.userInfo[key] = true }
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: data)
    }
}

extension ScheduleState {
    enum Field: UInt64, RecordField {
        case state = 1
        case reason = 2
        case decidedThrough = 3
        case next = 4
        case nextEffective = 5
        case firedCount = 6
        case lastFired = 7
        case revision = 8
        case awaitedExecutionID = 9
        /// JSON.
        case holds = 10
    }

    func write(to record: inout RecordWriter) throws {
        record.put(Field.state, state.code)
        record.put(Field.reason, reason)
        record.put(Field.decidedThrough, decidedThrough)
        record.put(Field.next, next)
        record.put(Field.nextEffective, nextEffective)
        record.put(Field.firedCount, firedCount)
        record.put(Field.lastFired, lastFired)
        record.put(Field.revision, revision)
        record.put(Field.awaitedExecutionID, awaitedExecutionID)
        if hasHolds { record.put(Field.holds, try StoredJSON.encode(holds)) }
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var (state, revision): (JobState?, Int?)
        var reason: String?
        var (decidedThrough, next, nextEffective, lastFired): (Date?, Date?, Date?, Date?)
        var firedCount = 0
        var awaitedExecutionID: ExecutionID?
        var holds = Holds.none
        while let field = try record.next(Field.self) {
            switch field {
            case .state: state = try JobState(code: record.int())
            case .reason: reason = try record.text()
            case .decidedThrough: decidedThrough = try record.date()
            case .next: next = try record.date()
            case .nextEffective: nextEffective = try record.date()
            case .firedCount: firedCount = try record.int()
            case .lastFired: lastFired = try record.date()
            case .revision: revision = try record.int()
            case .awaitedExecutionID: awaitedExecutionID = try record.id()
            case .holds: holds = try StoredJSON.decode(Holds.self, record.data())
            }
        }
        self.init(
            state: try RecordReader.known(state, "a schedule state's state"), reason: reason,
            decidedThrough: try RecordReader.known(decidedThrough, "a schedule state's decidedThrough"), next: next,
            nextEffective: nextEffective, firedCount: firedCount, lastFired: lastFired,
            awaitedExecutionID: awaitedExecutionID,
            revision: try RecordReader.known(revision, "a schedule state's revision"))
        self.holds = holds
    }
}

extension JobStatistics {
    enum Field: UInt64, RecordField {
        case lastRunAt = 1
        case lastStatus = 2
        case succeeded = 3
        case failed = 4
        case canceledOrExpired = 5
        case lastFinishedAt = 6
        case lastSucceededAt = 7
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.lastRunAt, lastRunAt)
        record.put(Field.lastStatus, lastStatus?.code)
        record.put(Field.succeeded, succeeded)
        record.put(Field.failed, failed)
        record.put(Field.canceledOrExpired, canceledOrExpired)
        record.put(Field.lastFinishedAt, lastFinishedAt)
        record.put(Field.lastSucceededAt, lastSucceededAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        self.init()
        while let field = try record.next(Field.self) {
            switch field {
            case .lastRunAt: lastRunAt = try record.date()
            case .lastStatus: lastStatus = try ExecutionStatus(code: record.int())
            case .succeeded: succeeded = try record.int()
            case .failed: failed = try record.int()
            case .canceledOrExpired: canceledOrExpired = try record.int()
            case .lastFinishedAt: lastFinishedAt = try record.date()
            case .lastSucceededAt: lastSucceededAt = try record.date()
            }
        }
    }
}

extension SkippedOccurrence {
    enum Field: UInt64, RecordField {
        case jobID = 1
        case first = 2
        case last = 3
        case count = 4
        case reason = 5
        case decidedAt = 6
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.jobID, jobID)
        record.put(Field.first, first)
        record.put(Field.last, last)
        record.put(Field.count, count)
        record.put(Field.reason, reason.rawValue)
        record.put(Field.decidedAt, decidedAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var jobID: JobID?
        var (first, last, decidedAt): (Date?, Date?, Date?)
        var count: Int?
        var reason: String?
        while let field = try record.next(Field.self) {
            switch field {
            case .jobID: jobID = try record.id()
            case .first: first = try record.date()
            case .last: last = try record.date()
            case .count: count = try record.int()
            case .reason: reason = try record.text()
            case .decidedAt: decidedAt = try record.date()
            }
        }
        self.init(
            jobID: try RecordReader.known(jobID, "a skip's job"),
            first: try RecordReader.known(first, "a skip's start"),
            last: try RecordReader.known(last, "a skip's end"), count: count,
            reason: Reason(rawValue: try RecordReader.known(reason, "a skip's reason")),
            decidedAt: try RecordReader.known(decidedAt, "a skip's date"))
    }
}

extension JobState {
    /// The number of the state in the store's files.
    var code: Int {
        switch self {
        case .draft: 0
        case .active: 1
        case .paused: 2
        case .completed: 3
        }
    }

    init(code: Int) throws(RecordFormatError) {
        guard let state = Self.allCases.first(where: { $0.code == code }) else {
            throw RecordFormatError("there is no job state \(code)", isLaterFormat: true)
        }
        self = state
    }
}

extension JobOwner {
    enum Field: UInt64, RecordField {
        case name = 1
        case generation = 2
        case revision = 3
        case declaredAt = 4
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.name, name)
        record.put(Field.generation, generation)
        record.put(Field.revision, revision)
        record.put(Field.declaredAt, declaredAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var name: String?
        var (generation, revision): (Int?, Int?)
        var declaredAt: Date?
        while let field = try record.next(Field.self) {
            switch field {
            case .name: name = try record.text()
            case .generation: generation = try record.int()
            case .revision: revision = try record.int()
            case .declaredAt: declaredAt = try record.date()
            }
        }
        self.init(
            try RecordReader.known(name, "an owner's name"),
            generation: try RecordReader.known(generation, "an owner's generation"),
            revision: try RecordReader.known(revision, "an owner's revision"),
            declaredAt: try RecordReader.known(declaredAt, "an owner's date"))
    }
}

extension [JobInsertion] {
    /// The definitions of the inserted jobs, as records.
    package func definitions() throws -> [JobID: [UInt8]] {
        var definitions: [JobID: [UInt8]] = [:]
        definitions.reserveCapacity(count)
        var repeated: [JobID] = []
        for insertion in self {
            let record = try insertion.job.definition.record()
            if definitions.updateValue(record, forKey: insertion.job.id) != nil { repeated.append(insertion.job.id) }
        }
        // One of them is not inserted: its idempotency key is known.
        for id in repeated { definitions[id] = nil }
        return definitions
    }
}

extension JobDeclaration {
    /// The new definitions of the inserted and the replaced jobs, as records.
    package func definitions() throws -> [JobID: [UInt8]] {
        var definitions = try insertions.definitions()
        for replacement in replacements {
            // An insertion of the same job is not made: its idempotency key is known.
            definitions[replacement.id] = nil
            definitions.merge(try replacement.definitions()) { $1 }
        }
        return definitions
    }
}

extension JobReplacement {
    /// The job's new definition as a record, if the replacement has one.
    package func definitions() throws -> [JobID: [UInt8]] {
        try definition.map { [id: try $0.record()] } ?? [:]
    }
}
