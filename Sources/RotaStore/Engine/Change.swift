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
    /// Replaces the lease of an execution, and keeps what came with a renewal, if anything did.
    ///
    /// The rest of the progress may have megabytes of a checkpoint, and leases are renewed all the time.
    case putLease(ExecutionID, Lease, heartbeatAt: Date?, report: ProgressReport?)
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
    private var payload = RecordWriter()
    private var failure: (any Error)?
    /// The statistics of jobs that are still to be encoded.
    ///
    /// The ends of many executions of a job change them again and again, and only the last ones count.
    private var statistics: [(id: JobID, value: JobStatistics)] = []
    /// The place of each job's statistics in the list.
    private var statisticsPlaces: [JobID: Int] = [:]

    /// Creates an empty log; without recording, changes are dropped and cost nothing.
    package init(isRecording: Bool) {
        form = isRecording ? .list : .none
    }

    /// Creates a log that encodes every change at once, except the statistics of jobs.
    ///
    /// A list of them would be many times as large.
    ///
    /// - Parameters:
    ///   - definitions: The definitions of jobs that are already encoded.
    ///   - limit: The size of the payload in bytes beyond which nothing more is encoded: the rest may be gigabytes.
    package init(encodingWith definitions: [JobID: [UInt8]], limit: Int) {
        form = .payload(definitions: definitions, limit: limit)
    }

    /// The size of what is encoded so far, in bytes; 0 for a log that does not encode.
    package var size: Int { payload.bytes.count }

    /// Whether there are no changes.
    package var isEmpty: Bool { changes.isEmpty && payload.bytes.isEmpty && statistics.isEmpty && failure == nil }

    package mutating func append(_ change: @autoclosure () -> Change) {
        switch form {
        case .none: break
        case .list: changes.append(change())
        case .payload(let definitions, let limit):
            let change = change()
            switch change {
            case .putStatistics(let id, let value): append(value, of: id)
            case .putJob, .removeJob:
                // The whole job has statistics of its own.
                encodeStatistics()
                encode(change, definitions, limit)
            default: encode(change, definitions, limit)
            }
        }
    }

    /// Appends new statistics of a job, in place of those that were appended before.
    mutating func append(_ value: JobStatistics, of id: JobID) {
        switch form {
        case .none: break
        case .list: changes.append(.putStatistics(id, value))
        case .payload:
            if let place = statisticsPlaces[id] {
                statistics[place].value = value
            } else {
                statisticsPlaces[id] = statistics.count
                statistics.append((id, value))
            }
        }
    }

    private mutating func encodeStatistics() {
        guard case .payload(let definitions, let limit) = form else { return }
        guard !statistics.isEmpty else { return }
        for (id, value) in statistics { encode(.putStatistics(id, value), definitions, limit) }
        statistics = []
        statisticsPlaces = [:]
    }

    private mutating func encode(_ change: Change, _ definitions: [JobID: [UInt8]], _ limit: Int) {
        guard failure == nil, payload.bytes.count <= limit else { return }
        do { try change.write(to: &payload, definitions: definitions) } catch { failure = error }
    }

    /// The changes as the payload of a frame, which is cut off beyond the limit.
    ///
    /// - Throws: The reason why a change could not be encoded.
    package mutating func encoded() throws -> [UInt8] {
        encodeStatistics()
        if let failure { throw failure }
        return payload.bytes
    }
}
