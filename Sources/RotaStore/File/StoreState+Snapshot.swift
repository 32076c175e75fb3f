import Foundation

extension StoreState {
    /// How far a walk over all records has come; the walk may be interrupted by any changes.
    package enum SnapshotPlace: Sendable, Hashable {
        /// The jobs after an identifier are next, or all of them.
        case jobs(after: JobID?)
        /// All jobs are done, and what lies between jobs is next.
        case relations
        /// All jobs are done, and the executions after an identifier are next, or all of them.
        case executions(after: ExecutionID?)
    }

    /// Whether there is no record at all.
    package var isEmpty: Bool { jobs.isEmpty && executions.isEmpty }

    /// The next records of a walk over all of them, as changes that put them into an empty state.
    ///
    /// Records that are there from the beginning of the walk to its end are met once. Whether it meets one that comes or
    /// changes meanwhile does not matter, if the changes since the beginning are applied again afterwards.
    ///
    /// - Parameter limit: About how many records to visit.
    /// - Returns: The changes, and where to go on; nil if that was all.
    /// - Complexity: O(limit + log n).
    package func snapshot(
        from place: SnapshotPlace, limit: Int
    ) -> (changes: [Change], next: SnapshotPlace?) {
        var changes: [Change] = []
        switch place {
        case .jobs(let after):
            var last: JobID?
            for id in jobOrder.suffix(after: after).prefix(limit) {
                last = id
                guard let job = jobs[id] else { continue }
                changes.append(.putJob(job))
                guard let history = histories[id] else { continue }
                if let key = history.idempotencyKey { changes.append(.putIdempotencyKey(key, id)) }
                for version in history.versions { changes.append(.putVersion(version)) }
                if !history.skips.isEmpty { changes.append(.putSkips(id, history.skips)) }
            }
            return (changes, last.map { .jobs(after: $0) } ?? .relations)
        case .relations:
            // In an order that does not depend on the process, so that equal states have equal exports.
            for dependency in dependencies.values.sorted(by: { $0.id < $1.id }) {
                changes.append(.putDependency(dependency))
            }
            for (key, expiry) in operations.sorted(by: { $0.key < $1.key }) {
                changes.append(.putOperation(IdempotencyKey(key.key, for: key.operation, until: expiry), key.job))
            }
            for (pool, starts) in claims.ledger.starts.sorted(by: { $0.key < $1.key }) {
                for start in starts.suffix() { changes.append(.putStart(pool, start)) }
            }
            return (changes, .executions(after: nil))
        case .executions(let after):
            var last: ExecutionID?
            for id in executionOrder.suffix(after: after).prefix(limit) {
                last = id
                if let execution = executions[id] { changes.append(.putExecution(execution)) }
            }
            return (changes, last.map { .executions(after: $0) })
        }
    }
}
