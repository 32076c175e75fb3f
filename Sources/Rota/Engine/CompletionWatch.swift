import RotaStore
import Synchronization

/// Resumes callers that wait for executions to end, as soon as one ends in this process.
final class CompletionWatch: Sendable {
    private struct State {
        var waiting: [ExecutionID: [Int: AsyncStream<Execution>.Continuation]] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())
    private let count = Atomic(0)

    /// Whether anything waits.
    var isWatched: Bool { count.load(ordering: .relaxed) > 0 }

    /// Returns a stream of the ended execution.
    ///
    /// Dropping the stream ends the wait.
    func completion(of id: ExecutionID) -> AsyncStream<Execution> {
        let (stream, continuation) = AsyncStream.makeStream(of: Execution.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.nextID += 1
            state.waiting[id, default: [:]][state.nextID] = continuation
            return state.nextID
        }
        count.add(1, ordering: .relaxed)
        continuation.onTermination = { [weak self] _ in self?.forget(number, of: id) }
        return stream
    }

    /// Resumes those that wait for an execution, if it has ended.
    func announce(_ execution: Execution) {
        guard isWatched, execution.progress.status.isTerminal else { return }
        let waiting = state.withLock { $0.waiting[execution.id] ?? [:] }
        for continuation in waiting.values {
            continuation.yield(execution)
            continuation.finish()
        }
    }

    private func forget(_ number: Int, of id: ExecutionID) {
        let wasThere = state.withLock { state in
            guard state.waiting[id]?.removeValue(forKey: number) != nil else { return false }
            if state.waiting[id]?.isEmpty == true { state.waiting[id] = nil }
            return true
        }
        if wasThere { count.subtract(1, ordering: .relaxed) }
    }
}
