import Dispatch
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// One URLSession, the exchanges under way on it, and their deadlines.
final class SessionClient: Sendable {
    let responseLimit: ResponseLimit
    let deadlines = DeadlineTimer(label: "rota.http.deadlines")
    private let receiver: SessionReceiver
    private let session: URLSession
    /// Canceling a task from a thread that URLSession also waits for deadlocks on Linux; here nobody waits.
    private let cancels = DispatchQueue(label: "rota.http.cancel")

    init(responseLimit: ResponseLimit) {
        self.responseLimit = responseLimit
        receiver = SessionReceiver()
        session = URLSession(configuration: Self.configuration, delegate: receiver, delegateQueue: nil)
    }

    deinit {
        // The session keeps its delegate, and its threads, until it is invalidated.
        session.invalidateAndCancel()
    }

    private static var configuration: URLSessionConfiguration {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        // The credential storage stays, although it is empty: without one, Foundation on Linux never ends a 401.
        configuration.httpMaximumConnectionsPerHost = 64
        // Ours is the deadline that counts; URLSession's own only stands behind it.
        configuration.timeoutIntervalForRequest = 7200
        configuration.timeoutIntervalForResource = 7200
        return configuration
    }

    /// How many exchanges are under way.
    var underWay: Int { receiver.underWay }

    /// Hands a request to URLSession, which ends the exchange; or ends it at once if the transport was closed.
    func begin(_ exchange: Exchange, _ request: HTTPRequest) {
        guard receiver.enter() else { return exchange.fail(.closed, "the transport was closed") }
        let task = session.dataTask(with: Self.urlRequest(request))
        receiver.add(exchange, task.taskIdentifier)
        let starts = exchange.attach { [receiver, cancels] in
            guard receiver.remove(task.taskIdentifier) else { return }
            cancels.async { task.cancel() }
        }
        if starts { task.resume() }
    }

    private static func urlRequest(_ request: HTTPRequest) -> URLRequest {
        var out = URLRequest(url: request.url, cachePolicy: .reloadIgnoringLocalCacheData, timeoutInterval: 7200)
        out.httpMethod = request.method.rawValue
        out.httpShouldHandleCookies = false
        out.httpBody = request.body.data
        for field in request.headers.fields { out.addValue(field.value, forHTTPHeaderField: field.name) }
        return out
    }

    func close() async {
        await receiver.close()
        session.finishTasksAndInvalidate()
    }
}
