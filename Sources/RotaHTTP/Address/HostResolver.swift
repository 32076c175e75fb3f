import Dispatch

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A type that resolves host names, so that a policy can check the addresses before a connection is made.
public protocol HostResolver: Sendable {
    /// Returns all addresses of a host, IPv4 and IPv6.
    ///
    /// - Parameter host: The name in lower case, without a trailing dot.
    /// - Throws: ``TransportError`` with `dns` if there are none.
    func addresses(of host: String) async throws -> [IPAddress]
}

/// The system's resolver, `getaddrinfo`, on its own threads.
///
/// A lookup cannot be canceled: it continues in the background after its caller has given up. At most 16 lookups run at
/// once, which limits the threads a dead name server can block, and at most 4 of names that differ in their first label
/// only, so that one domain does not hold up the others. Concurrent callers for one name share a lookup.
public final class SystemHostResolver: HostResolver {
    private let queue: DispatchQueue
    private let gate = LookupGate(width: 16)

    /// Creates a resolver.
    public init() {
        queue = DispatchQueue(label: "rota.http.resolver", attributes: .concurrent)
    }

    /// Returns all addresses of a host, IPv4-mapped ones as IPv4.
    ///
    /// - Throws: ``TransportError`` with `dns` if there are none, or with `canceled` if the task is canceled.
    public func addresses(of host: String) async throws -> [IPAddress] {
        let waiter = LookupWaiter()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard waiter.start(continuation) else { return }
                gate.join(host, waiter) { [queue, gate] host in
                    queue.async { Self.run(host, gate, queue) }
                }
            }
        } onCancel: {
            waiter.finish(.failure(TransportError(.canceled, "the lookup of \(host) was canceled")))
        }
    }

    /// Resolves names until none is queued.
    private static func run(_ host: String, _ gate: LookupGate, _ queue: DispatchQueue) {
        var next: String? = host
        while let host = next {
            let answer = lookUp(host)
            next = gate.leave(host, answer)
        }
    }

    private static func lookUp(_ host: String) -> Result<[IPAddress], TransportError> {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = gai_strerror(status).map { String(cString: $0) } ?? "error \(status)"
            return .failure(TransportError(.dns, "\(host) could not be resolved: \(reason)"))
        }
        defer { freeaddrinfo(list) }
        var found: [IPAddress] = []
        var entry = list
        while let info = entry?.pointee {
            if let address = address(of: info), !found.contains(address) { found.append(address) }
            entry = info.ai_next
        }
        return found.isEmpty ? .failure(TransportError(.dns, "\(host) has no address")) : .success(found)
    }

    private static func address(of info: addrinfo) -> IPAddress? {
        guard let raw = info.ai_addr else { return nil }
        switch info.ai_family {
        case AF_INET:
            guard Int(info.ai_addrlen) >= MemoryLayout<sockaddr_in>.size else { return nil }
            let v4 = UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in.self)
            return IPAddress(v4: UInt32(bigEndian: v4.sin_addr.s_addr))
        case AF_INET6:
            guard Int(info.ai_addrlen) >= MemoryLayout<sockaddr_in6>.size else { return nil }
            let v6 = UnsafeRawPointer(raw).loadUnaligned(as: sockaddr_in6.self)
            let bits = withUnsafeBytes(of: v6.sin6_addr) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
            return IPAddress(v6: bits).unmapped
        default:
            return nil
        }
    }
}
