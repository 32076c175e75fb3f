import Foundation
import RotaStore
import Synchronization

/// Runs tasks on one thread of its own, so that they continue while all threads of the shared pool are blocked.
///
/// The thread ends with the last job after ``close()``. A job that comes later starts another thread: nothing that was
/// handed over is lost.
final class ThreadExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var hasThread = false
        var isClosed = false
    }

    private let name: String
    private let state = Mutex(State())
    private let wakeup = DispatchSemaphore(value: 0)

    /// Creates an executor, whose thread starts with the first job.
    ///
    /// - Parameter name: The name of the thread in debuggers, on Apple's systems.
    init(name: String) {
        self.name = name
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (startsThread, wasEmpty) = state.withLock { state in
            defer { state.hasThread = true }
            state.jobs.append(job)
            return (!state.hasThread, state.jobs.count == 1)
        }
        if startsThread {
            let thread = Thread { self.work() }
            thread.name = name
            thread.stackSize = Self.stackSize
            thread.start()
        } else if wasEmpty {
            wakeup.signal()
        }
    }

    /// As large as that of the shared pool's threads on Linux.
    ///
    /// Only what is used takes memory.
    private static let stackSize = 8 << 20

    /// Lets the thread end when it has nothing left to do.
    func close() {
        state.withLock { $0.isClosed = true }
        wakeup.signal()
    }

    /// The name of the executor whose thread this is, or `nil` on any other thread.
    static var currentName: String? { Thread.current.threadDictionary[key] as? String }

    private static let key = "rota.executor"

    private func work() {
        Thread.current.threadDictionary[Self.key] = name
        while true {
            let jobs = state.withLock { state -> [UnownedJob]? in
                guard state.jobs.isEmpty else {
                    defer { state.jobs = [] }
                    return state.jobs
                }
                guard state.isClosed else { return [] }
                state.hasThread = false
                return nil
            }
            guard let jobs else { return }
            for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            // A signal that comes twice costs one more look.
            if jobs.isEmpty { wakeup.wait() }
        }
    }
}

/// Runs an operation on a thread that it has to itself.
///
/// The operation may block there. What it awaits may run elsewhere.
func withOwnThread<Value: Sendable>(
    named name: String, _ operation: @escaping @concurrent @Sendable () async throws -> Value
) async throws -> Value {
    let executor = ThreadExecutor(name: name)
    defer { executor.close() }
    // A task of its own begins on the thread. A preference alone would begin where the caller runs.
    let task = Task(executorPreference: executor, operation: operation)
    return try await withTaskCancellationHandler {
        try await task.value
    } onCancel: {
        task.cancel()
    }
}
