public import Foundation
public import RotaSchedule

/// Durable storage for jobs and executions.
///
/// A store consists of a few atomic, batched operations. Each fits into one transaction of a relational database. A
/// store has no clock: callers pass the time. When an operation returns, its effects are as durable as the store
/// promises. When it throws, nothing happened, unless the error says that the outcome is unknown.
///
/// Two rules keep several schedulers on one store from firing an occurrence twice or losing an execution:
///
/// - A job advances along its schedule only by compare-and-swap on ``ScheduleState/revision`` (``fire(_:)``,
///   ``replace(_:)``), in the same step that creates the executions.
/// - An attempt is finished only with the fencing token of the execution's latest lease (``finish(_:)``).
///
/// Every operation that ends an execution (``finish(_:)``, ``cancel(_:)``, ``cancel(matching:)``,
/// ``completeWaiting(_:)``, ``prune(at:limit:)``, or a fire that replaces it) applies the consequences in the same
/// step:
///
/// - Count it with ``JobStatistics/count(_:startedAt:finishedAt:)``, unless it is a notification
///   (``ExecutionSource/notification``).
/// - Queue its notifications: ``Job/notifications(of:at:)``.
/// - Call ``ScheduleState/resumeAfterCompletion(of:at:in:)`` and ``ScheduleState/recordBreakerOutcome(of:policy:at:)``.
///   If either reports a change, store the job's schedule state with a new revision.
/// - Record what its chain asks for: ``Job/chained(from:at:find:)``.
/// - If it belongs to a backfill (``ExecutionSource/backfill``) and no other execution of its batch is in progress,
///   queue the batch's waiting, unstarted execution with the earliest nominal date, due at the date of the end.
///   The job's time to live (``JobLimits/timeToLive``) begins then.
/// - Remove the job's oldest finished executions and notifications beyond its retention count, and the execution itself
///   if its retention age is zero. From then on no operation returns them; their space may be freed later.
///
/// An operation may throw ``StoreError`` with one of four codes that say nothing about the request. With `unavailable`
/// and `skewedClock` nothing happened; with `outcomeUnknown` the answer was lost. A scheduler waits and tries again.
/// With `incompatibleSchema` it stops.
public protocol JobStore: Sendable {
    // MARK: Jobs

