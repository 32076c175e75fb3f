import Foundation

// The fields of what belongs to jobs in the store's files, under the same rule as those of executions.

extension JobVersion {
    func write(to record: inout RecordWriter) throws {
        record.put(1, jobID)
        record.put(2, version)
        record.put(3, try definition.json())
        record.put(4, createdAt)
        record.put(5, createdBy)
    }

    init(from reader: RecordReader) throws {
        var record = reader
        var jobID: JobID?
        var version: Int?
        var definition: JobDefinition?
        var createdAt: Date?
        var createdBy: String?
        while let field = try record.next() {
            switch field {
            case 1: jobID = try record.id()
            case 2: version = try record.int()
            case 3: definition = try JobDefinition(json: record.data())
            case 4: createdAt = try record.date()
            case 5: createdBy = try record.text()
            default: break
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
    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var jobID: JobID?
        var version: Int?
        while let field = try record.next() {
            switch field {
            case 1: jobID = try record.id()
            case 2: version = try record.int()
            default: break
            }
        }
        self.init(
            jobID: try RecordReader.known(jobID, "a version's job"),
            version: try RecordReader.known(version, "a version's number"))
    }
}

extension JobOperationKey {
    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var (operation, key): (String?, String?)
        var job: JobID?
        while let field = try record.next() {
            switch field {
            case 1: operation = try record.text()
            case 2: key = try record.text()
            case 3: job = try record.id()
            default: break
            }
        }
        self.init(
            job: try RecordReader.known(job, "an operation's job"),
            operation: try RecordReader.known(operation, "an operation's name"),
            key: try RecordReader.known(key, "an operation's key"))
    }
}

extension JobDependency {
    func write(to record: inout RecordWriter) {
        record.put(1, id)
        record.put(2, jobID)
        record.put(3, dependsOn)
        record.put(4, condition.rawValue)
        record.put(5, createdAt)
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var id: DependencyID?
        var (jobID, dependsOn): (JobID?, JobID?)
        var condition = Condition.completed
        var createdAt: Date?
        while let field = try record.next() {
            switch field {
            case 1: id = try record.id()
            case 2: jobID = try record.id()
            case 3: dependsOn = try record.id()
            case 4:
                let name = try record.text()
                guard let known = Condition(rawValue: name) else {
                    throw RecordFormatError("there is no condition “\(name)”", isLaterFormat: true)
                }
                condition = known
            case 5: createdAt = try record.date()
            default: break
            }
        }
        self.init(
            id: try RecordReader.known(id, "a dependency's id"),
            jobID: try RecordReader.known(jobID, "a dependency's job"),
            dependsOn: try RecordReader.known(dependsOn, "a dependency's other job"), condition: condition,
            createdAt: try RecordReader.known(createdAt, "a dependency's date"))
    }
}
