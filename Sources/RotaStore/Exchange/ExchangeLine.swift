package import Foundation
import RotaCore
import RotaSchedule

/// One line of an export: a JSON object with one member, whose name is the kind of the line.
package enum ExchangeLine: Sendable, Hashable {
    /// The first line: the format of the export.
    case format(version: Int)
    /// A record, as the change that stores it.
    case change(Change)
    /// The last line: the number of records.
    case end(records: Int)

    /// The version this library writes, and the latest it reads.
    package static let version = 1
    package static let format = "rota-store"

    /// The names of the lines' members.
    ///
    /// A name never changes its meaning.
    package enum Kind: String, CodingKey, CaseIterable {
        case format, end
        case job, removedJob, execution, progress, attempt, removedExecution, skips, skip
        case scheduleState, statistics
        case idempotencyKey, version, removedVersion, dependency, removedDependency, operation, removedOperation
        case start, forgottenStarts
    }

    /// The members of lines that consist of an owner and a part.
    enum Part: String, CodingKey {
        case name, version, records
        case scheduleState, statistics
        case job, execution, progress, attempt, skips, skip, keeping, key, dependency, operation
        case date, token
    }
}

extension ExchangeLine: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var line = encoder.container(keyedBy: Kind.self)
        func part(_ kind: Kind, _ body: (inout KeyedEncodingContainer<Part>) throws -> Void) rethrows {
            var part = line.nestedContainer(keyedBy: Part.self, forKey: kind)
            try body(&part)
        }
        switch self {
        case .format(let version):
            try part(.format) {
                try $0.encode(Self.format, forKey: .name)
                try $0.encode(version, forKey: .version)
            }
        case .end(let records):
            try part(.end) { try $0.encode(records, forKey: .records) }
        case .change(.putJob(let job)):
            try line.encode(job, forKey: .job)
        case .change(.putScheduleState(let id, let scheduleState)):
            try part(.scheduleState) {
                try $0.encode(id, forKey: .job)
                try $0.encode(scheduleState, forKey: .scheduleState)
            }
        case .change(.putStatistics(let id, let statistics)):
            try part(.statistics) {
                try $0.encode(id, forKey: .job)
                try $0.encode(statistics, forKey: .statistics)
            }
        case .change(.removeJob(let id)):
            try part(.removedJob) { try $0.encode(id, forKey: .job) }
        case .change(.putExecution(let execution)):
            try line.encode(execution, forKey: .execution)
        case .change(.putProgress(let id, let progress)):
            try part(.progress) {
                try $0.encode(id, forKey: .execution)
                try $0.encode(progress, forKey: .progress)
            }
        case .change(.putAttempt(let id, let attempt)):
            try part(.attempt) {
                try $0.encode(id, forKey: .execution)
                try $0.encode(attempt, forKey: .attempt)
            }
        case .change(.removeExecution(let id)):
            try part(.removedExecution) { try $0.encode(id, forKey: .execution) }
        case .change(.putSkips(let id, let skips)):
            try part(.skips) {
                try $0.encode(id, forKey: .job)
                try $0.encode(skips, forKey: .skips)
            }
        case .change(.putSkip(let skip, let limit)):
            try part(.skip) {
                try $0.encode(skip, forKey: .skip)
                try $0.encode(limit, forKey: .keeping)
            }
        case .change(.putIdempotencyKey(let key, let id)):
            try part(.idempotencyKey) {
                try $0.encode(id, forKey: .job)
                try $0.encode(key, forKey: .key)
            }
        case .change(.putVersion(let version)):
            try line.encode(version, forKey: .version)
        case .change(.removeVersion(let id)):
            try part(.removedVersion) {
                try $0.encode(id.jobID, forKey: .job)
                try $0.encode(id.version, forKey: .version)
            }
        case .change(.putDependency(let dependency)):
            try line.encode(dependency, forKey: .dependency)
        case .change(.removeDependency(let id)):
            try part(.removedDependency) { try $0.encode(id, forKey: .dependency) }
        case .change(.putOperation(let key, let id)):
            try part(.operation) {
                try $0.encode(id, forKey: .job)
                try $0.encode(key, forKey: .operation)
            }
        case .change(.removeOperation(let key)):
            try part(.removedOperation) {
                try $0.encode(key.job, forKey: .job)
                try $0.encode(key.operation, forKey: .operation)
                try $0.encode(key.key, forKey: .key)
            }
        case .change(.putStart(let pool, let start)):
            try part(.start) {
                try Self.encode(pool, to: &$0)
                try $0.encode(start.date, forKey: .date)
                try $0.encode(start.executionID, forKey: .execution)
                try $0.encode(start.token, forKey: .token)
            }
        case .change(.forgetStarts(let pool, let date)):
            try part(.forgottenStarts) {
                try Self.encode(pool, to: &$0)
                try $0.encode(date, forKey: .date)
            }
        }
    }

    private static func encode(_ pool: RatePool, to part: inout KeyedEncodingContainer<Part>) throws {
        switch pool {
        case .job(let id): try part.encode(id, forKey: .job)
        case .shared(let name): try part.encode(name, forKey: .name)
        }
    }
}

