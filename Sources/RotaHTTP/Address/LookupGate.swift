import Synchronization

/// A caller waiting for a lookup.
///
/// Its continuation is resumed exactly once, by the result or by cancellation.
final class LookupWaiter: Sendable {
    private enum State {
        case idle
        case waiting(CheckedContinuation<[IPAddress], any Error>)
        case finished(Result<[IPAddress], TransportError>)
    }

    private let state = Mutex(State.idle)

    /// Whether the caller has its result or was canceled.
    var isFinished: Bool {
        state.withLock {
            if case .finished = $0 { return true }
            return false
        }
    }

    /// Takes the continuation.
    ///
    /// If the wait is already finished, resumes it and returns `false`.
    func start(_ continuation: CheckedContinuation<[IPAddress], any Error>) -> Bool {
        let early: Result<[IPAddress], TransportError>? = state.withLock {
            if case .finished(let result) = $0 { return result }
            $0 = .waiting(continuation)
            return nil
        }
        guard let early else { return true }
        continuation.resume(with: early)
        return false
    }

    func finish(_ result: Result<[IPAddress], TransportError>) {
        let continuation: CheckedContinuation<[IPAddress], any Error>? = state.withLock {
            let before = $0
            switch before {
            case .idle:
                $0 = .finished(result)
                return nil
            case .waiting(let continuation):
                $0 = .finished(result)
                return continuation
            case .finished:
                return nil
            }
        }
        continuation?.resume(with: result)
    }
}

/// Waiting callers by name, and the number of lookups in progress.
final class LookupGate: Sendable {
    private struct State {
        var running = 0
        var waiters: [String: [LookupWaiter]] = [:]
        var queued: [String] = []
    }

    private let width: Int
    private let state = Mutex(State())

    init(width: Int) {
        self.width = width
    }

    /// Adds a waiter, and starts a lookup of the name if none is in progress and there is room.
    func join(_ host: String, _ waiter: LookupWaiter, start: (String) -> Void) {
        let starts = state.withLock { state -> Bool in
            if state.waiters[host] != nil {
                state.waiters[host]?.append(waiter)
                return false
            }
            state.waiters[host] = [waiter]
            guard state.running < width else {
                state.queued.append(host)
                return false
            }
            state.running += 1
            return true
        }
        if starts { start(host) }
    }

    /// Delivers the result to all waiters of the name, and returns the next name to look up.
    func leave(_ host: String, _ answer: Result<[IPAddress], TransportError>) -> String? {
        let (waiters, next) = state.withLock { state -> ([LookupWaiter], String?) in
            let waiters = state.waiters.removeValue(forKey: host) ?? []
            // Skip names whose waiters were all canceled or timed out.
            let live = state.queued.firstIndex { name in
                state.waiters[name]?.contains { !$0.isFinished } ?? false
            }
            for name in state.queued[..<(live ?? state.queued.endIndex)] { state.waiters[name] = nil }
            guard let live else {
                state.queued = []
                state.running -= 1
                return (waiters, nil)
            }
            let next = state.queued[live]
            state.queued.removeSubrange(...live)
            return (waiters, next)
        }
        for waiter in waiters { waiter.finish(answer) }
        return next
    }
}
