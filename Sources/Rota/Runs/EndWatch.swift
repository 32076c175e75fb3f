import RotaStore
import Synchronization

/// Those who wait for the ends of executions, told by whoever brings one about in this process.
final class EndWatch: Sendable {
    private struct State {
        var waiting: [ExecutionID: [Int: AsyncStream<Execution>.Continuation]] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())
    private let count = Atomic(0)

    /// Whether anybody waits.
    var isWatched: Bool { count.load(ordering: .relaxed) > 0 }

    /// The end of an execution, when it is told; waiting ends with the caller's interest in the stream.
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

    /// Tells those who wait that an execution is over.
    func ended(_ execution: Execution) {
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