    /// Inserts jobs, each with its first executions.
    ///
    /// - Returns: For each insertion, in order, the inserted job, or the existing job with the same idempotency key.
    /// - Throws: ``StoreError`` with code `duplicate` if an identifier, or a slug within its project, is taken, or if
    ///   two executions of one job have the same idempotency key. Code `invalidExecution` as in ``enqueue(_:)``. Code
    ///   `calendarNotFound`, or `conflict` if a calendar changed in the meantime. In all cases nothing was inserted.
    func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome]

    /// Replaces a job's definition or schedule state.
    ///
    /// If the job now keeps fewer recorded skips, the oldest are removed in this step. Excess finished executions may
    /// be left to ``prune(at:limit:)``, so that no step takes long.
    ///
    /// - Returns: The job as it is now.
    /// - Throws: ``StoreError`` with code `jobNotFound`, `conflict` if the revision is not the expected one or a
    ///   calendar changed in the meantime (read the job again and repeat), `calendarNotFound`, or `duplicate` if
    ///   another job of the project has the slug. In all cases nothing changed.
    func replace(_ replacement: JobReplacement) async throws -> Job

    /// Inserts, replaces and deletes jobs of an owner, and records the declaration, all in one step.
    ///
    /// - Returns: The inserted jobs, then the replaced ones, each in order.
    /// - Throws: ``StoreError`` with code `conflict` if the owner's revision or that of a job to replace is not the
    ///   expected one, or if a job to replace does not exist or is to be deleted too (read everything again and
    ///   repeat); or the errors of ``insert(_:)`` and ``replace(_:)``. A slug must have been free before this step. In
    ///   all cases nothing changed.
    func declare(_ declaration: JobDeclaration) async throws -> [Job]

    /// Returns an owner of declared jobs, or `nil` if it never declared any.
    func owner(_ name: String) async throws -> JobOwner?

    /// Deletes jobs and everything that belongs to them. Unknown identifiers are ignored.
    ///
    /// - Returns: The identifiers of the jobs that existed.
    func delete(_ ids: [JobID]) async throws -> [JobID]

    /// Returns a job, or `nil` if it does not exist.
    func job(_ id: JobID) async throws -> Job?

    /// Lists jobs.
    ///
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit is out of range.
    func jobs(_ query: JobQuery) async throws -> RecordPage<Job>

    /// Lists the versions of a job, starting with the current one.
    ///
    /// The newest 100 earlier versions are kept, and any others that executions still need.
    func versions(of job: JobID) async throws -> [JobVersion]

    /// Adds a dependency.
    ///
    /// - Throws: ``StoreError`` with code `jobNotFound`, `duplicate`, or `cycle` if a job would depend on itself.
    func addDependency(_ dependency: JobDependency) async throws

    /// Removes a dependency.
    ///
    /// - Returns: Whether it existed.
    func removeDependency(_ id: DependencyID) async throws -> Bool

    /// Lists the dependencies of a job, oldest first. Deleting either job of a dependency removes it.
    func dependencies(of job: JobID) async throws -> [JobDependency]

    // MARK: Calendars

    /// Keeps a calendar under a name, and moves the jobs whose schedules name it to the occurrences it allows, all in
    /// one step.
    ///
    /// Every such job gets the schedule state and the skips of ``Job/rescheduled(by:at:)``, with a new revision even if
    /// nothing else changes, so that a fire or a replacement that was planned from the old calendar is a conflict. Its
    /// version stays. A calendar that is set to what it is changes nothing.
    ///
    /// From then on the store checks definitions with ``JobDefinition/checkCalendars(_:)`` in ``insert(_:)``,
    /// ``replace(_:)`` and ``declare(_:)``, and binds every job and version that it returns with
    /// ``JobDefinition/binding(_:)``.
    ///
    /// - Parameters:
    ///   - calendar: The calendar, without names of others. It may be empty.
    ///   - name: The name, from 1 to 100 characters, not all of them blank.
    ///   - date: The current date.
    /// - Throws: ``StoreError`` with code `invalidCalendar`, or `unsupported` if the store keeps no calendars.
    func setCalendar(_ calendar: ScheduleCalendar, named name: String, at date: Date) async throws -> CalendarChange

    /// Deletes a calendar that no schedule of a job names.
    ///
    /// - Returns: Whether it existed.
    /// - Throws: ``StoreError`` with code `calendarInUse`, which names up to three of the jobs and says how many there
    ///   are. Then nothing changed.
    func deleteCalendar(named name: String) async throws -> Bool

    /// Returns all calendars, by name.
    func calendars() async throws -> [String: ScheduleCalendar]

    // MARK: Driving

    /// Returns the work that is due at a date.
    ///
    /// - Parameters:
    ///   - now: The current time.
    ///   - limit: The largest number of due jobs, and of expired leases, to return.
    func dueWork(at now: Date, limit: Int) async throws -> DueWork

    /// Turns due occurrences into executions and skips, and advances each job. Each request is atomic.
    ///
    /// A request is a conflict if its job does not allow firing (``ScheduleState/allowsFire``), if its revision is not
    /// the job's, or if its executions are not queued, not new, of another job, or not in order after `decidedThrough`.
    ///
    /// An occurrence becomes a skip with the reason ``SkippedOccurrence/Reason/duplicate`` if the job's schedule
    /// already has an execution for its date, or if the job has an execution with its idempotency key. Two skips that
    /// begin at the same date are two records.
    ///
    /// A skipped execution gives its permit back to the breaker of the request, and so does a replaced one that ends at
    /// once: record `CircuitOutcome.ignored` for its ``ExecutionDetails/circuitPermit``.
    ///
    /// The store applies the job's overlap policy to the executions one after another, because only the store can count
    /// the schedule's unfinished executions. One that expired in the queue by the date of the new execution's creation
    /// does not count, although it is not pruned yet; a policy that replaces cancels it all the same.
    ///
    /// - Returns: For each request, in order, its outcome.
    func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome]

    /// Queues executions of existing jobs, such as triggered executions and replays.
    ///
    /// An execution with the idempotency key of an earlier one of the same job, even within the same call, is not
    /// queued. The key becomes free when that execution is removed. A finished execution is accepted as a record of
    /// work done elsewhere and is not counted. An execution that is enqueued again with its identifier, because the
    /// answer was lost, is the existing one. Within one call, only a request with an idempotency key may be repeated.
    ///
    /// - Uniqueness: an execution whose ``ExecutionDetails/uniqueness`` is met by another one of its job with the same
    ///   key is not queued either. A debounced one changes the other, if that has not begun.
    /// - Batches: an execution with an ``ExecutionDetails/awaitedBatch`` waits for the end of the executions before it
    ///   in the same call that were queued with that ``ExecutionDetails/batchID``. Each end is counted in
    ///   ``ExecutionProgress/batch`` in the step that records it, and the last one queues the execution. Executions
    ///   that are deleted with their job count as canceled. Without any, it is queued at once.
    /// - Replays: an execution with ``ExecutionDetails/replayOf`` resolves that execution, if it is a dead letter.
    ///
    /// - Returns: For each execution, in order, whether it was queued, or the existing one, as it is now.
    /// - Throws: ``StoreError`` with code `jobNotFound`, `duplicate`, or `invalidExecution` if an execution is running,
    ///   or if its status and its end date contradict each other. In all cases none was queued.
    @discardableResult
    func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome]

    /// Returns what enqueuing an execution would do at its creation date, and changes nothing.
    ///
    /// - Parameters:
    ///   - execution: The execution, with an identifier that is not taken. It follows no batch.
    ///   - now: The current date.
    /// - Returns: The outcome that ``enqueue(_:)`` would have, and what ``holds(on:at:)`` would then return.
    /// - Throws: ``StoreError`` with code `jobNotFound`.
    func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial

    /// Claims due executions, in the order of their due times, under a lease with a new token.
    ///
    /// Each step of priority counts as a due time one minute earlier, so that waiting compensates for a low priority.
    /// An execution without a priority uses its job's current one. The limits are the job's current ones:
    ///
    /// - Concurrency: running executions count, even if their lease has expired. Waiting executions and those between
    ///   attempts do not.
    /// - Rates: every claim counts as a start within the job's own rate and every shared rate, at the request's time,
    ///   even if its execution is removed later. A start counts for one window after its date, and also for one window
    ///   before it, in case the clock was ahead when it was recorded. Starts are recorded from when the job has a rate
    ///   or names it. Under a name that no job uses, they are kept for a day. A start may be forgotten when a window
    ///   has passed since another start that was made a window after it.
    /// - Order: if the schedule's executions run one after another (``OverlapPolicy/queue``,
    ///   ``OverlapPolicy/replace``), the one with the earliest nominal date is claimed, and only if no other one is in
    ///   progress. If the policy ``OverlapPolicy/countsTriggered``, this holds for all executions of the job but
    ///   notifications and those that wait without having started.
    /// - Dependencies: before its first attempt, an execution waits until every ``JobDependency`` of its job is met. A
    ///   dependency is met if its condition is, by the status of the execution of the other job that has the same
    ///   idempotency key; for executions without one, by that with the same ``ExecutionDetails/dependencyKey`` that
    ///   ended last; for those without either, by ``JobStatistics/lastStatus``. An execution that is no longer kept, or
    ///   has not ended, meets no condition.
    /// - Pauses: executions of a paused job without a schedule (`Schedule.isOnDemand`) wait until it is
    ///   resumed. Other pauses only stop firing.
    /// - Expiry: an expired execution is not claimed and blocks no other. ``prune(at:limit:)`` ends it.
    /// - Clocks: a request up to one second earlier than a previous one, as with slightly different clocks of two
    ///   machines, may be treated as if it had the later time.
    ///
    /// The first claim fixes the job version that the execution runs, by the job's ``VersionPolicy``. The version stays
    /// the same for all further attempts, unless the execution is released before it has made one.
    ///
    /// - Returns: The claimed executions, at most as many as the request allows.
    func claim(_ request: ClaimRequest) async throws -> [Claim]

    /// Extends leases, and records heartbeats and progress.
    ///
    /// - Returns: For each renewal, in order, its outcome.
    func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome]

    /// Records the ends of attempts and what follows from them, fenced by the leases' tokens.
    ///
    /// An expired lease still finishes its execution if no other scheduler has claimed it. A completion that is
    /// repeated, because its answer was lost, gets the first answer again if nothing has changed since. An execution
    /// with a cancellation request is canceled unless it succeeded: it is not retried, released, or left waiting.
    ///
    /// If an execution is released with an attempt, because its scheduler stopped, and is not a notification, call
    /// ``JobStatistics/recordStart(_:by:)`` in the same step. Without any attempt, its start and the version it runs
    /// are undecided again.
    ///
    /// - Returns: For each completion, in order, its outcome.
    func finish(_ completions: [Completion]) async throws -> [Completion.Outcome]

    /// Does the work of a scheduler's pass: records ends, renews leases, fires what is due, and claims.
    ///
    /// A store whose ``prefersTurns`` is `true` does all of it in one step, in the order that ``StoreTurn`` shows.
    func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome

    /// Whether one ``turn(_:)`` costs less than the operations that it stands for.
    var prefersTurns: Bool { get }

    /// How long a scheduler that is busy may go without asking what other schedulers have left.
    var pollingGap: Duration { get }

    /// Yields when another process may have changed something that a sleeping scheduler should look at.
    ///
    /// Each element is only a hint: one may be missing, and one may come for nothing. The stream ends when the store is
    /// closed or its reader is canceled.
    func news() -> AsyncStream<Void>

    /// Returns the running executions under leases of an owner, as they were claimed.
    ///
    /// After a claim whose answer was lost, a scheduler finds here what it holds without knowing.
    func leases(of owner: String) async throws -> [Claim]

    /// Cancels executions: immediately if they have not started, otherwise by notifying the scheduler that runs them.
    ///
    /// - Returns: For each request, in order, its outcome.
    func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome]

    /// Cancels all unfinished executions that meet the conditions of a query, in one step, like ``cancel(_:)``.
    ///
    /// They are canceled in the order of their creation. Running executions whose cancellation was requested before are
    /// left out, so that repeating the request comes to an end.
    ///
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit is less than 1.
    func cancel(matching request: BulkCancellation) async throws -> CancellationReport

    /// Discards dead letters: executions that failed or expired and were neither replayed nor discarded.
    ///
    /// They stay in the history, but are no longer listed as dead letters.
    ///
    /// - Returns: For each identifier, in order, whether it was a dead letter.
    func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool]

    /// Records external completions of waiting executions.
    ///
    /// One that follows a batch is not completed. One that waits for its turn in a backfill can only be queued, and its
    /// time to live begins then.
    ///
    /// - Returns: For each completion, in order, its outcome.
    func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome]

    /// Expires executions that were not started or completed in time, and removes outdated history and expired keys.
    ///
    /// Only executions that have ended are removed. ``DueWork/isPruningDue`` says when there is work: immediately for
    /// expired executions and for history beyond a lowered count, and at the end of the minute for history and keys
    /// that become too old.
    ///
    /// - Parameters:
    ///   - now: The current time.
    ///   - limit: The largest number of records to expire or remove in this step.
    func prune(at now: Date, limit: Int) async throws -> PruneReport

    /// Brings records that a clock wrote while it was ahead back to the current time.
    ///
    /// - Jobs that count as decided beyond `now` continue from `now`. Occurrences between that were skipped because
    ///   time had passed (``SkippedOccurrence/Reason/misfire`` and the like) are undecided again, and their skips are
    ///   removed. So are those whose executions have not begun, which are removed too. Those that fired do not fire
    ///   again.
    /// - Delays of unfinished executions, pauses, breakers and idempotency keys last as long as they were meant to,
    ///   counted from `now`. Leases last no longer than the longest lease that was granted.
    ///
    /// Nothing happens unless a record is dated more than a second later than `now`. A store with a clock of its own
    /// may do nothing.
    ///
    /// - Parameters:
    ///   - now: The current time.
    ///   - limit: The largest number of records to change.
    /// - Complexity: O(n) in the number of jobs and unfinished executions.
    func rewind(to now: Date, limit: Int) async throws -> RewindReport

    // MARK: History

    /// Returns an execution with its attempts, or `nil` if it does not exist.
    func execution(_ id: ExecutionID) async throws -> Execution?

    /// Returns everything that keeps an unfinished execution from starting at a date.
    ///
    /// It is empty if the execution is running, has ended, does not exist, or can be claimed. Stores that cannot tell
    /// all reasons may leave some out.
    func holds(on id: ExecutionID, at now: Date) async throws -> [ExecutionHold]

    /// Lists executions.
    ///
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit is out of range.
    func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution>

    /// Returns the skipped occurrences of a job, oldest first.
    func skips(of job: JobID) async throws -> [SkippedOccurrence]

    /// Returns how the executions of a scope have fared within a window that ends at a date.
    ///
    /// Executions that ended and were created at the start of the window or later count, except notifications.
    func health(of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date) async throws -> JobHealth

    /// Returns the numbers of jobs and executions by state, without reading the history.
    func counts() async throws -> StoreCounts
}

