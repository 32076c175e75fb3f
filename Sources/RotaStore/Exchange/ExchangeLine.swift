package import Foundation
import RotaCore
import RotaSchedule

/// One line of an export: a JSON object with one member, whose name is the kind of the line.
package enum ExchangeLine: Sendable, Hashable {
    /// The first line: the format of the export.
    case format(version: Int)
    /// A record.
    case record(StoredRecord)
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
        case calendar, owner, job, idempotencyKey, version, skips, dependency, operation, start, execution
    }

    /// The members of lines that consist of an owner and a part.
    enum Part: String, CodingKey {
        case name, version, records
        case job, execution, skips, key, operation, date, token, calendar
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
        case .record(.calendar(let name, let calendar)):
            try part(.calendar) {
                try $0.encode(name, forKey: .name)
                try $0.encode(calendar, forKey: .calendar)
            }
        case .record(.owner(let owner)):
            try line.encode(owner, forKey: .owner)
        case .record(.job(let job)):
            try line.encode(job, forKey: .job)
        case .record(.idempotencyKey(let key, let id)):
            try part(.idempotencyKey) {
                try $0.encode(id, forKey: .job)
                try $0.encode(key, forKey: .key)
            }
        case .record(.version(let version)):
            try line.encode(version, forKey: .version)
        case .record(.skips(let id, let skips)):
            try part(.skips) {
                try $0.encode(id, forKey: .job)
                try $0.encode(skips, forKey: .skips)
            }
        case .record(.dependency(let dependency)):
            try line.encode(dependency, forKey: .dependency)
        case .record(.operation(let key, let id)):
            try part(.operation) {
                try $0.encode(id, forKey: .job)
                try $0.encode(key, forKey: .operation)
            }
        case .record(.start(let pool, let start)):
            try part(.start) {
                try Self.encode(pool, to: &$0)
                try $0.encode(start.date, forKey: .date)
                try $0.encode(start.executionID, forKey: .execution)
                try $0.encode(start.token, forKey: .token)
            }
        case .record(.execution(let execution)):
            try line.encode(execution, forKey: .execution)
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
        case .calendar:
            self = .record(
                .calendar(
                    try part().decode(String.self, forKey: .name),
                    try part().decode(ScheduleCalendar.self, forKey: .calendar)))
        case .owner: self = .record(.owner(try line.decode(JobOwner.self, forKey: kind)))
        case .job: self = .record(.job(try line.decode(Job.self, forKey: kind)))
        case .idempotencyKey:
            self = .record(.idempotencyKey(try part().decode(String.self, forKey: .key), try job()))
        case .version: self = .record(.version(try line.decode(JobVersion.self, forKey: kind)))
        case .skips:
            self = .record(.skips(try job(), try part().decode([SkippedOccurrence].self, forKey: .skips)))
        case .dependency: self = .record(.dependency(try line.decode(JobDependency.self, forKey: kind)))
        case .operation:
            self = .record(.operation(try part().decode(OperationKey.self, forKey: .operation), try job()))
        case .start:
            let start = AttemptStart(
                date: try part().decode(Date.self, forKey: .date),
                executionID: try part().decode(ExecutionID.self, forKey: .execution),
                token: try part().decode(Int.self, forKey: .token))
            self = .record(.start(try pool(), start))
        case .execution: self = .record(.execution(try line.decode(Execution.self, forKey: kind)))
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
