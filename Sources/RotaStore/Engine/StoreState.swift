package import Foundation
package import RotaSchedule

/// The records of a store and their indexes: the pure state machine behind the built-in stores.
///
/// Records change only through ``apply(_:)``, or through the `put` that it calls for the same change. Each operation
/// decides on changes, applies them one by one, and leaves them in a ``ChangeLog``. A store that persists the log can
/// rebuild the state by applying it again.
///
/// ```
///   operation ──► Change ──► apply ──► records and indexes
///                   │
///                   └──────► ChangeLog ──► journal (FileJobStore)
/// ```
package struct StoreState: Sendable {
    package internal(set) var jobs = RecordTable<JobID, Job>()
    package internal(set) var executions = ExecutionTable()
    package internal(set) var histories = RecordTable<JobID, JobHistory>()
    package internal(set) var idempotencyKeys: [String: JobID] = [:]
    /// The owners of declared jobs, by name.
    package internal(set) var owners: [String: JobOwner] = [:]
    /// The calendars that schedules refer to, by name.
    ///
    /// The jobs in ``jobs`` are bound to them.
    package internal(set) var calendars: [String: ScheduleCalendar] = [:]
    package internal(set) var dependencies: [DependencyID: JobDependency] = [:]
    /// The expiry date of each operation key.
    package internal(set) var operations: [JobOperationKey: Date] = [:]

    var jobIndex = JobIndex()
    var executionIndex = ExecutionIndex()
    /// Active jobs, by the date of their next occurrence.
    package internal(set) var dueJobs = OrderedIndex<DueKey<JobID>>()
    /// Unfinished executions, in the order in which they may be claimed.
    package internal(set) var claims = ClaimQueue()
    /// Running executions, by the end of their lease.
    package internal(set) var leases = OrderedIndex<DueKey<ExecutionID>>()
    /// Executions that expire unless they start or complete in time, by their expiry date.
    package internal(set) var expiries = OrderedIndex<DueKey<ExecutionID>>()
    /// Finished executions, by the date at which their retention ends.
    package internal(set) var aged = OrderedIndex<DueKey<ExecutionID>>()
    /// Operation keys, by their expiry date.
    var expiringKeys = OrderedIndex<ExpiringKey>()
    /// The retention of each job that limits the age of its history.
    var agingJobs: [JobID: Retention] = [:]
    /// The finished notifications of each job.
    package internal(set) var finishedNotifications: [JobID: OrderedIndex<ExecutionID>] = [:]
    /// Finished executions that are kept until a date, by that date.
    var kept = OrderedIndex<DueKey<ExecutionID>>()
    /// The latest date at which history was trimmed.
    ///
    /// Derived and never persisted, like ``clock``.
    package internal(set) var trimmedAt = Date.distantPast
    /// The executions that wait for the end of a batch.
    var followUps: [BatchID: ExecutionID] = [:]
    /// The queued executions that keep a trail, by due time.
    var trailKeepers = OrderedIndex<DueKey<ExecutionID>>()
    /// The jobs with more finished executions or notifications than their retention allows.
    var overfull = OrderedIndex<JobID>()
    /// Whether the state is still being filled from a file or a database.
    ///
    /// The marks in ``overfull`` are right only afterwards.
    package internal(set) var isLoading: Bool
    /// For each job whose schedule was restarted, the number of executions for each occurrence.
    var restarted: [JobID: [Date: Int]] = [:]
    /// The jobs whose schedules name each calendar.
    var calendarJobs: [String: Set<JobID>] = [:]
    /// The dependencies of each job on others.
    var jobDependencies: [JobID: Set<DependencyID>] = [:]
    /// The dependencies of other jobs on each job.
    var jobDependents: [JobID: Set<DependencyID>] = [:]

    /// The ended executions of each scope whose health was queried.
    ///
    /// Derived and never persisted.
    var health: [JobHealth.Scope: HealthIndex] = [:]

    /// Whether the store compares the dates of its callers with a clock of its own, so that no record is ahead of it.
    package var checksClocks = false

    /// The latest `now` that a caller passed.
    ///
    /// Like `expiredInQueue`, it is derived and never persisted.
    var clock = Date.distantPast
    /// The latest date at which a record was decided, changed or started, as far as ``rewind(to:limit:log:)`` must
    /// know.
    var latestDate = Date.distantPast
    /// The longest lease that was granted, in seconds.
    var longestLease: TimeInterval?
    /// Queued executions that have expired by `clock` and are not yet pruned.
    var expiredInQueue: Set<ExecutionID> = []

    /// Creates an empty state.
    ///
    /// - Parameter isLoading: Whether records of a file or a database follow, until ``endLoading()``.
    package init(isLoading: Bool = false) {
        self.isLoading = isLoading
    }

    /// All jobs, in creation order.
    package var jobOrder: OrderedIndex<JobID> { jobIndex.order }

    /// All executions, in creation order.
    package var executionOrder: OrderedIndex<ExecutionID> { executionIndex.order }

    /// Applies a change.
    ///
    /// A change of a part of a missing record does nothing, because the record was removed before.
    ///
    /// - Complexity: O(log n) in the number of records; for `removeJob`, and `putJob` with other limits or another
    ///   retention, times the number of the job's executions.
    package mutating func apply(_ change: Change) {
        switch change {
        case .putJob(let job): put(job)
        case .putScheduleState(let id, let scheduleState): put(scheduleState, of: id)
        case .putStatistics(let id, let statistics): put(statistics, of: id)
        case .removeJob(let id): removeJob(id)
        case .putExecution(let execution): put(execution)
        case .putProgress(let id, let progress): put(progress, of: id)
        case .putLease(let id, let lease, let heartbeat, let report):
            guard var progress = executions.read(id, { $0.progress }) else { return }
            progress.renew(lease, heartbeatAt: heartbeat, report: report)
            put(progress, of: id)
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
                // Unbound, because what its schedule names may change.
                let version = version.binding([:])
                histories.modify(version.jobID, default: JobHistory()) { $0.put(version) }
            }
        case .removeVersion(let id):
            histories.modify(id.jobID) { $0.versions.removeAll { $0.version == id.version } }
        case .putDependency(let dependency): put(dependency)
        case .removeDependency(let id): removeDependency(id)
        case .putOperation(let key, let id): put(key, for: id)
        case .removeOperation(let key): removeOperation(key)
        case .putOwner(let owner): owners[owner.name] = owner
        case .putCalendar(let name, let calendar): put(calendar, named: name)
        case .removeCalendar(let name): put(nil, named: name)
        case .putStart(let pool, let start):
            if case .job(let id) = pool, !jobs.contains(id) { return }
            claims.put(start, in: pool)
        case .forgetStarts(let pool, let date): claims.forgetStarts(in: pool, through: date)
        }
    }

    /// Applies a change and logs it.
    mutating func record(_ change: Change, log: inout ChangeLog) {
        log.append(change)
        apply(change)
    }

    // MARK: Frequent changes, which become a `Change` only if the log records

    mutating func record(_ job: Job, log: inout ChangeLog) {
        log.append(.putJob(job))
        put(job)
    }

    mutating func record(_ execution: Execution, log: inout ChangeLog) {
        log.append(.putExecution(execution))
        put(execution)
    }

    mutating func record(_ progress: ExecutionProgress, of id: ExecutionID, log: inout ChangeLog) {
        log.append(.putProgress(id, progress))
        put(progress, of: id)
    }

    mutating func record(_ attempt: Attempt, of id: ExecutionID, log: inout ChangeLog) {
        log.append(.putAttempt(id, attempt))
        put(attempt, of: id)
    }

    mutating func record(_ scheduleState: ScheduleState, of id: JobID, log: inout ChangeLog) {
        log.append(.putScheduleState(id, scheduleState))
        put(scheduleState, of: id)
    }

    mutating func record(_ statistics: JobStatistics, of id: JobID, log: inout ChangeLog) {
        log.append(statistics, of: id)
        put(statistics, of: id)
    }

    private mutating func put(_ key: String, for id: JobID) {
        guard jobs.contains(id) else { return }
        idempotencyKeys[key] = id
        histories.modify(id, default: JobHistory()) { $0.idempotencyKey = key }
    }

    private mutating func put(_ key: OperationKey, for id: JobID) {
        guard jobs.contains(id) else { return }
        let operation = JobOperationKey(job: id, operation: key.operation, key: key.key)
        removeOperation(operation)
        operations[operation] = key.expiresAt
        expiringKeys.insert(ExpiringKey(date: key.expiresAt, key: operation))
        histories.modify(id, default: JobHistory()) { _ = $0.operations.insert(operation) }
    }

    mutating func removeOperation(_ key: JobOperationKey) {
        guard let date = operations.removeValue(forKey: key) else { return }
        expiringKeys.remove(ExpiringKey(date: date, key: key))
        histories.modify(key.job) { _ = $0.operations.remove(key) }
    }
}
