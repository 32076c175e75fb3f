package import Foundation

/// What belongs to one job: its executions, which of them are over, and the occurrences that did not fire.
package struct JobHistory: Sendable {
    package var executions = OrderedIndex<ExecutionID>()
    /// The runs that are over; not notices, of which ``StoreState/finishedNotices`` knows.
    package var finished = OrderedIndex<ExecutionID>()
    /// The number of runs of the schedule that are not over.
    package var scheduledCount = 0
    package var skips: [SkippedOccurrence] = []
    package var idempotencyKey: String?
    /// Keys of operations that were done to the job.
    package var operations: Set<JobOperationKey> = []
    /// The earlier versions that are kept, the oldest first.
    package var versions: [JobVersion] = []
    /// The runs of backfills that are not over, by the instants they make up for.
    package var backfills: [BatchID: Backfill] = [:]

    /// The runs of a backfill that are not over.
    package struct Backfill: Sendable {
        /// Those that wait for their turn.
        var waiting = OrderedIndex<DueKey<ExecutionID>>()
        /// The number of the others.
        var underWay = 0
    }

    package init() {}

    /// Takes note of a run that is over.
    mutating func add(_ finishedRun: ExecutionID) {
        executions.insert(finishedRun)
        finished.insert(finishedRun)
    }

    package mutating func put(_ version: JobVersion) {
        let place = versions.firstIndex { $0.version >= version.version } ?? versions.count
        if place < versions.count, versions[place].version == version.version {
            versions[place] = version
        } else {
            versions.insert(version, at: place)
        }
    }

    package mutating func put(_ skip: SkippedOccurrence, keeping limit: Int) {
        if let last = skips.lastIndex(where: { $0.first == skip.first }) {
            skips[last] = skip
        } else {
            skips.append(skip)
        }
        if skips.count > limit { skips.removeFirst(skips.count - limit) }
    }

    /// The last record with a skip added, if it has the same reason and nothing fired in between.
    package func extended(by skip: SkippedOccurrence, lastFired: Date?) -> SkippedOccurrence? {
        guard var last = skips.last, last.reason == skip.reason, last.last < skip.first,
            lastFired.map({ $0 <= last.last }) ?? true
        else { return nil }
        last.last = skip.last
        last.count = last.count.flatMap { a in skip.count.flatMap { a.addingReportingOverflow($0).partialValue } }
        last.decidedAt = skip.decidedAt
        return last
    }
}
