package import Foundation
package import RotaStore

/// One call of a store, with everything it needs, that can be made to the state machine and to any store alike.
package enum StoreOperation: Sendable {
    case insert([JobInsertion])
    case replace(JobReplacement)
    case delete([JobID])
    case fire([Fire])
    case enqueue([Execution])
    case claim(ClaimRequest)
    case renew([LeaseRenewal])
    case finish([Completion])
    case cancel([Cancellation])
    case answer([Answer])
    case prune(at: Date, limit: Int)
    case add(JobDependency)
    case removeDependency(DependencyID)

    /// What came of it.
    package enum Outcome: Equatable {
        case inserted([JobInsertion.Outcome])
        case replaced(Job)
        case deleted([JobID])
        case fired([Fire.Outcome])
        case enqueued([Enqueued])
        case claimed([Claim])
        case renewed([LeaseRenewal.Outcome])
        case finished([Completion.Outcome])
        case canceled([Cancellation.Outcome])
        case answered([Answer.Outcome])
        case pruned(PruneReport)
        case added
        case removed(Bool)
        case refused(StoreError)
    }

    /// Makes the call to the state machine.
    package func run(on state: inout StoreState) -> Outcome {
        var log = ChangeLog(isRecording: false)
        do throws(StoreError) {
            switch self {
            case .insert(let insertions): return .inserted(try state.insert(insertions, log: &log))
            case .replace(let replacement): return .replaced(try state.replace(replacement, log: &log))
            case .delete(let ids): return .deleted(state.delete(ids, log: &log))
            case .fire(let fires): return .fired(state.fire(fires, log: &log))
            case .enqueue(let executions): return .enqueued(try state.enqueue(executions, log: &log))
            case .claim(let request): return .claimed(state.claim(request, log: &log))
            case .renew(let renewals): return .renewed(state.renew(renewals, log: &log))
            case .finish(let completions): return .finished(state.finish(completions, log: &log))
            case .cancel(let requests): return .canceled(state.cancel(requests, log: &log))
            case .answer(let answers): return .answered(state.answer(answers, log: &log))
            case .prune(let now, let limit): return .pruned(state.prune(at: now, limit: limit, log: &log))
            case .add(let dependency):
                try state.add(dependency, log: &log)
                return .added
            case .removeDependency(let id): return .removed(state.removeDependency(id, log: &log))
            }
        } catch {
            return .refused(error)
        }
    }

    /// Makes the call to a store; errors other than the store's refusals are thrown.
    package func run(on store: some JobStore) async throws -> Outcome {
        do {
            switch self {
            case .insert(let insertions): return .inserted(try await store.insert(insertions))
            case .replace(let replacement): return .replaced(try await store.replace(replacement))
            case .delete(let ids): return .deleted(try await store.delete(ids))
            case .fire(let fires): return .fired(try await store.fire(fires))
            case .enqueue(let executions): return .enqueued(try await store.enqueue(executions))
            case .claim(let request): return .claimed(try await store.claim(request))
            case .renew(let renewals): return .renewed(try await store.renew(renewals))
            case .finish(let completions): return .finished(try await store.finish(completions))
            case .cancel(let requests): return .canceled(try await store.cancel(requests))
            case .answer(let answers): return .answered(try await store.answer(answers))
            case .prune(let now, let limit): return .pruned(try await store.prune(at: now, limit: limit))
            case .add(let dependency):
                try await store.add(dependency)
                return .added
            case .removeDependency(let id): return .removed(try await store.removeDependency(id))
            }
        } catch let error as StoreError {
            return .refused(error)
        }
    }
}
