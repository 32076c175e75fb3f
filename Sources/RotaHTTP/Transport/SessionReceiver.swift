import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The URLSession delegate: it passes each event to its exchange.
///
/// An exchange is removed before it ends, so that later events of its task are ignored.
final class SessionReceiver: NSObject, URLSessionDataDelegate {
    private struct State {
        /// The exchanges by their tasks.
        ///
        /// A task's own number is unique in its session only.
        var exchanges: [ObjectIdentifier: Exchange] = [:]
        /// The exchanges that were admitted and have no task yet.
        var entering = 0
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []

        var isIdle: Bool { exchanges.isEmpty && entering == 0 }

        /// Takes those who wait for the end of the last exchange, if it has come.
        mutating func takeClosers() -> [CheckedContinuation<Void, Never>] {
            guard isIdle else { return [] }
            defer { closers = [] }
            return closers
        }
    }

    private let state = Mutex(State())

    /// Admits an exchange, to be followed by ``add(_:_:)`` or ``leave()``.
    ///
    /// Returns `false` if the transport was closed.
    ///
    /// Creating a task on an invalidated session traps, so the session stays valid until every admitted exchange is
    /// done.
    func enter() -> Bool {
        state.withLock {
            guard !$0.isClosed else { return false }
            $0.entering += 1
            return true
        }
    }

    /// Registers an admitted exchange under its task.
    func add(_ exchange: Exchange, _ task: URLSessionTask) {
        state.withLock {
            $0.entering -= 1
            $0.exchanges[ObjectIdentifier(task)] = exchange
        }
    }

    /// Lets an admitted exchange go that gets no task.
    func leave() {
        let closers = state.withLock { state in
            state.entering -= 1
            return state.takeClosers()
        }
        for closer in closers { closer.resume() }
    }

    /// Removes an exchange.
    ///
    /// Returns `false` if it was already removed.
    func remove(_ task: URLSessionTask) -> Bool {
        let (wasThere, closers) = state.withLock { state in
            (state.exchanges.removeValue(forKey: ObjectIdentifier(task)) != nil, state.takeClosers())
        }
        for closer in closers { closer.resume() }
        return wasThere
    }

    /// Refuses new exchanges and waits for those in progress.
    func close() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state -> Bool in
                state.isClosed = true
                if !state.isIdle { state.closers.append(continuation) }
                return state.isIdle
            }
            if isIdle { continuation.resume() }
        }
    }

    /// The number of exchanges in progress.
    var underWay: Int { state.withLock { $0.exchanges.count + $0.entering } }

    private func exchange(_ task: URLSessionTask) -> Exchange? {
        state.withLock { $0.exchanges[ObjectIdentifier(task)] }
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        exchange(dataTask)?.receive(response)
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        exchange(dataTask)?.receive(data)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let exchange = exchange(task) else { return }
        _ = remove(task)
        if let error {
            let failure = SessionFailure(error)
            exchange.fail(failure.code, failure.message)
        } else {
            // Linux does not announce a 3xx response without a target, so deliver its header here.
            if !exchange.hasHead, let response = task.response { exchange.receive(response) }
            exchange.finish()
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        #if canImport(FoundationNetworking)
            // Linux asks for credentials after the whole 401 has arrived, and without any it never ends the task.
            exchange(task)?.finish()
        #endif
        completionHandler(.performDefaultHandling, nil)
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        exchange(task)?.receive(response)
        #if canImport(FoundationNetworking)
            // Linux traps if a canceled task gets this answer. An exchange leaves the table before its task is
            // canceled, and both the answer and the cancellation wait in one queue, so an answer given under the lock
            // is first.
            state.withLock { if $0.exchanges[ObjectIdentifier(task)] != nil { completionHandler(nil) } }
        #else
            completionHandler(nil)
        #endif
    }
}

extension Exchange {
    fileprivate func receive(_ response: URLResponse) {
        guard let http = response as? HTTPURLResponse else {
            return fail(.badResponse, "the response is not HTTP")
        }
        var fields: [HTTPHeaders.Field] = []
        for case (let name, let value) in http.allHeaderFields {
            fields.append(.init("\(name)", "\(value)"))
        }
        receive(status: http.statusCode, headers: HTTPHeaders(fields.sorted { $0.name < $1.name }))
    }
}
