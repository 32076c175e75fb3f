import Foundation
import RotaHTTP
import RotaServer

/// Refuses requests that a page in a browser made without its user's knowing.
///
/// A server that only this machine can reach is not out of reach of the pages that its browser shows. A page can give
/// its own name the address 127.0.0.1 (DNS rebinding), which shows in `Host`; or send a form, which shows in `Origin`.
struct RequestGuard: Sendable {
    /// The names in `Host` that are known, in lower case and without ports, or `nil` if all are.
    let hosts: Set<String>?

    /// - Parameters:
    ///   - address: Where the server listens. Only at a loopback address are the names known.
    ///   - others: Further names, such as that of a proxy.
    init(for address: SocketAddress, allowing others: [String]) {
        guard address.isLoopback || !others.isEmpty else {
            hosts = nil
            return
        }
        hosts = Set(
            (["localhost", "127.0.0.1", "[::1]", address.urlHost] + others).map { Self.name($0.lowercased()) })
    }

    /// Returns the refusal of a request, or `nil` if it may pass.
    func refusal(of request: ServerRequest) -> ServerResponse? {
        let host = (request.headers["Host"] ?? "").lowercased()
        if let hosts, !hosts.contains(Self.name(host)) {
            return .refusal(
                421, "unknown_host",
                "This server does not know the host \"\(host.prefix(100))\". Allow it with --allow-host.")
        }
        guard request.method != "GET", request.method != "HEAD" else { return nil }
        let isForeign =
            request.headers["Origin"].map { Self.place(of: $0) != Self.place(of: "//" + host) }
            ?? ["cross-site", "same-site"].contains(request.headers["Sec-Fetch-Site"]?.lowercased() ?? "")
        guard isForeign else { return nil }
        return .refusal(403, "foreign_origin", "Pages of other sites may not change anything here.")
    }

    /// A host without its port.
    private static func name(_ host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        var name = String(host.prefix { $0 != ":" })
        if name.hasSuffix(".") { name.removeLast() }
        return name
    }

    /// The host and port of an origin, without a port that goes without saying.
    private static func place(of origin: String) -> String {
        var place = origin.lowercased()
        if let slashes = place.range(of: "//") { place = String(place[slashes.upperBound...]) }
        for port in [":80", ":443"] where place.hasSuffix(port) { place.removeLast(port.count) }
        return place
    }
}
