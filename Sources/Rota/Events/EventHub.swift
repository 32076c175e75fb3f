import Synchronization

/// Hands every event to every stream that was asked for.
final class EventHub: Sendable {
    private struct Subscriber {
        let continuation: AsyncStream<SchedulerEvent>.Continuation
        let drops: EventStream.Drops
    }

    private struct State {
        var subscribers: [Int: Subscriber] = [:]
        var nextID = 0
    }

    private let state = Mutex(State())
    let observers = ObserverList()
    let metrics = MetricsRecorder()

    /// Whether anybody watches; if not, nothing needs to be sent.
    var isWatched: Bool { !observers.isEmpty || state.withLock { !$0.subscribers.isEmpty } }

    func subscribe(keeping capacity: Int) -> EventStream {
        let (stream, continuation) = AsyncStream.makeStream(
            of: SchedulerEvent.self, bufferingPolicy: .bufferingNewest(max(1, capacity)))
        let drops = EventStream.Drops()
        let id = state.withLock { state in
            state.nextID += 1
            state.subscribers[state.nextID] = Subscriber(continuation: continuation, drops: drops)
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.subscribers.removeValue(forKey: id) }
        }
        return EventStream(stream: stream, drops: drops)
    }

    /// Sends an event, which is made only if somebody watches.
    func send(_ event: @autoclosure () -> SchedulerEvent) {
        let subscribers = state.withLock { $0.subscribers.isEmpty ? [] : Array($0.subscribers.values) }
        guard !subscribers.isEmpty else { return }
        let event = event()
        for subscriber in subscribers {
            if case .dropped = subscriber.continuation.yield(event) { subscriber.drops.add() }
        }
    }

    /// Ends every stream.
    func finish() {
        let subscribers = state.withLock { state in
            defer { state.subscribers = [:] }
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.continuation.finish() }
    }
}
