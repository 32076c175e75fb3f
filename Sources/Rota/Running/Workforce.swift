import RotaStore
import Synchronization

/// Why one attempt is canceled while the others go on.
enum AttemptCancellation: Sendable, Hashable {
    /// Somebody asked that the execution be called off, or a later run replaces it.
    case requested
    /// Its lease is lost: another scheduler has the execution, or there is none any more.
    case lost
}

/// The workers of a run, so that one attempt can be canceled among many.
///
/// An attempt has no task of its own, which would cost more than a short attempt itself: its worker's task is canceled,
/// and ends with that attempt; another task takes its place.
///
/// What is to be canceled may be on its way to a worker. Such work is remembered by its lease, so that it never begins.
final class Workforce: Sendable {
    private let workers = Mutex<[Worker]>([])
    private let withdrawn = Mutex<Set<HeldLease>>([])
    private let withdrawnCount = Atomic(0)

    /// Makes a worker.
    func hire() -> Worker {
        let worker = Worker()
        workers.withLock { $0.append(worker) }
        return worker
    }

    /// Lets all workers go, at the end of a run.
    func dismiss() {
        workers.withLock { $0 = [] }
        keepWithdrawn { [] }
    }

    /// Cancels the attempt that is made here under a lease, or sees to it that none begins.
    ///
    /// - Complexity: O(w) in the number of workers.
    func withdraw(_ lease: HeldLease, because cause: AttemptCancellation) {
        // A worker that does not find it here has begun before, and is found below.
        withdrawn.withLock { withdrawn in
            withdrawn.insert(lease)
            withdrawnCount.store(withdrawn.count, ordering: .relaxed)
        }
        for worker in workers.withLock(\.self) { worker.cancel(lease, because: cause) }
    }

    /// Whether work is not to begin although it was claimed.
    func isWithdrawn(_ lease: HeldLease) -> Bool {
        guard withdrawnCount.load(ordering: .relaxed) > 0 else { return false }
        return withdrawn.withLock { $0.contains(lease) }
    }

    /// Forgets what was withdrawn but for the leases that a driver still holds.
    func keepWithdrawn(among held: () -> Set<HeldLease>) {
        guard withdrawnCount.load(ordering: .relaxed) > 0 else { return }
        let held = held()
        withdrawn.withLock { withdrawn in
            withdrawn.formIntersection(held)
            withdrawnCount.store(withdrawn.count, ordering: .relaxed)
        }
    }
}

/// One of the workers: a place at which attempts are made one after the other, by one task or several in turn.
final class Worker: Sendable {
    private struct State {
        var lease: HeldLease?
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

    func begin(_ lease: HeldLease) {
        state.withLock { $0.lease = lease }
    }

    /// Takes note that the attempt has ended.
    ///
    /// - Returns: Why it was canceled, if it was; then the task is of no more use.
    func end() -> AttemptCancellation? {
        state.withLock { state in
            defer { (state.lease, state.cause) = (nil, nil) }
            return state.cause
        }
    }

    fileprivate func cancel(_ lease: HeldLease, because cause: AttemptCancellation) {
        let task = state.withLock { state -> Task<Bool, Never>? in
            guard state.lease == lease else { return nil }
            state.cause = cause
            return state.task
        }
        task?.cancel()
    }
}
