import Foundation
import RotaCore
public import RotaStore

extension Scheduler {
    /// Waits until an execution is over, whichever scheduler of the store runs it.
    ///
    /// An end that comes about in this process is told at once. Others are found by looking into the store, first
    /// every 100 milliseconds, later every 5 seconds. Whoever no longer wants to wait cancels the task.
    ///
    /// - Returns: The execution, with its outcome.
    /// - Throws: ``SchedulerError`` with code `executionNotFound` if there is none, or it is deleted meanwhile;
    ///   `CancellationError`; or the store's error.
    public nonisolated func waitForCompletion(of id: ExecutionID) async throws -> Execution {
        let context = self.context
        // Whoever watches before reading misses nothing.
        let stream = context.ends.completion(of: id)
        let present = try await context.store.execution(id)
        guard let present else { throw SchedulerError.noExecution(id) }
        if present.status.isTerminal { return present }
        return try await withThrowingTaskGroup(of: Execution?.self) { group in
            group.addTask {
                for await execution in stream { return execution }
                return nil
            }
            group.addTask { try await context.poll(for: id) }
            defer { group.cancelAll() }
            while let ended = try await group.next() {
                if let ended { return ended }
            }
            throw CancellationError()
        }
    }
}

extension DriverContext {
    /// Looks into the store again and again until an execution is over.
    fileprivate func poll(for id: ExecutionID) async throws -> Execution {
        var pause = Duration.milliseconds(100)
        while true {
            let start = clock.now
            try await clock.sleep(until: start.advanced(by: pause))
            guard let execution = try await store.execution(id) else { throw SchedulerError.noExecution(id) }
            if execution.status.isTerminal { return execution }
            pause = min(pause * 2, .seconds(5))
        }
    }
}

extension Scheduler {
    /// Whether anybody waits for the end of an execution.
    package nonisolated var isAwaited: Bool { context.ends.isWatched }
}
