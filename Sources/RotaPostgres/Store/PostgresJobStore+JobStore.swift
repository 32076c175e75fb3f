#if Postgres
    public import Foundation
    public import RotaSchedule
    public import RotaStore

    // The operations of `JobStore`. Each performs the operation of the state machine with the same name, in one commit or
    // as a query. There is nothing to rewind: a clock that is ahead of the server's is refused.

    extension PostgresJobStore: JobStore {
        // MARK: Operations

        /// Inserts jobs with their first executions.
        public nonisolated func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
            try await commit(insertions.definitions()) { state, log in try state.insert(insertions, log: &log) }
        }

        /// Replaces a job's definition or schedule state.
        public nonisolated func replace(_ replacement: JobReplacement) async throws -> Job {
            try await commit(replacement.definitions()) { state, log in try state.replace(replacement, log: &log) }
        }

        /// Inserts, replaces and deletes jobs of an owner, in one commit.
        public nonisolated func declare(_ declaration: JobDeclaration) async throws -> [Job] {
            try await commit(declaration.definitions()) { state, log in try state.declare(declaration, log: &log) }
        }

        /// Deletes jobs with everything that belongs to them.
        public nonisolated func delete(_ ids: [JobID]) async throws -> [JobID] {
            try await commit { state, log in state.delete(ids, log: &log) }
        }

        /// Turns due occurrences into executions and skips.
        public nonisolated func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
            try await commit { state, log in state.fire(fires, log: &log) }
        }

        /// Queues executions of existing jobs.
        @discardableResult
        public nonisolated func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
            try await commit { state, log in try state.enqueue(executions, log: &log) }
        }

        /// Claims due executions under a lease.
        public nonisolated func claim(_ request: ClaimRequest) async throws -> [Claim] {
            try await commit(at: request.now) { state, log in state.claim(request, log: &log) }
        }

        /// Extends leases.
        public nonisolated func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
            try await commit { state, log in state.renew(renewals, log: &log) }
        }

        /// Records the ends of attempts.
        public nonisolated func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
            try await commit { state, log in state.finish(completions, log: &log) }
        }

        /// Does the work of a scheduler's pass, in one commit.
        public nonisolated func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome {
            try await commit(at: turn.due?.now ?? turn.claim?.now, seesNews: turn.due != nil) { state, log in
                state.turn(turn, log: &log)
            }
        }

        /// A commit takes two round trips and a sync, so one for a whole pass is better than several.
        public nonisolated var prefersTurns: Bool { true }

        /// A turn asks for due work in the same commit, so a busy scheduler need not ask more often.
        public nonisolated var pollingGap: Duration { .milliseconds(50) }

        /// Tells that another instance has made a commit.
        public nonisolated func news() -> AsyncStream<Void> {
            let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            Task { await addReader(continuation) }
            return stream
        }

        /// Cancels executions.
        public nonisolated func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
            try await commit { state, log in state.cancel(requests, log: &log) }
        }

        /// Cancels all unfinished executions that a query lists, in one commit.
        public nonisolated func cancel(matching request: BulkCancellation) async throws -> CancellationReport {
            try await commit { state, log in try state.cancel(matching: request, log: &log) }
        }

        /// Discards dead letters.
        public nonisolated func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool] {
            try await commit { state, log in state.discard(ids, at: date, log: &log) }
        }

        /// Completes waiting executions.
        public nonisolated func completeWaiting(
            _ completions: [ExternalCompletion]
        ) async throws -> [ExternalCompletion.Outcome] {
            try await commit { state, log in state.completeWaiting(completions, log: &log) }
        }

        /// Expires late executions and removes old records.
        public nonisolated func prune(at now: Date, limit: Int) async throws -> PruneReport {
            try await commit { state, log in state.prune(at: now, limit: limit, log: &log) }
        }

        /// Adds a dependency.
        public nonisolated func addDependency(_ dependency: JobDependency) async throws {
            try await commit { state, log in try state.addDependency(dependency, log: &log) }
        }

        /// Removes a dependency.
        public nonisolated func removeDependency(_ id: DependencyID) async throws -> Bool {
            try await commit { state, log in state.removeDependency(id, log: &log) }
        }

        /// Keeps a calendar under a name, and reschedules the jobs that use it, in one commit.
        public nonisolated func setCalendar(
            _ calendar: ScheduleCalendar, named name: String, at date: Date
        ) async throws -> CalendarChange {
            try await commit { state, log in try state.setCalendar(calendar, named: name, at: date, log: &log) }
        }

        /// Deletes a calendar that no job uses.
        public nonisolated func deleteCalendar(named name: String) async throws -> Bool {
            try await commit { state, log in try state.deleteCalendar(named: name, log: &log) }
        }

        // MARK: Queries

        /// Returns all calendars, by name.
        public nonisolated func calendars() async throws -> [String: ScheduleCalendar] {
            try await query { $0.calendars }
        }

        /// Returns the versions of a job, newest first.
        public nonisolated func versions(of job: JobID) async throws -> [JobVersion] {
            try await query { $0.versions(of: job) }
        }

        /// Returns the dependencies of a job.
        public nonisolated func dependencies(of job: JobID) async throws -> [JobDependency] {
            try await query { $0.dependencies(of: job) }
        }

        /// Counts jobs and executions by state.
        public nonisolated func counts() async throws -> StoreCounts {
            try await query { $0.counts() }
        }

        /// Returns an owner of declared jobs.
        public nonisolated func owner(_ name: String) async throws -> JobOwner? {
            try await query { state in state.owners[name] }
        }

        /// Returns a job.
        public nonisolated func job(_ id: JobID) async throws -> Job? {
            try await query { $0.jobs[id] }
        }

        /// Lists jobs, oldest first.
        public nonisolated func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
            try await self.query { try $0.jobs(query) }
        }

        /// Returns the work that is due at a date.
        public nonisolated func dueWork(at now: Date, limit: Int) async throws -> DueWork {
            try await query(at: now, seesNews: true) { state in
                var work = state.dueWork(at: now, limit: limit)
                work.isAhead = false
                return work
            }
        }

        /// Returns an execution with its attempts.
        public nonisolated func execution(_ id: ExecutionID) async throws -> Execution? {
            try await query { $0.executions[id] }
        }

        /// Returns the running executions under leases of an owner.
        public nonisolated func leases(of owner: String) async throws -> [Claim] {
            try await query { $0.leases(of: owner) }
        }

        /// Returns what enqueuing an execution would do.
        public nonisolated func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial {
            try await query { try $0.trial(of: execution, at: now) }
        }

        /// Returns everything that keeps an execution from starting.
        public nonisolated func holds(on id: ExecutionID, at now: Date) async throws -> [ExecutionHold] {
            try await query { $0.holds(on: id, at: now) }
        }

        /// Lists executions.
        public nonisolated func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
            try await self.query { try $0.executions(query) }
        }

        /// Returns how the executions of a scope have fared.
        public nonisolated func health(
            of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
        ) async throws -> JobHealth {
            try await query { $0.health(of: scope, over: window, at: now) }
        }

        /// Returns the skipped occurrences of a job, oldest first.
        public nonisolated func skips(of job: JobID) async throws -> [SkippedOccurrence] {
            try await query { $0.histories[job]?.skips ?? [] }
        }
    }
#endif
