import Dispatch
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The URLSessions with their exchanges in progress and the deadlines of these.
///
/// Each origin has a session and a queue of its own. On Linux, beginning or canceling a task waits for a queue of
/// Foundation, and a server that sends very many small pieces keeps that queue busy. If a thread of Swift's tasks
/// waited there, every task of the host would. The session of its own keeps the pieces of one server from delaying the
/// responses of others that have arrived.
final class SessionClient: Sendable {
    /// The session of an origin.
    private struct Lane {
        let session: URLSession
        /// Where tasks begin and are canceled.
        ///
        /// Canceling on a thread that URLSession also waits for deadlocks on Linux.
        let queue: DispatchQueue
        /// The requests that wait for their turn on the queue, during which the session must stay valid.
        var waiting = 0
        var lastUse: UInt64 = 0
    }

    private struct State {
        var lanes: [String: Lane] = [:]
        var uses: UInt64 = 0
    }

    /// The most origins whose connections are kept.
    private static let mostLanes = 64

    let responseLimit: ResponseLimit
    let deadlines = DeadlineTimer(label: "rota.http.deadlines")
    private let receiver = SessionReceiver()
    private let state = Mutex(State())

    init(responseLimit: ResponseLimit) {
        self.responseLimit = responseLimit
    }

    deinit {
        let lanes = takeLanes()
        DispatchQueue.global().async {
            for lane in lanes { lane.session.invalidateAndCancel() }
        }
    }

    /// The number of exchanges in progress.
    var underWay: Int { receiver.underWay }

    /// Starts the URLSession task of a request, soon and on another thread.
    ///
    /// The exchange ends at once if the transport was closed.
    func begin(_ exchange: Exchange, _ request: HTTPRequest) {
        // While an exchange has entered, no session is released.
        guard receiver.enter() else { return exchange.fail(.closed, "the transport was closed") }
        let origin = request.address.origin
        let (session, queue) = take(origin)
        queue.async { [self] in
            defer { giveBack(origin) }
            guard exchange.isWaiting else { return receiver.leave() }
            start(exchange, request, session, queue)
        }
    }

    private func start(_ exchange: Exchange, _ request: HTTPRequest, _ shared: URLSession, _ queue: DispatchQueue) {
        let session = request.mayShareConnection ? shared : Self.makeSession(receiver)
        let task = session.dataTask(with: request.urlRequest)
        receiver.add(exchange, task)
        let starts = exchange.attach { [receiver] in
            guard receiver.remove(task) else { return }
            queue.async { task.cancel() }
        }
        if starts {
            exchange.handOver()
            task.resume()
        }
        if session !== shared { session.finishTasksAndInvalidate() }
    }

    /// Returns the session and the queue of an origin, which stay until they are given back.
    private func take(_ origin: String) -> (URLSession, DispatchQueue) {
        let (lane, idle) = state.withLock { state -> (Lane, [URLSession]) in
            state.uses += 1
            var lane =
                state.lanes[origin]
                ?? Lane(session: Self.makeSession(receiver), queue: DispatchQueue(label: "rota.http.origin"))
            lane.waiting += 1
            lane.lastUse = state.uses
            state.lanes[origin] = lane
            guard state.lanes.count > Self.mostLanes,
                let oldest = state.lanes.filter({ $0.value.waiting == 0 }).min(by: {
                    $0.value.lastUse < $1.value.lastUse
                })
            else { return (lane, []) }
            state.lanes[oldest.key] = nil
            return (lane, [oldest.value.session])
        }
        for session in idle { lane.queue.async { session.finishTasksAndInvalidate() } }
        return (lane.session, lane.queue)
    }

    private func giveBack(_ origin: String) {
        state.withLock { $0.lanes[origin]?.waiting -= 1 }
    }

    /// Refuses new exchanges, waits for those in progress, and closes the connections.
    func close() async {
        await receiver.close()
        let lanes = takeLanes()
        // This waits for Foundation's queue too, which a thread of Swift's tasks must not.
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                for lane in lanes { lane.session.invalidateAndCancel() }
                continuation.resume()
            }
        }
    }

    /// Takes the sessions, each of which retains its delegate and threads until it is invalidated.
    private func takeLanes() -> [Lane] {
        state.withLock { state in
            defer { state.lanes = [:] }
            return Array(state.lanes.values)
        }
    }

    private static func makeSession(_ receiver: SessionReceiver) -> URLSession {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        // Keep the credential storage although it is empty: without one, Foundation on Linux never ends a 401.
        configuration.httpMaximumConnectionsPerHost = 64
        // The exchange's own deadline counts. URLSession's is only a safety net.
        configuration.timeoutIntervalForRequest = 7200
        configuration.timeoutIntervalForResource = 7200
        return URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
    }
}

extension HTTPRequest {
    /// Whether the request may go out on a connection that was kept.
    ///
    /// If the server closes such a connection, URLSession itself sends the request again. On Linux it does so for every
    /// method, and a request with a body waits for its whole deadline, half sent. A session of its own has no such
    /// connection.
    fileprivate var mayShareConnection: Bool {
        #if canImport(FoundationNetworking)
            isRepeatable && body == .none && method != .post && method != .patch
        #else
            isRepeatable
        #endif
    }

    fileprivate var urlRequest: URLRequest {
        var out = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: 7200)
        out.httpMethod = method.rawValue
        out.httpShouldHandleCookies = false
        out.httpBody = body.data
        for field in headers.trimmed.fields { out.addValue(field.value, forHTTPHeaderField: field.name) }
        #if canImport(FoundationNetworking)
            // Foundation on Linux calls a POST a form if it has no type. libcurl does not send a field of a blank.
            if method == .post, !headers.contains("Content-Type") {
                out.setValue(" ", forHTTPHeaderField: "Content-Type")
            }
        #endif
        return out
    }
}
