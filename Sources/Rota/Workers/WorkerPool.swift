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
/// The workers are not child tasks of `run()`, which could not return before the last of them ended: an attempt may
/// ignore its cancellation. Such an attempt is abandoned, and its worker ends with it, whenever that is.
///
/// An attempt to be canceled may still be on its way to a worker. Its lease is remembered, or its job if that was
/// deleted, so that it never begins.
final class WorkerPool: Sendable {
    private struct Withdrawn {
        var leases: Set<LeaseKey> = []
        var jobs: Set<JobID> = []

        var count: Int { leases.count + jobs.count }
    }

    private let workers = Mutex<[Worker]>([])
    private let withdrawn = Mutex(Withdrawn())
    private let withdrawnCount = Atomic(0)

    /// Starts workers.
    ///
    /// They make attempts until the queue is closed and empty.
    ///
    /// - Parameters:
    ///   - count: The number of workers.
    ///   - runner: Makes the attempts.
    ///   - queue: Where work comes from.
    ///   - outbox: Where results go.
    func start(
        _ count: Int, runner: AttemptRunner, queue: WorkQueue<ClaimedWork>, outbox: Outbox<AttemptResult>
    ) {
        let new = (0..<count).map { _ in Worker() }
        workers.withLock { $0 = new }
        for worker in new { worker.start(runner: runner, queue: queue, outbox: outbox) }
    }

    /// Cancels all attempts, the current ones and all later ones.
    func cancelAll() {
        for worker in workers.withLock(\.self) { worker.cancel() }
    }

    /// Abandons all attempts that are being made: they continue, and their results are dropped.
    ///
    /// - Returns: The work whose results will not come.
    func abandonRunning() -> [ClaimedWork] {
        workers.withLock(\.self).compactMap { $0.abandon() }
    }

    /// Forgets all workers, at the end of `run()`, and waits for those that are not abandoned.
    ///
    /// The queue must be closed.
    func dismiss() async {
        let dismissed = workers.withLock { workers in
            defer { workers = [] }
            return workers
        }
        forgetWithdrawn { [] }
        for worker in dismissed { await worker.end() }
    }

    /// Cancels the attempt that is made under a lease, or keeps it from beginning.
    ///
    /// - Complexity: O(w) in the number of workers.
    func withdraw(_ lease: LeaseKey, because cause: AttemptCancellation) {
        // The order matters: a worker that does not see the lease here has begun before, and is found below.
        remember { $0.leases.insert(lease) }
        cancel(because: cause) { $0.leaseKey == lease }
    }

    /// Cancels the attempts of jobs, or keeps them from beginning.
    ///
    /// - Complexity: O(w) in the number of workers.
    func withdraw(jobs: Set<JobID>, because cause: AttemptCancellation) {
        remember { $0.jobs.formUnion(jobs) }
        cancel(because: cause) { jobs.contains($0.job.id) }
    }

    private func remember(_ change: (inout Withdrawn) -> Void) {
        withdrawn.withLock { withdrawn in
            change(&withdrawn)
            withdrawnCount.store(withdrawn.count, ordering: .relaxed)
        }
    }

    private func cancel(because cause: AttemptCancellation, where isMeant: (Claim) -> Bool) {
        for worker in workers.withLock(\.self) { worker.cancel(because: cause, where: isMeant) }
    }

    /// Whether claimed work must not begin.
    func isWithdrawn(_ claim: Claim) -> Bool {
        guard withdrawnCount.load(ordering: .relaxed) > 0 else { return false }
        return withdrawn.withLock { $0.leases.contains(claim.leaseKey) || $0.jobs.contains(claim.job.id) }
    }

    /// Forgets withdrawn leases, except those that the driver still holds, and deleted jobs if it holds none.
    func forgetWithdrawn(among held: () -> Set<LeaseKey>) {
        guard withdrawnCount.load(ordering: .relaxed) > 0 else { return }
        let held = held()
        remember { withdrawn in
            withdrawn.leases.formIntersection(held)
            if held.isEmpty { withdrawn.jobs = [] }
        }
    }

