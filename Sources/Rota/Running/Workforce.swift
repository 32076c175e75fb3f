import RotaStore
import Synchronization

/// Why one attempt is canceled while the others go on.
enum AttemptCancellation: Sendable, Hashable {
    /// Somebody asked that the execution be called off, or a later run replaces it.
    case requested
}

/// The workers of a run, so that one attempt can be canceled among many.
///
/// An attempt has no task of its own, which would cost more than a short attempt itself: its worker's task is canceled,
/// and ends with that attempt; another task takes its place.
final class Workforce: Sendable {
    private let workers = Mutex<[Worker]>([])

    /// Makes a worker.
    func hire() -> Worker {
        let worker = Worker()
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// Lets all workers go, at the end of a run.
    func dismiss() {
        workers.withLock { $0 = [] }
    }

    /// Cancels the attempt at an execution that is being made here.
    ///
    /// - Returns: Whether there is one.
    /// - Complexity: O(w) in the number of workers.
    @discardableResult
    func cancel(_ id: ExecutionID, because cause: AttemptCancellation) -> Bool {
        workers.withLock(\.self).contains { $0.cancel(id, because: cause) }
    }
}

/// One of the workers: a place at which attempts are made one after the other, by one task or several in turn.
final class Worker: Sendable {
    private struct State {
        var id: ExecutionID?
        var cause: AttemptCancellation?
        var task: Task<Bool, Never>?
    }

    private let state = Mutex(State())

    /// Works until there is no more work, with a new task after each attempt that was canceled.
    ///
    /// - Parameter shift: Makes attempts until there are no more, or one was canceled; it returns whether one was.
    func work(_ shift: @escaping @Sendable () async -> Bool) async {
        var goesOn = true
        while goesOn {
            // The task cannot begin an attempt before it is known here.
            let task = state.withLock { state in
                let task = Task { @concurrent in await shift() }
                state.task = task
                return task
            }
            goesOn = await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
        }
    }

    func begin(_ id: ExecutionID) {
        state.withLock { $0.id = id }
    }

    /// Takes note that the attempt has ended.
    ///
    /// - Returns: Why it was canceled, if it was; then the task is of no more use.
    func end() -> AttemptCancellation? {
        state.withLock { state in
            defer { (state.id, state.cause) = (nil, nil) }
            return state.cause
        }
    }

    fileprivate func cancel(_ id: ExecutionID, because cause: AttemptCancellation) -> Bool {
        let task = state.withLock { state -> Task<Bool, Never>? in
            guard state.id == id else { return nil }
            state.cause = cause
            return state.task
        }
        task?.cancel()
        return task != nil
    }
}
