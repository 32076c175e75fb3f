public import Foundation

/// Where jobs and executions are remembered.
///
/// A store is a handful of atomic, batched operations, each of which fits one transaction of a relational database.
/// It has no clock: whoever calls passes the time in. When an operation returns, what it did is as durable as the
/// store promises to make it; when it throws, none of it took place, unless the error says that this is unknown.
///
/// Two rules keep several schedulers on one store from firing twice or losing a run. A job is moved along its schedule
/// only by a compare-and-swap on ``ScheduleState/revision`` (``fire(_:)``, ``replace(_:)``), in the same step that makes
/// the executions. And an execution is finished only with the fencing token of its latest lease (``finish(_:)``).
///
/// Whatever ends an execution (``finish(_:)``, ``cancel(_:)``, ``completeWaiting(_:)``, ``prune(at:limit:)``, or a fire that
/// replaces it) does in the same step what follows from it:
///
/// - ``JobStatistics/count(_:startedAt:finishedAt:)`` counts it, unless it is a notice (``ExecutionSource/notification``).
/// - ``Job/notices(of:at:)`` says which notices are queued.
/// - ``ScheduleState/recordCompleted(_:at:of:)`` and ``ScheduleState/recordCompleted(_:policy:at:)`` move the job on; if either says that
///   the position has changed, the job gets it with a new revision.
/// - If it was a run of a backfill (``ExecutionSource/backfill``) and no other of its batch is under way, the one of
///   the earliest nominal instant that is waiting, and has not begun, is queued, due at the end's date.
/// - The oldest finished runs beyond the number that the job keeps go, and the oldest notices beyond the same number;
///   and the execution itself if its age is zero.
public protocol JobStore: Sendable {
    // MARK: Jobs

    /// Inserts jobs, each with its first executions.
    ///
    /// - Returns: For each insertion, in order, the job inserted, or the one that the idempotency key names already.
    /// - Throws: ``StoreError`` with code `duplicate` if an identifier, or a slug within its project, is taken, or if
    ///   two executions of one job have the same idempotency key; `invalidExecution` as ``enqueue(_:)`` does. Then
    ///   nothing was inserted.
    func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome]

    /// Replaces a job's definition or position.
    ///
    /// A job that keeps fewer recorded skips from now on loses the oldest in this step. Of finished executions beyond a
    /// number that was lowered a store may leave any to ``prune(at:limit:)``, so that no step takes long.
    ///
    /// - Returns: The job as it is now.
    /// - Throws: ``StoreError`` with code `jobNotFound`; `conflict` if the position's revision is not the one expected,
    ///   so that the caller may read the job again and repeat; or `duplicate` if another job of the project has the
    ///   slug. Then nothing was done.
    func replace(_ replacement: JobReplacement) async throws -> Job

    /// Deletes jobs with everything that belongs to them (T-57); an identifier that is not there is no error (I-29).
    ///
    /// - Returns: The identifiers of the jobs that were there.
    func delete(_ ids: [JobID]) async throws -> [JobID]

    /// Reads a job.
    ///
    /// - Returns: The job, or `nil` if there is none.
    func job(_ id: JobID) async throws -> Job?

    /// Lists jobs.
    ///
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit is out of range.
    func jobs(_ query: JobQuery) async throws -> RecordPage<Job>

    /// Lists the versions of a job, the newest first; the present one is the first (S-11).
    ///
    /// Of the earlier ones the newest 100 are kept, and those that executions still need.
    func versions(of job: JobID) async throws -> [JobVersion]

    /// Adds a dependency.
    ///
    /// - Throws: ``StoreError`` with code `jobNotFound`, `duplicate`, or `cycle` if a job would wait for itself.
    func addDependency(_ dependency: JobDependency) async throws

    /// Removes a dependency.
    ///
    /// - Returns: Whether it was there.
    func removeDependency(_ id: DependencyID) async throws -> Bool

    /// Lists what a job depends on, the oldest dependency first; a job's dependencies go with either of its ends.
    func dependencies(of job: JobID) async throws -> [JobDependency]

    // MARK: Driving

    /// Reads what has to be done at an instant.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - limit: The largest number of due jobs to return, and of expired leases.
    func dueWork(at now: Date, limit: Int) async throws -> DueWork

    /// Turns due occurrences into executions and skips and moves each job on, each fire whole or not at all.
    ///
    /// A fire whose job does not allow one (``ScheduleState/allowsFire``), or whose revision is not the job's, is a
    /// conflict; so is one whose executions are not queued, not new, another job's, or not in order behind the cursor.
    ///
    /// An occurrence for which the job's schedule has a run already, or whose execution has the idempotency key of
    /// another of the job's, is recorded as a skip with the reason ``SkippedOccurrence/Reason/duplicate``. Two skips
    /// that begin at one instant are two records.
    ///
    /// The job's overlap policy is applied here, where the runs of its schedule that are not over can be counted, to
    /// one execution of the fire after the other.
    ///
    /// - Returns: For each fire, in order, what became of it.
    func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome]

    /// Queues executions of existing jobs, such as manual runs and replays.
    ///
    /// An execution with the idempotency key of an earlier one of the same job is not queued (SX-5), be it one of the
    /// same call; the key is free again when that execution is removed. One that is over is taken too, as a record of
    /// what was done elsewhere; it is not counted.
    ///
    /// - Returns: For each execution, in order, whether it was queued, or the one that was there.
    /// - Throws: ``StoreError`` with code `jobNotFound`, `duplicate`, or `invalidExecution` if one is running, or has a
    ///   date of its end without being over, or none although it is. Then none was queued.
    @discardableResult
    func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome]

    /// Takes queued executions that are due, in the order of their due times, under a lease with a new token.
    ///
    /// A higher priority counts as an earlier due time, a minute a step, so that waiting makes up for a low one; the
    /// priority is the execution's own, or else that of its job now. The limits are those of the job as it is now:
    ///
    /// - Executions that are running, whether their lease has run out or not, count as running at once; parked ones
    ///   and those that wait for a retry do not.
    /// - Every claim counts as a start within the job's rate, and within each rate that it shares, at the request's
    ///   time; it counts until, and without, the instant one window later, even if its execution is removed before,
    ///   and from, and without, the instant one window earlier, for a clock that was ahead. Starts are counted from
    ///   when the job has a rate, or names it; under a name that no job uses any longer they are known for a day. A
    ///   start may be forgotten when a window has passed since another one that was made a window after it.
    /// - Where the runs of the schedule go one after another (``OverlapPolicy/queue``, ``OverlapPolicy/replace``), the
    ///   one of the earliest nominal instant is taken, and none while another has begun and is not over.
    /// - An execution that has expired is not taken, and stands in nobody's way; ``prune(at:limit:)`` ends it.
    /// - A request whose time lies at most a second before that of an earlier one, as between two machines whose clocks
    ///   differ a little, may be answered as if it had that time.
    ///
    /// With its first claim an execution gets the version that it runs, as the job's ``VersionPolicy`` says then; it
    /// keeps it on all further attempts, unless it is released before it has made one.
    ///
    /// - Returns: The executions taken, at most as many as the request allows.
    func claim(_ request: ClaimRequest) async throws -> [Claim]

    /// Extends leases, and takes note of signs of life.
    ///
    /// - Returns: For each renewal, in order, what became of it.
    func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome]

    /// Records the ends of attempts and what follows from them, fenced by the leases' tokens.
    ///
    /// A lease that has expired still finishes its execution if nobody has claimed it since. An execution that was to
    /// be called off is canceled, unless it succeeded: it is neither retried, released nor parked.
    ///
    /// - Returns: For each completion, in order, what became of it.
    func finish(_ completions: [Completion]) async throws -> [Completion.Outcome]

    /// Calls executions off: those that have not started at once, those that run by telling their runner.
    ///
    /// - Returns: For each request, in order, what became of it.
    func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome]

    /// Records what parked executions waited for.
    ///
    /// - Returns: For each answer, in order, what became of it.
    func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome]

    /// Expires what was not started or answered in time, and removes history that is too old and keys that expired.
    ///
    /// Executions that are not over are never removed. ``DueWork/isPruningDue`` says when there is work: for what
    /// expires, and for what is beyond a number that was lowered, at once; for history and keys at the end of the
    /// minute in which they become too old.
    ///
    /// - Parameters:
    ///   - now: The present time.
    ///   - limit: The largest number of records to expire or remove in this step.
    func prune(at now: Date, limit: Int) async throws -> PruneReport

    // MARK: History

    /// Reads an execution.
    ///
    /// - Returns: The execution with its attempts, or `nil` if there is none.
    func execution(_ id: ExecutionID) async throws -> Execution?

    /// Lists executions.
    ///
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit is out of range.
    func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution>

    /// Reads the occurrences of a job that did not fire, the oldest first.
    func skips(of job: JobID) async throws -> [SkippedOccurrence]

    /// Counts jobs and executions by state, in constant time.
    func counts() async throws -> StoreCounts
}

