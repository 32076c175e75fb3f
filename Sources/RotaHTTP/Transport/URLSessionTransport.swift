public import Foundation
import RotaCore

/// Sends requests with URLSession, through which a server can end the process on Linux: use `.automatic` there.
///
/// With the Foundation of Swift 6.3 on Linux, each of these ends the process with a `fatalError` that nothing above can
/// catch: a header that ends before its empty line; a chunked body with a trailer field, on any status; a
/// `Content-Length: 9223372036854775807`; and a 3xx whose `Location` has a host that Foundation cannot take, such as
/// `//a%20b/x` or `//[::1]/x`, whether redirects are followed or not. Good responses are lost there as `badResponse`: a
/// field without a blank after its colon or with blanks for a value, Latin-1, lines that end with LF alone, a status
/// line that ends with the status, and a coding that libcurl does not know. Repeated fields arrive joined by commas,
/// and a response that was not asked for answers the next request of its connection. `KnownFailure.urlSession` of
/// `RotaTesting` lists all of it. On Apple platforms none of it is known to happen.
///
/// On Linux all sessions of a process also share one queue of Foundation: a server that floods it with chunks of a byte
/// slows down every request, although the deadlines and the host's other tasks keep going.
///
/// There is no cache and there are no cookies. On Linux a request with a body has a connection of its own.
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

    /// Sends a request and returns the response, with any status.
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
                throw error.after(chain.followed, from: chain.source)
            }
            response.redirects = chain.followed
            guard let following = try chain.next(after: response, to: next) else { return response }
            next = following
        }
    }

    /// Returns the refusal by the address policy of a URL whose host needs no lookup to be judged.
    public func refusal(of url: URL) -> TransportError? { addressPolicy.refusal(of: url) }

    /// Sends one request and returns its response, without following redirects.
    private func exchange(_ request: HTTPRequest, within time: Duration) async throws -> HTTPResponse {
        let exchange = Exchange(url: request.url, limit: client.responseLimit)
        let ticket = client.deadlines.schedule(after: time) {
            exchange.fail(.timeout, "no complete response within \(request.timeout.text)")
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
