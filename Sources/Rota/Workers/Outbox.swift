import Foundation
import RotaStore
import Synchronization

/// The results of workers that the driver has not yet recorded.
///
/// A commit of one result costs as much as a commit of many, so the driver is signaled only when a batch is full, when
/// no work is left to begin, or after an attempt that took long.
final class Outbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        /// Whether the driver was signaled about the current elements.
        var isAnnounced = false
    }

    private let state = Mutex(State())
    private let signal: Signal

    /// The number of results after which the driver is signaled.
    private static var batch: Int { 32 }

    init(signal: Signal) {
        self.signal = signal
    }

    /// Adds a result.
    ///
    /// Unless the batch is full, the caller must call ``flush()`` later.
    ///
    /// - Parameter isUrgent: Whether to signal the driver in any case.
    func push(_ element: Element, isUrgent: Bool) {
        let isDue = state.withLock { state in
            state.elements.append(element)
            guard !state.isAnnounced, isUrgent || state.elements.count >= Self.batch else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// Signals the driver about the current elements, if it was not signaled yet.
    func flush() {
        let isDue = state.withLock { state in
            guard !state.isAnnounced, !state.elements.isEmpty else { return false }
            state.isAnnounced = true
            return true
        }
        if isDue { signal.raise(.results) }
    }

    /// The elements that were not taken.
    var elements: [Element] { state.withLock(\.elements) }

    /// Takes all elements.
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
