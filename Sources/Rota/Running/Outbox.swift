import Synchronization

/// What the workers have finished and the driver has not yet recorded.
///
/// The driver is told of results many at a time, because a commit of one costs as much as a commit of a batch: when a
/// batch is full, or no work is left to begin, or a result was long in coming.
final class Outbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Whether the driver was told of what is there.
        var isAnnounced = false
    }

    private let state = Mutex(State())
    private let signal: Signal

    /// The number of results of which the driver is told at once.
    private static var batch: Int { 32 }

    init(signal: Signal) {
        self.signal = signal
    }

    /// Adds a result; unless the batch is full, the caller sees to it that ``flush()`` follows.
    ///
    /// - Parameter isUrgent: Whether the driver is told in any case.
    func push(_ element: Element, isUrgent: Bool) {
        let isDue = state.withLock { state in
            state.elements.append(element)
            guard !state.isAnnounced, isUrgent || state.elements.count >= Self.batch else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// Tells the driver of what is there, if it does not know.
    func flush() {
        let isDue = state.withLock { state in
            guard !state.isAnnounced, !state.elements.isEmpty else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// Takes everything.
    func drain() -> [Element] {
        state.withLock { state in
            guard !state.elements.isEmpty else { return [] }
            state.isAnnounced = false
            var drained: [Element] = []
            drained.reserveCapacity(max(Self.batch, state.elements.count))
            swap(&drained, &state.elements)
            return drained
        }
    }
}