extension ExchangeLine: Decodable {
    package init(from decoder: any Decoder) throws {
        let line = try decoder.container(keyedBy: Kind.self)
        guard let kind = line.allKeys.first, line.allKeys.count == 1 else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [],
                    debugDescription: "expected an object with one member, one of "
                        + Kind.allCases.map(\.rawValue).joined(separator: ", ")))
        }
        func part() throws -> KeyedDecodingContainer<Part> {
            try line.nestedContainer(keyedBy: Part.self, forKey: kind)
        }
        func job() throws -> JobID { try part().decode(JobID.self, forKey: .job) }
        func execution() throws -> ExecutionID { try part().decode(ExecutionID.self, forKey: .execution) }
        func pool() throws -> RatePool {
            let fields = try part()
            return try fields.decodeIfPresent(String.self, forKey: .name).map { .shared($0) }
                ?? .job(fields.decode(JobID.self, forKey: .job))
        }
        switch kind {
        case .format:
            guard try part().decode(String.self, forKey: .name) == Self.format else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: [kind], debugDescription: "the format is not \(Self.format)"))
            }
            self = .format(version: try part().decode(Int.self, forKey: .version))
        case .end: self = .end(records: try part().decode(Int.self, forKey: .records))
        case .job: self = .change(.putJob(try line.decode(Job.self, forKey: kind)))
        case .scheduleState:
            self = .change(.putScheduleState(try job(), try part().decode(ScheduleState.self, forKey: .scheduleState)))
        case .statistics:
            self = .change(.putStatistics(try job(), try part().decode(JobStatistics.self, forKey: .statistics)))
        case .removedJob: self = .change(.removeJob(try job()))
        case .execution: self = .change(.putExecution(try line.decode(Execution.self, forKey: kind)))
        case .progress:
            self = .change(.putProgress(try execution(), try part().decode(ExecutionProgress.self, forKey: .progress)))
        case .attempt:
            self = .change(.putAttempt(try execution(), try part().decode(Attempt.self, forKey: .attempt)))
        case .removedExecution: self = .change(.removeExecution(try execution()))
        case .skips:
            self = .change(.putSkips(try job(), try part().decode([SkippedOccurrence].self, forKey: .skips)))
        case .skip:
            self = .change(
                .putSkip(
                    try part().decode(SkippedOccurrence.self, forKey: .skip),
                    keeping: max(0, try part().decode(Int.self, forKey: .keeping))))
        case .idempotencyKey:
            self = .change(.putIdempotencyKey(try part().decode(String.self, forKey: .key), try job()))
        case .version: self = .change(.putVersion(try line.decode(JobVersion.self, forKey: kind)))
        case .removedVersion:
            self = .change(
                .removeVersion(
                    JobVersionID(jobID: try job(), version: try part().decode(Int.self, forKey: .version))))
        case .dependency: self = .change(.putDependency(try line.decode(JobDependency.self, forKey: kind)))
        case .removedDependency:
            self = .change(.removeDependency(try part().decode(DependencyID.self, forKey: .dependency)))
        case .operation:
            self = .change(
                .putOperation(try part().decode(OperationKey.self, forKey: .operation), try job()))
        case .removedOperation:
            self = .change(
                .removeOperation(
                    JobOperationKey(
                        job: try job(), operation: try part().decode(String.self, forKey: .operation),
                        key: try part().decode(String.self, forKey: .key))))
        case .start:
            self = .change(
                .putStart(
                    try pool(),
                    AttemptStart(
                        date: try part().decode(Date.self, forKey: .date), executionID: try execution(),
                        token: try part().decode(Int.self, forKey: .token))))
        case .forgottenStarts:
            self = .change(.forgetStarts(try pool(), through: try part().decode(Date.self, forKey: .date)))
        }
    }
}

/// Encodes the lines of an export as JSON, and decodes them.
package struct ExchangeCoder: Sendable {
    private let encoder: JSONEncoder
    private let decoder: JSONDecoder

    /// Creates a coder.
    package init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(ISO8601.exact(date))
        }
        decoder = JSONDecoder()
        decoder.readStoredValues()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = ISO8601.exactDate(text) else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription: "\"\(text)\" is not a date such as 2026-01-31T23:59:59.000Z")
            }
            return date
        }
    }

    /// Returns a value as JSON without line breaks.
    package func text(_ value: some Encodable) throws -> Data { try encoder.encode(value) }

    /// Decodes a value from JSON.
    package func value<Value: Decodable>(_ text: Data, as type: Value.Type = Value.self) throws -> Value {
        try decoder.decode(type, from: text)
    }
}
