#if Postgres
    import Synchronization

    /// Values in the order in which tasks added them.
    final class Recorded<Element: Sendable>: Sendable {
        private let elements = Mutex<[Element]>([])

        var all: [Element] { elements.withLock(\.self) }

        func add(_ element: Element) {
            elements.withLock { $0.append(element) }
        }
    }

    /// Waits until a condition holds.
    ///
    /// - Returns: `false` if it does not within a minute, so that a test fails instead of waiting for ever.
    func holds(_ condition: () async throws -> Bool) async rethrows -> Bool {
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while try await !condition() {
            guard .now < deadline else { return false }
            await Task.yield()
        }
        return true
    }
#endif
