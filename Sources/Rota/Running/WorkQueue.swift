import Synchronization

/// A queue between the driver and its workers: whoever takes from it when it is empty waits.
final class WorkQueue<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var head = 0
        var waiters: [CheckedContinuation<Element?, Never>] = []
        var isClosed = false

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
    }

    private let state = Mutex(State())

    /// Adds an element, or hands it to a waiting worker.
    func push(_ element: Element) {
        let waiter = state.withLock { state in
            guard let waiter = state.waiters.popLast() else {
                state.elements.append(element)
                return CheckedContinuation<Element?, Never>?.none
            }
            return waiter
        }
        waiter?.resume(returning: element)
    }

    /// Takes the oldest element, waiting for one if there is none.
    ///
    /// - Returns: `nil` once the queue is closed and empty.
    func next() async -> Element? {
        if let element = state.withLock({ $0.pop() }) { return element }
        return await withCheckedContinuation { continuation in
            let (isReady, element) = state.withLock { state -> (Bool, Element?) in
                if let element = state.pop() { return (true, element) }
                if state.isClosed { return (true, nil) }
                state.waiters.append(continuation)
                return (false, nil)
            }
            if isReady { continuation.resume(returning: element) }
        }
    }

    /// Ends the queue: workers get what is left, then `nil`.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// Takes all elements that no worker has begun.
    func drain() -> [Element] {
        state.withLock { state in
            var drained: [Element] = []
            while let element = state.pop() { drained.append(element) }
            return drained
        }
    }
}
