import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A server for one connection after another, on a Unix-domain socket or on 127.0.0.1, with a thread of its own.
final class SocketServer: Sendable {
    let port: Int
    private let listener: Int32
    private let path: String?

    /// One accepted connection.
    struct Connection {
        let descriptor: Int32

        func write(_ bytes: [UInt8]) {
            _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        }

        func read(_ count: Int) -> [UInt8] {
            var out: [UInt8] = []
            var byte: UInt8 = 0
            while out.count < count, recv(descriptor, &byte, 1, 0) == 1 { out.append(byte) }
            return out
        }

        /// Reads a request's header.
        func readHead() -> String {
            var out = ""
            while !out.hasSuffix("\r\n\r\n") {
                let next = read(1)
                guard let byte = next.first else { break }
                out.unicodeScalars.append(Unicode.Scalar(byte))
            }
            return out
        }
    }

    struct Failure: Error {
        let call: String
    }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - path: The path of the Unix-domain socket. Without one, the server has a port.
    ///   - serve: Serves a connection, which is closed afterwards.
    init(path: String? = nil, _ serve: @escaping @Sendable (Connection) -> Void) throws {
        self.path = path
        let family = path == nil ? AF_INET : AF_UNIX
        let listener = socket(family, Int32(SOCK_STREAM.rawValue), 0)
        var port = 0
        if let path {
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(100)) }
            guard Self.bind(listener, &address) else { throw Failure(call: "bind") }
        } else {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            guard Self.bind(listener, &address) else { throw Failure(call: "bind") }
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) {
                _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
            }
            port = Int(UInt16(bigEndian: address.sin_port))
        }
        guard listen(listener, 16) == 0 else { throw Failure(call: "listen") }
        self.listener = listener
        self.port = port
        Thread {
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0 else { return }
                serve(Connection(descriptor: descriptor))
                close(descriptor)
            }
        }.start()
    }

    private static func bind<Address>(_ listener: Int32, _ address: inout Address) -> Bool {
        let size = socklen_t(MemoryLayout<Address>.size)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { systemBind(listener, $0, size) == 0 }
        }
    }

    /// Stops accepting.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        if let path { unlink(path) }
    }
}

private func systemBind(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Int32 {
    bind(descriptor, address, size)
}
