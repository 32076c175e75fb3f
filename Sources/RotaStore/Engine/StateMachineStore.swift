package import Foundation
package import RotaSchedule

/// A store that keeps its records in a ``StoreState``, and makes the changes of each operation durable as one commit.
///
/// It implements ``commit(_:by:_:)`` and ``query(_:)``. The operations of ``JobStore`` are those of the state with the
/// same names. A store that does more for one of them implements it itself.
package protocol StateMachineStore: JobStore {
    /// Performs an operation, and returns when its changes are durable.
    ///
    /// - Parameters:
    ///   - definitions: The definitions in the operation, encoded by the caller's task.
    ///   - date: The latest date of the caller's clock in the operation. A store with a clock of its own refuses it if
    ///     that date is in the future.
    ///   - operation: Changes the state, and logs the changes.
    /// - Throws: What the operation throws, or the reason why its changes are not durable.
    func commit<Outcome: Sendable>(
        _ definitions: [JobID: [UInt8]], by date: Date?,
        _ operation: @escaping @Sendable (inout StoreState, inout ChangeLog) throws -> Outcome
    ) async throws -> Outcome

    /// Runs a query, which must change no record, and returns when the data in its result is durable.
    func query<Outcome: Sendable>(_ body: @escaping @Sendable (inout StoreState) throws -> Outcome) async throws
        -> Outcome
}

extension StateMachineStore {
    private func commit<Outcome: Sendable>(
        by date: Date? = nil, _ operation: @escaping @Sendable (inout StoreState, inout ChangeLog) throws -> Outcome
    ) async throws -> Outcome {
        try await commit([:], by: date, operation)
    }

    // MARK: Commits

