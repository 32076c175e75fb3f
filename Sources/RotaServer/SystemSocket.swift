#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A failed call of the system.
package struct SocketError: Error, Sendable, Hashable, CustomStringConvertible {
    package let call: String
    package let errno: Int32

    package init(call: String, errno: Int32) {
        (self.call, self.errno) = (call, errno)
    }

    package var description: String { "\(call) failed: \(String(cString: strerror(errno))) (\(errno))" }
}

/// The socket calls that a server needs, the same on every platform.
package enum SystemSocket: Sendable {
    /// The outcome of an attempt to accept a connection.
    package enum Acceptance: Sendable {
        case connection(Int32)
        case none
        /// The process or the system has no file descriptor left.
        case exhausted
    }

    /// Opens a socket that accepts connections.
    package static func listen(on address: SocketAddress = .loopback) throws(SocketError) -> Int32 {
        let descriptor = try bound(to: address)
        guard systemListen(descriptor, 1024) == 0 else {
            let error = SocketError(call: "listen", errno: errno)
            close(descriptor)
            throw error
        }
        prepare(descriptor)
        return descriptor
    }

    /// Opens a socket that has an address, and refuses connections.
    package static func bound(to address: SocketAddress = .loopback) throws(SocketError) -> Int32 {
        #if canImport(Glibc)
            let type = Int32(SOCK_STREAM.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        let descriptor = socket(address.isVersion6 ? AF_INET6 : AF_INET, type, 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket", errno: errno) }
        var on: Int32 = 1
        // The port of a server that ended a moment ago can be used again.
        if address.port != 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        }
        guard address.withSystemAddress({ bind(descriptor, $0, $1) }) == 0 else {
            let error = SocketError(call: "bind", errno: errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Returns the port of a socket.
    package static func port(of descriptor: Int32) throws(SocketError) -> Int {
        var address = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let port: UInt16? = withUnsafeMutablePointer(to: &address) { storage in
            let status = storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &size)
            }
            guard status == 0 else { return nil }
            // The port is at the same place in both families.
            return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
        }
        guard let port else { throw SocketError(call: "getsockname", errno: errno) }
        return Int(port)
    }

    /// Accepts a waiting connection without blocking.
    package static func accept(_ listener: Int32) -> Acceptance {
        let descriptor = systemAccept(listener, nil, nil)
        guard descriptor >= 0 else { return errno == EMFILE || errno == ENFILE ? .exhausted : .none }
        prepare(descriptor)
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return .connection(descriptor)
    }

    /// Sets a socket up: non-blocking, closed in child processes, and free of SIGPIPE where the socket has that option.
    package static func prepare(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        #if canImport(Darwin)
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    /// Opens a pipe that wakes a thread.
    package static func pair() throws(SocketError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SocketError(call: "pipe", errno: errno) }
        for end in ends { prepare(end) }
        return (ends[0], ends[1])
    }

    /// Reads up to 64 KB.
    ///
    /// Returns an empty array at the end of the stream, and `nil` if there is nothing yet.
    package static func read(_ descriptor: Int32) -> [UInt8]? {
        var isWaiting = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            let got = systemRead(descriptor, buffer.baseAddress, buffer.count)
            isWaiting = got < 0 && (errno == EAGAIN || errno == EINTR)
            count = max(0, got)
        }
        return isWaiting ? nil : bytes
    }

    /// The input that can be read now.
    package enum Pending: Sendable {
        case bytes
        case nothing
        /// The end of the stream, or an error.
        case end
    }

    /// Looks at the input without taking it.
    package static func peek(_ descriptor: Int32) -> Pending {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK))
        if count > 0 { return .bytes }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .end
    }

    /// Returns how many bytes were written: 0 if the call would block, and `nil` if the connection is closed.
    package static func write(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Int? {
        #if canImport(Darwin)
            let flags: Int32 = 0
        #else
            let flags = Int32(MSG_NOSIGNAL)
        #endif
        let sent = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
        if sent >= 0 { return sent }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Says that nothing more will be sent.
    package static func endOutput(_ descriptor: Int32) {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    package static func close(_ descriptor: Int32) {
        _ = systemClose(descriptor)
    }

    /// Closes with RST, so that the peer sees a reset instead of an end.
    package static func reset(_ descriptor: Int32) {
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        close(descriptor)
    }
}

private func systemListen(_ descriptor: Int32, _ backlog: Int32) -> Int32 { listen(descriptor, backlog) }
private func systemAccept(
    _ descriptor: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ size: UnsafeMutablePointer<socklen_t>?
) -> Int32 { accept(descriptor, address, size) }
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(descriptor, buffer, count)
}
private func systemClose(_ descriptor: Int32) -> Int32 { close(descriptor) }
