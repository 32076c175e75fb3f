import Foundation

extension StoreState {
    /// A position in the sequence of all records, which may change between two steps.
    ///
    /// ```
    ///   jobs ──▶ relations ⇄ starts ──▶ executions ──▶ nil
    /// ```
    package enum SnapshotPosition: Sendable, Hashable {
        /// Next are the jobs after the given one, and before the first the calendars and the owners. Each job has its
        /// key, versions and skips.
        case jobs(after: JobID?)
        /// Next are the dependencies, operation keys and attempt starts of the jobs after the given one.
        case relations(after: JobID?)
        /// Next are the attempt starts of a pool after the given one.
        case starts(RatePool, after: AttemptStart?)
        /// Next are the executions after the given one.
        case executions(after: ExecutionID?)
    }

    /// Whether the store has no records.
    package var isEmpty: Bool { jobs.isEmpty && executions.isEmpty && owners.isEmpty && calendars.isEmpty }

    /// Returns the next records, each after those it belongs to.
    ///
    /// Called until it returns `nil`, it returns every record that exists throughout exactly once. Records that are
    /// inserted or changed meanwhile may be included or not, so replay the changes made since the start over the
    /// result. The order is the same in every process, so that equal states have equal exports.
    ///
    /// - Parameters:
    ///   - position: Where to continue.
    ///   - limit: The approximate number of records to visit.
    /// - Returns: The records, and the next position, or `nil` at the end.
    /// - Complexity: O(limit + log n).
    package func snapshot(
        from position: SnapshotPosition, limit: Int
    ) -> (records: [StoredRecord], next: SnapshotPosition?) {
        switch position {
        case .jobs(let after): return jobs(after: after, limit: limit)
        case .relations(let after): return relations(after: after, limit: limit)
        case .starts(let pool, let after): return starts(of: pool, after: after, limit: limit)
        case .executions(let after):
            let ids = Array(executionOrder.suffix(after: after).prefix(limit))
            return (
                ids.compactMap { executions[$0].map { .execution($0) } }, ids.last.map { .executions(after: $0) }
            )
        }
    }

    /// Returns the next records for a file, to be encoded elsewhere, while the store continues.
    ///
    /// - Parameters:
    ///   - position: Where to continue. Advanced to the next position, or to `nil` at the end.
    ///   - limit: The approximate number of records to visit.
    /// - Returns: The records, or `nil` if the position was already at the end.
    package func chunk(from position: inout SnapshotPosition?, limit: Int) -> SnapshotChunk? {
        guard let from = position else { return nil }
        guard case .executions(let after) = from else {
            let (records, next) = snapshot(from: from, limit: limit)
            position = next
            return SnapshotChunk(records.map { .record($0) })
        }
        let ids = Array(executionOrder.suffix(after: after).prefix(limit))
        position = ids.last.map { .executions(after: $0) }
        return SnapshotChunk(
            ids.compactMap { id in
                executions.archived(id).map { .archived($0) } ?? executions[id].map { .record(.execution($0)) }
            })
    }

    private func jobs(after: JobID?, limit: Int) -> (records: [StoredRecord], next: SnapshotPosition?) {
        var records: [StoredRecord] = []
        if after == nil {
            records += calendars.sorted { $0.key < $1.key }.map { .calendar($0.key, $0.value) }
            records += owners.values.sorted { $0.name < $1.name }.map { .owner($0) }
        }
        var last: JobID?
        for id in jobOrder.suffix(after: after).prefix(limit) {
            last = id
            guard let job = jobs[id] else { continue }
            records.append(.job(job))
            guard let history = histories[id] else { continue }
            if let key = history.idempotencyKey { records.append(.idempotencyKey(key, id)) }
            for version in history.versions { records.append(.version(version)) }
            if !history.skips.isEmpty { records.append(.skips(id, history.skips)) }
        }
        return (records, last.map { .jobs(after: $0) } ?? .relations(after: nil))
    }

    private func relations(after: JobID?, limit: Int) -> (records: [StoredRecord], next: SnapshotPosition?) {
        guard !dependencies.isEmpty || !operations.isEmpty || !claims.startLog.starts.isEmpty else {
            return ([], .executions(after: nil))
        }
        var records: [StoredRecord] = []
        var last: JobID?
        for id in jobOrder.suffix(after: after).prefix(limit) {
            last = id
            for dependency in (jobDependencies[id] ?? []).sorted() {
                guard let dependency = dependencies[dependency] else { continue }
                records.append(.dependency(dependency))
            }
            for key in (histories[id]?.operations ?? []).sorted() {
                guard let expiry = operations[key] else { continue }
                records.append(.operation(OperationKey(key.key, for: key.operation, until: expiry), key.job))
            }
            if claims.startLog.starts[.job(id)] != nil { return (records, .starts(.job(id), after: nil)) }
            if records.count >= limit { return (records, .relations(after: id)) }
        }
        return (records, last.map { .relations(after: $0) } ?? sharedStarts(after: nil))
    }

    private func starts(
        of pool: RatePool, after: AttemptStart?, limit: Int
    ) -> (records: [StoredRecord], next: SnapshotPosition?) {
        let starts = claims.startLog.starts[pool].map { Array($0.suffix(after: after).prefix(limit)) } ?? []
        let records = starts.map { StoredRecord.start(pool, $0) }
        if starts.count == limit { return (records, .starts(pool, after: starts.last)) }
        switch pool {
        case .job(let id): return (records, .relations(after: id))
        case .shared(let name): return (records, sharedStarts(after: name))
        }
    }

    /// Returns the position of the shared pool after the given one, or of the executions after the last.
    private func sharedStarts(after name: String?) -> SnapshotPosition {
        let names = claims.startLog.names
        return (name.map { names.next(after: $0) } ?? names.first).map { .starts(.shared($0), after: nil) }
            ?? .executions(after: nil)
    }
}

/// Records on their way to a snapshot.
package struct SnapshotChunk: Sendable {
    fileprivate enum Item: Sendable {
        case record(StoredRecord)
        /// The bytes of a finished execution, which need not be decoded.
        case archived([UInt8])
    }

    private let items: [Item]

    /// The size in bytes at which a frame is full.
    private static let frameSize = 1 << 20

    fileprivate init(_ items: [Item]) {
        self.items = items
    }

    /// Encodes the records as the payloads of frames of bounded size.
    package func payloads() throws -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var payload = RecordWriter()
        for item in items {
            switch item {
            case .record(let record): try record.insertion.write(to: &payload)
            case .archived(let bytes): payload.record(ChangeKind.putExecution, bytes: bytes)
            }
            guard payload.bytes.count > Self.frameSize else { continue }
            payloads.append(payload.bytes)
            payload = RecordWriter()
        }
        if !payload.bytes.isEmpty { payloads.append(payload.bytes) }
        return payloads
    }
}
