#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The server's side of TLS, by the system's OpenSSL, which is looked for when it is needed.
///
/// All bytes go through memory, so the sockets stay the loopback server's.
final class LoopbackTLS: Sendable {
    /// The functions of OpenSSL's library that are used, by their public prototypes.
    fileprivate struct Library: Sendable {
        typealias Make = @convention(c) () -> OpaquePointer?
        typealias Derive = @convention(c) (OpaquePointer?) -> OpaquePointer?
        typealias Act = @convention(c) (OpaquePointer?) -> Int32
        typealias Drop = @convention(c) (OpaquePointer?) -> Void
        typealias Load = @convention(c) (OpaquePointer?, UnsafePointer<CChar>, Int32) -> Int32
        typealias LoadChain = @convention(c) (OpaquePointer?, UnsafePointer<CChar>) -> Int32
        typealias Join = @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> Void
        typealias Read = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int32) -> Int32
        typealias Write = @convention(c) (OpaquePointer?, UnsafeRawPointer?, Int32) -> Int32
        typealias Explain = @convention(c) (OpaquePointer?, Int32) -> Int32

        let serverMethod: Make
        let memory: Make
        let newContext: Derive
        let newSession: Derive
        let newBuffer: Derive
        let loadChain: LoadChain
        let loadKey: Load
        let accept: Drop
        let join: Join
        let read: Read
        let write: Write
        let shutDown: Act
        let explain: Explain
        let fill: Write
        let drain: Read
        let freeSession: Drop
        let freeContext: Drop
        let clearErrors: @convention(c) () -> Void

        init() throws {
            let names = ["libssl.so.3", "libssl.so.1.1", "libssl.3.dylib"]
            guard let handle = names.lazy.compactMap({ dlopen($0, RTLD_NOW) }).first else {
                throw LoopbackError(call: "dlopen", errno: ENOENT, hint: "install OpenSSL's library, libssl")
            }
            func find<F>(_ name: String, _ type: F.Type) throws -> F {
                guard let symbol = dlsym(handle, name) else {
                    throw LoopbackError(call: "dlsym", errno: ENOENT, hint: "this libssl has no \(name)")
                }
                return unsafeBitCast(symbol, to: type)
            }
            serverMethod = try find("TLS_server_method", Make.self)
            memory = try find("BIO_s_mem", Make.self)
            newContext = try find("SSL_CTX_new", Derive.self)
            newSession = try find("SSL_new", Derive.self)
            newBuffer = try find("BIO_new", Derive.self)
            loadChain = try find("SSL_CTX_use_certificate_chain_file", LoadChain.self)
            loadKey = try find("SSL_CTX_use_PrivateKey_file", Load.self)
            accept = try find("SSL_set_accept_state", Drop.self)
            join = try find("SSL_set_bio", Join.self)
            read = try find("SSL_read", Read.self)
            write = try find("SSL_write", Write.self)
            shutDown = try find("SSL_shutdown", Act.self)
            explain = try find("SSL_get_error", Explain.self)
            fill = try find("BIO_write", Write.self)
            drain = try find("BIO_read", Read.self)
            freeSession = try find("SSL_free", Drop.self)
            freeContext = try find("SSL_CTX_free", Drop.self)
            clearErrors = try find("ERR_clear_error", (@convention(c) () -> Void).self)
        }
    }

    fileprivate let library: Library
    private nonisolated(unsafe) let context: OpaquePointer?

    /// Loads a certificate and its key.
    ///
    /// - Throws: ``LoopbackError`` if OpenSSL is not there or cannot read them.
    init(_ certificate: LoopbackCertificate) throws {
        library = try Library()
        context = library.newContext(library.serverMethod())
        let isPEM: Int32 = 1
        guard library.loadChain(context, certificate.file) == 1,
            library.loadKey(context, certificate.keyFile, isPEM) == 1
        else { throw LoopbackError(call: "SSL_CTX_use_certificate_chain_file", errno: EINVAL) }
    }

    deinit { library.freeContext(context) }

    /// One connection's TLS.
    final class Session {
        private let tls: LoopbackTLS
        private let session: OpaquePointer?
        /// The memory for what arrived and for what is to be sent; the session owns both.
        private let incoming: OpaquePointer?
        private let outgoing: OpaquePointer?
        /// Whether the handshake or a record failed, so that nothing more will come.
        private(set) var isBroken = false

        init(_ tls: LoopbackTLS) {
            self.tls = tls
            let library = tls.library
            session = library.newSession(tls.context)
            incoming = library.newBuffer(library.memory())
            outgoing = library.newBuffer(library.memory())
            library.join(session, incoming, outgoing)
            library.accept(session)
        }

        deinit { tls.library.freeSession(session) }

        /// Takes bytes from the socket and returns what they mean: nothing during the handshake.
        func open(_ bytes: [UInt8]) -> [UInt8] {
            let library = tls.library
            _ = bytes.withUnsafeBytes { library.fill(incoming, $0.baseAddress, Int32(clamping: $0.count)) }
            var plain: [UInt8] = []
            while true {
                library.clearErrors()
                let (piece, count) = Self.piece { library.read(session, $0, $1) }
                guard count > 0 else {
                    let wantsRead: Int32 = 2
                    let reason = library.explain(session, count)
                    isBroken = isBroken || reason != wantsRead
                    return plain
                }
                plain += piece
            }
        }

        /// Encrypts bytes, and returns how many: none before the handshake is done.
        func seal(_ bytes: ArraySlice<UInt8>) -> Int {
            tls.library.clearErrors()
            let count = bytes.withUnsafeBytes { tls.library.write(session, $0.baseAddress, Int32(clamping: $0.count)) }
            return Int(max(0, count))
        }

        /// Says that nothing more will be sent.
        func sayGoodbye() {
            tls.library.clearErrors()
            _ = tls.library.shutDown(session)
        }

        /// Returns the bytes for the socket.
        func takeOutput() -> [UInt8] {
            var bytes: [UInt8] = []
            while true {
                let (piece, count) = Self.piece { tls.library.drain(outgoing, $0, $1) }
                guard count > 0 else { return bytes }
                bytes += piece
            }
        }

        private static func piece(_ read: (UnsafeMutableRawPointer?, Int32) -> Int32) -> ([UInt8], Int32) {
            var result: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 16_384) { buffer, count in
                result = read(buffer.baseAddress, Int32(clamping: buffer.count))
                count = Int(max(0, result))
            }
            return (bytes, result)
        }
    }
}
