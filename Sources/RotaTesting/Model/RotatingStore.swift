package import Foundation
package import RotaSchedule
package import RotaStore
import Synchronization

/// Sends each operation to another one of several stores, which must behave as one.
///
/// With a single store it is a window on it: what a scheduler asks for, and what it gets.
package final class RotatingStore: JobStore {
    /// Replaces a store by another one on the same records, as if its process had been started again.
    package typealias Renewal = @Sendable (any JobStore) async throws -> any JobStore

    private struct Places {
        var stores: [any JobStore]
        var calls = 0
    }

    private let places: Mutex<Places>
    private let (renewalInterval, renew): (Int, Renewal?)
    private let watch: @Sendable (StoreTurn, StoreTurn.Outcome) -> Void

    /// Creates a store that stands for several.
    ///
    /// - Parameters:
    ///   - stores: The stores, at least one.
    ///   - interval: The number of operations after which a store is replaced.
    ///   - renew: Replaces a store. With it, operations must come one after another.
    ///   - watch: Sees every turn, and what came of it.
    package init(
        _ stores: [any JobStore], renewingEvery interval: Int = 97, _ renew: Renewal? = nil,
        watch: @escaping @Sendable (StoreTurn, StoreTurn.Outcome) -> Void = { _, _ in }
    ) {
        places = Mutex(Places(stores: stores))
        (renewalInterval, self.renew, self.watch) = (interval, renew, watch)
    }

    private func pass<Answer: Sendable>(
        _ operation: @Sendable (any JobStore) async throws -> Answer
    ) async throws -> Answer {
        let (number, index, store) = places.withLock { places in
            places.calls += 1
            let index = places.calls % places.stores.count
            return (places.calls, index, places.stores[index])
        }
        guard let renew, number % renewalInterval == 0 else { return try await operation(store) }
        let renewed = try await renew(store)
        places.withLock { $0.stores[index] = renewed }
        return try await operation(renewed)
    }

    /// The stores as they are now.
    package var stores: [any JobStore] { places.withLock(\.stores) }
    package var prefersTurns: Bool { stores.first?.prefersTurns ?? false }
    package var pollingGap: Duration { stores.first?.pollingGap ?? .milliseconds(2) }

    package func news() -> AsyncStream<Void> {
        stores.first?.news() ?? AsyncStream { $0.finish() }
    }

    package func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
        try await pass { try await $0.insert(insertions) }
    }

    package func replace(_ replacement: JobReplacement) async throws -> Job {
        try await pass { try await $0.replace(replacement) }
    }

    package func declare(_ declaration: JobDeclaration) async throws -> [Job] {
        try await pass { try await $0.declare(declaration) }
    }

    package func owner(_ name: String) async throws -> JobOwner? {
        try await pass { try await $0.owner(name) }
    }

    package func delete(_ ids: [JobID]) async throws -> [JobID] {
        try await pass { try await $0.delete(ids) }
    }

    package func job(_ id: JobID) async throws -> Job? {
        try await pass { try await $0.job(id) }
    }

    package func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
        try await pass { try await $0.jobs(query) }
    }

    package func versions(of job: JobID) async throws -> [JobVersion] {
        try await pass { try await $0.versions(of: job) }
    }

    package func addDependency(_ dependency: JobDependency) async throws {
        try await pass { try await $0.addDependency(dependency) }
    }

    package func removeDependency(_ id: DependencyID) async throws -> Bool {
        try await pass { try await $0.removeDependency(id) }
    }

    package func dependencies(of job: JobID) async throws -> [JobDependency] {
        try await pass { try await $0.dependencies(of: job) }
    }

    package func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at date: Date
    ) async throws -> CalendarChange {
        try await pass { try await $0.setCalendar(calendar, named: name, at: date) }
    }

    package func deleteCalendar(named name: String) async throws -> Bool {
        try await pass { try await $0.deleteCalendar(named: name) }
    }

    package func calendars() async throws -> [String: ScheduleCalendar] {
        try await pass { try await $0.calendars() }
    }

    package func dueWork(at now: Date, limit: Int) async throws -> DueWork {
        try await pass { try await $0.dueWork(at: now, limit: limit) }
    }

    package func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
        try await pass { try await $0.fire(fires) }
    }

    package func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
        try await pass { try await $0.enqueue(executions) }
    }

    package func claim(_ request: ClaimRequest) async throws -> [Claim] {
        try await pass { try await $0.claim(request) }
    }

    package func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
        try await pass { try await $0.renew(renewals) }
    }

    package func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
        try await pass { try await $0.finish(completions) }
    }

    package func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
        try await pass { try await $0.cancel(requests) }
    }

    package func cancel(matching request: BulkCancellation) async throws -> CancellationReport {
        try await pass { try await $0.cancel(matching: request) }
    }

    package func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool] {
        try await pass { try await $0.discard(ids, at: date) }
    }

    package func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome] {
        try await pass { try await $0.completeWaiting(answers) }
    }

    package func prune(at now: Date, limit: Int) async throws -> PruneReport {
        try await pass { try await $0.prune(at: now, limit: limit) }
    }

    package func rewind(to now: Date, limit: Int) async throws -> RewindReport {
        try await pass { try await $0.rewind(to: now, limit: limit) }
    }

    package func health(
        of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
    ) async throws -> JobHealth {
        try await pass { try await $0.health(of: scope, over: window, at: now) }
    }

    package func execution(_ id: ExecutionID) async throws -> Execution? {
        try await pass { try await $0.execution(id) }
    }

    package func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial {
        try await pass { try await $0.trial(of: execution, at: now) }
    }

    package func holds(on id: ExecutionID, at now: Date) async throws -> [ExecutionHold] {
        try await pass { try await $0.holds(on: id, at: now) }
    }

    package func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
        try await pass { try await $0.executions(query) }
    }

    package func skips(of job: JobID) async throws -> [SkippedOccurrence] {
        try await pass { try await $0.skips(of: job) }
    }

    package func counts() async throws -> StoreCounts {
        try await pass { try await $0.counts() }
    }

    package func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome {
        let outcome = try await pass { try await $0.turn(turn) }
        watch(turn, outcome)
        return outcome
    }

    package func leases(of owner: String) async throws -> [Claim] {
        try await pass { try await $0.leases(of: owner) }
    }
}
