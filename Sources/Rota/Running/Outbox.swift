import Synchronization

/// What the workers have finished and the driver has not yet recorded.
final class Outbox<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func push(_ element: Element) {
        elements.withLock { $0.append(element) }
    }

    /// Takes everything.
    func drain() -> [Element] {
        elements.withLock { elements in
            defer { elements.removeAll(keepingCapacity: true) }
            return elements
        }
    }
}
