package import Foundation

/// An execution that is over, as the bytes it has in a file.
///
/// Most records of a large store are history that nobody reads, so reading the files makes records of none of them: a
/// look at each field tells that one could be made, and what the indexes want to know.
package struct ArchivedExecution: Sendable, Hashable {
    /// The fields of the record, as an execution writes them.
    package let bytes: [UInt8]
    let facts: ExecutionFacts

    /// Takes over a record, unless it has to be looked at more closely.
    ///
    /// - Parameter bytes: The fields of a record; copied.
    /// - Returns: `nil` if the execution is not over, has a part that is JSON or a rare source, or is no execution.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        do throws(RecordFormatError) {
            guard let facts = try Self.facts(RecordReader(bytes)) else { return nil }
            self.facts = facts
            self.bytes = [UInt8](bytes)
        } catch {
            return nil
        }
    }

    /// What an archived record says of itself.
    package static func facts(of bytes: [UInt8]) -> ExecutionFacts? {
        bytes.withUnsafeBytes { bytes in
            do throws(RecordFormatError) { return try facts(RecordReader(bytes)) } catch { return nil }
        }
    }

    // Each of these accepts no record that cannot be read in full; what it does not know, it steps over as that does.

    private static func facts(_ reader: RecordReader) throws(RecordFormatError) -> ExecutionFacts? {
        var record = reader
        var (id, jobID): (ExecutionID?, JobID?)
        var scheduledFor: Date?
        var (isDated, isScheduled) = (false, true)
        var end: (status: ExecutionStatus, finishedAt: Date?)?
        while let field = try record.next() {
            switch field {
            case 1: id = try record.id()
            case 2: jobID = try record.id()
            case 3, 8: try record.check(.bytes)
            case 4: try record.check(.number)
            case 5:
                // Others, such as notices, have a name, and are counted by other rules.
                guard record.isNumber else { return nil }
                let code = try record.int()
                guard ExecutionSource.hasCode(code) else { return nil }
                isScheduled = code == ExecutionSource.schedule.code
            case 6: scheduledFor = try record.date()
            case 7:
                try record.check(.eightBytes)
                isDated = true
            case 10: guard try isLabel(record.record()) else { return nil }
            case 11:
                end = try self.end(record.record())
                if end == nil { return nil }
            case 12: guard try isAttempt(record.record()) else { return nil }
            case 9, 13, 14: return nil
            default: break
            }
        }
        guard let id, let jobID, let scheduledFor, isDated, let end else { return nil }
        return ExecutionFacts(
            id: id, jobID: jobID, status: end.status, scheduledFor: scheduledFor, finishedAt: end.finishedAt,
            isScheduled: isScheduled)
    }

    private static func end(
        _ reader: RecordReader
    ) throws(RecordFormatError) -> (status: ExecutionStatus, finishedAt: Date?)? {
        var record = reader
        var status = ExecutionStatus.queued
        var finishedAt: Date?
        var isDated = false
        while let field = try record.next() {
            switch field {
            case 1: status = try ExecutionStatus(code: record.int())
            case 2:
                try record.check(.eightBytes)
                isDated = true
            case 3, 4: try record.check(.eightBytes)
            case 5: finishedAt = try record.date()
            case 6: guard try isLease(record.record()) else { return nil }
            case 7: try checkFailure(record.record())
            case 8: try record.check(.number)
            case 9: return nil
            default: break
            }
        }
        return isDated && status.isTerminal ? (status, finishedAt) : nil
    }

    private static func isLease(_ reader: RecordReader) throws(RecordFormatError) -> Bool {
        var record = reader
        var (hasToken, hasEnd) = (false, false)
        while let field = try record.next() {
            switch field {
            case 1: try record.check(.bytes)
            case 2:
                try record.check(.number)
                hasToken = true
            case 3:
                try record.check(.eightBytes)
                hasEnd = true
            default: break
            }
        }
        return hasToken && hasEnd
    }

    private static func isAttempt(_ reader: RecordReader) throws(RecordFormatError) -> Bool {
        var record = reader
        var (hasNumber, hasStart) = (false, false)
        while let field = try record.next() {
            switch field {
            case 1:
                try record.check(.number)
                hasNumber = true
            case 2:
                try record.check(.eightBytes)
                hasStart = true
            case 3: try record.check(.sixteenBytes)
            case 4: try checkFailure(record.record())
            case 5, 7: try record.check(.number)
            case 6: try record.check(.bytes)
            case 8: guard try isLabel(record.record()) else { return false }
            case 9: try checkTrace(record.record())
            default: break
            }
        }
        return hasNumber && hasStart
    }

    private static func isLabel(_ reader: RecordReader) throws(RecordFormatError) -> Bool {
        var record = reader
        var (hasName, hasText) = (false, false)
        while let field = try record.next() {
            switch field {
            case 1:
                try record.check(.bytes)
                hasName = true
            case 2:
                try record.check(.bytes)
                hasText = true
            default: break
            }
        }
        return hasName && hasText
    }

    private static func checkFailure(_ reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        while let field = try record.next() {
            if field == 1 || field == 2 { try record.check(.bytes) }
        }
    }

    private static func checkTrace(_ reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        while let field = try record.next() {
            if (1...6).contains(field) { try record.check(.sixteenBytes) }
        }
    }
}

/// What the orders in which executions are listed, and the bounds of history, know of an execution.
package struct ExecutionFacts: Sendable, Hashable {
    package var id: ExecutionID
    package var jobID: JobID
    package var status: ExecutionStatus
    package var scheduledFor: Date
    package var finishedAt: Date?
    /// Whether it is a run of its job's schedule.
    package var isScheduled: Bool
    /// The key under which the run was asked for, if there was one.
    package var idempotencyKey: String?
}
