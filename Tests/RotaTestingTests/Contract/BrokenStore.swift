import Foundation
import RotaSchedule
import RotaStore
import RotaTesting

/// A store that breaks a promise.
///
/// Each hook that is set replaces an operation of the underlying store.
struct BrokenStore: JobStore {
    typealias Hook<Input, Output> = @Sendable (any JobStore, Input) async throws -> Output

    let base: any JobStore

    var insertHook: Hook<[JobInsertion], [JobInsertion.Outcome]>?
    var replaceHook: Hook<JobReplacement, Job>?
    var declareHook: Hook<JobDeclaration, [Job]>?
    var ownerHook: Hook<String, JobOwner?>?
    var deleteHook: Hook<[JobID], [JobID]>?
    var jobHook: Hook<JobID, Job?>?
    var jobsHook: Hook<JobQuery, RecordPage<Job>>?
    var versionsHook: Hook<JobID, [JobVersion]>?
    var addHook: Hook<JobDependency, Void>?
    var removeDependencyHook: Hook<DependencyID, Bool>?
    var dependenciesHook: Hook<JobID, [JobDependency]>?
    var setCalendarHook: Hook<(calendar: ScheduleCalendar, name: String, date: Date), CalendarChange>?
    var deleteCalendarHook: Hook<String, Bool>?
    var calendarsHook: Hook<Void, [String: ScheduleCalendar]>?
    var fireHook: Hook<[FireRequest], [FireRequest.Outcome]>?
    var enqueueHook: Hook<[Execution], [EnqueueOutcome]>?
    var turnHook: Hook<StoreTurn, StoreTurn.Outcome>?
    var leasesHook: Hook<String, [Claim]>?
    var trialHook: Hook<(execution: Execution, now: Date), EnqueueTrial>?
    var healthHook: Hook<(JobHealth.Scope, JobHealth.Window, Date), JobHealth>?
    var claimHook: Hook<ClaimRequest, [Claim]>?
    var renewHook: Hook<[LeaseRenewal], [LeaseRenewal.Outcome]>?
    var finishHook: Hook<[Completion], [Completion.Outcome]>?
    var cancelHook: Hook<[Cancellation], [Cancellation.Outcome]>?
    var cancelMatchingHook: Hook<BulkCancellation, CancellationReport>?
    var answerHook: Hook<[ExternalCompletion], [ExternalCompletion.Outcome]>?
    var executionHook: Hook<ExecutionID, Execution?>?
    var executionsHook: Hook<ExecutionQuery, RecordPage<Execution>>?
    var skipsHook: Hook<JobID, [SkippedOccurrence]>?
    var agendaHook: Hook<(now: Date, limit: Int), DueWork>?
    var pruneHook: Hook<(now: Date, limit: Int), PruneReport>?
    var countsHook: Hook<Void, StoreCounts>?

    init(_ base: any JobStore) {
        self.base = base
    }

