import Foundation

/// The indexes behind lists of executions.
package struct ExecutionIndex: Sendable {
    /// An idempotency key of a job's execution.
    private struct ExecutionKey: Sendable, Hashable {
        let job: JobID
        let key: String
    }

    package private(set) var order = OrderedIndex<ExecutionID>()
    /// By nominal date.
    private(set) var schedule = OrderedIndex<DueKey<ExecutionID>>()
    /// By nominal date, for the jobs that were asked for last.
    private var jobSchedules: [JobID: OrderedIndex<DueKey<ExecutionID>>] = [:]
    private var scheduledJobs: [JobID] = []
    private var statuses = [OrderedIndex<ExecutionID>](repeating: OrderedIndex(), count: 7)
    private var executionKeys: [ExecutionKey: ExecutionID] = [:]
    private var uniqueKeys: [ExecutionKey: UniqueExecutions] = [:]
    /// The executions that ended, by dependency key and the date of their end.
    private var endedByKey: [ExecutionKey: OrderedIndex<DueKey<ExecutionID>>] = [:]

    /// The executions of a job that have a key of uniqueness.
    private struct UniqueExecutions: Sendable {
        var all = OrderedIndex<ExecutionID>()
        var unfinished = OrderedIndex<ExecutionID>()
    }

    /// The executions with a status.
    func executions(_ status: ExecutionStatus) -> OrderedIndex<ExecutionID> { statuses[Self.place(of: status)] }

    /// The execution of a job that has an idempotency key.
    func execution(of job: JobID, key: String) -> ExecutionID? {
        executionKeys.isEmpty ? nil : executionKeys[ExecutionKey(job: job, key: key)]
    }

    /// Whether any execution has a key of uniqueness.
    var hasUniqueKeys: Bool { !uniqueKeys.isEmpty }

    /// The newest execution of a job with a key of uniqueness.
    func newest(of job: JobID, uniqueBy key: String) -> ExecutionID? {
        uniqueKeys.isEmpty ? nil : uniqueKeys[ExecutionKey(job: job, key: key)]?.all.last
    }

    /// The executions of a job that may make a request with a key of uniqueness return one of them, newest first: the
    /// newest of all, and the unfinished ones.
    func executions(of job: JobID, uniqueBy key: String) -> [ExecutionID] {
        guard let found = uniqueKeys[ExecutionKey(job: job, key: key)], let newest = found.all.last else { return [] }
        return [newest] + Array(found.unfinished.suffix()).reversed().filter { $0 != newest }
    }

    mutating func add(_ execution: ExecutionFacts) {
        if let key = execution.uniqueKey {
            let uniqueKey = ExecutionKey(job: execution.jobID, key: key)
            uniqueKeys[uniqueKey, default: UniqueExecutions()].all.insert(execution.id)
            if !execution.status.isTerminal { uniqueKeys[uniqueKey]?.unfinished.insert(execution.id) }
        }
        order.insert(execution.id)
        schedule.insert(DueKey(date: execution.scheduledFor, id: execution.id))
        if !jobSchedules.isEmpty {
            jobSchedules[execution.jobID]?.insert(DueKey(date: execution.scheduledFor, id: execution.id))
        }
        statuses[Self.place(of: execution.status)].insert(execution.id)
        guard let key = execution.idempotencyKey else { return }
        let executionKey = ExecutionKey(job: execution.jobID, key: key)
        executionKeys[executionKey] = min(executionKeys[executionKey] ?? execution.id, execution.id)
    }

    /// Removes an execution that has ended from those whose key is in use.
    mutating func endUniqueness(of execution: ExecutionID, _ job: JobID, key: String) {
        uniqueKeys[ExecutionKey(job: job, key: key)]?.unfinished.remove(execution)
    }

    mutating func remove(_ execution: ExecutionFacts) {
        if let key = execution.uniqueKey {
            let uniqueKey = ExecutionKey(job: execution.jobID, key: key)
            uniqueKeys[uniqueKey]?.all.remove(execution.id)
            uniqueKeys[uniqueKey]?.unfinished.remove(execution.id)
            if uniqueKeys[uniqueKey]?.all.isEmpty ?? false { uniqueKeys[uniqueKey] = nil }
        }
        order.remove(execution.id)
        schedule.remove(DueKey(date: execution.scheduledFor, id: execution.id))
        if !jobSchedules.isEmpty {
            jobSchedules[execution.jobID]?.remove(DueKey(date: execution.scheduledFor, id: execution.id))
        }
        statuses[Self.place(of: execution.status)].remove(execution.id)
        guard let key = execution.idempotencyKey else { return }
        let executionKey = ExecutionKey(job: execution.jobID, key: key)
        if executionKeys[executionKey] == execution.id { executionKeys[executionKey] = nil }
    }

    mutating func move(_ id: ExecutionID, from old: ExecutionStatus, to new: ExecutionStatus) {
        statuses[Self.place(of: old)].remove(id)
        statuses[Self.place(of: new)].insert(id)
    }

    // MARK: Jobs by nominal date

    /// The executions of a job by nominal date, if they are kept.
    func schedule(of job: JobID) -> OrderedIndex<DueKey<ExecutionID>>? { jobSchedules[job] }

    /// Keeps the executions of a job by nominal date up to date from now on, for the next page.
    mutating func keepSchedule(
        of job: JobID, _ schedule: OrderedIndex<DueKey<ExecutionID>>
    ) -> OrderedIndex<DueKey<ExecutionID>> {
        if scheduledJobs.count >= 100 { jobSchedules[scheduledJobs.removeFirst()] = nil }
        scheduledJobs.append(job)
        jobSchedules[job] = schedule
        return schedule
    }

    // MARK: Dependency keys

    /// The execution of a job with a dependency key that ended last.
    func lastEnded(of job: JobID, dependencyKey: String) -> ExecutionID? {
        endedByKey[ExecutionKey(job: job, key: dependencyKey)]?.last?.id
    }

    mutating func addEnded(_ execution: DueKey<ExecutionID>, of job: JobID, dependencyKey: String) {
        endedByKey[ExecutionKey(job: job, key: dependencyKey), default: OrderedIndex()].insert(execution)
    }

    mutating func removeEnded(_ execution: DueKey<ExecutionID>, of job: JobID, dependencyKey: String) {
        let place = ExecutionKey(job: job, key: dependencyKey)
        endedByKey[place]?.remove(execution)
        if endedByKey[place]?.isEmpty ?? false { endedByKey[place] = nil }
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

/// A set of identifiers that detects duplicates.
///
/// Generators create identifiers in ascending order, which needs an array only.
struct SeenIDs<ID: RecordID> {
    private var ascending: [ID] = []
    private var others: Set<ID> = []

    /// Adds an identifier.
    ///
    /// - Returns: Whether it is new.
    mutating func insert(_ id: ID) -> Bool {
        guard let last = ascending.last, id <= last else {
            ascending.append(id)
            return others.isEmpty || !others.contains(id)
        }
        var (low, high) = (0, ascending.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if ascending[middle] < id { low = middle + 1 } else { high = middle }
        }
        return ascending[low] != id && others.insert(id).inserted
    }
}
