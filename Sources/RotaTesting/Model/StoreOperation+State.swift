package import RotaStore

extension StoreOperation {
    /// Applies the call to the state machine. Queries do nothing.
    package func run(on state: inout StoreState) {
        var log = ChangeLog(isRecording: false)
        run(on: &state, log: &log)
    }

    /// Applies the call to the state machine, and records its changes in the log.
    package func run(on state: inout StoreState, log: inout ChangeLog) {
        switch self {
        case .insert(let insertions): _ = try? state.insert(insertions, log: &log)
        case .replace(let replacement): _ = try? state.replace(replacement, log: &log)
        case .delete(let ids): _ = state.delete(ids, log: &log)
        case .fire(let fires): _ = state.fire(fires, log: &log)
        case .enqueue(let executions): _ = try? state.enqueue(executions, log: &log)
        case .claim(let request): _ = state.claim(request, log: &log)
        case .renew(let renewals): _ = state.renew(renewals, log: &log)
        case .finish(let completions): _ = state.finish(completions, log: &log)
        case .cancel(let requests): _ = state.cancel(requests, log: &log)
        case .completeWaiting(let answers): _ = state.completeWaiting(answers, log: &log)
        case .prune(let now, let limit): _ = state.prune(at: now, limit: limit, log: &log)
        case .add(let dependency): try? state.addDependency(dependency, log: &log)
        case .removeDependency(let id): _ = state.removeDependency(id, log: &log)
        case .dueWork, .jobs, .executions: break
        }
    }
}