/// What a scheduler has to see to at an instant, and when it has to look again.
public struct DueWork: Sendable {
    /// Active jobs with an occurrence that is due, and paused ones that are to go on, the longest overdue first.
    public var dueJobs: [Job]
    /// Executions whose lease has run out, with the job of each.
    public var expiredLeases: [Claim]
    /// Whether the limit left something out.
    public var isTruncated: Bool
    /// Whether something has expired, so that ``JobStore/prune(at:limit:)`` has work.
    public var isPruningDue: Bool
    /// The earliest later instant at which a job, a lease or pruning becomes due, or an execution may become claimable.
    public var nextWakeup: Date?

    /// Makes an agenda.
    public init(
        dueJobs: [Job], expiredLeases: [Claim], isTruncated: Bool, isPruningDue: Bool = false, nextWakeup: Date?
    ) {
        self.isPruningDue = isPruningDue
        self.dueJobs = dueJobs
        self.expiredLeases = expiredLeases
        self.isTruncated = isTruncated
        self.nextWakeup = nextWakeup
    }
}

extension JobStore {
    /// Lists executions after leaving out a number of them (T-105).
    ///
    /// - Parameters:
    ///   - query: Which executions; its cursor, if it has one, is where the counting begins.
    ///   - offset: How many to leave out, from 0.
    /// - Throws: ``StoreError`` with code `invalidQuery` if the limit or the offset is out of range.
    /// - Complexity: O(offset + limit); pages that follow the cursor cost nothing for what lies before.
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

    /// Lists jobs after leaving out a number of them.
    ///
    /// - Parameters:
    ///   - query: Which jobs; its cursor, if it has one, is where the counting begins.
    ///   - offset: How many to leave out, from 0.
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
            throw StoreError(.invalidQuery, "A list cannot begin at \(offset); its offset is 0 or more.")
        }
        return offset
    }
}