    /// Forgets deleted jobs, after all leases were renewed: those of the jobs were found lost, and are withdrawn.
    func forgetDeletedJobs() {
        guard withdrawnCount.load(ordering: .relaxed) > 0 else { return }
        remember { $0.jobs = [] }
    }
}

/// Makes one attempt at a time.
///
/// After a cancellation, a new task takes over.
private final class Worker: Sendable {
    private struct State {
        var work: ClaimedWork?
        var cause: AttemptCancellation?
        var isAbandoned = false
        /// The task of the current shift.
        var task: Task<Bool, Never>?
        /// The task that starts one shift after another.
        var shifts: Task<Void, Never>?
    }

    private let state = Mutex(State())

    func start(runner: AttemptRunner, queue: WorkQueue<ClaimedWork>, outbox: Outbox<AttemptResult>) {
        let shifts = Task { @concurrent in
            await work { await self.shift(runner: runner, queue: queue, outbox: outbox) }
        }
        state.withLock { $0.shifts = shifts }
    }

    /// Waits until the worker has ended, unless it is abandoned.
    func end() async {
        let shifts = state.withLock { $0.isAbandoned ? nil : $0.shifts }
        await shifts?.value
    }

    /// Runs shifts until there is no more work, each in a task of its own.
    ///
    /// - Parameter shift: Makes attempts, and returns whether another shift must follow.
    private func work(_ shift: @escaping @Sendable () async -> Bool) async {
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

    /// Makes attempts until the queue closes, or an attempt is abandoned or canceled.
    ///
    /// - Returns: Whether an attempt was canceled, so that a new task must take over.
    private func shift(runner: AttemptRunner, queue: WorkQueue<ClaimedWork>, outbox: Outbox<AttemptResult>) async
        -> Bool
    {
        while let work = await queue.next(isDrained: outbox.flush) {
            begin(work)
            var result = await SleeperTag.$current.withValue(work.claim.tag) { await runner.run(work) }
            let (cause, isAbandoned) = finish()
            guard !isAbandoned else {
                // A handler that was abandoned by its watch too tells of its end itself.
                if !work.hasAbandonedHandlers { runner.events.droppedLateResult(of: work.claim, at: runner.clock.now) }
                return false
            }
            result.canceledBecause = cause
            outbox.push(result, isUrgent: result.duration > .milliseconds(1))
            guard result.canceledBecause == nil else {
                outbox.flush()
                return true
            }
        }
        return false
    }

    private func begin(_ work: ClaimedWork) {
        state.withLock { $0.work = work }
    }

    /// Records that the attempt has ended.
    ///
    /// - Returns: Why it was canceled, or `nil`. If it was, the task is canceled too and can make no other attempt.
    private func finish() -> (cause: AttemptCancellation?, isAbandoned: Bool) {
        state.withLock { state in
            defer { (state.work, state.cause) = (nil, nil) }
            return (state.cause, state.isAbandoned)
        }
    }

    /// Cancels the current attempt and all others.
    func cancel() {
        state.withLock(\.shifts)?.cancel()
    }

    /// Abandons the current attempt, and the worker with it.
    ///
    /// - Returns: The work, or `nil` if no attempt is being made.
    func abandon() -> ClaimedWork? {
        state.withLock { state in
            guard let work = state.work, !state.isAbandoned else { return nil }
            state.isAbandoned = true
            return work
        }
    }

    func cancel(because cause: AttemptCancellation, where isMeant: (Claim) -> Bool) {
        let task = state.withLock { state -> Task<Bool, Never>? in
            guard let claim = state.work?.claim, isMeant(claim) else { return nil }
            state.cause = cause
            return state.task
        }
        task?.cancel()
    }
}
