import Foundation

#if canImport(Darwin)
    package import Darwin
#elseif canImport(Glibc)
    package import Glibc
#elseif canImport(Musl)
    package import Musl
#endif

/// An address at which a server listens: an IP address and a port.
package struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// The host as it was written, without brackets.
    package let host: String
    package let port: UInt16
    package let isVersion6: Bool
    /// The address in network order: 4 or 16 bytes.
    private let bytes: [UInt8]

    /// 127.0.0.1, at a port that the system chooses.
    package static let loopback = SocketAddress(host: "127.0.0.1", port: 0, isVersion6: false, bytes: [127, 0, 0, 1])

    private init(host: String, port: UInt16, isVersion6: Bool, bytes: [UInt8]) {
        self.host = host
        self.port = port
        self.isVersion6 = isVersion6
        self.bytes = bytes
    }

    /// Reads `127.0.0.1:8484`, `[::1]:8484`, `localhost:8484` or `:8484`, which is the loopback address too.
    ///
    /// Names other than `localhost` are not resolved.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard let bytes = Self.bytes(of: host, AF_INET6, 16) else { return nil }
            self.init(host: host, port: port, isVersion6: true, bytes: bytes)
        } else {
            if host.isEmpty || host.lowercased() == "localhost" { host = "127.0.0.1" }
            guard let bytes = Self.bytes(of: host, AF_INET, 4) else { return nil }
            self.init(host: host, port: port, isVersion6: false, bytes: bytes)
        }
    }

    private static func bytes(of host: String, _ family: Int32, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return bytes.withUnsafeMutableBytes { inet_pton(family, host, $0.baseAddress) } == 1 ? bytes : nil
    }

    /// Whether only this machine can reach the address.
    package var isLoopback: Bool {
        isVersion6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 : bytes.first == 127
    }

    /// Whether it stands for all addresses of the machine.
    package var isAny: Bool { bytes.allSatisfy { $0 == 0 } }

    /// The address with another port.
    package func with(port: Int) -> SocketAddress {
        SocketAddress(host: host, port: UInt16(clamping: port), isVersion6: isVersion6, bytes: bytes)
    }

    /// The host as it stands in a URL.
    package var urlHost: String { isVersion6 ? "[\(host)]" : host }

    /// The host and the port, as in a URL.
    package var description: String { "\(urlHost):\(port)" }

    /// Calls a function of the system with the address.
    package func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        func call<Address>(_ address: Address) -> Result {
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    body($0, socklen_t(MemoryLayout<Address>.size))
                }
            }
        }
        if isVersion6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
            return call(address)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
        return call(address)
    }
}
