extension StoreState {
    @discardableResult
    package mutating func enqueue(_ new: [Execution], log: inout ChangeLog) throws(StoreError) -> [Enqueued] {
        try check(new)
        return new.map { execution in
            if let existing = earlierRun(as: execution) { return .existing(existing) }
            record(.putExecution(execution), log: &log)
            return .queued(execution)
        }
    }

    /// The execution of the same job that was asked for with the same key before (SX-5).
    private func earlierRun(as execution: Execution) -> Execution? {
        guard execution.hasDetails, let key = execution.details.idempotencyKey else { return nil }
        return executionIndex.execution(of: execution.jobID, key: key).flatMap { executions[$0] }
    }

    /// Checks that all executions can be queued, but for those that are repetitions.
    private func check(_ new: [Execution]) throws(StoreError) {
        var ids = Set<ExecutionID>()
        var keys: [JobID: Set<String>] = [:]
        for execution in new {
            guard jobs[execution.jobID] != nil else { throw .noJob(execution.jobID) }
            if execution.hasDetails, let key = execution.details.idempotencyKey {
                guard earlierRun(as: execution) == nil, keys[execution.jobID, default: []].insert(key).inserted
                else { continue }
            }
            guard executions[execution.id] == nil, ids.insert(execution.id).inserted else {
                throw .executionExists(execution.id)
            }
        }
    }
}
