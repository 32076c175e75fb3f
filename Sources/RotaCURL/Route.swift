import CRotaCURL
import RotaHTTP
import Synchronization

/// Where a request may connect to, in libcurl's terms: the addresses that were resolved and checked, and no others.
struct Route: Sendable, Hashable {
    /// The addresses that a socket may be opened to, and that the peer of a kept connection may have.
    var addresses: [IPAddress] = []
    /// The entry for CURLOPT_CONNECT_TO, which is part of what a kept connection is found by.
    var connectTo: String?
    /// The entry for CURLOPT_RESOLVE.
    var resolve: String?
    /// The proxy's URL.
    var proxy: String?
}

/// Resolves and checks the hosts of requests.
struct Router: Sendable {
    private let policy: AddressPolicy
    private let resolver: any HostResolver
    private let proxy: CURLTransport.Proxy?
    private let isLocal: Bool
    private let book = AddressBook()

    init(_ configuration: CURLTransport.Configuration) {
        policy = configuration.addressPolicy
        resolver = configuration.resolver
        proxy = configuration.proxy
        isLocal = configuration.unixSocket != nil
    }

    /// Returns the route of a request that needs no lookup, or `nil`.
    ///
    /// - Throws: `TransportError` with `forbiddenAddress`.
    func routeIfKnown(to target: RequestURL) throws(TransportError) -> Route? {
        let known = try policy.addressesIfKnown(of: target)
        if isLocal { return Route() }
        guard proxy == nil else { return nil }
        return known.map { Route(addresses: $0) }
    }

    /// Resolves and checks the host of a request, and the proxy's.
    func route(to target: RequestURL) async -> Result<Route, TransportError> {
        do {
            guard let proxy else {
                let addresses = try await policy.addresses(of: target, resolver: resolver)
                return .success(book.route(to: addresses, port: target.port))
            }
            // The proxy was chosen by who made the transport, so the policy does not judge it.
            let gates = try await AddressPolicy.unrestricted.addresses(of: proxy.url, resolver: resolver)
            var route = book.route(to: proxy, at: gates)
            if proxy.resolvesNames {
                _ = try policy.addressesIfKnown(of: target)
            } else if let first = try await policy.addresses(of: target, resolver: resolver).first {
                route.connectTo = "::\(Self.literal(first)):\(target.port)"
            }
            return .success(route)
        } catch let error as TransportError {
            return .failure(error)
        } catch {
            return .failure(TransportError(.dns, "the resolver failed with \(type(of: error))"))
        }
    }

    /// The address as a part of a URL.
    static func literal(_ address: IPAddress) -> String {
        address.unmapped.isV4 ? "\(address.unmapped)" : "[\(address)]"
    }
}

/// Names for sets of addresses.
///
/// libcurl finds a kept connection by the name it was told to connect to. If that name stands for a set of checked
/// addresses, a request can neither be connected to another address nor use a connection to one.
private final class AddressBook: Sendable {
    /// The most addresses of one host that are tried.
    private static let most = 8
    /// The most sets remembered.
    ///
    /// A forgotten set gets a new name, and so new connections.
    private static let capacity = 4096

    private struct State {
        var numbers: [[IPAddress]: Int] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    func route(to addresses: [IPAddress], port: Int) -> Route {
        var seen: [IPAddress] = []
        for address in addresses.lazy.map(\.unmapped) where !seen.contains(address) && seen.count < Self.most {
            seen.append(address)
        }
        if seen.count == 1 { return Route(addresses: seen, connectTo: "::\(Router.literal(seen[0])):\(port)") }
        let name = name(of: seen)
        return Route(addresses: seen, connectTo: "::\(name):\(port)", resolve: entry(name, port, seen))
    }

    func route(to proxy: CURLTransport.Proxy, at addresses: [IPAddress]) -> Route {
        let port = proxy.url.port
        let scheme = proxy.scheme == "socks5" && proxy.resolvesNames ? "socks5h" : proxy.scheme
        let seen = Array(addresses.map(\.unmapped).prefix(Self.most))
        // The proxy's certificate is checked by its name, so that one must stay.
        let host =
            switch proxy.url.host {
            case .name(let name): proxy.url.isSecure ? name : self.name(of: seen)
            case .address(let address): Router.literal(address)
            }
        var route = Route(addresses: seen, proxy: "\(scheme)://\(host):\(port)")
        if case .name = proxy.url.host { route.resolve = entry(host, port, seen) }
        return route
    }

    /// Returns the name of a set of addresses, in whatever order they come.
    private func name(of addresses: [IPAddress]) -> String {
        let key = addresses.sorted { ($0.isV4 ? 0 : 1, $0.bits) < ($1.isV4 ? 0 : 1, $1.bits) }
        let number = state.withLock { state -> Int in
            if let known = state.numbers[key] { return known }
            if state.numbers.count >= Self.capacity { state.numbers = [:] }
            state.last += 1
            state.numbers[key] = state.last
            return state.last
        }
        return "rota-\(number).invalid"
    }

    private func entry(_ name: String, _ port: Int, _ addresses: [IPAddress]) -> String {
        // With a plus the entry ends after a minute, where libcurl knows that. Each request enters it again.
        let mark = rota_curl_version() >= 0x074B00 ? "+" : ""
        return "\(mark)\(name):\(port):" + addresses.map(Router.literal).joined(separator: ",")
    }
}
