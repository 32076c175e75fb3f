public import Foundation
import RotaSchedule

extension StoreState {
    /// Creates a state from the lines of an export.
    @concurrent
    package init<Lines: AsyncSequence & Sendable>(importing lines: Lines) async throws
    where Lines.Element == String {
        var reading = StoreImport()
        for try await line in lines { try reading.take(Data(line.utf8)) }
        self = try reading.finish()
    }

    /// Creates a state from a file of lines.
    ///
    /// Reads a block at a time and blocks the thread.
    package init(importing path: String, in files: any FileSystem) throws {
        let file = try StoreFile(path, .read, in: files)
        defer { file.close() }
        var reading = StoreImport()
        var rest: [UInt8] = []
        var offset = 0
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { block.deallocate() }
        while case let count = try file.read(at: offset, into: block), count > 0 {
            offset += count
            var bytes = block[..<count]
            while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                rest += bytes[..<end]
                try reading.take(Data(rest))
                rest.removeAll(keepingCapacity: true)
                bytes = bytes[(end + 1)...]
            }
            rest += bytes
        }
        if !rest.isEmpty { try reading.take(Data(rest)) }
        self = try reading.finish()
    }
}

/// Builds a state from the lines of an export, and rejects everything inconsistent.
private struct StoreImport: Sendable {
    private let coder = ExchangeCoder()
    private var state = StoreState(isLoading: true)
    private var lines = 0
    private var records = 0
    private var isComplete = false

    /// Takes the next line.
    mutating func take(_ text: Data) throws(StoreImportError) {
        lines += 1
        // Ignore empty lines, such as one at the end.
        if text.allSatisfy({ $0 == 0x20 || $0 == 0x0d || $0 == 0x09 }) { return }
        if isComplete { throw StoreImportError(.incomplete, line: lines, "follows the export's last line") }
        switch try line(text) {
        case .format(let version):
            guard lines == 1 else {
                throw malformed("is the first line of another export; import one export at a time")
            }
            guard version == ExchangeLine.version else {
                throw StoreImportError(
                    .unsupportedVersion, line: 1,
                    "has version \(version), and this version of Rota reads up to \(ExchangeLine.version); update Rota")
            }
        case .record(let record):
            guard lines > 1 else { throw malformed("is not the first line of an export, which names the format") }
            if let flaw = flaw(record) { throw StoreImportError(.inconsistentRecord, line: lines, flaw) }
            state.apply(record.insertion)
            records += 1
        case .end(let count):
            guard lines > 1 else { throw malformed("is not the first line of an export, which names the format") }
            guard count == records else {
                throw StoreImportError(
                    .incomplete, line: lines, "says that there are \(count) records, and there were \(records)")
            }
            isComplete = true
        }
    }

    /// Returns the state with all records.
    mutating func finish() throws(StoreImportError) -> StoreState {
        guard isComplete else {
            throw StoreImportError(
                .incomplete, line: lines,
                "the export is cut off after this line: the line that counts the records is missing")
        }
        state.endLoading()
        return state
    }

    private func line(_ text: Data) throws(StoreImportError) -> ExchangeLine {
        do {
            return try coder.value(text)
        } catch let error as DecodingError {
            throw malformed(Self.text(error))
        } catch {
            throw malformed("\(error)")
        }
    }

    private func malformed(_ message: String) -> StoreImportError {
        StoreImportError(.malformedLine, line: lines, message)
    }

