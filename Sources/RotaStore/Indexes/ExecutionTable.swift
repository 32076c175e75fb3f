/// The executions of a store by identifier: live ones as records, unchanged history as the bytes read from a file.
package struct ExecutionTable: Sendable {
    private var records = RecordTable<ExecutionID, Execution>()
    /// Finished executions that have not changed since they were read from a file.
    private var archive = OrderedIndex<Entry>()

    /// An archived execution, compared by its identifier alone.
    private struct Entry: Comparable, Sendable {
        let id: ExecutionID
        let bytes: [UInt8]

        init(_ id: ExecutionID, _ bytes: [UInt8] = []) {
            self.id = id
            self.bytes = bytes
        }

        static func == (lhs: Entry, rhs: Entry) -> Bool { lhs.id == rhs.id }

        static func < (lhs: Entry, rhs: Entry) -> Bool { lhs.id < rhs.id }
    }

    package init() {}

    /// The number of executions.
    package var count: Int { records.count + archive.count }

    package var isEmpty: Bool { count == 0 }

    /// All executions, in no particular order.
    package var values: [Execution] {
        Array(records.values) + archive.suffix().compactMap { Execution(archived: $0.bytes) }
    }

    /// Whether there is an execution with an identifier.
    package func contains(_ id: ExecutionID) -> Bool {
        records.contains(id) || archived(id) != nil
    }

    /// The execution with an identifier.
    ///
    /// - Complexity: O(1) for records, and O(log n) in the number of archived executions.
    package subscript(id: ExecutionID) -> Execution? {
        if let record = records[id] { return record }
        return archived(id).flatMap { Execution(archived: $0) }
    }

    /// The bytes of an archived execution.
    ///
    /// - Complexity: O(log n).
    func archived(_ id: ExecutionID) -> [UInt8]? { archive.isEmpty ? nil : archive.find(Entry(id))?.bytes }

    /// Reads a part of an execution in place.
    ///
    /// Returns `nil` if there is none.
    ///
    /// - Complexity: O(1).
    @inline(__always)
    package func read<Value>(_ id: ExecutionID, _ body: (borrowing Execution) -> Value) -> Value? {
        if let value = records.read(id, body) { return value }
        return archived(id).flatMap { Execution(archived: $0) }.map { body($0) }
    }

    /// Changes an execution in place.
    ///
    /// - Returns: The result of the change, or `nil` if there is no execution.
    /// - Complexity: O(1) for records, and O(log n) in the number of archived executions.
    @inline(__always)
    @discardableResult
    package mutating func modify<Value>(_ id: ExecutionID, _ body: (inout Execution) -> Value) -> Value? {
        if let value = records.modify(id, body) { return value }
        guard let bytes = takeArchived(id), var record = Execution(archived: bytes) else { return nil }
        let value = body(&record)
        records.updateValue(record, forKey: id)
        return value
    }

    /// Replaces the execution with the same identifier, or adds one.
    ///
    /// - Returns: The replaced execution.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func updateValue(_ record: Execution, forKey id: ExecutionID) -> Execution? {
        let archived = takeArchived(id)
        return records.updateValue(record, forKey: id) ?? archived.flatMap { Execution(archived: $0) }
    }

    /// Adds an archived execution, whose identifier must be new.
    mutating func add(_ archived: ArchivedExecution) {
        archive.insert(Entry(archived.facts.id, archived.bytes))
    }

    /// Removes an execution from the archive and returns its bytes.
    private mutating func takeArchived(_ id: ExecutionID) -> [UInt8]? {
        guard let bytes = archived(id) else { return nil }
        archive.remove(Entry(id))
        return bytes
    }

    /// Removes an archived execution.
    ///
    /// - Returns: The indexed fields of the execution, or `nil` if it is not archived. It may still be a record.
    mutating func removeArchived(_ id: ExecutionID) -> ExecutionFacts? {
        takeArchived(id).flatMap { ArchivedExecution.facts(of: $0) }
    }

    /// Removes an execution.
    ///
    /// - Returns: The execution, if there was one.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func removeValue(forKey id: ExecutionID) -> Execution? {
        if let record = records.removeValue(forKey: id) { return record }
        return takeArchived(id).flatMap { Execution(archived: $0) }
    }
}
