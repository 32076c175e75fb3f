package import Foundation
package import RotaSchedule

/// The new value of a record, or of a part of it.
///
/// Changes are idempotent: applying one twice, or after a later change of another part, gives the same state. So a
/// journal can be replayed over a snapshot that was written while the changes were made.
package enum Change: Sendable, Hashable {
    case putJob(Job)
    case putScheduleState(JobID, ScheduleState)
    case putStatistics(JobID, JobStatistics)
    /// Removes the job with its executions, skips and keys.
    case removeJob(JobID)

    case putExecution(Execution)
    case putProgress(ExecutionID, ExecutionProgress)
    /// Replaces the attempt with the same number, or appends one.
    case putAttempt(ExecutionID, Attempt)
    case removeExecution(ExecutionID)

    case putSkips(JobID, [SkippedOccurrence])
    /// Replaces the last skip with the same first date, or appends one, and keeps only the newest `keeping` skips.
    case putSkip(SkippedOccurrence, keeping: Int)
    case putIdempotencyKey(String, JobID)

    case putVersion(JobVersion)
    case removeVersion(JobVersionID)
    case putDependency(JobDependency)
    case removeDependency(DependencyID)
    /// Remembers that an operation was performed on a job under a key.
    case putOperation(OperationKey, JobID)
    case removeOperation(JobOperationKey)

    /// Records the latest declaration of an owner of jobs.
    case putOwner(JobOwner)

    /// Keeps a calendar under a name, to which all schedules that name it are bound.
    case putCalendar(String, ScheduleCalendar)
    case removeCalendar(String)

    /// Records an attempt start for rate limiting.
    case putStart(RatePool, AttemptStart)
    /// Forgets the starts up to and including a date.
    case forgetStarts(RatePool, through: Date)
}

/// A whole record: what a snapshot and an export consist of.
package enum StoredRecord: Sendable, Hashable {
    case calendar(String, ScheduleCalendar)
    case owner(JobOwner)
    case job(Job)
    case idempotencyKey(String, JobID)
    case version(JobVersion)
    case skips(JobID, [SkippedOccurrence])
    case dependency(JobDependency)
    case operation(OperationKey, JobID)
    case start(RatePool, AttemptStart)
    case execution(Execution)

    /// The change that stores the record.
    package var insertion: Change {
        switch self {
        case .calendar(let name, let calendar): .putCalendar(name, calendar)
        case .owner(let owner): .putOwner(owner)
        case .job(let job): .putJob(job)
        case .idempotencyKey(let key, let id): .putIdempotencyKey(key, id)
        case .version(let version): .putVersion(version)
        case .skips(let id, let skips): .putSkips(id, skips)
        case .dependency(let dependency): .putDependency(dependency)
        case .operation(let key, let id): .putOperation(key, id)
        case .start(let pool, let start): .putStart(pool, start)
        case .execution(let execution): .putExecution(execution)
        }
    }
}

/// The changes that an operation made, for stores that persist them.
package struct ChangeLog: Sendable {
    private enum Form {
        case none
        case list
        case payload(definitions: [JobID: [UInt8]], limit: Int)
    }

    private let form: Form
    package private(set) var changes: [Change] = []
    /// The changes as the payload of a frame, which is cut off beyond the limit.
    package private(set) var payload = RecordWriter()
    /// Why a change could not be encoded, if that happened.
    package private(set) var failure: (any Error)?

    /// Creates an empty log; without recording, changes are dropped and cost nothing.
    package init(isRecording: Bool) {
        form = isRecording ? .list : .none
    }

    /// Creates a log that encodes every change at once.
    ///
    /// A list of them would be many times as large.
    ///
    /// - Parameters:
    ///   - definitions: The definitions of jobs that are already encoded.
    ///   - limit: The size of the payload in bytes beyond which nothing more is encoded: the rest may be gigabytes.
    package init(encodingWith definitions: [JobID: [UInt8]], limit: Int) {
        form = .payload(definitions: definitions, limit: limit)
    }

    /// Whether there are no changes.
    package var isEmpty: Bool { changes.isEmpty && payload.bytes.isEmpty && failure == nil }

    package mutating func append(_ change: @autoclosure () -> Change) {
        switch form {
        case .none: break
        case .list: changes.append(change())
        case .payload(let definitions, let limit):
            guard failure == nil, payload.bytes.count <= limit else { return }
            do { try change().write(to: &payload, definitions: definitions) } catch { failure = error }
        }
    }
}
