#if Postgres
    import Foundation
    import RotaSchedule
    import RotaStore
    import Synchronization

    /// Sends each operation to another one of several stores, which must behave as one.
    struct RotatingStore: JobStore {
        let stores: [any JobStore]
        private let counter = Counter()

        private final class Counter: Sendable {
            private let count = Atomic(0)

            func next() -> Int { count.add(1, ordering: .relaxed).oldValue }
        }

        init(_ stores: [any JobStore]) {
            self.stores = stores
        }

        private func pass<Answer: Sendable>(
            _ operation: @Sendable (any JobStore) async throws -> Answer
        ) async throws -> Answer {
            let index = counter.next()
            return try await operation(stores[index % stores.count])
        }

        func insert(_ insertions: [JobInsertion]) async throws -> [JobInsertion.Outcome] {
            try await pass { try await $0.insert(insertions) }
        }

        func replace(_ replacement: JobReplacement) async throws -> Job {
            try await pass { try await $0.replace(replacement) }
        }

        func declare(_ declaration: JobDeclaration) async throws -> [Job] {
            try await pass { try await $0.declare(declaration) }
        }

        func owner(_ name: String) async throws -> JobOwner? {
            try await pass { try await $0.owner(name) }
        }

        func delete(_ ids: [JobID]) async throws -> [JobID] {
            try await pass { try await $0.delete(ids) }
        }

        func job(_ id: JobID) async throws -> Job? {
            try await pass { try await $0.job(id) }
        }

        func jobs(_ query: JobQuery) async throws -> RecordPage<Job> {
            try await pass { try await $0.jobs(query) }
        }

        func versions(of job: JobID) async throws -> [JobVersion] {
            try await pass { try await $0.versions(of: job) }
        }

        func addDependency(_ dependency: JobDependency) async throws {
            try await pass { try await $0.addDependency(dependency) }
        }

        func removeDependency(_ id: DependencyID) async throws -> Bool {
            try await pass { try await $0.removeDependency(id) }
        }

        func dependencies(of job: JobID) async throws -> [JobDependency] {
            try await pass { try await $0.dependencies(of: job) }
        }

        func setCalendar(
            _ calendar: ScheduleCalendar, named name: String, at date: Date
        ) async throws -> CalendarChange {
            try await pass { try await $0.setCalendar(calendar, named: name, at: date) }
        }

        func deleteCalendar(named name: String) async throws -> Bool {
            try await pass { try await $0.deleteCalendar(named: name) }
        }

        func calendars() async throws -> [String: ScheduleCalendar] {
            try await pass { try await $0.calendars() }
        }

        func dueWork(at now: Date, limit: Int) async throws -> DueWork {
            try await pass { try await $0.dueWork(at: now, limit: limit) }
        }

        func fire(_ fires: [FireRequest]) async throws -> [FireRequest.Outcome] {
            try await pass { try await $0.fire(fires) }
        }

        func enqueue(_ executions: [Execution]) async throws -> [EnqueueOutcome] {
            try await pass { try await $0.enqueue(executions) }
        }

        func claim(_ request: ClaimRequest) async throws -> [Claim] {
            try await pass { try await $0.claim(request) }
        }

        func renew(_ renewals: [LeaseRenewal]) async throws -> [LeaseRenewal.Outcome] {
            try await pass { try await $0.renew(renewals) }
        }

        func finish(_ completions: [Completion]) async throws -> [Completion.Outcome] {
            try await pass { try await $0.finish(completions) }
        }

        func cancel(_ requests: [Cancellation]) async throws -> [Cancellation.Outcome] {
            try await pass { try await $0.cancel(requests) }
        }

        func cancel(matching request: BulkCancellation) async throws -> CancellationReport {
            try await pass { try await $0.cancel(matching: request) }
        }

        func discard(_ ids: [ExecutionID], at date: Date) async throws -> [Bool] {
            try await pass { try await $0.discard(ids, at: date) }
        }

        func completeWaiting(_ answers: [ExternalCompletion]) async throws -> [ExternalCompletion.Outcome] {
            try await pass { try await $0.completeWaiting(answers) }
        }

        func prune(at now: Date, limit: Int) async throws -> PruneReport {
            try await pass { try await $0.prune(at: now, limit: limit) }
        }

        func rewind(to now: Date, limit: Int) async throws -> RewindReport {
            try await pass { try await $0.rewind(to: now, limit: limit) }
        }

        func health(
            of scope: JobHealth.Scope, over window: JobHealth.Window, at now: Date
        ) async throws -> JobHealth {
            try await pass { try await $0.health(of: scope, over: window, at: now) }
        }

        func execution(_ id: ExecutionID) async throws -> Execution? {
            try await pass { try await $0.execution(id) }
        }

        func trial(of execution: Execution, at now: Date) async throws -> EnqueueTrial {
            try await pass { try await $0.trial(of: execution, at: now) }
        }

        func holds(on id: ExecutionID, at now: Date) async throws -> [ExecutionHold] {
            try await pass { try await $0.holds(on: id, at: now) }
        }

        func executions(_ query: ExecutionQuery) async throws -> RecordPage<Execution> {
            try await pass { try await $0.executions(query) }
        }

        func skips(of job: JobID) async throws -> [SkippedOccurrence] {
            try await pass { try await $0.skips(of: job) }
        }

        func counts() async throws -> StoreCounts {
            try await pass { try await $0.counts() }
        }

        func turn(_ turn: StoreTurn) async throws -> StoreTurn.Outcome {
            try await pass { try await $0.turn(turn) }
        }

        func leases(of owner: String) async throws -> [Claim] {
            try await pass { try await $0.leases(of: owner) }
        }
    }
#endif
