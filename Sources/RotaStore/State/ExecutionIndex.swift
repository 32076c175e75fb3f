import Foundation

/// The executions of a store in the orders in which they are listed.
package struct ExecutionIndex: Sendable {
    /// A key under which a run of a job was asked for.
    private struct RunKey: Sendable, Hashable {
        let job: JobID
        let key: String
    }

    package private(set) var order = OrderedIndex<ExecutionID>()
    /// By the instant they were scheduled for.
    private(set) var schedule = OrderedIndex<DueKey<ExecutionID>>()
    private var statuses = [OrderedIndex<ExecutionID>](repeating: OrderedIndex(), count: 7)
    private var runKeys: [RunKey: ExecutionID] = [:]

    /// The executions with a status.
    func executions(_ status: ExecutionStatus) -> OrderedIndex<ExecutionID> { statuses[Self.place(of: status)] }

    /// The execution of a job that has an idempotency key.
    func execution(of job: JobID, key: String) -> ExecutionID? {
        runKeys.isEmpty ? nil : runKeys[RunKey(job: job, key: key)]
    }

    mutating func add(_ execution: ExecutionFacts) {
        order.insert(execution.id)
        schedule.insert(DueKey(instant: execution.scheduledFor, id: execution.id))
        statuses[Self.place(of: execution.status)].insert(execution.id)
        guard let key = execution.idempotencyKey else { return }
        let runKey = RunKey(job: execution.jobID, key: key)
        runKeys[runKey] = min(runKeys[runKey] ?? execution.id, execution.id)
    }

    mutating func remove(_ execution: ExecutionFacts) {
        order.remove(execution.id)
        schedule.remove(DueKey(instant: execution.scheduledFor, id: execution.id))
        statuses[Self.place(of: execution.status)].remove(execution.id)
        guard let key = execution.idempotencyKey else { return }
        let runKey = RunKey(job: execution.jobID, key: key)
        if runKeys[runKey] == execution.id { runKeys[runKey] = nil }
    }

    mutating func move(_ id: ExecutionID, from old: ExecutionStatus, to new: ExecutionStatus) {
        statuses[Self.place(of: old)].remove(id)
        statuses[Self.place(of: new)].insert(id)
    }

    private static func place(of status: ExecutionStatus) -> Int {
        switch status {
        case .queued: 0
        case .running: 1
        case .waiting: 2
        case .succeeded: 3
        case .failed: 4
        case .canceled: 5
        case .expired: 6
        }
    }
}
