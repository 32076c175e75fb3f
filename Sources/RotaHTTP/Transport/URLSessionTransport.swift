import Dispatch
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Sends requests with URLSession, on one session without cache and cookies.
///
/// ```swift
/// let transport = URLSessionTransport(
///     redirects: .following(upTo: 3), responseLimit: .refusing(over: 10_000_000))
/// guard let url = URL(string: "https://example.com/") else { return }
/// let response = try await transport.send(HTTPRequest(url: url))
/// print(response.status, response.bodyPreview(limit: 200).text)
/// await transport.close()
/// ```
///
/// The ``AddressPolicy`` checks the host before each connection. URLSession resolves the name again when it connects,
/// so a name server that changes its answer in between gets past the check. Where that matters, also block it in the
/// network, or use a transport that connects to the checked address.
public final class URLSessionTransport: HTTPTransport {
    private let client: SessionClient
    private let addressPolicy: AddressPolicy
    private let redirects: RedirectPolicy
    private let resolver: any HostResolver

    /// Creates a transport.
    ///
    /// - Parameters:
    ///   - addressPolicy: The hosts that may be reached.
    ///   - redirects: Whether redirects are followed. The policy checks each target.
    ///   - responseLimit: The limit on the size of a body.
    ///   - resolver: The resolver for the policy.
    public init(
        addressPolicy: AddressPolicy = .publicInternet, redirects: RedirectPolicy = .never,
        responseLimit: ResponseLimit = .default, resolver: any HostResolver = SystemHostResolver()
    ) {
        self.addressPolicy = addressPolicy
        self.redirects = redirects
        self.resolver = resolver
        client = SessionClient(responseLimit: responseLimit)
    }

    /// The number of exchanges in progress.
    var underWay: Int { client.underWay }

    /// The number of deadlines in the timer, including canceled ones.
    var pendingDeadlines: Int { client.deadlines.pendingCount }

    /// Sends a request and returns the response, whatever its status.
    ///
    /// - Throws: ``TransportError`` if no complete response arrives before `request.timeout`.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let start = ContinuousClock.now
        var chain = RedirectChain(redirects)
        var next = request
        while true {
            let left = request.timeout - (ContinuousClock.now - start)
            var response: HTTPResponse
            do {
                response = try await exchange(next, within: max(.zero, left))
            } catch let error as TransportError {
                throw error.after(chain.followed)
            }
            response.redirects = chain.followed
            guard let following = try chain.next(after: response, to: next) else { return response }
            next = following
        }
    }

    /// Sends one request and returns its response, without following redirects.
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

    /// Checks the address and starts the URLSession task.
    ///
    /// Lookups run concurrently, so that the deadline covers them.
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

    /// Refuses new requests, waits for those in progress, and closes the connections.
    public func close() async {
        await client.close()
    }
}

/// One URLSession with its exchanges in progress and their deadlines.
final class SessionClient: Sendable {
    let responseLimit: ResponseLimit
    let deadlines = DeadlineTimer(label: "rota.http.deadlines")
    private let receiver: SessionReceiver
    /// The session, until it is closed.
    ///
    /// On Linux, a session closes its idle connections only when it is released.
    private let session: Mutex<URLSession?>
    /// The queue that cancels tasks.
    ///
    /// Doing so on a thread that URLSession also waits for deadlocks on Linux.
    private let cancels = DispatchQueue(label: "rota.http.cancel")

    init(responseLimit: ResponseLimit) {
        self.responseLimit = responseLimit
        receiver = SessionReceiver()
        session = Mutex(Self.makeSession(receiver))
    }

    deinit {
        invalidate()
    }

    private static func makeSession(_ receiver: SessionReceiver) -> URLSession {
        URLSession(configuration: configuration, delegate: receiver, delegateQueue: nil)
    }

    /// Releases the session, which retains its delegate and threads until it is invalidated.
    private func invalidate() {
        session.withLock { session in
            defer { session = nil }
            return session
        }?.invalidateAndCancel()
    }

    private static var configuration: URLSessionConfiguration {
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
        return configuration
    }

    /// The number of exchanges in progress.
    var underWay: Int { receiver.underWay }

    /// Starts the URLSession task of a request.
    ///
    /// The exchange ends at once if the transport was closed.
    func begin(_ exchange: Exchange, _ request: HTTPRequest) {
        // While an exchange has entered, the session is not released.
        guard receiver.enter(), let shared = session.withLock(\.self) else {
            return exchange.fail(.closed, "the transport was closed")
        }
        // URLSession itself sends a request again if a connection that it kept open turns out to be closed. A session of
        // its own has no such connection.
        let session = request.isRepeatable ? shared : Self.makeSession(receiver)
        let task = session.dataTask(with: Self.urlRequest(request))
        receiver.add(exchange, task)
        let starts = exchange.attach { [receiver, cancels] in
            guard receiver.remove(task) else { return }
            cancels.async { task.cancel() }
        }
        if starts {
            exchange.handOver()
            task.resume()
        }
        if session !== shared { session.finishTasksAndInvalidate() }
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
        invalidate()
    }
}
