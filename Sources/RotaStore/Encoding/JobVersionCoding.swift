import Foundation

// How the records that belong to jobs are written to the store's files.

extension JobVersion {
    enum Field: UInt64, RecordField {
        case jobID = 1
        case version = 2
        /// JSON, which earlier versions wrote.
        case definitionJSON = 3
        case createdAt = 4
        case createdBy = 5
        case definition = 6
    }

    func write(to record: inout RecordWriter) throws {
        record.put(Field.jobID, jobID)
        record.put(Field.version, version)
        record.record(Field.definition, bytes: try definition.record())
        record.put(Field.createdAt, createdAt)
        record.put(Field.createdBy, createdBy)
    }

    init(from reader: RecordReader, sharing parts: SharedParts) throws {
        var record = reader
        var jobID: JobID?
        var version: Int?
        var definition: JobDefinition?
        var (createdAt, createdBy): (Date?, String?)
        while let field = try record.next(Field.self) {
            switch field {
            case .jobID: jobID = try record.id()
            case .version: version = try record.int()
            case .definitionJSON: definition = try JobDefinition(json: record.data())
            case .definition: definition = try JobDefinition(from: record.record(), sharing: parts)
            case .createdAt: createdAt = try record.date()
            case .createdBy: createdBy = try record.text()
            }
        }
        self.init(
            jobID: try RecordReader.known(jobID, "a version's job"),
            version: try RecordReader.known(version, "a version's number"),
            definition: try RecordReader.known(definition, "a version's definition"),
            createdAt: try RecordReader.known(createdAt, "a version's date"), createdBy: createdBy)
    }
}

extension JobVersionID {
    enum Field: UInt64, RecordField {
        case jobID = 1
        case version = 2
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.jobID, jobID)
        record.put(Field.version, version)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var jobID: JobID?
        var version: Int?
        while let field = try record.next(Field.self) {
            switch field {
            case .jobID: jobID = try record.id()
            case .version: version = try record.int()
            }
        }
        self.init(
            jobID: try RecordReader.known(jobID, "a version's job"),
            version: try RecordReader.known(version, "a version's number"))
    }
}

extension JobOperationKey {
    enum Field: UInt64, RecordField {
        case operation = 1
        case key = 2
        case job = 3
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.operation, operation)
        record.put(Field.key, key)
        record.put(Field.job, job)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var (operation, key): (String?, String?)
        var job: JobID?
        while let field = try record.next(Field.self) {
            switch field {
            case .operation: operation = try record.text()
            case .key: key = try record.text()
            case .job: job = try record.id()
            }
        }
        self.init(
            job: try RecordReader.known(job, "an operation's job"),
            operation: try RecordReader.known(operation, "an operation's name"),
            key: try RecordReader.known(key, "an operation's key"))
    }
}

extension JobDependency {
    enum Field: UInt64, RecordField {
        case id = 1
        case jobID = 2
        case dependsOn = 3
        case condition = 4
        case createdAt = 5
    }

    func write(to record: inout RecordWriter) {
        record.put(Field.id, id)
        record.put(Field.jobID, jobID)
        record.put(Field.dependsOn, dependsOn)
        record.put(Field.condition, condition.rawValue)
        record.put(Field.createdAt, createdAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var id: DependencyID?
        var (jobID, dependsOn): (JobID?, JobID?)
        var condition = Condition.completed
        var createdAt: Date?
        while let field = try record.next(Field.self) {
            switch field {
            case .id: id = try record.id()
            case .jobID: jobID = try record.id()
            case .dependsOn: dependsOn = try record.id()
            case .condition:
                let name = try record.text()
                guard let known = Condition(rawValue: name) else {
                    throw RecordFormatError("there is no condition \"\(name)\"", isLaterFormat: true)
                }
                condition = known
            case .createdAt: createdAt = try record.date()
            }
        }
        self.init(
            id: try RecordReader.known(id, "a dependency's id"),
            jobID: try RecordReader.known(jobID, "a dependency's job"),
            dependsOn: try RecordReader.known(dependsOn, "a dependency's other job"), condition: condition,
            createdAt: try RecordReader.known(createdAt, "a dependency's date"))
    }
}
