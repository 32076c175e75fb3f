package import Foundation
package import RotaSchedule
package import RotaStore

/// A call of a store with its arguments, which can be made to the reference tables and to any store.
package enum StoreOperation: Sendable {
    case insert([JobInsertion])
    case replace(JobReplacement)
    case declare(JobDeclaration)
    case delete([JobID])
    case setCalendar(ScheduleCalendar, named: String, at: Date)
    case deleteCalendar(named: String)
    case fire([FireRequest])
    case enqueue([Execution])
    case claim(ClaimRequest)
    case renew([LeaseRenewal])
    case finish([Completion])
    case cancel([Cancellation])
    case cancelMatching(BulkCancellation)
    case discard([ExecutionID], at: Date)
    case completeWaiting([ExternalCompletion])
    case prune(at: Date, limit: Int)
    case add(JobDependency)
    case removeDependency(DependencyID)
    case dueWork(at: Date, limit: Int)
    case jobs(JobQuery)
    case executions(ExecutionQuery)

    /// Whether the call is a query.
    package var isQuery: Bool {
        switch self {
        case .dueWork, .jobs, .executions: true
        default: false
        }
    }

    /// The result of the call.
    package enum Outcome: Equatable {
        case inserted([JobInsertion.Outcome])
        case replaced(Job)
        case declared([Job])
        case deleted([JobID])
        case calendarSet(CalendarChange)
        case calendarDeleted(Bool)
        case fired([FireRequest.Outcome])
        case enqueued([EnqueueOutcome])
        case claimed([Claim])
        case renewed([LeaseRenewal.Outcome])
        case finished([Completion.Outcome])
        case canceled([Cancellation.Outcome])
        case bulkCanceled(CancellationReport)
        case discarded([Bool])
        case answered([ExternalCompletion.Outcome])
        case pruned(PruneReport)
        case added
        case removed(Bool)
        case due(jobs: [Job], leases: [Claim])
        case jobs([Job], hasMore: Bool)
        case executions([Execution], hasMore: Bool)
        case refused(StoreError.Code)
    }

    /// Makes the call to the reference tables.
    package func run(on tables: inout ReferenceTables) -> Outcome {
        do throws(StoreError) {
            switch self {
            case .insert(let insertions): return .inserted(try tables.insert(insertions))
            case .replace(let replacement): return .replaced(try tables.replace(replacement))
            case .declare(let declaration): return .declared(try tables.declare(declaration))
            case .delete(let ids): return .deleted(tables.delete(ids))
            case .setCalendar(let calendar, let name, let date):
                return .calendarSet(try tables.setCalendar(calendar, named: name, at: date))
            case .deleteCalendar(let name): return .calendarDeleted(try tables.deleteCalendar(named: name))
            case .fire(let fires): return .fired(tables.fire(fires))
            case .enqueue(let executions): return .enqueued(try tables.enqueue(executions))
            case .claim(let request): return .claimed(tables.claim(request))
            case .renew(let renewals): return .renewed(tables.renew(renewals))
            case .finish(let completions): return .finished(tables.finish(completions))
            case .cancel(let requests): return .canceled(tables.cancel(requests))
            case .cancelMatching(let request): return .bulkCanceled(try tables.cancel(matching: request))
            case .discard(let ids, let date): return .discarded(tables.discard(ids, at: date))
            case .completeWaiting(let answers): return .answered(tables.completeWaiting(answers))
            case .prune(let now, let limit): return .pruned(tables.prune(at: now, limit: limit))
            case .add(let dependency):
                try tables.addDependency(dependency)
                return .added
            case .removeDependency(let id): return .removed(tables.removeDependency(id))
            case .dueWork(let now, let limit): return Self.outcome(tables.dueWork(at: now, limit: limit))
            case .jobs(let query):
                let page = try tables.jobs(query)
                return .jobs(page.items, hasMore: page.next != nil)
            case .executions(let query):
                let page = try tables.executions(query)
                return .executions(page.items, hasMore: page.next != nil)
            }
        } catch {
            return .refused(error.code)
        }
    }

    /// Makes the call to a store.
    ///
    /// - Throws: Every error that is not a `StoreError`.
    package func run(on store: any JobStore) async throws -> Outcome {
        do {
            switch self {
            case .insert(let insertions): return .inserted(try await store.insert(insertions))
            case .replace(let replacement): return .replaced(try await store.replace(replacement))
            case .declare(let declaration): return .declared(try await store.declare(declaration))
            case .delete(let ids): return .deleted(try await store.delete(ids))
            case .setCalendar(let calendar, let name, let date):
                return .calendarSet(try await store.setCalendar(calendar, named: name, at: date))
            case .deleteCalendar(let name): return .calendarDeleted(try await store.deleteCalendar(named: name))
            case .fire(let fires): return .fired(try await store.fire(fires))
            case .enqueue(let executions): return .enqueued(try await store.enqueue(executions))
            case .claim(let request): return .claimed(try await store.claim(request))
            case .renew(let renewals): return .renewed(try await store.renew(renewals))
            case .finish(let completions): return .finished(try await store.finish(completions))
            case .cancel(let requests): return .canceled(try await store.cancel(requests))
            case .cancelMatching(let request): return .bulkCanceled(try await store.cancel(matching: request))
            case .discard(let ids, let date): return .discarded(try await store.discard(ids, at: date))
            case .completeWaiting(let answers): return .answered(try await store.completeWaiting(answers))
            case .prune(let now, let limit): return .pruned(try await store.prune(at: now, limit: limit))
            case .add(let dependency):
                try await store.addDependency(dependency)
                return .added
            case .removeDependency(let id): return .removed(try await store.removeDependency(id))
            case .dueWork(let now, let limit): return Self.outcome(try await store.dueWork(at: now, limit: limit))
            case .jobs(let query):
                let page = try await store.jobs(query)
                return .jobs(page.items, hasMore: page.next != nil)
            case .executions(let query):
                let page = try await store.executions(query)
                return .executions(page.items, hasMore: page.next != nil)
            }
        } catch let error as StoreError {
            return .refused(error.code)
        }
    }

    private static func outcome(_ dueWork: DueWork) -> Outcome {
        .due(jobs: dueWork.dueJobs, leases: dueWork.expiredLeases)
    }
}

