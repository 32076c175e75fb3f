import Dispatch
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Sends requests by URLSession: one long-lived session without cache and cookies, and a deadline of our own.
///
/// Before each connection the host is checked against the ``AddressPolicy``. URLSession resolves the name a second time
/// when it connects, so a name server that answers differently the second time can get past the check; where that
/// matters, let the network forbid it too, or use a transport that connects to the checked address.
public final class URLSessionTransport: HTTPTransport {
    private let client: SessionClient
    private let addressPolicy: AddressPolicy
    private let redirects: RedirectPolicy
    private let resolver: any HostResolver

    /// Makes a transport.
    ///
    /// - Parameters:
    ///   - addressPolicy: which hosts may be talked to; by default only those on the public Internet (row T-31).
    ///   - redirects: whether redirects are followed, each one checked by the policy; by default they are not.
    ///   - responseLimit: how much of a body is kept; by default the first mebibyte.
    ///   - resolver: looks names up for the policy; the system's by default.
    public init(
        addressPolicy: AddressPolicy = .publicInternet, redirects: RedirectPolicy = .never,
        responseLimit: ResponseLimit = .default, resolver: any HostResolver = SystemHostResolver()
    ) {
        self.addressPolicy = addressPolicy
        self.redirects = redirects
        self.resolver = resolver
        client = SessionClient(responseLimit: responseLimit)
    }

    /// How many exchanges are under way.
    var underWay: Int { client.underWay }

    /// How many deadlines are kept, those taken back included.
    var pendingDeadlines: Int { client.deadlines.pendingCount }

    /// Sends a request and waits for the whole response, or for `request.timeout` to pass.
    ///
    /// - Parameter request: what to send.
    /// - Returns: the response whatever its status.
    /// - Throws: ``TransportError``.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let start = ContinuousClock.now
        var chain = RedirectChain(redirects)
        var request = request
        while true {
            let left = request.timeout - (ContinuousClock.now - start)
            let response = try await exchange(request, within: max(.zero, left))
            guard let next = try chain.next(after: response, to: request) else { return response }
            request = next
        }
    }

    /// One request and one response.
    private func exchange(_ request: HTTPRequest, within time: Duration) async throws -> HTTPResponse {
        let exchange = Exchange(url: request.url, limit: client.responseLimit)
        let ticket = client.deadlines.schedule(after: time) {
            exchange.fail(.timeout, "no complete response within \(request.timeout)")
        }
        defer { client.deadlines.cancel(ticket) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard exchange.start(continuation) else { return }
                begin(exchange, request)
            }
        } onCancel: {
            exchange.fail(.canceled, "the request was canceled")
        }
    }

    /// Checks the address and hands the request to the session; a look-up runs beside, so that the deadline holds for it.
    private func begin(_ exchange: Exchange, _ request: HTTPRequest) {
        do {
            guard try addressPolicy.needsResolution(request.address) else { return client.begin(exchange, request) }
        } catch {
            return exchange.fail(error)
        }
        let look = Task { [addressPolicy, resolver, client] in
            do {
                try await addressPolicy.check(request.address, resolver: resolver)
                client.begin(exchange, request)
            } catch let error as TransportError {
                exchange.fail(error)
            } catch {
                exchange.fail(.dns, "the resolver failed with \(type(of: error))")
            }
        }
        exchange.attach { look.cancel() }
    }

    /// Refuses new requests, lets those under way finish, and frees the connections.
    public func close() async {
        await client.close()
    }
}

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