    func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        if let insertHook { return try await insertHook(base, insertions) }
        return try await base.insert(insertions)
    }

    func replace(_ replacement: JobReplacement) async throws -> Job {
        if let replaceHook { return try await replaceHook(base, replacement) }
        return try await base.replace(replacement)
    }

    func declare(_ declaration: JobDeclaration) async throws -> [Job] {
        if let declareHook { return try await declareHook(base, declaration) }
        return try await base.declare(declaration)
    }

    func owner(_ name: String) async throws -> JobOwner? {
        if let ownerHook { return try await ownerHook(base, name) }
        return try await base.owner(name)
    }

    func delete(_ ids: [JobID]) async throws -> [JobID] {
        if let deleteHook { return try await deleteHook(base, ids) }
        return try await base.delete(ids)
    }

    func job(_ id: JobID) async throws -> Job? {
        if let jobHook { return try await jobHook(base, id) }
        return try await base.job(id)
    }

    func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
        if let jobsHook { return try await jobsHook(base, query) }
        return try await base.jobs(query)
    }

    func versions(of job: JobID) async throws -> [JobVersion] {
        if let versionsHook { return try await versionsHook(base, job) }
        return try await base.versions(of: job)
    }

    func addDependency(_ dependency: JobDependency) async throws {
        if let addHook { return try await addHook(base, dependency) }
        return try await base.addDependency(dependency)
    }

    func removeDependency(_ id: DependencyID) async throws -> Bool {
        if let removeDependencyHook { return try await removeDependencyHook(base, id) }
        return try await base.removeDependency(id)
    }

    func dependencies(of job: JobID) async throws -> [JobDependency] {
        if let dependenciesHook { return try await dependenciesHook(base, job) }
        return try await base.dependencies(of: job)
    }

    func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        if let setCalendarHook { return try await setCalendarHook(base, (calendar, name, date)) }
        return try await base.setCalendar(calendar, named: name, at: date)
    }

    func deleteCalendar(named name: String) async throws -> Bool {
        if let deleteCalendarHook { return try await deleteCalendarHook(base, name) }
        return try await base.deleteCalendar(named: name)
    }

    func calendars() async throws -> [String: ScheduleCalendar] {
        if let calendarsHook { return try await calendarsHook(base, ()) }
        return try await base.calendars()
    }

    func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        if let fireHook { return try await fireHook(base, fires) }
        return try await base.fire(fires)
    }

    func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
        if let enqueueHook { return try await enqueueHook(base, executions) }
        return try await base.enqueue(executions)
    }

    func claim(_ request: ClaimRequest) async throws -> [Claim] {
        if let claimHook { return try await claimHook(base, request) }
        return try await base.claim(request)
    }

    func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        if let renewHook { return try await renewHook(base, renewals) }
        return try await base.renew(renewals)
    }

    func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        if let finishHook { return try await finishHook(base, completions) }
        return try await base.finish(completions)
    }

    func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        if let cancelHook { return try await cancelHook(base, requests) }
        return try await base.cancel(requests)
    }

    func cancel(matching request: BulkCancellation) async throws -> CancellationReport {
        if let cancelMatchingHook { return try await cancelMatchingHook(base, request) }
        return try await base.cancel(matching: request)
    }

    func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool] {
        try await base.discard(ids, at: date)
    }

    func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome] {
        if let answerHook { return try await answerHook(base, answers) }
        return try await base.completeWaiting(answers)
    }

    func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome {
        if let turnHook { return try await turnHook(base, turn) }
        return try await base.turn(turn)
    }

    func leases(of owner: String) async throws -> [Claim] {
        if let leasesHook { return try await leasesHook(base, owner) }
        return try await base.leases(of: owner)
    }

    func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial {
        if let trialHook { return try await trialHook(base, (execution, now)) }
        return try await base.trial(of: execution, at: now)
    }

    func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
    ) async throws -> JobHealth {
        if let healthHook { return try await healthHook(base, (scope, window, now)) }
        return try await base.health(of: scope, over: window, at: now)
    }

    func execution(_ id: ExecutionID) async throws -> Execution? {
        if let executionHook { return try await executionHook(base, id) }
        return try await base.execution(id)
    }

    func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
        if let executionsHook { return try await executionsHook(base, query) }
        return try await base.executions(query)
    }

    func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        if let skipsHook { return try await skipsHook(base, job) }
        return try await base.skips(of: job)
    }

    func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        if let agendaHook { return try await agendaHook(base, (now, limit)) }
        return try await base.dueWork(at: now, limit: limit)
    }

    func prune(at now: Date, limit: Int) async throws -> PruneReport {
        if let pruneHook { return try await pruneHook(base, (now, limit)) }
        return try await base.prune(at: now, limit: limit)
    }

    func counts() async throws -> StoreCounts {
        if let countsHook { return try await countsHook(base, ()) }
        return try await base.counts()
    }
}