extension StoreOperation {
    /// Applies the call to the state machine.
    ///
    /// Queries do nothing.
    package func run(on state: inout StoreState) {
        var log = ChangeLog(isRecording: false)
        run(on: &state, log: &log)
    }

    /// Applies the call to the state machine, and records its changes in the log.
    package func run(on state: inout StoreState, log: inout ChangeLog) {
        switch self {
        case .insert(let insertions): _ = try? state.insert(insertions, log: &log)
        case .replace(let replacement): _ = try? state.replace(replacement, log: &log)
        case .declare(let declaration): _ = try? state.declare(declaration, log: &log)
        case .delete(let ids): _ = state.delete(ids, log: &log)
        case .setCalendar(let calendar, let name, let date):
            _ = try? state.setCalendar(calendar, named: name, at: date, log: &log)
        case .deleteCalendar(let name): _ = try? state.deleteCalendar(named: name, log: &log)
        case .fire(let fires): _ = state.fire(fires, log: &log)
        case .enqueue(let executions): _ = try? state.enqueue(executions, log: &log)
        case .claim(let request): _ = state.claim(request, log: &log)
        case .renew(let renewals): _ = state.renew(renewals, log: &log)
        case .finish(let completions): _ = state.finish(completions, log: &log)
        case .cancel(let requests): _ = state.cancel(requests, log: &log)
        case .cancelMatching(let request): _ = try? state.cancel(matching: request, log: &log)
        case .discard(let ids, let date): _ = state.discard(ids, at: date, log: &log)
        case .completeWaiting(let answers): _ = state.completeWaiting(answers, log: &log)
        case .prune(let now, let limit): _ = state.prune(at: now, limit: limit, log: &log)
        case .add(let dependency): try? state.addDependency(dependency, log: &log)
        case .removeDependency(let id): _ = state.removeDependency(id, log: &log)
        case .dueWork, .jobs, .executions: break
        }
    }
}
