import Synchronization

/// A flag that one task waits for and anyone may raise; it stays up until that task lowers it.
///
/// Because it stays up while the waiter wakes, whoever looks at it never takes a task that was told to work for one
/// that is idle.
final class Signal: Sendable {
    /// Why the flag is raised.
    enum Reason {
        /// Workers have results.
        case results
        /// Anything else: the store has to be asked what there is to do.
        case news
    }

    private struct State {
        var isRaised = false
        var hasNews = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isRaised: Bool { state.withLock(\.isRaised) }

    /// Raises the flag, and wakes the waiter.
    func raise(_ reason: Reason = .news) {
        let waiter = state.withLock { state in
            state.isRaised = true
            if reason == .news { state.hasNews = true }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Lowers the flag.
    ///
    /// - Returns: Whether it was raised for more than results.
    func lower() -> Bool {
        state.withLock { state in
            defer { (state.isRaised, state.hasNews) = (false, false) }
            return state.hasNews
        }
    }

    /// Suspends until the flag is up; one task at a time may wait.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isRaised = state.withLock { state in
                if !state.isRaised { state.waiter = continuation }
                return state.isRaised
            }
            if isRaised { continuation.resume() }
        }
    }
}
