import RotaStore
import Synchronization

/// Why one attempt is canceled while the others continue.
enum AttemptCancellation: Sendable, Hashable {
    /// The execution was canceled on request, or replaced by a later one.
    case requested
    /// The lease was lost: another scheduler has the execution, or it was deleted.
    case lost
}

/// The workers of a scheduler: the loop that makes attempts, and a way to cancel one attempt among many.
///
/// ```
///   Driver ──push──▶ WorkQueue ──next──▶ Worker × maximumConcurrency ──push──▶ Outbox ──drain──▶ Driver
/// ```
///
/// An attempt has no task of its own, because a task costs more than a short attempt. To cancel an attempt, its
/// worker's task is canceled. That task ends with the attempt, and the worker starts another one.
///
/// An attempt to be canceled may still be on its way to a worker. Its lease is remembered, so that it never begins.
final class WorkerPool: Sendable {
    private let workers = Mutex<[Worker]>([])
    private let withdrawn = Mutex<Set<LeaseKey>>([])
    private let withdrawnCount = Atomic(0)

    /// Adds workers to a task group.
    ///
    /// They make attempts until the queue is closed and empty.
    ///
    /// - Parameters:
    ///   - count: The number of workers.
    ///   - runner: Makes the attempts.
    ///   - queue: Where work comes from.
    ///   - outbox: Where results go.
    func start(
        _ count: Int, in group: inout ThrowingTaskGroup<Void, any Error>, runner: AttemptRunner,
        queue: WorkQueue<Work>, outbox: Outbox<AttemptResult>
    ) {
        for _ in 0..<count {
            let worker = Worker()
            workers.withLock { $0.append(worker) }
            group.addTask {
                await worker.work { await worker.shift(runner: runner, queue: queue, outbox: outbox) }
            }
        }
    }

    /// Forgets all workers, at the end of `run()`.
    func dismiss() {
        workers.withLock { $0 = [] }
        forgetWithdrawn { [] }
    }

    /// Cancels the attempt that is made under a lease, or keeps it from beginning.
    ///
    /// - Complexity: O(w) in the number of workers.
    func withdraw(_ lease: LeaseKey, because cause: AttemptCancellation) {
        // The order matters: a worker that does not see the lease here has begun before, and is found below.
        withdrawn.withLock { withdrawn in
            withdrawn.insert(lease)
            withdrawnCount.store(withdrawn.count, ordering: .relaxed)
        }
        for worker in workers.withLock(\.self) { worker.cancel(lease, because: cause) }
    }

    /// Whether claimed work must not begin.
    func isWithdrawn(_ lease: LeaseKey) -> Bool {
        guard withdrawnCount.load(ordering: .relaxed) > 0 else { return false }
        return withdrawn.withLock { $0.contains(lease) }
    }

    /// Forgets withdrawn leases, except those that the driver still holds.
    func forgetWithdrawn(among held: () -> Set<LeaseKey>) {
        guard withdrawnCount.load(ordering: .relaxed) > 0 else { return }
        let held = held()
        withdrawn.withLock { withdrawn in
            withdrawn.formIntersection(held)
            withdrawnCount.store(withdrawn.count, ordering: .relaxed)
        }
    }
}

/// Makes one attempt at a time.
///
/// After a cancellation, a new task takes over.
private final class Worker: Sendable {
    private struct State {
        var lease: LeaseKey?
        var cause: AttemptCancellation?
        var task: Task<Bool, Never>?
    }

    private let state = Mutex(State())

    /// Runs shifts until there is no more work, each in a task of its own.
    ///
    /// - Parameter shift: Makes attempts, and returns whether another shift must follow.
    func work(_ shift: @escaping @Sendable () async -> Bool) async {
        var hasMore = true
        while hasMore {
            // Under the lock, so that no attempt begins before its task is known here.
            let task = state.withLock { state in
                let task = Task { @concurrent in await shift() }
                state.task = task
                return task
            }
            hasMore = await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
        }
    }

    /// Makes attempts until the queue is closed, or until one was canceled, and the task with it.
    ///
    /// - Returns: Whether an attempt was canceled, so that a new task must take over.
    func shift(runner: AttemptRunner, queue: WorkQueue<Work>, outbox: Outbox<AttemptResult>) async -> Bool {
        while let work = await queue.next(isDrained: outbox.flush) {
            begin(work.claim.leaseKey)
            var result = await SleeperTag.$current.withValue(work.claim.tag) { await runner.run(work) }
            result.canceledBecause = end()
            outbox.push(result, isUrgent: result.duration > .milliseconds(1))
            guard result.canceledBecause == nil else {
                outbox.flush()
                return true
            }
        }
        return false
    }

    private func begin(_ lease: LeaseKey) {
        state.withLock { $0.lease = lease }
    }

    /// Records that the attempt has ended.
    ///
    /// - Returns: Why it was canceled, or `nil`. If it was, the task is canceled too and can make no other attempt.
    private func end() -> AttemptCancellation? {
        state.withLock { state in
            defer { (state.lease, state.cause) = (nil, nil) }
            return state.cause
        }
    }

    func cancel(_ lease: LeaseKey, because cause: AttemptCancellation) {
        let task = state.withLock { state -> Task<Bool, Never>? in
            guard state.lease == lease else { return nil }
            state.cause = cause
            return state.task
        }
        task?.cancel()
    }
}
