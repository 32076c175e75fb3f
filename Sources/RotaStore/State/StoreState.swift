package import Foundation

/// Everything a store remembers, with the indexes that find it: the pure state machine behind the built-in stores.
///
/// ``apply(_:)`` is the only way in which it changes. The operations decide on changes, apply them one by one, and
/// leave them in a ``ChangeLog``; a store that writes the log down can rebuild the state by applying it again.
package struct StoreState: Sendable {
    package private(set) var jobs = RecordTable<JobID, Job>()
    package private(set) var executions = RecordTable<ExecutionID, Execution>()
    package private(set) var histories = RecordTable<JobID, JobHistory>()
    package private(set) var idempotencyKeys: [String: JobID] = [:]
    package private(set) var dependencies: [DependencyID: JobDependency] = [:]
    /// Keys of operations that were done, with the job that each was done to.
    package private(set) var operations: [OperationKey: DoneOperation] = [:]

    package private(set) var jobOrder = OrderedIndex<JobID>()
    package private(set) var executionOrder = OrderedIndex<ExecutionID>()
    /// Active jobs, by the instant of their next occurrence.
    package private(set) var dueJobs = OrderedIndex<DueKey<JobID>>()
    /// Queued executions, by the instant from which they may start.
    package private(set) var queue = OrderedIndex<DueKey<ExecutionID>>()
    /// Running executions, by the end of their lease.
    package private(set) var leases = OrderedIndex<DueKey<ExecutionID>>()

    package init() {}

    /// Makes a change.
    ///
    /// A change of a part of a record that is not there does nothing: the record's removal came first.
    ///
    /// - Complexity: O(log n) in the number of records; for `removeJob`, times the number of the job's executions.
    package mutating func apply(_ change: Change) {
        switch change {
        case .putJob(let job): put(job)
        case .putPosition(let id, let position): put(position, of: id)
        case .putTally(let id, let tally): jobs.modify(id) { $0.tally = tally }
        case .removeJob(let id): removeJob(id)
        case .putExecution(let execution): put(execution)
        case .putProgress(let id, let progress): put(progress, of: id)
        case .putAttempt(let id, let attempt): put(attempt, of: id)
        case .removeExecution(let id): removeExecution(id)
        case .putSkips(let id, let skips):
            if jobs.contains(id) { histories.modify(id, default: JobHistory()) { $0.skips = skips } }
        case .putSkip(let skip, let limit):
            if jobs.contains(skip.jobID) {
                histories.modify(skip.jobID, default: JobHistory()) { $0.put(skip, keeping: limit) }
            }
        case .putIdempotencyKey(let key, let id): put(key, for: id)
        case .putVersion(let version):
            if jobs.contains(version.jobID) {
                histories.modify(version.jobID, default: JobHistory()) { $0.put(version) }
            }
        case .removeVersion(let id):
            histories.modify(id.jobID) { history in history.versions.removeAll { $0.version == id.version } }
        case .putDependency(let dependency):
            if jobs[dependency.jobID] != nil, jobs[dependency.dependsOn] != nil {
                dependencies[dependency.id] = dependency
            }
        case .removeDependency(let id): dependencies[id] = nil
        case .putOperation(let key, let id):
            if jobs[id] != nil {
                operations[OperationKey(operation: key.operation, key: key.key)] = DoneOperation(
                    job: id, expiresAt: key.expiresAt)
            }
        case .removeOperation(let key): operations[key] = nil
        }
    }

    private mutating func put(_ job: Job) {
        if let old = jobs.updateValue(job, forKey: job.id) {
            if let wake = old.position.wake { dueJobs.remove(DueKey(instant: wake, id: job.id)) }
        } else {
            jobOrder.insert(job.id)
        }
        if let wake = job.position.wake { dueJobs.insert(DueKey(instant: wake, id: job.id)) }
    }

    private mutating func put(_ position: JobPosition, of id: JobID) {
        let replaced = jobs.modify(id) { job in
            defer { job.position = position }
            return job.position.wake
        }
        guard let oldWake = replaced, oldWake != position.wake else { return }
        if let wake = oldWake { dueJobs.remove(DueKey(instant: wake, id: id)) }
        if let wake = position.wake { dueJobs.insert(DueKey(instant: wake, id: id)) }
    }

    private mutating func removeJob(_ id: JobID) {
        guard let job = jobs.removeValue(forKey: id) else { return }
        jobOrder.remove(id)
        if let wake = job.position.wake { dueJobs.remove(DueKey(instant: wake, id: id)) }
        for dependency in dependencies.values where dependency.jobID == id || dependency.dependsOn == id {
            dependencies[dependency.id] = nil
        }
        for (key, done) in operations where done.job == id { operations[key] = nil }
        guard let history = histories.removeValue(forKey: id) else { return }
        for execution in history.executions.suffix() {
            guard let removed = executions.removeValue(forKey: execution) else { continue }
            executionOrder.remove(execution)
            removeFromQueues(execution, of: id, removed.progress)
        }
        if let key = history.idempotencyKey { idempotencyKeys[key] = nil }
    }

    private mutating func put(_ key: String, for id: JobID) {
        guard jobs.contains(id) else { return }
        idempotencyKeys[key] = id
        histories.modify(id, default: JobHistory()) { $0.idempotencyKey = key }
    }

    private mutating func put(_ execution: Execution) {
        guard jobs.contains(execution.jobID) else { return }
        if let old = executions.updateValue(execution, forKey: execution.id) {
            removeFromQueues(old.id, of: old.jobID, old.progress)
        } else {
            executionOrder.insert(execution.id)
        }
        histories.modify(execution.jobID, default: JobHistory()) { $0.executions.insert(execution.id) }
        addToQueues(execution.id, of: execution.jobID, execution.progress)
    }

    private mutating func put(_ progress: ExecutionProgress, of id: ExecutionID) {
        let replaced = executions.modify(id) { execution in
            defer { execution.progress = progress }
            return (job: execution.jobID, progress: execution.progress)
        }
        guard let replaced else { return }
        removeFromQueues(id, of: replaced.job, replaced.progress)
        addToQueues(id, of: replaced.job, progress)
    }

    private mutating func put(_ attempt: Attempt, of id: ExecutionID) {
        executions.modify(id) { execution in
            if attempt.number >= 1, attempt.number <= execution.attempts.count {
                execution.attempts[attempt.number - 1] = attempt
            } else {
                execution.attempts.append(attempt)
            }
        }
    }

    private mutating func removeExecution(_ id: ExecutionID) {
        guard let execution = executions.removeValue(forKey: id) else { return }
        executionOrder.remove(id)
        removeFromQueues(id, of: execution.jobID, execution.progress)
        histories.modify(execution.jobID) { $0.executions.remove(id) }
    }

    private mutating func addToQueues(_ id: ExecutionID, of job: JobID, _ progress: ExecutionProgress) {
        switch progress.status {
        case .queued: queue.insert(DueKey(instant: progress.dueAt, id: id))
        case .running: if let lease = progress.lease { leases.insert(DueKey(instant: lease.expiresAt, id: id)) }
        case .waiting: break
        case .succeeded, .failed, .canceled, .expired: histories.modify(job) { $0.finished.insert(id) }
        }
    }

    private mutating func removeFromQueues(_ id: ExecutionID, of job: JobID, _ progress: ExecutionProgress) {
        switch progress.status {
        case .queued: queue.remove(DueKey(instant: progress.dueAt, id: id))
        case .running: if let lease = progress.lease { leases.remove(DueKey(instant: lease.expiresAt, id: id)) }
        case .waiting: break
        case .succeeded, .failed, .canceled, .expired: histories.modify(job) { $0.finished.remove(id) }
        }
    }
}

