import Foundation

extension StoreState {
    /// How far a walk over all records has come; the walk may be interrupted by any changes.
    package enum SnapshotPlace: Sendable, Hashable {
        /// The jobs after an identifier are next, or all of them.
        case jobs(after: JobID?)
        /// All jobs are done, and what lies between them, or belongs to those after an identifier, is next.
        case relations(after: JobID?)
        /// The starts of a pool after one of them are next, or all of them.
        case starts(RatePool, after: AttemptStart?)
        /// All jobs are done, and the executions after an identifier are next, or all of them.
        case executions(after: ExecutionID?)
    }

    /// Whether there is no record at all.
    package var isEmpty: Bool { jobs.isEmpty && executions.isEmpty }

    /// The next records of a walk over all of them, as changes that put them into an empty state.
    ///
    /// Records that are there from the beginning of the walk to its end are met once. Whether it meets one that comes or
    /// changes meanwhile does not matter, if the changes since the beginning are applied again afterwards. The order
    /// does not depend on the process, so that equal states have equal exports.
    ///
    /// - Parameter limit: About how many records to visit.
    /// - Returns: The changes, and where to go on; nil if that was all.
    /// - Complexity: O(limit + log n).
    package func snapshot(
        from place: SnapshotPlace, limit: Int
    ) -> (changes: [Change], next: SnapshotPlace?) {
        switch place {
        case .jobs(let after): return jobs(after: after, limit: limit)
        case .relations(let after): return relations(after: after, limit: limit)
        case .starts(let pool, let after): return starts(of: pool, after: after, limit: limit)
        case .executions(let after):
            let ids = Array(executionOrder.suffix(after: after).prefix(limit))
            return (
                ids.compactMap { executions[$0].map { .putExecution($0) } }, ids.last.map { .executions(after: $0) }
            )
        }
    }

    /// Writes the next executions of a walk, those that are archived as they are.
    ///
    /// - Parameters:
    ///   - limit: How many records to write at most.
    ///   - bytes: The length of the payload from which on no more is written.
    /// - Returns: Where to go on; nil if that was all.
    package func writeExecutions(
        after: ExecutionID?, limit: Int, bytes: Int, to payload: inout RecordWriter
    ) throws -> SnapshotPlace? {
        var last: ExecutionID?
        for id in executionOrder.suffix(after: after).prefix(limit) where payload.bytes.count < bytes {
            last = id
            if let archived = executions.archived(id) {
                payload.record(5, bytes: archived)
            } else if let execution = executions[id] {
                try Change.putExecution(execution).write(to: &payload)
            }
        }
        return last.map { .executions(after: $0) }
    }

    /// Encodes the next records of a walk, in more than one frame if they are large: their size is bounded as well as
    /// their number.
    ///
    /// - Parameters:
    ///   - place: Where the walk has come to, and then where it goes on; nil when it is over.
    ///   - limit: About how many records to visit.
    /// - Returns: The payloads of the frames; nil if the walk was over before.
    package func payloads(from place: inout SnapshotPlace?, limit: Int) throws -> [[UInt8]]? {
        guard let from = place else { return nil }
        var payload = RecordWriter()
        if case .executions(let after) = from {
            place = try writeExecutions(after: after, limit: limit, bytes: Self.frameSize, to: &payload)
            return payload.bytes.isEmpty ? [] : [payload.bytes]
        }
        var payloads: [[UInt8]] = []
        let (changes, next) = snapshot(from: from, limit: limit)
        for change in changes {
            try change.write(to: &payload)
            guard payload.bytes.count > Self.frameSize else { continue }
            payloads.append(payload.bytes)
            payload = RecordWriter()
        }
        if !payload.bytes.isEmpty { payloads.append(payload.bytes) }
        place = next
        return payloads
    }

    /// The length in bytes from which on a frame of a snapshot takes no more records.
    private static let frameSize = 1 << 20

    private func jobs(after: JobID?, limit: Int) -> (changes: [Change], next: SnapshotPlace?) {
        var changes: [Change] = []
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
        return (changes, last.map { .jobs(after: $0) } ?? .relations(after: nil))
    }

    private func relations(after: JobID?, limit: Int) -> (changes: [Change], next: SnapshotPlace?) {
        guard !dependencies.isEmpty || !operations.isEmpty || !claims.startLog.starts.isEmpty else {
            return ([], .executions(after: nil))
        }
        var changes: [Change] = []
        var last: JobID?
        for id in jobOrder.suffix(after: after).prefix(limit) {
            last = id
            for dependency in (jobDependencies[id] ?? []).sorted() {
                guard let dependency = dependencies[dependency], dependency.jobID == id else { continue }
                changes.append(.putDependency(dependency))
            }
            for key in (histories[id]?.operations ?? []).sorted() {
                guard let expiry = operations[key] else { continue }
                changes.append(.putOperation(OperationKey(key.key, for: key.operation, until: expiry), key.job))
            }
            if claims.startLog.starts[.job(id)] != nil { return (changes, .starts(.job(id), after: nil)) }
            if changes.count >= limit { return (changes, .relations(after: id)) }
        }
        return (changes, last.map { .relations(after: $0) } ?? sharedStarts(after: nil))
    }

    private func starts(
        of pool: RatePool, after: AttemptStart?, limit: Int
    ) -> (changes: [Change], next: SnapshotPlace?) {
        let starts = claims.startLog.starts[pool].map { Array($0.suffix(after: after).prefix(limit)) } ?? []
        let changes = starts.map { Change.putStart(pool, $0) }
        if starts.count == limit { return (changes, .starts(pool, after: starts.last)) }
        switch pool {
        case .job(let id): return (changes, .relations(after: id))
        case .shared(let name): return (changes, sharedStarts(after: name))
        }
    }

    /// Where to go on after a name that jobs share: with the next one, or with the executions.
    private func sharedStarts(after name: String?) -> SnapshotPlace {
        let names = claims.startLog.names
        return (name.map { names.next(after: $0) } ?? names.first).map { .starts(.shared($0), after: nil) }
            ?? .executions(after: nil)
    }
}