    /// Inserts jobs with their first executions.
    public func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        let date = insertions.lazy.map(\.job.createdAt).max()
        return try await commit(insertions.definitions(), by: date) { state, log in
            try state.insert(insertions, log: &log)
        }
    }

    /// Replaces a job's definition or schedule state.
    public func replace(_ replacement: JobReplacement) async throws -> Job {
        try await commit(replacement.definitions(), by: replacement.date) { state, log in
            try state.replace(replacement, log: &log)
        }
    }

    /// Inserts, replaces and deletes jobs of an owner.
    public func declare(_ declaration: JobDeclaration) async throws -> [Job] {
        let dates = declaration.insertions.map(\.job.createdAt) + declaration.replacements.map(\.date)
        return try await commit(declaration.definitions(), by: dates.max()) { state, log in
            try state.declare(declaration, log: &log)
        }
    }

    /// Deletes jobs with everything that belongs to them.
    public func delete(_ ids: [JobID]) async throws -> [JobID] {
        try await commit { state, log in state.delete(ids, log: &log) }
    }

    /// Turns due occurrences into executions and skips.
    public func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        try await commit { state, log in state.fire(fires, log: &log) }
    }

    /// Queues executions of existing jobs.
    @discardableResult
    public func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
        try await commit(by: executions.lazy.map(\.createdAt).max()) { state, log in
            try state.enqueue(executions, log: &log)
        }
    }

    /// Claims due executions under a lease.
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        try await commit { state, log in state.claim(request, log: &log) }
    }

    /// Extends leases.
    public func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        try await commit { state, log in state.renew(renewals, log: &log) }
    }

    /// Records the ends of attempts.
    public func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try await commit { state, log in state.finish(completions, log: &log) }
    }

    /// Does the work of a scheduler's pass.
    public func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome {
        try await commit { state, log in state.turn(turn, log: &log) }
    }

    /// A commit takes a sync of a disk, or round trips, so one for a whole pass is better than several.
    public var prefersTurns: Bool { true }

    /// Cancels executions.
    public func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        try await commit(by: requests.lazy.map(\.date).max()) { state, log in state.cancel(requests, log: &log) }
    }

    /// Cancels all unfinished executions that a query lists.
    public func cancel(matching request: BulkCancellation) async throws -> CancellationReport {
        try await commit(by: request.date) { state, log in try state.cancel(matching: request, log: &log) }
    }

    /// Discards dead letters.
    public func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool] {
        try await commit(by: date) { state, log in state.discard(ids, at: date, log: &log) }
    }

    /// Completes waiting executions.
    public func completeWaiting(
        _ completions: [ExternalCompletion]
    ) async throws -> [ExternalCompletion.Outcome] {
        try await commit(by: completions.lazy.map(\.date).max()) { state, log in
            state.completeWaiting(completions, log: &log)
        }
    }

    /// Expires late executions and removes old records.
    public func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try await commit { state, log in state.prune(at: now, limit: limit, log: &log) }
    }

    /// Brings records that a clock wrote while it was ahead back to the current time.
    public func rewind(to now: Date, limit: Int) async throws -> RewindReport {
        try await commit { state, log in state.rewind(to: now, limit: limit, log: &log) }
    }

    /// Adds a dependency.
    public func addDependency(_ dependency: JobDependency) async throws {
        try await commit { state, log in try state.addDependency(dependency, log: &log) }
    }

    /// Removes a dependency.
    public func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await commit { state, log in state.removeDependency(id, log: &log) }
    }

    /// Keeps a calendar under a name, and reschedules the jobs that use it.
    public func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        try await commit(by: date) { state, log in try state.setCalendar(calendar, named: name, at: date, log: &log) }
    }

    /// Deletes a calendar that no job uses.
    public func deleteCalendar(named name: String) async throws -> Bool {
        try await commit { state, log in try state.deleteCalendar(named: name, log: &log) }
    }

    // MARK: Queries

    /// Returns all calendars, by name.
    public func calendars() async throws -> [String: ScheduleCalendar] {
        try await query { $0.calendars }
    }

    /// Returns the versions of a job, newest first.
    public func versions(of job: JobID) async throws -> [JobVersion] {
        try await query { $0.versions(of: job) }
    }

    /// Returns the dependencies of a job.
    public func dependencies(of job: JobID) async throws -> [JobDependency] {
        try await query { $0.dependencies(of: job) }
    }

    /// Counts jobs and executions by state.
    public func counts() async throws -> StoreCounts {
        try await query { $0.counts() }
    }

    /// Returns an owner of declared jobs.
    public func owner(_ name: String) async throws -> JobOwner? {
        try await query { state in state.owners[name] }
    }

    /// Returns a job.
    public func job(_ id: JobID) async throws -> Job? {
        try await query { $0.jobs[id] }
    }

    /// Lists jobs, oldest first.
    public func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
        try await self.query { try $0.jobs(query) }
    }

    /// Returns the work that is due at a date.
    public func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        try await query { $0.dueWork(at: now, limit: limit) }
    }

    /// Returns an execution with its attempts.
    public func execution(_ id: ExecutionID) async throws -> Execution? {
        try await query { $0.executions[id] }
    }

    /// Returns the running executions under leases of an owner.
    public func leases(of owner: String) async throws -> [Claim] {
        try await query { $0.leases(of: owner) }
    }

    /// Returns what enqueuing an execution would do.
    public func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial {
        try await query { try $0.trial(of: execution, at: now) }
    }

    /// Returns everything that keeps an execution from starting.
    public func holds(on id: ExecutionID, at now: Date) async throws -> [ExecutionHold] {
        try await query { $0.holds(on: id, at: now) }
    }

    /// Lists executions.
    public func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
        try await self.query { try $0.executions(query) }
    }

    /// Returns how the executions of a scope have fared.
    public func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
    ) async throws -> JobHealth {
        try await query { $0.health(of: scope, over: window, at: now) }
    }

    /// Returns the skipped occurrences of a job, oldest first.
    public func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try await query { $0.histories[job]?.skips ?? [] }
    }
}
