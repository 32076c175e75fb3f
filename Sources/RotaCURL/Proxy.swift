import Foundation
public import RotaHTTP

extension CURLTransport {
    /// A proxy: `http`, `https` or `socks5`.
    public struct Proxy: Sendable, Hashable {
        /// The proxy's kind, host and port.
        let url: RequestURL
        let scheme: String
        /// The name to log in with, or `nil`.
        public var username: String?
        /// The password to log in with, or `nil`.
        public var password: String?
        /// Whether the proxy resolves the names of hosts, because this machine cannot.
        ///
        /// Then the address policy can judge the names only. Otherwise a name is resolved and checked here, and the
        /// proxy is asked for a connection to the checked address, for http URLs too.
        public var resolvesNames = false

        /// Creates a proxy.
        ///
        /// ```swift
        /// let proxy = try CURLTransport.Proxy("http://someone:a%20word@proxy.example.com:3128")
        /// print(proxy, proxy.username ?? "")  // http://proxy.example.com:3128 someone
        /// ```
        ///
        /// - Parameter text: Its URL, such as `http://proxy.example.com:3128` or `socks5://127.0.0.1:1080`. Without a
        ///   port, 443 counts for https and 1080 for the others. A user name and a password before the host, each
        ///   percent-encoded, become ``username`` and ``password``.
        /// - Throws: `HTTPRequestError` if the text is no such URL.
        public init(_ text: String) throws(HTTPRequestError) {
            let scheme = String(text.prefix { $0 != ":" }).lowercased()
            guard ["http", "https", "socks5"].contains(scheme) else {
                throw HTTPRequestError(
                    .badURL, field: "proxy", "a proxy's URL starts with http://, https:// or socks5://")
            }
            let (login, place) = Self.split(text.dropFirst(scheme.utf8.count))
            let parsed = try RequestURL(parsing: (scheme == "https" ? "https" : "http") + place)
            guard parsed.pathAndQuery == "/" else {
                throw HTTPRequestError(.badURL, field: "proxy", "a proxy's URL has a login, a host and a port only")
            }
            let port = parsed.explicitPort ?? (scheme == "https" ? 443 : 1080)
            url = RequestURL(isSecure: scheme == "https", host: parsed.host, explicitPort: port, pathAndQuery: "/")
            self.scheme = scheme
            guard let login else { return }
            let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.compactMap { String($0).removingPercentEncoding }
            guard decoded.count == parts.count, login.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
                throw HTTPRequestError(
                    .badURL, field: "proxy",
                    "the user name and the password of a proxy's URL must be percent-encoded; or leave them out, and set "
                        + "`username` and `password`")
            }
            if !login.isEmpty { username = decoded.first }
            if decoded.count > 1 { password = decoded[1] }
        }

        /// Takes the login out of what follows a URL's scheme.
        private static func split(_ rest: Substring) -> (login: Substring?, place: String) {
            let slashes = "://"
            guard rest.hasPrefix(slashes) else { return (nil, String(rest)) }
            let bytes = rest.dropFirst(slashes.count).utf8
            let authority = bytes.prefix { !"/?#\\".utf8.contains($0) }
            guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return (nil, String(rest)) }
            return (rest[authority.startIndex..<at], slashes + rest[rest.utf8.index(after: at)...])
        }
    }
}

extension CURLTransport.Proxy: CustomStringConvertible, CustomReflectable {
    /// The kind, host and port, never the password.
    public var description: String { "\(scheme)://\(url.hostText):\(url.port)" }
    /// A mirror of the description, so that `dump` shows no password.
    public var customMirror: Mirror { Mirror(self, children: ["proxy": description]) }
}
