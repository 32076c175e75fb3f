import Foundation
import RotaHTTP
import RotaServer

/// Refuses requests that a page in a browser made without its user's knowing.
///
/// A server that only this machine can reach is not out of reach of the pages that its browser shows: a page can give
/// its own name the address 127.0.0.1 (DNS rebinding), which shows in `Host`. A form of another site shows in `Origin`,
/// and the API refuses it.
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
    func refusal(of request: ServerRequest) -> ServerRefusal? {
        let host = (request.headers["Host"] ?? "").lowercased()
        if let hosts, !hosts.contains(Self.name(host)) {
            return ServerRefusal(
                421, "unknown_host",
                "This server does not know the host \"\(host.prefix(100))\". Allow it with --allow-host.")
        }
        return nil
    }

    /// A host without its port.
    private static func name(_ host: String) -> String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") { return String(host[...end]) }
        var name = String(host.prefix { $0 != ":" })
        if name.hasSuffix(".") { name.removeLast() }
        return name
    }
}
