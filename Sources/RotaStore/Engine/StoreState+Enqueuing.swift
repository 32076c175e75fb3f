package import Foundation

extension StoreState {
    @discardableResult
    package mutating func enqueue(_ new: [Execution], log: inout ChangeLog) throws(StoreError) -> [EnqueueOutcome] {
        try check(new)
        var sizes: [BatchID: Int] = [:]
        return new.map { enqueue($0, &sizes, log: &log) }
    }

    // Not in the closure above: there, each call that only reads would copy the whole state.
    private mutating func enqueue(
        _ execution: Execution, _ sizes: inout [BatchID: Int], log: inout ChangeLog
    ) -> EnqueueOutcome {
        if let existing = existingExecution(matching: execution) { return .existing(existing) }
        if let existing = executions[execution.id] { return .existing(existing) }
        if let existing = sameWork(as: execution) {
            let outcome = execution.outcome(of: existing)
            if execution.uniqueness?.rule == .debounce { record(outcome.execution, log: &log) }
            return outcome
        }
        var execution = execution
        if execution.hasDetails {
            if let batch = execution.awaitedBatch, !execution.progress.status.isTerminal {
                execution.await(batch, of: sizes[batch] ?? 0)
            }
            if let batch = execution.batchID, !execution.progress.status.isTerminal {
                sizes[batch, default: 0] += 1
            }
            if let original = execution.details.replayOf {
                resolve(original, as: .replayed(execution.id), log: &log)
            }
        }
        if execution.trail != nil, !execution.progress.status.isTerminal, let job = jobs[execution.jobID] {
            // Its place in a series is not known before it is recorded.
            let holds = holds(on: execution, of: job, at: execution.createdAt).filter { !$0.isSeries }
            execution.progress.trail?.append(holds, at: execution.createdAt)
        }
        record(execution, log: &log)
        return .queued(execution)
    }

    /// Returns what enqueuing an execution would do.
    package mutating func trial(of execution: Execution, at now: Date) throws(StoreError) -> EnqueueTrial {
        guard let job = jobs[execution.jobID] else { throw .noJob(execution.jobID) }
        setClock(to: now)
        let outcome =
            existingExecution(matching: execution).map { .existing($0) }
            ?? sameWork(as: execution).map { execution.outcome(of: $0) } ?? EnqueueOutcome.queued(execution)
        return EnqueueTrial(outcome, holds: holds(on: outcome.execution, of: job, at: now))
    }

    /// The execution that a request for unique work returns instead of queuing one, if there is one.
    ///
    /// A debounced request changes it: see ``Execution/outcome(of:)``.
    func sameWork(as request: Execution) -> Execution? {
        guard request.obeysUniqueness, let uniqueness = request.uniqueness else { return nil }
        // Within a time, only the newest one counts.
        let ids =
            uniqueness.looksAtNewest
            ? [executionIndex.newest(of: request.jobID, uniqueBy: uniqueness.key)].compactMap(\.self)
            : executionIndex.executions(of: request.jobID, uniqueBy: uniqueness.key)
        for (index, id) in ids.enumerated() {
            guard let earlier = executions[id],
                uniqueness.isMet(by: earlier, isNewest: index == 0, at: request.createdAt)
            else { continue }
            return earlier
        }
        return nil
    }

    /// Discards dead letters.
    ///
    /// - Returns: For each identifier, in order, whether it was a dead letter.
    package mutating func discard(_ ids: [ExecutionID], at date: Date, log: inout ChangeLog) -> [Bool] {
        ids.map { resolve($0, as: .discarded(date), log: &log) }
    }

    @discardableResult
    private mutating func resolve(
        _ id: ExecutionID, as resolution: FailureResolution, log: inout ChangeLog
    ) -> Bool {
        guard let execution = executions[id], execution.isDeadLetter else { return false }
        var progress = execution.progress
        progress.resolution = resolution
        record(.putProgress(id, progress), log: &log)
        return true
    }

    /// The earlier execution of the same job with the same idempotency key.
    func existingExecution(matching execution: Execution) -> Execution? {
        guard let key = execution.idempotencyKey else { return nil }
        return executionIndex.execution(of: execution.jobID, key: key).flatMap { executions[$0] }
    }

    /// Checks that all executions can be queued, except those whose idempotency key was known before the call.
    ///
    /// One that repeats a key of the call is checked as well: it is queued if the other one is not.
    private func check(_ new: [Execution]) throws(StoreError) {
        var ids = SeenIDs<ExecutionID>()
        // Made for the first repeated identifier, which most calls do not have.
        var firsts: [ExecutionID: Execution] = [:]
        for execution in new {
            guard jobs.contains(execution.jobID) else { throw .noJob(execution.jobID) }
            guard existingExecution(matching: execution) == nil else { continue }
            if !ids.insert(execution.id) {
                if firsts.isEmpty {
                    let checked = new.filter { existingExecution(matching: $0) == nil }
                    firsts = Dictionary(checked.map { ($0.id, $0) }) { first, _ in first }
                }
                guard execution.idempotencyKey != nil, firsts[execution.id]?.isSameRequest(as: execution) == true
                else { throw .executionExists(execution.id) }
            }
            let isNew = executions[execution.id].map { $0.isSameRequest(as: execution) } ?? true
            guard isNew else { throw .executionExists(execution.id) }
            guard execution.isInsertable else { throw .notInsertable(execution) }
        }
    }
}

extension Execution {
    /// Makes it wait for the end of a batch, or queues it at once if the batch is empty.
    package mutating func await(_ batch: BatchID, of size: Int) {
        progress.batch = BatchCounts(total: size)
        progress.status = size == 0 ? .queued : .waiting
    }

    /// Its idempotency key, if it has one.
    var idempotencyKey: String? { hasDetails ? details.idempotencyKey : nil }

    /// Whether it may be inserted: as a queued or waiting execution, or as the record of a finished one.
    ///
    /// A running one would have a lease that no worker holds.
    var isInsertable: Bool {
        switch progress.status {
        case .queued, .waiting: progress.finishedAt == nil
        case .running: false
        case .succeeded, .failed, .canceled, .expired: progress.finishedAt != nil
        }
    }
}

extension StoreError {
    static func notInsertable(_ execution: Execution) -> StoreError {
        StoreError(
            .invalidExecution,
            "The execution \(execution.id) cannot be inserted as \"\(execution.progress.status.rawValue)\""
                + (execution.progress.finishedAt.map { ", finished at \($0.timeIntervalSince1970) s" } ?? "")
                + "; insert it queued or waiting without a finish date, or finished with one.")
    }
}
