import Foundation
import RotaStore
import Synchronization

/// A queue between the driver and its workers, which wait while it is empty.
///
/// Waiting workers are woken one after another, each by the previous one, as long as there is work. Short work is done
/// by the few workers that are awake, and long work finds a worker for each element.
final class WorkQueue<Element: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Void, Never>

    /// The answer to a worker that asks for work.
    private enum Supply {
        case element(Element, isLast: Bool)
        case empty
        case closed
    }

    private struct State {
        var elements: [Element] = []
        var head = 0
        var waiters: [Waiter] = []
        /// Whether a worker was woken and has not yet looked.
        var isWaking = false
        var isClosed = false

        mutating func push(_ new: [Element]) {
            // Drop the elements that were taken once they are more than half. Amortized, a push stays O(1).
            if head > elements.count / 2 {
                elements.removeFirst(head)
                head = 0
            }
            elements += new
        }

        mutating func pop() -> Element? {
            guard head < elements.count else { return nil }
            defer {
                head += 1
                if head == elements.count {
                    elements.removeAll(keepingCapacity: true)
                    head = 0
                }
            }
            return elements[head]
        }

        /// The worker to wake, if there is work and no other worker is waking.
        mutating func wake() -> Waiter? {
            guard head < elements.count, !isWaking, let waiter = waiters.popLast() else { return nil }
            isWaking = true
            return waiter
        }
    }

    private let state = Mutex(State())

    /// Adds elements.
    func push(_ elements: [Element]) {
        let waiter = state.withLock { state in
            state.push(elements)
            return state.wake()
        }
        waiter?.resume()
    }

    /// Takes the oldest element, or waits for one.
    ///
    /// - Parameter isDrained: Called when the last element was taken, and before waiting.
    /// - Returns: `nil` once the queue is closed and empty.
    func next(isDrained: () -> Void) async -> Element? {
        var wasWoken = false
        while true {
            switch take(wasWoken: wasWoken) {
            case .element(let element, let isLast):
                if isLast { isDrained() }
                return element
            case .closed:
                isDrained()
                return nil
            case .empty:
                isDrained()
                wasWoken = await wait()
            }
        }
    }

    private func take(wasWoken: Bool) -> Supply {
        let (supply, waiter) = state.withLock { state -> (Supply, Waiter?) in
            if wasWoken { state.isWaking = false }
            guard let element = state.pop() else { return (state.isClosed ? .closed : .empty, nil) }
            return (.element(element, isLast: state.elements.isEmpty), state.wake())
        }
        waiter?.resume()
        return supply
    }

    /// Suspends until there may be an element.
    ///
    /// - Returns: Whether it had to wait.
    private func wait() async -> Bool {
        var hasWaited = true
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                guard state.elements.isEmpty, !state.isClosed else { return true }
                state.waiters.append(continuation)
                return false
            }
            guard isReady else { return }
            hasWaited = false
            continuation.resume()
        }
        return hasWaited
    }

    /// Closes the queue.
    ///
    /// Workers get the remaining elements, then `nil`.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The number of elements that no worker has taken.
    var count: Int { state.withLock { $0.elements.count - $0.head } }

    /// The last elements, at most `limit`, that no worker has taken.
    func suffix(_ limit: Int) -> [Element] {
        state.withLock { Array($0.elements[$0.head...].suffix(limit)) }
    }

    /// Takes all elements that no worker has taken.
    func drain() -> [Element] {
        state.withLock { state in
            var drained: [Element] = []
            while let element = state.pop() { drained.append(element) }
            return drained
        }
    }
}
