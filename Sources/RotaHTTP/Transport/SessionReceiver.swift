import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What URLSession calls back: hands each event to the exchange it belongs to.
///
/// An exchange that is over is taken out first, so that late events of its task reach nobody.
final class SessionReceiver: NSObject, URLSessionDataDelegate {
    private struct State {
        var exchanges: [Int: Exchange] = [:]
        /// Exchanges that are let in and whose task is not made yet.
        var entering = 0
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []

        var isIdle: Bool { exchanges.isEmpty && entering == 0 }
    }

    private let state = Mutex(State())

    /// Lets an exchange in, to be followed by ``add(_:_:)``; false if the transport was closed.
    ///
    /// A task must not be made on an invalidated session, so the session stays valid until everyone let in is out.
    func enter() -> Bool {
        state.withLock {
            guard !$0.isClosed else { return false }
            $0.entering += 1
            return true
        }
    }

    /// Takes in an exchange that was let in, under its task's number.
    func add(_ exchange: Exchange, _ task: Int) {
        state.withLock {
            $0.entering -= 1
            $0.exchanges[task] = exchange
        }
    }

    /// Takes an exchange out; false if it was not there any more.
    func remove(_ task: Int) -> Bool {
        let (wasThere, closers) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
            let wasThere = state.exchanges.removeValue(forKey: task) != nil
            guard state.isIdle else { return (wasThere, []) }
            defer { state.closers = [] }
            return (wasThere, state.closers)
        }
        for closer in closers { closer.resume() }
        return wasThere
    }

    /// Takes no more exchanges, and waits for those that are there.
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

    /// How many exchanges are under way.
    var underWay: Int { state.withLock { $0.exchanges.count + $0.entering } }

    private func exchange(_ task: URLSessionTask) -> Exchange? {
        state.withLock { $0.exchanges[task.taskIdentifier] }
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
        _ = remove(task.taskIdentifier)
        if let error {
            let failure = SessionFailure(error)
            exchange.fail(failure.code, failure.message)
        } else {
            // A 3xx without a target is not announced on Linux, so what was missed is made up for here.
            if !exchange.hasHead, let response = task.response { exchange.receive(response) }
            exchange.finish()
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        #if canImport(FoundationNetworking)
            // Linux asks when the whole 401 has arrived, and with no credential to offer it never ends the task.
            exchange(task)?.finish()
        #endif
        completionHandler(.performDefaultHandling, nil)
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        exchange(task)?.receive(response)
        completionHandler(nil)
    }
}

extension Exchange {
    fileprivate func receive(_ response: URLResponse) {
        guard let http = response as? HTTPURLResponse else {
            return fail(.badResponse, "the answer is no HTTP response")
        }
        var fields: [HTTPHeaders.Field] = []
        for case (let name, let value) in http.allHeaderFields {
            fields.append(.init("\(name)", "\(value)"))
        }
        receive(status: http.statusCode, headers: HTTPHeaders(fields.sorted { $0.name < $1.name }))
    }
}
