/// The executions of a store by their identifiers: records, and history as the bytes that a file had.
package struct ExecutionTable: Sendable {
    private var records = RecordTable<ExecutionID, Execution>()
    /// History that was read from a file and that nothing has happened to since: files bring it in this order.
    private var archive = OrderedIndex<Entry>()

    /// A place in the archive, which its identifier alone decides.
    private struct Entry: Comparable, Sendable {
        // Three words of eight bytes: with a whole identifier, which lies on a boundary of 16, it would take four.
        let high: UInt64
        let low: UInt64
        let bytes: [UInt8]

        init(_ id: ExecutionID, _ bytes: [UInt8] = []) {
            high = UInt64(truncatingIfNeeded: id.bits >> 64)
            low = UInt64(truncatingIfNeeded: id.bits)
            self.bytes = bytes
        }

        static func == (lhs: Entry, rhs: Entry) -> Bool { lhs.high == rhs.high && lhs.low == rhs.low }

        static func < (lhs: Entry, rhs: Entry) -> Bool {
            lhs.high == rhs.high ? lhs.low < rhs.low : lhs.high < rhs.high
        }
    }

    package init() {}

    /// The number of executions.
    package var count: Int { records.count + archive.count }

    package var isEmpty: Bool { count == 0 }

    /// All executions, in no order.
    package var values: [Execution] {
        Array(records.values) + archive.suffix().compactMap { Execution(archived: $0.bytes) }
    }

    /// Whether there is an execution with an identifier.
    package func contains(_ id: ExecutionID) -> Bool {
        records.contains(id) || archived(id) != nil
    }

    /// The execution with an identifier.
    ///
    /// - Complexity: O(1) for records, and O(log n) in what is archived.
    package subscript(id: ExecutionID) -> Execution? {
        if let record = records[id] { return record }
        return archived(id).flatMap { Execution(archived: $0) }
    }

    /// The bytes of an execution that is archived.
    ///
    /// - Complexity: O(log n).
    func archived(_ id: ExecutionID) -> [UInt8]? { archive.isEmpty ? nil : archive.find(Entry(id))?.bytes }

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
    /// - Returns: What the change returns, or `nil` if there is no execution.
    /// - Complexity: O(1) for records, and O(log n) in what is archived.
    @inline(__always)
    @discardableResult
    package mutating func modify<Value>(_ id: ExecutionID, _ body: (inout Execution) -> Value) -> Value? {
        if let value = records.modify(id, body) { return value }
        guard let bytes = takeArchived(id), var record = Execution(archived: bytes) else { return nil }
        let value = body(&record)
        records.updateValue(record, forKey: id)
        return value
    }

    /// Puts an execution in place of the one with the same identifier, or adds it.
    ///
    /// - Returns: The execution that was there.
    /// - Complexity: O(1) on average.
    @discardableResult
    package mutating func updateValue(_ record: Execution, forKey id: ExecutionID) -> Execution? {
        let archived = takeArchived(id)
        return records.updateValue(record, forKey: id) ?? archived.flatMap { Execution(archived: $0) }
    }

    /// Adds an execution as it is in a file; there must be none with its identifier.
    mutating func add(_ archived: ArchivedExecution) {
        archive.insert(Entry(archived.facts.id, archived.bytes))
    }

    /// Takes the bytes of an execution out of the archive.
    private mutating func takeArchived(_ id: ExecutionID) -> [UInt8]? {
        guard let bytes = archived(id) else { return nil }
        archive.remove(Entry(id))
        return bytes
    }

    /// Removes an execution that is archived.
    ///
    /// - Returns: What is known of it, or `nil` if there is none; it may be there all the same, as a record.
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
