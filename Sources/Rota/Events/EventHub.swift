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
    private let count = Atomic(0)
    let observers = ObserverList()
    let metrics = MetricsRecorder()

    /// Whether anybody watches; if not, nothing needs to be sent.
    var isWatched: Bool { !observers.isEmpty || hasSubscribers }

    private var hasSubscribers: Bool { count.load(ordering: .relaxed) > 0 }

    func subscribe(keeping capacity: Int) -> EventStream {
        let (stream, continuation) = AsyncStream.makeStream(
            of: SchedulerEvent.self, bufferingPolicy: .bufferingNewest(max(1, capacity)))
        let drops = EventStream.Drops()
        let id = state.withLock { state in
            state.nextID += 1
            state.subscribers[state.nextID] = Subscriber(continuation: continuation, drops: drops)
            count.store(state.subscribers.count, ordering: .relaxed)
            return state.nextID
        }
        continuation.onTermination = { [weak self] _ in
            self?.forget(id)
        }
        return EventStream(stream: stream, drops: drops)
    }

    private func forget(_ id: Int) {
        state.withLock { state in
            state.subscribers[id] = nil
            count.store(state.subscribers.count, ordering: .relaxed)
        }
    }

    /// Sends an event, which is made only if somebody watches.
    func send(_ event: @autoclosure () -> SchedulerEvent) {
        guard hasSubscribers else { return }
        let subscribers = state.withLock { Array($0.subscribers.values) }
        let event = event()
        for subscriber in subscribers {
            if case .dropped = subscriber.continuation.yield(event) { subscriber.drops.add() }
        }
    }

    /// Ends every stream.
    func finish() {
        let subscribers = state.withLock { state in
            defer { state.subscribers = [:] }
            count.store(0, ordering: .relaxed)
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.continuation.finish() }
    }
}
