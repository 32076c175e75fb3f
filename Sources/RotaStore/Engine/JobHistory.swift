package import Foundation

/// The records that belong to one job: its executions, skips, versions and keys.
package struct JobHistory: Sendable {
    package var executions = OrderedIndex<ExecutionID>()
    /// The finished executions, except notifications, which are in ``StoreState/finishedNotifications``.
    package var finished = OrderedIndex<ExecutionID>()
    /// The finished executions that are kept until a date regardless of the retention.
    package var kept: Set<ExecutionID> = []
    /// The number of unfinished executions of the schedule.
    package var scheduledCount = 0
    package var skips: [SkippedOccurrence] = []
    package var idempotencyKey: String?
    /// The keys of operations performed on the job.
    package var operations: Set<JobOperationKey> = []
    /// The versions that are kept, oldest first.
    package var versions: [JobVersion] = []
    /// The unfinished executions of each backfill.
    package var backfills: [BatchID: Backfill] = [:]

    /// The unfinished executions of one backfill.
    package struct Backfill: Sendable {
        /// The executions that have not been queued yet, in the order of their nominal dates.
        var waiting = OrderedIndex<DueKey<ExecutionID>>()
        /// The number of executions that are queued, running, or waiting for an external completion.
        var underWay = 0
    }

    package init() {}

    /// Adds a finished execution.
    mutating func add(_ finishedExecution: ExecutionID) {
        executions.insert(finishedExecution)
        finished.insert(finishedExecution)
    }

    /// Replaces the version with the same number, or inserts one in order.
    package mutating func put(_ version: JobVersion) {
        let place = versions.firstIndex { $0.version >= version.version } ?? versions.count
        if place < versions.count, versions[place].version == version.version {
            versions[place] = version
        } else {
            versions.insert(version, at: place)
        }
    }

    /// Replaces the last skip with the same first date, or appends one, and keeps only the newest `limit` skips.
    package mutating func put(_ skip: SkippedOccurrence, keeping limit: Int) {
        if let last = skips.lastIndex(where: { $0.first == skip.first }) {
            skips[last] = skip
        } else {
            skips.append(skip)
        }
        if skips.count > limit { skips.removeFirst(skips.count - limit) }
    }

    /// The last skip extended by another, or `nil` if their reasons differ or an occurrence fired in between.
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
