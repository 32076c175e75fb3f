import Foundation

// The fields of jobs and their parts in the store's files, under the same rule as those of executions.

extension Job {
    func write(to record: inout RecordWriter, definition json: Data? = nil) throws {
        record.put(1, id)
        record.put(2, try json ?? definition.json())
        record.put(3, version)
        record.put(4, createdAt)
        record.put(5, updatedAt)
        try record.record(6) { try scheduleState.write(to: &$0) }
        record.record(7) { statistics.write(to: &$0) }
        record.put(8, createdBy)
        record.put(9, updatedBy)
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var id: JobID?
        var definition: JobDefinition?
        var version = 1
        var (createdAt, updatedAt): (Date?, Date?)
        var scheduleState: ScheduleState?
        var statistics = JobStatistics()
        var (createdBy, updatedBy): (String?, String?)
        while let field = try record.next() {
            switch field {
            case 1: id = try record.id()
            case 2: definition = try JobDefinition(json: record.data())
            case 3: version = try record.int()
            case 4: createdAt = try record.date()
            case 5: updatedAt = try record.date()
            case 6: scheduleState = try ScheduleState(from: record.record())
            case 7: statistics = try JobStatistics(from: record.record())
            case 8: createdBy = try record.text()
            case 9: updatedBy = try record.text()
            default: break
            }
        }
        self.init(
            id: try RecordReader.known(id, "a job's id"),
            definition: try RecordReader.known(definition, "a job's definition"), version: version,
            createdAt: try RecordReader.known(createdAt, "a job's date"), updatedAt: updatedAt,
            scheduleState: try RecordReader.known(scheduleState, "a job's schedule state"), statistics: statistics,
            createdBy: createdBy,
            updatedBy: updatedBy)
    }
}

extension JobDefinition {
    /// The definition as JSON: it is written seldom, and by people, so it may be long as long as it is plain.
    func json() throws -> Data { try RareJSON.encode(self) }

    init(json: Data) throws { self = try RareJSON.decode(JobDefinition.self, json) }
}

/// JSON for what is written seldom, or is there seldom; numbers that JSON lacks are kept as text.
enum RareJSON {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(value)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: data)
    }
}

extension ScheduleState {
    func write(to record: inout RecordWriter) throws {
        record.put(1, state.code)
        record.put(2, reason)
        record.put(3, decidedThrough)
        record.put(4, next)
        record.put(5, nextEffective)
        record.put(6, firedCount)
        record.put(7, lastFired)
        record.put(8, revision)
        record.put(9, awaitedExecutionID)
        if hasHolds { record.put(10, try RareJSON.encode(holds)) }
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var (state, revision): (JobState?, Int?)
        var reason: String?
        var (decidedThrough, next, nextEffective, lastFired): (Date?, Date?, Date?, Date?)
        var firedCount = 0
        var awaitedExecutionID: ExecutionID?
        var holds = Holds.none
        while let field = try record.next() {
            switch field {
            case 1: state = try JobState(code: record.int())
            case 2: reason = try record.text()
            case 3: decidedThrough = try record.date()
            case 4: next = try record.date()
            case 5: nextEffective = try record.date()
            case 6: firedCount = try record.int()
            case 7: lastFired = try record.date()
            case 8: revision = try record.int()
            case 9: awaitedExecutionID = try record.id()
            case 10: holds = try RareJSON.decode(Holds.self, record.data())
            default: break
            }
        }
        self.init(
            state: try RecordReader.known(state, "a schedule state's state"), reason: reason,
            decidedThrough: try RecordReader.known(decidedThrough, "a schedule state's decidedThrough"), next: next,
            nextEffective: nextEffective,
            firedCount: firedCount, lastFired: lastFired, awaitedExecutionID: awaitedExecutionID,
            revision: try RecordReader.known(revision, "a schedule state's revision"))
        self.holds = holds
    }
}

extension JobStatistics {
    func write(to record: inout RecordWriter) {
        record.put(1, lastRunAt)
        record.put(2, lastStatus?.code)
        record.put(3, succeeded)
        record.put(4, failed)
        record.put(5, canceledOrExpired)
        record.put(6, lastFinishedAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        self.init()
        while let field = try record.next() {
            switch field {
            case 1: lastRunAt = try record.date()
            case 2: lastStatus = try ExecutionStatus(code: record.int())
            case 3: succeeded = try record.int()
            case 4: failed = try record.int()
            case 5: canceledOrExpired = try record.int()
            case 6: lastFinishedAt = try record.date()
            default: break
            }
        }
    }
}

extension SkippedOccurrence {
    func write(to record: inout RecordWriter) {
        record.put(1, jobID)
        record.put(2, first)
        record.put(3, last)
        record.put(4, count)
        record.put(5, reason.rawValue)
        record.put(6, decidedAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var jobID: JobID?
        var (first, last, decidedAt): (Date?, Date?, Date?)
        var count: Int?
        var reason: String?
        while let field = try record.next() {
            switch field {
            case 1: jobID = try record.id()
            case 2: first = try record.date()
            case 3: last = try record.date()
            case 4: count = try record.int()
            case 5: reason = try record.text()
            case 6: decidedAt = try record.date()
            default: break
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
    /// The number that stands for the state in the store's files.
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

extension [JobInsertion] {
    /// The JSON of the definitions that the jobs bring along.
    func definitions() throws -> [JobID: Data] {
        var definitions: [JobID: Data] = [:]
        for insertion in self { definitions[insertion.job.id] = try insertion.job.definition.json() }
        return definitions
    }
}

extension JobReplacement {
    /// The JSON of the definition that the job gets, if it gets one.
    func definitions() throws -> [JobID: Data] {
        try definition.map { [id: try $0.json()] } ?? [:]
    }
}
