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

/// Waiting callers by name, and the number of lookups in progress: in all, and of the names below one domain.
///
/// Name servers that never answer stop the lookups of their own domain, but not those of others.
final class LookupGate: Sendable {
    private struct State {
        var running = 0
        /// The running lookups by domain.
        var ofDomain: [Substring: Int] = [:]
        var waiters: [String: [LookupWaiter]] = [:]
        var queued: [String] = []
    }

    private let width: Int
    private let perDomain: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - width: The most lookups at once.
    ///   - perDomain: The most of names that differ in their first label only.
    init(width: Int, perDomain: Int = 4) {
        self.width = width
        self.perDomain = perDomain
    }

    /// The name without its first label, if that leaves three; of shorter names, the name itself.
    ///
    /// Three, because all names of a cluster or a country may end in the same two, such as `cluster.local` or `co.uk`.
    private static func domain(of host: String) -> Substring {
        let labels = host.split(separator: ".", maxSplits: 1)
        return labels.count == 2 && labels[1].count(where: { $0 == "." }) >= 2 ? labels[1] : host[...]
    }

    private func start(_ host: String, in state: inout State) -> Bool {
        let domain = Self.domain(of: host)
        guard state.running < width, state.ofDomain[domain, default: 0] < perDomain else { return false }
        state.running += 1
        state.ofDomain[domain, default: 0] += 1
        return true
    }

    /// Adds a waiter, and starts a lookup of the name if none is in progress and there is room.
    func join(_ host: String, _ waiter: LookupWaiter, start: (String) -> Void) {
        let starts = state.withLock { state -> Bool in
            if state.waiters[host] != nil {
                state.waiters[host]?.append(waiter)
                return false
            }
            state.waiters[host] = [waiter]
            let starts = self.start(host, in: &state)
            if !starts { state.queued.append(host) }
            return starts
        }
        if starts { start(host) }
    }

    /// Delivers the result to all waiters of the name, and returns the next name to look up.
    func leave(_ host: String, _ answer: Result<[IPAddress], TransportError>) -> String? {
        let (waiters, next) = state.withLock { state -> ([LookupWaiter], String?) in
            let waiters = state.waiters.removeValue(forKey: host) ?? []
            state.running -= 1
            let domain = Self.domain(of: host)
            let others = state.ofDomain[domain, default: 1] - 1
            state.ofDomain[domain] = others > 0 ? others : nil
            var kept: [String] = []
            for (place, name) in state.queued.enumerated() {
                // Skip names whose waiters were all canceled or timed out.
                guard state.waiters[name]?.contains(where: { !$0.isFinished }) ?? false else {
                    state.waiters[name] = nil
                    continue
                }
                if start(name, in: &state) {
                    state.queued = kept + state.queued[(place + 1)...]
                    return (waiters, name)
                }
                kept.append(name)
            }
            state.queued = kept
            return (waiters, nil)
        }
        for waiter in waiters { waiter.finish(answer) }
        return next
    }
}
