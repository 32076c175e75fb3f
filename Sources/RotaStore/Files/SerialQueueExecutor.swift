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

/// Runs an actor on a private queue, where it may block on the disk without holding up the cooperative thread pool.
///
/// Jobs run in rounds: all those waiting, then what ``atEndOfRound(_:)`` was given. A store that lets its callers wait
/// there for one common flush gets group commit for nothing: whoever calls during one flush is in the next, and one
/// caller alone waits for no one.
package final class SerialQueueExecutor: SerialExecutor {
    /// What waits for its turn.
    private enum Item {
        case job(UnownedJob)
        case body(@Sendable () -> Void)
    }

    private struct Round {
        var items: [Item] = []
        var endings: [@Sendable () -> Void] = []
        var isRunning = false
        /// When the queue's thread last ran out of work.
        var idleSince: ContinuousClock.Instant?
        /// Whether the last job came so soon that it is worth looking out for the next.
        var isBusy = false
    }

    private let queue: DispatchQueue
    private let mark = DispatchSpecificKey<Bool>()
    private let next = Mutex(Round())
    private let hasJobs = Atomic(false)

    /// Makes an executor with a queue of its own.
    ///
    /// - Parameter label: The queue's name in debuggers.
    package init(label: String) {
        queue = DispatchQueue(label: label)
        queue.setSpecific(key: mark, value: true)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Calls a body on this executor, in the order of the jobs, without the switches that a job costs its task.
    package func submit(_ body: @escaping @Sendable () -> Void) {
        add(.body(body))
    }

    private func add(_ item: Item) {
        let mustStart = next.withLock { next in
            next.items.append(item)
            hasJobs.store(true, ordering: .releasing)
            if next.isRunning { return false }
            next.isRunning = true
            next.isBusy = next.idleSince.map { $0.duration(to: .now) < Self.lookout } ?? false
            return true
        }
        if mustStart { queue.async { self.run() } }
    }

    /// Calls the body, on this executor, when the jobs that wait now have run.
    ///
    /// To be called from a job of this executor.
    package func atEndOfRound(_ body: @escaping @Sendable () -> Void) {
        next.withLock { $0.endings.append(body) }
    }

    /// Runs a body that may block on the queue, for a caller that must not.
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

    /// What there is to do next.
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
                if !lookOut() && stop() { return }
            }
        }
    }

    /// How often newcomers may join a round before it ends: without a limit, a steady stream would hold it open.
    private static let sweepsPerRound = 16

    /// How long the queue's thread looks out for the next job, if the last one came that soon, before it sleeps.
    ///
    /// To wake a sleeping thread takes about a quarter of the time of a commit on a fast disk. A store that is used now
    /// and then never waits here.
    private static let lookout = Duration.microseconds(40)

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

    /// Waits a moment for a job without going to sleep; a processor that others want is theirs.
    ///
    /// - Returns: Whether one came.
    private func lookOut() -> Bool {
        guard next.withLock({ $0.isBusy }) else { return false }
        let end = ContinuousClock.now.advanced(by: Self.lookout)
        while !hasJobs.load(ordering: .acquiring) {
            if ContinuousClock.now >= end {
                next.withLock { $0.isBusy = false }
                return false
            }
            _ = sched_yield()
        }
        return true
    }

    /// Lets the thread go, unless a job came in the meantime.
    private func stop() -> Bool {
        next.withLock { next in
            guard next.items.isEmpty, next.endings.isEmpty else { return false }
            next.isRunning = false
            next.idleSince = .now
            return true
        }
    }
}
