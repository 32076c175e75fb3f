#if Postgres
    import Foundation

    #if canImport(Glibc)
        import Glibc
        let streamSocket = Int32(SOCK_STREAM.rawValue)
        let noSignal = Int32(MSG_NOSIGNAL)
    #else
        let streamSocket = SOCK_STREAM
        let noSignal: Int32 = 0
    #endif

    struct SocketError: Error {
        let call: String
        let errno: Int32
    }

    /// A socket that listens on a free port of 127.0.0.1.
    struct Listener: Sendable {
        let descriptor: Int32
        let port: UInt16

        init() throws {
            descriptor = socket(AF_INET, streamSocket, 0)
            guard descriptor >= 0 else { throw SocketError(call: "socket", errno: errno) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let descriptor = descriptor
            let bound = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, size) == 0 && listen(descriptor, 16) == 0
                        && getsockname(descriptor, $0, &size) == 0
                }
            }
            guard bound else { throw SocketError(call: "bind", errno: errno) }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            port = UInt16(bigEndian: address.sin_port)
        }

        func close() {
            _ = Foundation.close(descriptor)
        }
    }

    /// Connects to a Unix-domain socket.
    func connectSocket(to path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, streamSocket, 0)
        guard descriptor >= 0 else { throw SocketError(call: "socket", errno: errno) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            for (index, byte) in path.utf8.prefix(target.count - 1).enumerated() { target[index] = byte }
        }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard connected else {
            let code = errno
            close(descriptor)
            throw SocketError(call: "connect", errno: code)
        }
        return descriptor
    }
#endif
