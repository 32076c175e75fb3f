import Foundation
import RotaStore
import RotaTesting

/// A store that lets a test look at, refuse or alter what is asked of another.
struct HookedStore: JobStore {
    let base: any JobStore
    /// Called with the name of every operation before it is carried out.
    var before: @Sendable (String) throws -> Void = { _ in }
    /// Whether a batch of fires is answered with conflicts instead of being carried out.
    var conflicts: @Sendable ([FireRequest]) -> Bool = { _ in false }
    /// The operation whose last outcome is left out.
    var shortened: @Sendable () -> String? = { nil }
    /// Called before executions are enqueued.
    var beforeEnqueue: @Sendable () async throws -> Void = {}
    /// Called with what was claimed before whoever claimed it knows.
    var afterClaim: @Sendable ([Claim]) async throws -> Void = { _ in }

    private func answer<Outcome>(to operation: String, with outcomes: [Outcome]) -> [Outcome] {
        shortened() == operation ? outcomes.dropLast() : outcomes
    }

    func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        try before("insert")
        return answer(to: "insert", with: try await base.insert(insertions))
    }

    func replace(_ replacement: JobReplacement) async throws -> Job {
        try before("replace")
        return try await base.replace(replacement)
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

    func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        try before("dueWork")
        return try await base.dueWork(at: now, limit: limit)
    }

    func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        try before("fire")
        if conflicts(fires) { return fires.map { _ in .conflict } }
        return answer(to: "fire", with: try await base.fire(fires))
    }

    func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
        try before("enqueue")
        try await beforeEnqueue()
        return answer(to: "enqueue", with: try await base.enqueue(executions))
    }

    func versions(of job: JobID) async throws -> [JobVersion] {
        try before("versions")
        return try await base.versions(of: job)
    }

    func addDependency(_ dependency: JobDependency) async throws {
        try before("add")
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

    func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome] {
        try before("answer")
        return try await base.completeWaiting(answers)
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
        return answer(to: "renew", with: try await base.renew(renewals))
    }

    func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try before("finish")
        return answer(to: "finish", with: try await base.finish(completions))
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

/// A gate that tasks wait at until it is opened; waiting does not end by cancellation.
actor Gate {
    private var isOpen = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func open() {
        isOpen = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func wait() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiters.append($0) }
    }
}

/// A store in which another scheduler is always a moment faster: it carries a fire out and reports a conflict.
struct LosingStore: JobStore {
    let hooked: HookedStore

    func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        _ = try await hooked.fire(fires)
        return fires.map { _ in .conflict }
    }

    func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        try await hooked.insert(insertions)
    }

    func replace(_ replacement: JobReplacement) async throws -> Job {
        try await hooked.replace(replacement)
    }

    func delete(_ ids: [JobID]) async throws -> [JobID] {
        try await hooked.delete(ids)
    }

    func job(_ id: JobID) async throws -> Job? {
        try await hooked.job(id)
    }

    func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
        try await hooked.jobs(query)
    }

    func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        try await hooked.dueWork(at: now, limit: limit)
    }

    func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
        try await hooked.enqueue(executions)
    }

    func versions(of job: JobID) async throws -> [JobVersion] {
        try await hooked.versions(of: job)
    }

    func addDependency(_ dependency: JobDependency) async throws {
        try await hooked.addDependency(dependency)
    }

    func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await hooked.removeDependency(id)
    }

    func dependencies(of job: JobID) async throws -> [JobDependency] {
        try await hooked.dependencies(of: job)
    }

    func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        try await hooked.cancel(requests)
    }

    func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome] {
        try await hooked.completeWaiting(answers)
    }

    func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try await hooked.prune(at: now, limit: limit)
    }

    func counts() async throws -> StoreCounts {
        try await hooked.counts()
    }

    func claim(_ request: ClaimRequest) async throws -> [Claim] {
        try await hooked.claim(request)
    }

    func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        try await hooked.renew(renewals)
    }

    func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try await hooked.finish(completions)
    }

    func execution(_ id: ExecutionID) async throws -> Execution? {
        try await hooked.execution(id)
    }

    func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
        try await hooked.executions(query)
    }

    func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try await hooked.skips(of: job)
    }
}