extension JobStore {
    /// The default implementation refuses, for stores that keep no calendars.
    public func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        throw StoreError(
            .unsupported,
            "This store keeps no calendars. Give each schedule its calendar as a whole, or implement "
                + "`setCalendar(_:named:at:)`, `deleteCalendar(named:)` and `calendars()`.")
    }

    /// The default implementation does nothing, for stores that keep no calendars.
    public func deleteCalendar(named name: String) async throws -> Bool { false }

    /// The default implementation returns none, for stores that keep no calendars.
    public func calendars() async throws -> [String: ScheduleCalendar] { [:] }

    /// The default implementation tells what the records of the execution and its job say: not the limits.
    public func holds(on id: ExecutionID, at now: Date) async throws -> [ExecutionHold] {
        guard let execution = try await execution(id), let job = try await job(execution.jobID) else { return [] }
        return execution.holds(job, at: now)
    }

    /// The default implementation reads all executions of the scope.
    public func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
    ) async throws -> JobHealth {
        var query = ExecutionQuery(statuses: [.succeeded, .failed, .canceled, .expired], limit: 1000)
        switch scope {
        case .job(let id): query.jobID = id
        case .group(let name):
            var ids: Set<JobID> = []
            var jobs = JobQuery(limit: 1000)
            jobs.group = name
            repeat {
                let page = try await self.jobs(jobs)
                ids.formUnion(page.items.map(\.id))
                jobs.after = page.next
            } while jobs.after != nil
            query.jobIDs = ids
        case .all: break
        }
        let start = now.addingTimeInterval(-(window.duration / .seconds(1)))
        var health = JobHealth()
        var durations: [Int64] = []
        repeat {
            let page = try await executions(query)
            for execution in page.items where execution.createdAt >= start {
                guard let outcome = HealthOutcome(of: execution) else { continue }
                health.count(outcome)
                if let duration = execution.healthDuration { durations.append(duration) }
            }
            query.after = page.next
        } while query.after != nil
        durations.sort()
        health.setDurations(sum: durations.reduce(0) { $0 + Int128($1) }, count: durations.count) { durations[$0] }
        return health
    }

    /// The default implementation does nothing, for stores whose clocks cannot run ahead.
    public func rewind(to now: Date, limit: Int) async throws -> RewindReport { RewindReport() }

    /// Lists executions, leaving out the first ones.
    ///
    /// - Parameters:
    ///   - query: Which executions to list. Counting begins at its cursor, if it has one.
    ///   - offset: How many to leave out, at least 0.
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit or the offset is out of range.
    /// - Complexity: O(offset + limit). Following cursors is cheaper: it never revisits earlier pages.
    public func executions(_ query: ExecutionQuery, offset: Int) async throws -> RecordPage<Execution> {
        var query = query
        let limit = query.limit
        var rest = try StoreError.checked(offset)
        while rest > 0 {
            query.limit = min(rest, 1000)
            let page = try await executions(query)
            guard let next = page.next else { return RecordPage(items: [], next: nil) }
            rest -= page.items.count
            query.after = next
        }
        query.limit = limit
        return try await executions(query)
    }

    /// Lists jobs, leaving out the first ones.
    ///
    /// - Parameters:
    ///   - query: Which jobs to list. Counting begins at its cursor, if it has one.
    ///   - offset: How many to leave out, at least 0.
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit or the offset is out of range.
    /// - Complexity: O(offset + limit).
    public func jobs(_ query: JobQuery, offset: Int) async throws -> RecordPage<Job> {
        var query = query
        let limit = query.limit
        var rest = try StoreError.checked(offset)
        while rest > 0 {
            query.limit = min(rest, 1000)
            let page = try await jobs(query)
            guard let next = page.next else { return RecordPage(items: [], next: nil) }
            rest -= page.items.count
            query.after = next
        }
        query.limit = limit
        return try await jobs(query)
    }
}

extension StoreError {
    fileprivate static func checked(_ offset: Int) throws(StoreError) -> Int {
        guard offset >= 0 else {
            throw StoreError(.invalidQuery, "The offset of a list must be at least 0, not \(offset).")
        }
        return offset
    }
}
