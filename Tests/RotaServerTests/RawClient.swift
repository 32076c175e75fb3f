import Foundation
import RotaServer

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection that sends what it is told, right or wrong.
final class RawClient {
    private let descriptor: Int32

    init(_ address: SocketAddress) throws {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        descriptor = socket(address.isVersion6 ? AF_INET6 : AF_INET, type, 0)
        guard address.withSystemAddress({ connect(descriptor, $0, $1) }) == 0 else {
            throw SocketError(call: "connect", errno: errno)
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { sendBytes(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends nothing more.
    func end() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Lets the connection end with a reset.
    func reset() {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
    }

    /// Whether something has come that was not read.
    var hasAnswer: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// Whether the server has not closed the connection.
    var isOpen: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }

    /// All that the server sends until it closes the connection.
    func rest() -> String {
        var bytes: [UInt8] = []
        while let more = read(65_536) { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What the server sends, until it contains a text.
    func text(until end: String) -> String {
        var text = ""
        while !text.contains(end), let more = read(1) { text += String(decoding: more, as: UTF8.self) }
        return text
    }

    private func read(_ count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: count)
        let got = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        return got > 0 ? Array(buffer.prefix(got)) : nil
    }
}

private func sendBytes(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Darwin)
        let flags: Int32 = 0
    #else
        let flags = Int32(MSG_NOSIGNAL)
    #endif
    return send(descriptor, bytes, count, flags)
}

/// Runs work that blocks on a thread of its own, so that the tests' threads stay free for the server.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result(catching: body)) }.start()
    }
}
