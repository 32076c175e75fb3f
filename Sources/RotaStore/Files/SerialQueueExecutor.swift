import Dispatch
import RotaCore
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs an actor on a private queue, where it may block on the disk without blocking the cooperative thread pool.
///
/// Jobs run in rounds: first all jobs that are waiting, then the closures passed to ``atEndOfRound(_:)``. A store that
/// flushes once at the end of a round gets group commit: calls that arrive during a flush share the next one, and a
/// single call is flushed at once.
///
/// ```
///   round 1                    round 2
///   job job ── flush ────────▶ job job job job ── flush ──▶
///                  ▲ jobs that arrive here run in round 2
/// ```
package final class SerialQueueExecutor: SerialExecutor {
    /// A unit of work that is waiting.
    private enum Item {
        case job(UnownedJob)
        case body(@Sendable () -> Void)
    }

    private struct Round {
        var items: [Item] = []
        var endings: [@Sendable () -> Void] = []
        var isRunning = false
        /// The time at which the queue's thread last ran out of work.
        var idleSince: ContinuousClock.Instant?
        /// Whether the last job arrived so soon that the thread should spin before it sleeps.
        var isBusy = false
    }

    private let queue: DispatchQueue
    private let mark = DispatchSpecificKey<Bool>()
    private let next = Mutex(Round())
    private let hasJobs = Atomic(false)

    /// Creates an executor with its own queue.
    ///
    /// - Parameter label: The name of the queue in debuggers.
    package init(label: String) {
        queue = DispatchQueue(label: label)
        queue.setSpecific(key: mark, value: true)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs a closure on this executor, in order with the jobs, without the thread switches of a job.
    package func submit(_ body: @escaping @Sendable () -> Void) {
        add(.body(body))
    }

    private func add(_ item: Item) {
        let mustStart = next.withLock { next in
            next.items.append(item)
            hasJobs.store(true, ordering: .releasing)
            if next.isRunning { return false }
            next.isRunning = true
            next.isBusy = next.idleSince.map { $0.duration(to: .now) < Self.spinTime } ?? false
            return true
        }
        if mustStart { queue.async { self.run() } }
    }

    /// Runs a closure on this executor at the end of the current round.
    ///
    /// Call it from a job of this executor.
    package func atEndOfRound(_ body: @escaping @Sendable () -> Void) {
        next.withLock { $0.endings.append(body) }
    }

    /// Runs a closure that may block on the queue, without blocking the caller's thread.
    package func perform<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result = await withCheckedContinuation { continuation in
            queue.async {
                let result: Result<Value, Failure>
                do throws(Failure) {
                    result = .success(try body())
                } catch {
                    result = .failure(error)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }

    package func isIsolatingCurrentContext() -> Bool? {
        DispatchQueue.getSpecific(key: mark) == true
    }

    /// The next work to do.
    private enum Work {
        case items([Item])
        case endings([@Sendable () -> Void])
    }

    private func run() {
        var sweeps = 0
        while true {
            switch take(itemsFirst: sweeps < Self.sweepsPerRound) {
            case .items(let items):
                sweeps += 1
                for item in items {
                    switch item {
                    case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
                    case .body(let body): body()
                    }
                }
            case .endings(let endings):
                sweeps = 0
                for ending in endings { ending() }
            case nil:
                sweeps = 0
                if !spin() && stop() { return }
            }
        }
    }

    /// How many times new jobs can join a round.
    ///
    /// Without a limit, a steady stream of jobs would never let it end.
    private static let sweepsPerRound = 16

    /// How long the queue's thread spins before it sleeps, if the last job arrived within this time.
    ///
    /// Waking a sleeping thread takes about a quarter of the time of a commit on a fast disk. A store that is used only
    /// now and then never spins.
    private static let spinTime = Duration.microseconds(40)

    private func take(itemsFirst: Bool) -> Work? {
        next.withLock { next in
            if !next.items.isEmpty && (itemsFirst || next.endings.isEmpty) {
                defer { next.items = [] }
                hasJobs.store(false, ordering: .relaxed)
                return .items(next.items)
            }
            if !next.endings.isEmpty {
                defer { next.endings = [] }
                return .endings(next.endings)
            }
            return nil
        }
    }

    /// Waits briefly for a job without sleeping, and yields the processor to other threads.
    ///
    /// - Returns: Whether a job arrived.
    private func spin() -> Bool {
        guard next.withLock({ $0.isBusy }) else { return false }
        let end = ContinuousClock.now.advanced(by: Self.spinTime)
        while !hasJobs.load(ordering: .acquiring) {
            if ContinuousClock.now >= end {
                next.withLock { $0.isBusy = false }
                return false
            }
            _ = sched_yield()
        }
        return true
    }

    /// Releases the thread, unless a job has arrived in the meantime.
    ///
    /// - Returns: Whether the thread must return.
    private func stop() -> Bool {
        next.withLock { next in
            guard next.items.isEmpty, next.endings.isEmpty else { return false }
            next.isRunning = false
            next.idleSince = .now
            return true
        }
    }
}
