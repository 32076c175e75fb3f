import Foundation
package import RotaStore

/// What a store has to remember, as plain tables that every operation searches from one end to the other.
///
/// It was written from the comments of ``JobStore`` and of the records, and from nothing else, to be compared with
/// stores that are fast. Each operation is a whole transaction: it looks before it writes, and throws before it writes.
package struct ReferenceTables: Sendable {
    /// A start of an attempt, as the rate limits count it.
    struct Start: Sendable, Equatable {
        /// The job, or the name of the limit that jobs share.
        enum Counter: Sendable, Equatable {
            case job(JobID)
            case shared(String)
        }

        var counter: Counter
        var date: Date
    }

    /// An operation that was done under a key.
    struct DoneOperation: Sendable, Equatable {
        var job: JobID
        var key: OperationKey
    }

    var jobs: [Job] = []
    var executions: [Execution] = []
    /// The earlier definitions, not the present ones.
    var versions: [JobVersion] = []
    var skips: [SkippedOccurrence] = []
    var dependencies: [JobDependency] = []
    var insertionKeys: [String: JobID] = [:]
    var operations: [DoneOperation] = []
    var starts: [Start] = []
    /// When and by whom each job got its present definition.
    var presentSince: [JobID: (date: Date, author: String?)] = [:]

    package init() {}

    func index(of id: JobID) -> Int? { jobs.firstIndex { $0.id == id } }
    func index(of id: ExecutionID) -> Int? { executions.firstIndex { $0.id == id } }

    package func job(_ id: JobID) -> Job? { jobs.first { $0.id == id } }
    package func execution(_ id: ExecutionID) -> Execution? { executions.first { $0.id == id } }

    /// The executions of a job's schedule that are not over, in the order of their occurrences.
    func series(of id: JobID) -> [Execution] {
        executions.filter { $0.jobID == id && $0.source == .schedule && !$0.progress.status.isTerminal }
            .sorted { ($0.scheduledFor, $0.id) < ($1.scheduledFor, $1.id) }
    }
}

extension Job {
    /// Takes over a position, under the rules of every move: a new revision, and a cursor that never goes back.
    mutating func take(_ scheduleState: ScheduleState, isRescheduled: Bool = false) {
        var scheduleState = scheduleState
        scheduleState.revision = self.scheduleState.revision + 1
        if !isRescheduled {
            scheduleState.decidedThrough = max(scheduleState.decidedThrough, self.scheduleState.decidedThrough)
        }
        self.scheduleState = scheduleState
    }
}
