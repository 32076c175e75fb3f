import Foundation
package import RotaSchedule
package import RotaStore

/// The records of a store as plain tables, which every operation scans from end to end.
///
/// It follows the documentation of ``JobStore`` and nothing else, to be compared with stores that are fast. Each
/// operation is a transaction: it checks and throws before it changes anything.
package struct ReferenceTables: Sendable {
    /// A started attempt, as rate limits count it.
    struct Start: Sendable, Equatable {
        /// The job, or the name of a shared limit.
        enum Counter: Sendable, Equatable {
            case job(JobID)
            case shared(String)
        }

        var counter: Counter
        var date: Date
    }

    /// An operation that was done with a key.
    struct DoneOperation: Sendable, Equatable {
        var job: JobID
        var key: OperationKey
    }

    var jobs: [Job] = []
    var executions: [Execution] = []
    /// Earlier definitions, without the current ones.
    var versions: [JobVersion] = []
    var skips: [SkippedOccurrence] = []
    var dependencies: [JobDependency] = []
    var owners: [String: JobOwner] = [:]
    /// Calendars by name.
    ///
    /// The current definitions of ``jobs`` are bound to them.
    package internal(set) var calendars: [String: ScheduleCalendar] = [:]
    var insertionKeys: [String: JobID] = [:]
    var operations: [DoneOperation] = []
    var starts: [Start] = []
    /// The latest date at which history was trimmed.
    var trimmedAt = Date.distantPast
    /// The date and author of each job's current definition.
    var presentSince: [JobID: (date: Date, author: String?)] = [:]

    package init() {}

    func index(of id: JobID) -> Int? { jobs.firstIndex { $0.id == id } }
    func index(of id: ExecutionID) -> Int? { executions.firstIndex { $0.id == id } }

    package func job(_ id: JobID) -> Job? { jobs.first { $0.id == id } }
    package func execution(_ id: ExecutionID) -> Execution? { executions.first { $0.id == id } }

    /// The unfinished executions of a job that its overlap policy counts, in the order of their nominal dates.
    func series(of id: JobID) -> [Execution] {
        guard let policy = job(id)?.definition.overlap else { return [] }
        return executions.filter { $0.jobID == id && !$0.progress.status.isTerminal && isCounted($0, by: policy) }
            .sorted { ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id) }
    }

    /// Those of the series that a new occurrence overlaps.
    ///
    /// One that expired in the queue, and is not pruned yet, does not count.
    func series(of id: JobID, countedAt date: Date) -> [Execution] {
        series(of: id).filter { $0.progress.status != .queued || !hasExpired($0, at: date) }
    }

    /// Whether an overlap policy counts an unfinished execution.
    func isCounted(_ execution: Execution, by policy: OverlapPolicy) -> Bool {
        guard policy.countsTriggered, execution.source != .notification else { return execution.source == .schedule }
        return execution.progress.status != .waiting || execution.progress.startedAt != nil
    }
}

extension Job {
    /// Applies a schedule state with a new revision and a cursor that never moves back.
    mutating func take(_ scheduleState: ScheduleState, isRescheduled: Bool = false) {
        var scheduleState = scheduleState
        scheduleState.revision = self.scheduleState.revision + 1
        if !isRescheduled {
            scheduleState.decidedThrough = max(scheduleState.decidedThrough, self.scheduleState.decidedThrough)
        }
        self.scheduleState = scheduleState
    }
}