    private static func text(_ error: DecodingError) -> String {
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let found), .valueNotFound(_, let found), .keyNotFound(_, let found),
            .dataCorrupted(let found):
            context = found
        @unknown default: return "\(error)"
        }
        let place = context.codingPath.map(\.stringValue).joined(separator: ".")
        return place.isEmpty ? context.debugDescription : "\(place): \(context.debugDescription)"
    }

    /// Why a record does not fit the state, or `nil` if it fits.
    private func flaw(_ record: StoredRecord) -> String? {
        switch record {
        case .calendar(let name, let calendar):
            state.calendars[name] == nil ? unusable(calendar, name) : "the calendar \"\(name)\" already exists"
        case .owner(let owner):
            state.owners[owner.name] == nil ? nil : "the owner \"\(owner.name)\" already exists"
        case .job(let job):
            state.jobs[job.id] == nil
                ? takenSlug(of: job) ?? missingCalendar(of: job.definition) : "the job \(job.id) already exists"
        case .idempotencyKey(let key, let id):
            state.idempotencyKeys[key] != nil || state.histories[id]?.idempotencyKey != nil
                ? "the key \"\(key)\", or another key of the job \(id), already exists" : missing(id)
        case .version(let version):
            state.histories[version.jobID]?.versions.contains { $0.version == version.version } == true
                ? "the version \(version.id) already exists" : missing(version.jobID)
        case .skips(let id, let skips):
            skips.contains { $0.jobID != id } ? "a skip belongs to another job than \(id)" : missing(id)
        case .dependency(let dependency):
            state.dependencies[dependency.id] == nil
                ? missing(dependency.jobID) ?? missing(dependency.dependsOn) ?? circle(dependency)
                : "the dependency \(dependency.id) already exists"
        case .operation(let key, let id):
            state.operations[JobOperationKey(job: id, operation: key.operation, key: key.key)] == nil
                ? missing(id) : "the key \"\(key.key)\" of \"\(key.operation)\" already exists"
        case .start(.job(let id), _): missing(id)
        case .start(.shared, _): nil
        case .execution(let execution):
            state.executions[execution.id] == nil
                ? missing(execution.jobID) ?? lostLease(execution.progress)
                : "the execution \(execution.id) already exists"
        }
    }

    private func takenSlug(of job: Job) -> String? {
        let attributes = job.definition.attributes
        guard let slug = attributes.slug, let other = state.jobIndex.job(slug: slug, project: attributes.project)
        else { return nil }
        return "the job \(other) of the same project already has the slug \"\(slug)\""
    }

    private func unusable(_ calendar: ScheduleCalendar, _ name: String) -> String? {
        do throws(StoreError) {
            try StoreError.check(calendar, named: name)
            return nil
        } catch {
            return error.message
        }
    }

    private func missingCalendar(of definition: JobDefinition) -> String? {
        definition.schedule.calendarNames.first { state.calendars[$0] == nil }
            .map { "there is no calendar \"\($0)\" before this line" }
    }

    /// A running execution without a lease could never be taken over.
    private func lostLease(_ progress: ExecutionProgress) -> String? {
        progress.status == .running && progress.lease == nil ? "a running execution must have a lease" : nil
    }

    private func circle(_ dependency: JobDependency) -> String? {
        state.reaches(dependency.jobID, from: dependency.dependsOn)
            ? "the job \(dependency.dependsOn) already depends on the job \(dependency.jobID)" : nil
    }

    private func missing(_ id: JobID) -> String? {
        state.jobs[id] == nil ? "there is no job \(id) before this line" : nil
    }
}

/// The reason why records could not be imported, with the line at fault.
///
/// The store is unchanged.
public struct StoreImportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of an import error.
    ///
    /// New kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case storeNotEmpty, unsupportedVersion, malformedLine, inconsistentRecord, incomplete
        }

        private let kind: Kind

        /// The store already holds records.
        ///
        /// Import into a new one.
        public static let storeNotEmpty = Code(kind: .storeNotEmpty)
        /// The export was written by a later version of this library.
        public static let unsupportedVersion = Code(kind: .unsupportedVersion)
        /// A line is not JSON, or not what an export contains at this place.
        public static let malformedLine = Code(kind: .malformedLine)
        /// A record exists twice, or belongs to one that does not exist.
        public static let inconsistentRecord = Code(kind: .inconsistentRecord)
        /// The export ends too early, or continues after its end.
        public static let incomplete = Code(kind: .incomplete)

        /// The name of the code, such as `malformedLine`.
        public var description: String { kind.rawValue }
    }

    /// The kind of the error.
    public let code: Code
    /// The number of the line at fault, starting at 1, or `nil` if no line is at fault.
    public let line: Int?
    /// A description of the error, and of what to do about it.
    public let message: String

    package init(_ code: Code, line: Int? = nil, _ message: String) {
        self.code = code
        self.line = line
        self.message = message
    }

    static let notEmpty = StoreImportError(
        .storeNotEmpty, "the store already holds records, and an import does not replace them; import into a new store")

    /// The code, the line and the message.
    public var description: String {
        "\(code): \(line.map { "line \($0): " } ?? "")\(message)"
    }
}

extension StoreImportError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The ``message``.
    public var failureReason: String? { message }
}
