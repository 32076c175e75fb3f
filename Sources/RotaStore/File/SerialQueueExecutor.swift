import Dispatch
import Synchronization

/// Runs an actor on a private queue, where it may block on the disk without holding up the cooperative thread pool.
///
/// Jobs run in rounds: all those waiting, then what ``atEndOfRound(_:)`` was given. A store that lets its callers wait
/// there for one common flush gets group commit for nothing: whoever calls during one flush is in the next, and one
/// caller alone waits for no one.
package final class SerialQueueExecutor: SerialExecutor {
    private struct Round {
        var jobs: [UnownedJob] = []
        var endings: [@Sendable () -> Void] = []
        var isRunning = false
    }

    private let queue: DispatchQueue
    private let mark = DispatchSpecificKey<Bool>()
    private let next = Mutex(Round())

    /// Makes an executor with a queue of its own.
    ///
    /// - Parameter label: The queue's name in debuggers.
    package init(label: String) {
        queue = DispatchQueue(label: label)
        queue.setSpecific(key: mark, value: true)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let mustStart = next.withLock { next in
            next.jobs.append(job)
            defer { next.isRunning = true }
            return !next.isRunning
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
        case jobs([UnownedJob])
        case endings([@Sendable () -> Void])
    }

    private func run() {
        var sweeps = 0
        while let work = take(jobsFirst: sweeps < Self.sweepsPerRound) {
            switch work {
            case .jobs(let jobs):
                sweeps += 1
                for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
            case .endings(let endings):
                sweeps = 0
                for ending in endings { ending() }
            }
        }
    }

    /// How often newcomers may join a round before it ends: without a limit, a steady stream would hold it open.
    private static let sweepsPerRound = 16

    private func take(jobsFirst: Bool) -> Work? {
        next.withLock { next in
            if !next.jobs.isEmpty && (jobsFirst || next.endings.isEmpty) {
                defer { next.jobs = [] }
                return .jobs(next.jobs)
            }
            if !next.endings.isEmpty {
                defer { next.endings = [] }
                return .endings(next.endings)
            }
            next.isRunning = false
            return nil
        }
    }
}
