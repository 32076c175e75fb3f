package import Foundation
package import RotaRetry

/// A finished execution, kept as the bytes it has in a file.
///
/// Most records of a large store are history that is never read again. Opening a store therefore decodes none of them.
/// It only checks that every field could be decoded, and extracts the facts that the indexes need.
package struct ArchivedExecution: Sendable, Hashable {
    /// The fields of the record, as `Execution.write(to:)` writes them.
    package let bytes: [UInt8]
    let facts: ExecutionFacts

    /// Archives a record, unless it has to be decoded.
    ///
    /// - Parameter bytes: The fields of a record, which are copied.
    /// - Returns: `nil` if the execution is not finished, has a part in JSON or a source without a code, or cannot be
    ///   decoded.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        do throws(RecordFormatError) {
            guard let facts = try Self.facts(RecordReader(bytes)) else { return nil }
            self.facts = facts
            self.bytes = [UInt8](bytes)
        } catch {
            return nil
        }
    }

    /// Returns the facts in an archived record.
    package static func facts(of bytes: [UInt8]) -> ExecutionFacts? {
        bytes.withUnsafeBytes { bytes in
            do throws(RecordFormatError) { return try facts(RecordReader(bytes)) } catch { return nil }
        }
    }

    // Each function below mirrors an `init(from:)` and must refuse every record that the initializer refuses: a record
    // archived here is decoded later, when nothing can be done about an error any more.

    private static func facts(_ reader: RecordReader) throws(RecordFormatError) -> ExecutionFacts? {
        var record = reader
        var (id, jobID): (ExecutionID?, JobID?)
        var scheduledFor: Date?
        var (hasCreationDate, isScheduled) = (false, true)
        var end: End?
        while let field = try record.next(Execution.Field.self) {
            switch field {
            case .id: id = try record.id()
            case .jobID: jobID = try record.id()
            case .jobName, .payload: try record.check(.bytes)
            case .jobVersion: try record.check(.number)
            case .source:
                // Sources written by name, such as notifications, are retained by other rules.
                guard record.isNumber else { return nil }
                let code = try record.int()
                guard ExecutionSource.hasCode(code) else { return nil }
                isScheduled = code == ExecutionSource.schedule.code
            case .scheduledFor: scheduledFor = try record.date()
            case .createdAt:
                try record.check(.eightBytes)
                hasCreationDate = true
            case .metadata: guard try isAttribute(record.record()) else { return nil }
            case .progress:
                end = try self.end(record.record())
                if end == nil { return nil }
            case .attempt: guard try isAttempt(record.record()) else { return nil }
            case .replayOf, .pinned, .details: return nil
            }
        }
        guard let id, let jobID, let scheduledFor, hasCreationDate, let end else { return nil }
        return ExecutionFacts(
            id: id, jobID: jobID, status: end.status, scheduledFor: scheduledFor, finishedAt: end.finishedAt,
            isScheduled: isScheduled, failure: end.status == .failed ? end.failure : nil)
    }

    private struct End {
        var status = ExecutionStatus.queued
        var finishedAt: Date?
        var failure: FailureKind?
    }

    private static func end(_ reader: RecordReader) throws(RecordFormatError) -> End? {
        var record = reader
        var end = End()
        var hasDueDate = false
        while let field = try record.next(ExecutionProgress.Field.self) {
            switch field {
            case .status: end.status = try ExecutionStatus(code: record.int())
            case .dueAt:
                try record.check(.eightBytes)
                hasDueDate = true
            case .startedAt, .attemptStartedAt: try record.check(.eightBytes)
            case .finishedAt: end.finishedAt = try record.date()
            case .lease: guard try isLease(record.record()) else { return nil }
            case .failure: end.failure = try failure(record.record())
            case .runningVersion: try record.check(.number)
            case .rare: return nil
            }
        }
        return hasDueDate && end.status.isTerminal ? end : nil
    }

    private static func isLease(_ reader: RecordReader) throws(RecordFormatError) -> Bool {
        var record = reader
        var (hasToken, hasEnd) = (false, false)
        while let field = try record.next(Lease.Field.self) {
            switch field {
            case .owner: try record.check(.bytes)
            case .token:
                try record.check(.number)
                hasToken = true
            case .expiresAt:
                try record.check(.eightBytes)
                hasEnd = true
            }
        }
        return hasToken && hasEnd
    }

    private static func isAttempt(_ reader: RecordReader) throws(RecordFormatError) -> Bool {
        var record = reader
        var (hasNumber, hasStart) = (false, false)
        while let field = try record.next(Attempt.Field.self) {
            switch field {
            case .number:
                try record.check(.number)
                hasNumber = true
            case .startedAt:
                try record.check(.eightBytes)
                hasStart = true
            case .duration: try record.check(.sixteenBytes)
            case .failure: _ = try failure(record.record())
            case .statusCode, .bodyWasTruncated: try record.check(.number)
            case .bodyPreview: try record.check(.bytes)
            case .responseHeaders: guard try isAttribute(record.record()) else { return false }
            case .trace: try checkTrace(record.record())
            }
        }
        return hasNumber && hasStart
    }

    private static func isAttribute(_ reader: RecordReader) throws(RecordFormatError) -> Bool {
        var record = reader
        var (hasName, hasText) = (false, false)
        while let field = try record.next(AttributeField.self) {
            try record.check(.bytes)
            switch field {
            case .name: hasName = true
            case .text: hasText = true
            }
        }
        return hasName && hasText
    }

    private static func failure(_ reader: RecordReader) throws(RecordFormatError) -> FailureKind {
        var record = reader
        var kind = FailureKind.unknown
        while let field = try record.next(ExecutionFailure.Field.self) {
            if field == .kind { kind = FailureKind(try record.text()) } else { try record.check(.bytes) }
        }
        return kind
    }

    private static func checkTrace(_ reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        while let field = try record.next(ExecutionTrace.Field.self) {
            switch field {
            case .peer, .redirects, .fallbackCause, .fallbackFailure: try record.check(.bytes)
            case .resends: try record.check(.number)
            default: try record.check(.sixteenBytes)
            }
        }
    }
}

/// The facts about an execution that the indexes and retention need.
package struct ExecutionFacts: Sendable, Hashable {
    package var id: ExecutionID
    package var jobID: JobID
    package var status: ExecutionStatus
    package var scheduledFor: Date
    package var finishedAt: Date?
    /// Whether the execution comes from its job's schedule.
    package var isScheduled: Bool
    /// The key with which the execution was requested, if any.
    package var idempotencyKey: String?
    /// The key that makes the execution unique, if any.
    package var uniqueKey: String?
    /// The date until which the execution is kept regardless of the retention.
    package var keptUntil: Date?
    /// The kind of the failure, if it failed for good.
    package var failure: FailureKind?
}
