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
    ///
    /// - Parameter trials: The addresses to ask a proxy for, one after another.
    func route(to target: RequestURL, _ trials: ProxyTrials) async -> Result<Route, TransportError> {
        do {
            guard let proxy else {
                let addresses = try await policy.addresses(of: target, resolver: resolver)
                return .success(book.route(to: addresses, of: target.hostText, port: target.port))
            }
            // The proxy was chosen by who made the transport, so the policy does not judge it.
            let gates = try await AddressPolicy.unrestricted.addresses(of: proxy.url, resolver: resolver)
            var route = book.route(to: proxy, at: gates)
            if proxy.resolvesNames {
                _ = try policy.addressesIfKnown(of: target)
            } else if let next = trials.next() {
                route.connectTo = "::\(Self.literal(next)):\(target.port)"
            } else if let first = trials.begin(try await policy.addresses(of: target, resolver: resolver)) {
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

/// The checked addresses of a host that a proxy has not been asked for yet.
///
/// A proxy may reach some of them only, such as those of IPv4, and connects to the one that the request names.
final class ProxyTrials: Sendable {
    private let left = Mutex<[IPAddress]>([])

    /// Whether there is another address.
    var hasMore: Bool { left.withLock { !$0.isEmpty } }

    /// Takes the next address.
    func next() -> IPAddress? { left.withLock { $0.isEmpty ? nil : $0.removeFirst() } }

    /// Sets the addresses, those of IPv4 first, and takes one.
    func begin(_ addresses: [IPAddress]) -> IPAddress? {
        let all = addresses.map(\.unmapped)
        left.withLock { $0 = Array((all.filter(\.isV4) + all.filter { !$0.isV4 }).prefix(AddressBook.most)) }
        return next()
    }
}

/// Names for hosts with sets of addresses.
///
/// libcurl finds a kept connection by the name it was told to connect to, and counts the connections to it. If that
/// name stands for a host with a set of checked addresses, a request can neither be connected to another address nor
/// use a connection to one, and does not wait for those of another host at the same address.
private final class AddressBook: Sendable {
    /// The most addresses of one host that are tried.
    static let most = 8
    /// The most sets remembered.
    ///
    /// A forgotten set gets a new name, and so new connections.
    private static let capacity = 4096

    private struct Key: Hashable {
        let host: String
        let addresses: [IPAddress]
    }

    private struct State {
        var numbers: [Key: Int] = [:]
        var last = 0
    }

    private let state = Mutex(State())

    func route(to addresses: [IPAddress], of host: String, port: Int) -> Route {
        var seen: [IPAddress] = []
        for address in addresses.lazy.map(\.unmapped) where !seen.contains(address) && seen.count < Self.most {
            seen.append(address)
        }
        let name = name(of: host, at: seen)
        return Route(addresses: seen, connectTo: "::\(name):\(port)", resolve: entry(name, port, seen))
    }

    func route(to proxy: CURLTransport.Proxy, at addresses: [IPAddress]) -> Route {
        let port = proxy.url.port
        let scheme = proxy.scheme == "socks5" && proxy.resolvesNames ? "socks5h" : proxy.scheme
        let seen = Array(addresses.map(\.unmapped).prefix(Self.most))
        // The proxy's certificate is checked by its name, so that one must stay.
        let host =
            switch proxy.url.host {
            case .name(let name): proxy.url.isSecure ? name : self.name(of: name, at: seen)
            case .address(let address): Router.literal(address)
            }
        var route = Route(addresses: seen, proxy: "\(scheme)://\(host):\(port)")
        if case .name = proxy.url.host { route.resolve = entry(host, port, seen) }
        return route
    }

    /// Returns the name of a host with a set of addresses, in any order.
    private func name(of host: String, at addresses: [IPAddress]) -> String {
        let key = Key(
            host: host, addresses: addresses.sorted { ($0.isV4 ? 0 : 1, $0.bits) < ($1.isV4 ? 0 : 1, $1.bits) })
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
        // With a plus the entry ends after a time (see HandleSettings), where libcurl knows that. Each request enters
        // it again.
        let mark = rota_curl_version() >= 0x074B00 ? "+" : ""
        return "\(mark)\(name):\(port):" + addresses.map(Router.literal).joined(separator: ",")
    }
}
