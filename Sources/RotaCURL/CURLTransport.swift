import CRotaCURL
public import Foundation
import RotaCore
public import RotaHTTP
import Synchronization

/// Sends requests with libcurl, on a thread of its own, so that no server can take the process down or stop its tasks.
///
/// ```swift
/// let transport = CURLTransport(redirects: .following(upTo: 3), responseLimit: .refusing(over: 10_000_000))
/// guard let url = URL(string: "https://example.com/") else { return }
/// let response = try await transport.send(HTTPRequest(url: url))
/// print(response.status, response.bodyPreview(limit: 200).text)
/// await transport.close()
/// ```
///
/// It resolves each name once, checks every address by the `AddressPolicy`, and connects to those addresses only, for
/// a redirect's target and for a connection that was kept open too.
///
/// libcurl is found at run time. Every Linux system where Foundation's networking runs has it; elsewhere each request
/// fails with an error that says what to install.
public final class CURLTransport: HTTPTransport {
    private let configuration: Configuration
    private let router: Router
    private let settings: HandleSettings
    private let loop: CURLLoop
    /// The reason why libcurl cannot be used, or `nil`.
    private let problem: @Sendable () -> String?

    /// Creates a transport.
    ///
    /// - Parameters:
    ///   - addressPolicy: The hosts that may be reached.
    ///   - redirects: Whether redirects are followed. The policy checks each target.
    ///   - responseLimit: The limit on the size of a body.
    ///   - resolver: The resolver of host names.
    public convenience init(
        addressPolicy: AddressPolicy = .publicInternet, redirects: RedirectPolicy = .never,
        responseLimit: ResponseLimit = .default, resolver: any HostResolver = SystemHostResolver()
    ) {
        var configuration = Configuration()
        configuration.addressPolicy = addressPolicy
        configuration.redirects = redirects
        configuration.responseLimit = responseLimit
        configuration.resolver = resolver
        self.init(configuration)
    }

    /// Creates a transport with further options, such as a proxy.
    public convenience init(_ configuration: Configuration) {
        self.init(configuration) { rota_curl_load().map { String(cString: $0) } }
    }

    /// Creates a transport with another way to ask whether libcurl can be used.
    package init(_ configuration: Configuration, problem: @escaping @Sendable () -> String?) {
        self.configuration = configuration
        self.problem = problem
        router = Router(configuration)
        settings = HandleSettings(configuration)
        loop = CURLLoop(settings)
    }

    deinit {
        loop.abandon()
    }

    /// The number of requests in progress.
    package var underWay: Int { loop.underWay }

    /// Sends a request and returns the response, with any status.
    ///
    /// - Throws: `TransportError` if no complete response arrives before `request.timeout`.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        if let problem = problem() {
            throw TransportError(.other, problem, url: request.url, mayHaveBeenSent: false)
        }
        try settings.check()
        let deadline = ContinuousClock.now + request.timeout
        var chain = RedirectChain(configuration.redirects)
        var next = request
        var resends = 0
        while true {
            var response: HTTPResponse
            do {
                response = try await exchange(next, until: deadline)
                resends += response.resends
                response.redirects = chain.followed
                response.resends = resends
                guard let following = try chain.next(after: response, to: next) else { return response }
                next = following
            } catch var error as TransportError {
                error.resends += resends
                throw error.after(chain.followed, from: chain.source)
            }
        }
    }

    /// Returns the refusal by the address policy of a URL whose host needs no lookup to be judged.
    public func refusal(of url: URL) -> TransportError? { configuration.addressPolicy.refusal(of: url) }

    /// Sends one request and returns its response, without following redirects.
    private func exchange(_ request: HTTPRequest, until deadline: ContinuousClock.Instant) async throws -> HTTPResponse
    {
        let route = try router.routeIfKnown(to: request.address)
        let trials = ProxyTrials()
        while true {
            var reply = await loop.carryOut(
                request, limit: configuration.responseLimit, deadline: deadline, route: route
            ) { [router] in
                await router.route(to: request.address, trials)
            }
            if reply.proxyFailed, trials.hasMore { continue }
            reply.unixSocket = configuration.unixSocket
            reply.host = (configuration.proxy?.url ?? request.address).hostText
            return try reply.response(to: request, limit: configuration.responseLimit, deadline: deadline)
        }
    }

    /// Refuses new requests, waits for those in progress, and closes the connections.
    public func close() async {
        await loop.close()
    }
}
