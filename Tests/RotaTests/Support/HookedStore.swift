import Foundation
import RotaSchedule
import RotaStore
import RotaTesting

/// A store that lets a test observe, refuse or alter the operations of another store.
struct HookedStore: JobStore {
    let base: any JobStore
    /// Called with the name of every operation before it is forwarded.
    var before: @Sendable (String) throws -> Void = { _ in }
    /// Whether a batch of fires conflicts instead of being forwarded.
    var conflicts: @Sendable ([FireRequest]) -> Bool = { _ in false }
    /// Whether fires are forwarded and reported as conflicts, as if another scheduler had made them a moment earlier.
    var losesFires = false
    /// The operation whose last outcome is missing from the result.
    var shortened: @Sendable () -> String? = { nil }
    /// Called before due occurrences are fired.
    var beforeFire: @Sendable () async throws -> Void = {}
    /// Called with the name of an operation before it inserts or replaces jobs.
    var beforeWrite: @Sendable (String) async throws -> Void = { _ in }
    /// Called before executions are enqueued.
    var beforeEnqueue: @Sendable () async throws -> Void = {}
    /// Called with completions before they are recorded.
    var beforeFinish: @Sendable ([Completion]) throws -> Void = { _ in }
    /// Whether a pass is one step, as on a store to which every call costs a commit.
    var prefersTurns = false
    /// Called with the claims before they are returned.
    var afterClaim: @Sendable ([Claim]) async throws -> Void = { _ in }

    private func shorten<Outcome>(_ operation: String, _ outcomes: [Outcome]) -> [Outcome] {
        shortened() == operation ? outcomes.dropLast() : outcomes
    }

    func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        try before("insert")
        try await beforeWrite("insert")
        return shorten("insert", try await base.insert(insertions))
    }

    func replace(_ replacement: JobReplacement) async throws -> Job {
        try before("replace")
        try await beforeWrite("replace")
        return try await base.replace(replacement)
    }

    func declare(_ declaration: JobDeclaration) async throws -> [Job] {
        try before("declare")
        try await beforeWrite("declare")
        return shorten("declare", try await base.declare(declaration))
    }

    func owner(_ name: String) async throws -> JobOwner? {
        try before("owner")
        return try await base.owner(name)
    }

    func delete(_ ids: [JobID]) async throws -> [JobID] {
        try before("delete")
        return try await base.delete(ids)
    }

    func job(_ id: JobID) async throws -> Job? {
        try before("job")
        return try await base.job(id)
    }

    func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
        try before("jobs")
        return try await base.jobs(query)
    }

    func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        try before("setCalendar")
        return try await base.setCalendar(calendar, named: name, at: date)
    }

    func deleteCalendar(named name: String) async throws -> Bool {
        try before("deleteCalendar")
        return try await base.deleteCalendar(named: name)
    }

    func calendars() async throws -> [String: ScheduleCalendar] {
        try before("calendars")
        return try await base.calendars()
    }

    func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        try before("dueWork")
        return try await base.dueWork(at: now, limit: limit)
    }

    func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        try before("fire")
        try await beforeFire()
        if conflicts(fires) { return fires.map { _ in .conflict } }
        let outcomes = try await base.fire(fires)
        return losesFires ? fires.map { _ in .conflict } : shorten("fire", outcomes)
    }

    func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
        try before("enqueue")
        try await beforeEnqueue()
        return shorten("enqueue", try await base.enqueue(executions))
    }

    func versions(of job: JobID) async throws -> [JobVersion] {
        try before("versions")
        return try await base.versions(of: job)
    }

    func addDependency(_ dependency: JobDependency) async throws {
        try before("addDependency")
        try await base.addDependency(dependency)
    }

    func removeDependency(_ id: DependencyID) async throws -> Bool {
        try before("removeDependency")
        return try await base.removeDependency(id)
    }

    func dependencies(of job: JobID) async throws -> [JobDependency] {
        try before("dependencies")
        return try await base.dependencies(of: job)
    }

    func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        try before("cancel")
        return try await base.cancel(requests)
    }

    func cancel(matching request: BulkCancellation) async throws -> CancellationReport {
        try before("cancelMatching")
        return try await base.cancel(matching: request)
    }

    func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool] {
        try before("discard")
        return try await base.discard(ids, at: date)
    }

    func completeWaiting(_ completions: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome] {
        try before("completeWaiting")
        return try await base.completeWaiting(completions)
    }

    func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try before("prune")
        return try await base.prune(at: now, limit: limit)
    }

    func counts() async throws -> StoreCounts {
        try before("counts")
        return try await base.counts()
    }

    func claim(_ request: ClaimRequest) async throws -> [Claim] {
        try before("claim")
        let claims = try await base.claim(request)
        try await afterClaim(claims)
        return claims
    }

    func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        try before("renew")
        return shorten("renew", try await base.renew(renewals))
    }

    func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try before("finish")
        try beforeFinish(completions)
        return shorten("finish", try await base.finish(completions))
    }

    func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
    ) async throws -> JobHealth {
        try before("health")
        return try await base.health(of: scope, over: window, at: now)
    }

    func execution(_ id: ExecutionID) async throws -> Execution? {
        try before("execution")
        return try await base.execution(id)
    }

    func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
        try before("executions")
        return try await base.executions(query)
    }

    func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try before("skips")
        return try await base.skips(of: job)
    }
}
