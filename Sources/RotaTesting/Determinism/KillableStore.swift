public import Foundation
public import RotaSchedule
public import RotaStore
import Synchronization

/// A store that can be cut off from its scheduler, as if the scheduler's process were killed.
///
/// After ``kill()``, nothing that the scheduler does reaches the store, not even results of attempts that are under
/// way, and its leases stay until they run out. Its `run()` throws ``Killed`` the next time it uses the store, at the
/// latest after `WallClock.longestSleep`.
///
/// ```swift
/// let clock = ManualClock()
/// let store = InMemoryJobStore()
/// let mortal = KillableStore(store)
/// let first = Scheduler(store: mortal, transport: ScriptedTransport(.status(200)), clock: clock)
/// let second = Scheduler(store: store, transport: ScriptedTransport(.status(200)), clock: clock)
/// let runs = [first, second].map { scheduler in Task { try await scheduler.run() } }
/// await clock.advance(by: .seconds(10), driving: [first, second])
/// mortal.kill()
/// await clock.advance(by: .seconds(60), driving: [first, second])  // the second takes over
/// for run in runs { run.cancel() }
/// ```
public final class KillableStore: JobStore {
    /// The error of every operation after ``KillableStore/kill()``.
    public struct Killed: LocalizedError, Hashable, CustomStringConvertible {
        package init() {}

        /// The ``description``, so that `localizedDescription` says it too.
        public var errorDescription: String? { description }

        /// The error in words.
        public var description: String { "The test has killed this scheduler. Create another one on the same store." }
    }

    private let base: any JobStore
    private let isCutOff = Mutex(false)

    /// Creates a store that forwards every operation to another one.
    public init(_ base: some JobStore) {
        self.base = base
    }

    /// Whether ``kill()`` was called.
    public var isKilled: Bool { isCutOff.withLock(\.self) }

    /// Cuts the store off, for good.
    ///
    /// An operation that is under way may still take effect, but its caller never learns of it.
    public func kill() {
        isCutOff.withLock { $0 = true }
    }

    private func reach<Answer: Sendable>(
        _ operation: @Sendable (any JobStore) async throws -> Answer
    ) async throws -> Answer {
        guard !isKilled else { throw Killed() }
        let answer: Result<Answer, any Error>
        do { answer = .success(try await operation(base)) } catch { answer = .failure(error) }
        guard !isKilled else { throw Killed() }
        return try answer.get()
    }
}

extension KillableStore {
    /// Inserts jobs.
    public func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        try await reach { try await $0.insert(insertions) }
    }

    /// Replaces a job's definition or schedule state.
    public func replace(_ replacement: JobReplacement) async throws -> Job {
        try await reach { try await $0.replace(replacement) }
    }

    /// Inserts, replaces and deletes jobs of an owner, in one step.
    public func declare(_ declaration: JobDeclaration) async throws -> [Job] {
        try await reach { try await $0.declare(declaration) }
    }

    /// Reads an owner of declared jobs.
    public func owner(_ name: String) async throws -> JobOwner? {
        try await reach { try await $0.owner(name) }
    }

    /// Deletes jobs.
    public func delete(_ ids: [JobID]) async throws -> [JobID] {
        try await reach { try await $0.delete(ids) }
    }

    /// Reads a job.
    public func job(_ id: JobID) async throws -> Job? {
        try await reach { try await $0.job(id) }
    }

    /// Lists jobs.
    public func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
        try await reach { try await $0.jobs(query) }
    }

    /// Lists the versions of a job.
    public func versions(of job: JobID) async throws -> [JobVersion] {
        try await reach { try await $0.versions(of: job) }
    }

    /// Adds a dependency.
    public func addDependency(_ dependency: JobDependency) async throws {
        try await reach { try await $0.addDependency(dependency) }
    }

    /// Removes a dependency.
    public func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await reach { try await $0.removeDependency(id) }
    }

    /// Lists the dependencies of a job.
    public func dependencies(of job: JobID) async throws -> [JobDependency] {
        try await reach { try await $0.dependencies(of: job) }
    }

    /// Keeps a calendar under a name.
    public func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        try await reach { try await $0.setCalendar(calendar, named: name, at: date) }
    }

    /// Deletes a calendar.
    public func deleteCalendar(named name: String) async throws -> Bool {
        try await reach { try await $0.deleteCalendar(named: name) }
    }

    /// Reads all calendars.
    public func calendars() async throws -> [String: ScheduleCalendar] {
        try await reach { try await $0.calendars() }
    }

    /// Reads the due work at a date.
    public func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        try await reach { try await $0.dueWork(at: now, limit: limit) }
    }

    /// Turns due occurrences into executions and skips.
    public func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        try await reach { try await $0.fire(fires) }
    }

    /// Queues executions.
    public func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
        try await reach { try await $0.enqueue(executions) }
    }

    /// Claims due executions.
    public func claim(_ request: ClaimRequest) async throws -> [Claim] {
        try await reach { try await $0.claim(request) }
    }

    /// Extends leases.
    public func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        try await reach { try await $0.renew(renewals) }
    }

    /// Records the ends of attempts.
    public func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try await reach { try await $0.finish(completions) }
    }

    /// Cancels executions.
    public func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        try await reach { try await $0.cancel(requests) }
    }

    /// Cancels all unfinished executions that a query lists.
    public func cancel(matching request: BulkCancellation) async throws -> CancellationReport {
        try await reach { try await $0.cancel(matching: request) }
    }

    /// Discards dead letters.
    public func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool] {
        try await reach { try await $0.discard(ids, at: date) }
    }

    /// Completes waiting executions from outside.
    public func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome] {
        try await reach { try await $0.completeWaiting(answers) }
    }

    /// Expires executions and removes old history.
    public func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try await reach { try await $0.prune(at: now, limit: limit) }
    }

    /// Brings back records that a clock wrote while it was ahead.
    public func rewind(to now: Date, limit: Int) async throws -> RewindReport {
        try await reach { try await $0.rewind(to: now, limit: limit) }
    }

    /// Returns how the executions of a scope have fared.
    public func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
    ) async throws -> JobHealth {
        try await reach { try await $0.health(of: scope, over: window, at: now) }
    }

    /// Reads an execution.
    public func execution(_ id: ExecutionID) async throws -> Execution? {
        try await reach { try await $0.execution(id) }
    }

    /// Returns what enqueuing an execution would do.
    public func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial {
        try await reach { try await $0.trial(of: execution, at: now) }
    }

    /// Returns everything that keeps an execution from starting.
    public func holds(on id: ExecutionID, at now: Date) async throws -> [ExecutionHold] {
        try await reach { try await $0.holds(on: id, at: now) }
    }

    /// Lists executions.
    public func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
        try await reach { try await $0.executions(query) }
    }

    /// Lists the skipped occurrences of a job.
    public func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try await reach { try await $0.skips(of: job) }
    }

    /// Counts jobs and executions by state.
    public func counts() async throws -> StoreCounts {
        try await reach { try await $0.counts() }
    }
}
