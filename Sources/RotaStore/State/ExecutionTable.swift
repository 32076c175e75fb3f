/// The executions of a store by their identifiers: records, and history as the bytes that a file had.
package struct ExecutionTable: Sendable {
    private var records = RecordTable<ExecutionID, Execution>()
    /// History that was read from a file and that nothing has happened to since.
    private var archive = RecordTable<ExecutionID, [UInt8]>()

    package init() {}

    /// The number of executions.
    package var count: Int { records.count + archive.count }

    package var isEmpty: Bool { count == 0 }

    /// All executions, in no order.
    package var values: [Execution] { Array(records.values) + archive.values.compactMap { Execution(archived: $0) } }

    /// Whether there is an execution with an identifier.
    package func contains(_ id: ExecutionID) -> Bool {
        records.contains(id) || !archive.isEmpty && archive.contains(id)
    }

    /// The execution with an identifier.
    ///
    /// - Complexity: O(1).
    package subscript(id: ExecutionID) -> Execution? {
        if let record = records[id] { return record }
        return archive.isEmpty ? nil : archive[id].flatMap { Execution(archived: $0) }
    }

    /// The bytes of an execution that is archived.
    ///
    /// - Complexity: O(1).
    func archived(_ id: ExecutionID) -> [UInt8]? { archive.isEmpty ? nil : archive[id] }

    /// A part of the execution with an identifier, read where it lies; `nil` if there is none.
    ///
    /// - Complexity: O(1).
    @inline(__always)
    package func read<Value>(_ id: ExecutionID, _ body: (borrowing Execution) -> Value) -> Value? {
        if let value = records.read(id, body) { return value }
        return archived(id).flatMap { Execution(archived: $0) }.map { body($0) }
    }

    /// Changes an execution where it lies; does nothing if there is none.
    ///
    /// - Complexity: O(1).
    @inline(__always)
    package mutating func modify(_ id: ExecutionID, _ body: (inout Execution) -> Void) {
        if records.modify(id, body) != nil || archive.isEmpty { return }
        guard let bytes = archive.removeValue(forKey: id), var record = Execution(archived: bytes) else { return }
        body(&record)
        records.updateValue(record, forKey: id)
    }

    /// Puts an execution in place of the one with the same identifier, or adds it.
    ///
    /// - Returns: The execution that was there.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func updateValue(_ record: Execution, forKey id: ExecutionID) -> Execution? {
        let archived = archive.isEmpty ? nil : archive.removeValue(forKey: id)
        return records.updateValue(record, forKey: id) ?? archived.flatMap { Execution(archived: $0) }
    }

    /// Adds an execution as it is in a file; there must be none with its identifier.
    mutating func add(_ archived: ArchivedExecution) {
        archive.updateValue(archived.bytes, forKey: archived.facts.id)
    }

    /// Removes an execution that is archived.
    ///
    /// - Returns: What is known of it, or `nil` if there is none; it may be there all the same, as a record.
    mutating func removeArchived(_ id: ExecutionID) -> ExecutionFacts? {
        guard !archive.isEmpty, let bytes = archive.removeValue(forKey: id) else { return nil }
        return ArchivedExecution.facts(of: bytes)
    }

    /// Removes an execution.
    ///
    /// - Returns: The execution, if there was one.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func removeValue(forKey id: ExecutionID) -> Execution? {
        if let record = records.removeValue(forKey: id) { return record }
        return archive.isEmpty ? nil : archive.removeValue(forKey: id).flatMap { Execution(archived: $0) }
    }
}
