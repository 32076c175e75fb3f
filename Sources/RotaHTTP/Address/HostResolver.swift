/// What turns a host's name into addresses, so that a policy can look at them before anything connects.
public protocol HostResolver: Sendable {
    /// Looks a name up.
    ///
    /// - Parameter host: the name, in lower case, without a dot at its end.
    /// - Returns: every address the name has, IPv4 and IPv6.
    /// - Throws: ``TransportError`` with `dns` if there is none.
    func addresses(of host: String) async throws -> [IPAddress]
}