/// One after-image: what a record, or a part of it, is from now on.
///
/// Applying a change twice, or over a later image of another part, gives the same state; so a journal of changes can
/// be replayed over a snapshot that was taken while the changes were made.
package enum Change: Sendable, Hashable {
    case putJob(Job)
    case putPosition(JobID, JobPosition)
    case putTally(JobID, JobTally)
    /// The job goes, and with it its executions, its skips and its idempotency key.
    case removeJob(JobID)

    case putExecution(Execution)
    case putProgress(ExecutionID, ExecutionProgress)
    /// The attempt takes the place that its number says, or the one after the last.
    case putAttempt(ExecutionID, Attempt)
    case removeExecution(ExecutionID)

    case putSkips(JobID, [SkippedOccurrence])
    /// The skip replaces the last one that begins at the same instant, or is added; the oldest beyond a number go.
    case putSkip(SkippedOccurrence, keeping: Int)
    case putIdempotencyKey(String, JobID)

    case putVersion(JobVersion)
    case removeVersion(JobVersionID)
    case putDependency(JobDependency)
    case removeDependency(DependencyID)
    /// An operation was done to a job under a key.
    case putOperation(IdempotencyKey, JobID)
    case removeOperation(OperationKey)
}

/// The key of an operation that was done.
package struct OperationKey: Sendable, Hashable {
    package let operation: String
    package let key: String

    package init(operation: String, key: String) {
        self.operation = operation
        self.key = key
    }
}

/// What is remembered of an operation that was done under a key.
package struct DoneOperation: Sendable, Hashable {
    package let job: JobID
    package let expiresAt: Date
}

/// The changes that an operation made, for stores that write them down.
package struct ChangeLog: Sendable {
    package private(set) var changes: [Change] = []
    private let isRecording: Bool

    package init(isRecording: Bool) {
        self.isRecording = isRecording
    }

    package mutating func append(_ change: @autoclosure () -> Change) {
        if isRecording { changes.append(change()) }
    }
}
