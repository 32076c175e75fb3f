import Foundation

extension StoreState {
    @discardableResult
    package mutating func enqueue(_ new: [Execution], log: inout ChangeLog) throws(StoreError) -> [EnqueueOutcome] {
        try check(new)
        return new.map { execution in
            if let existing = earlierRun(as: execution) { return .existing(existing) }
            record(execution, log: &log)
            if execution.progress.status.isTerminal { markIfOverfull(execution.jobID) }
            return .queued(execution)
        }
    }

    /// The execution of the same job that was asked for with the same key before (SX-5).
    func earlierRun(as execution: Execution) -> Execution? {
        guard let key = execution.idempotencyKey else { return nil }
        return executionIndex.execution(of: execution.jobID, key: key).flatMap { executions[$0] }
    }

    /// Checks that all executions can be queued, but for those that are repetitions.
    private func check(_ new: [Execution]) throws(StoreError) {
        var ids = SeenIDs<ExecutionID>()
        var keys: [JobID: Set<String>] = [:]
        for execution in new {
            guard jobs.contains(execution.jobID) else { throw .noJob(execution.jobID) }
            if let key = execution.idempotencyKey {
                guard earlierRun(as: execution) == nil, keys[execution.jobID, default: []].insert(key).inserted
                else { continue }
            }
            guard !executions.contains(execution.id), ids.insert(execution.id) else {
                throw .executionExists(execution.id)
            }
            guard execution.canBegin else { throw .cannotBegin(execution) }
        }
    }
}

extension Execution {
    /// The key under which it was asked for, if it has one.
    var idempotencyKey: String? { hasDetails ? details.idempotencyKey : nil }

    /// Whether it may be handed in: as one that waits to run, or as the record of one that is over.
    ///
    /// Nobody would hold the lease of one that runs, or take it over.
    var canBegin: Bool {
        switch progress.status {
        case .queued, .waiting: progress.finishedAt == nil
        case .running: false
        case .succeeded, .failed, .canceled, .expired: progress.finishedAt != nil
        }
    }
}

extension StoreError {
    static func cannotBegin(_ execution: Execution) -> StoreError {
        StoreError(
            .invalidExecution,
            "The execution \(execution.id) cannot be queued as “\(execution.progress.status.rawValue)”"
                + (execution.progress.finishedAt.map { ", finished at \($0.timeIntervalSince1970) s" } ?? "")
                + "; a new one is queued or waiting and has not finished, or has an end and its date.")
    }
}
