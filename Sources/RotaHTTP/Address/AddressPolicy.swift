public import Foundation

/// The hosts a transport may connect to.
///
/// The default, ``publicInternet``, keeps URLs written by strangers away from the inside of your network.
///
/// ```swift
/// let policy = AddressPolicy.publicInternet.adding(hosts: ["reports.internal", "10.1.0.0/16"])
/// for text in ["https://example.com/", "http://10.1.2.3/", "http://127.0.0.1/"] {
///     guard let url = URL(string: text) else { continue }
///     do { try policy.checkUnresolved(url) } catch { print(error) }  // only for 127.0.0.1
/// }
/// _ = URLSessionTransport(addressPolicy: policy)
/// ```
public struct AddressPolicy: Sendable, Hashable {
    /// The hosts that are allowed besides the listed ones.
    enum Base: Sendable, Hashable {
        case nothing, publicInternet, everything
    }

    let base: Base
    let hosts: [HostRule]

    /// Allows what is reachable from the whole Internet.
    ///
    /// It refuses every special-purpose range of the IANA registries in any spelling (loopback, private, link-local
    /// with cloud metadata, shared, documentation, multicast and so on), IPv4 addresses inside IPv6, local names
    /// (`localhost`, `*.internal`, names without a dot), names with one such address among several, and ports of other
    /// protocols such as mail.
    public static let publicInternet = AddressPolicy(base: .publicInternet, hosts: [])

    /// Allows everything.
    ///
    /// Use it for tests, and for jobs that only you can write.
    public static let unrestricted = AddressPolicy(base: .everything, hosts: [])

    /// Allows only the listed hosts, at any address.
    ///
    /// - Parameter hosts: Names (`api.example.com`), names with all their subdomains (`*.example.com`), addresses
    ///   (`10.0.0.7`, `::1`) and ranges (`10.0.0.0/8`), optionally with a port (`localhost:8080`, `[::1]:8080`). An
    ///   entry of any other form matches nothing, and the error of a refusal names it.
    public static func allowing(hosts: [String]) -> AddressPolicy {
        AddressPolicy(base: .nothing, hosts: hosts.map(HostRule.init))
    }

    /// Returns this policy with further hosts allowed, in the forms of ``allowing(hosts:)``.
    public func adding(hosts: [String]) -> AddressPolicy {
        AddressPolicy(base: base, hosts: self.hosts + hosts.map(HostRule.init))
    }
}

extension AddressPolicy {
    /// Throws if a URL is not allowed.
    ///
    /// Its host is resolved if necessary.
    ///
    /// - Parameters:
    ///   - url: The URL to connect to.
    ///   - resolver: The resolver. It is not asked for addresses, for listed names, or under ``unrestricted``.
    /// - Throws: ``TransportError`` with `forbiddenAddress`, with `badRequest` if the URL is invalid, or the resolver's
    ///   error.
    public func check(_ url: URL, resolver: some HostResolver) async throws {
        try await check(Self.parse(url), resolver: resolver)
    }

    package func check(_ target: RequestURL, resolver: some HostResolver) async throws {
        guard let name = try nameToResolve(target) else { return }
        _ = try await addresses(of: name, target, resolver, isChecked: true)
    }

    /// Returns the addresses of a URL's host, all of them allowed, for a transport that connects to no others.
    ///
    /// - Throws: ``TransportError`` with `forbiddenAddress`, or the resolver's error.
    package func addresses(of target: RequestURL, resolver: some HostResolver) async throws -> [IPAddress] {
        if let known = try addressesIfKnown(of: target) { return known }
        guard case .name(let name) = target.host else { return [] }
        return try await addresses(of: name, target, resolver, isChecked: nameToResolve(target) != nil)
    }

    /// Returns the address of a URL that names one and is allowed, or `nil` for a name that must be resolved.
    ///
    /// - Throws: ``TransportError`` with `forbiddenAddress`.
    package func addressesIfKnown(of target: RequestURL) throws(TransportError) -> [IPAddress]? {
        _ = try nameToResolve(target)
        guard case .address(let address) = target.host else { return nil }
        return [address]
    }

    private func addresses(
        of name: String, _ target: RequestURL, _ resolver: some HostResolver, isChecked: Bool
    ) async throws -> [IPAddress] {
        let addresses = try await resolver.addresses(of: name)
        guard !addresses.isEmpty else { throw TransportError(.dns, "\(name) has no address", urlText: target.text) }
        guard isChecked else { return addresses }
        for address in addresses {
            try checkResolved(address, of: name, target: target)
        }
        return addresses
    }

    /// Throws if a URL is not allowed, as far as that is known without resolving its host.
    ///
    /// - Throws: ``TransportError`` with `forbiddenAddress`, or with `badRequest` if the URL is invalid.
    public func checkUnresolved(_ url: URL) throws(TransportError) {
        _ = try nameToResolve(Self.parse(url))
    }

    /// Returns the error of ``checkUnresolved(_:)``, or `nil` if the URL is allowed as far as that is known.
    package func refusal(of url: URL) -> TransportError? {
        do throws(TransportError) { try checkUnresolved(url) } catch { return error }
        return nil
    }

    /// Returns whether the host must be resolved before the URL can be judged.
    package func needsResolution(_ target: RequestURL) throws(TransportError) -> Bool {
        try nameToResolve(target) != nil
    }

    private static func parse(_ url: URL) throws(TransportError) -> RequestURL {
        do {
            return try RequestURL(parsing: url.absoluteString)
        } catch {
            throw TransportError(.badRequest, error.description)
        }
    }

    /// Returns the name whose addresses remain to be checked, or `nil` if the URL is allowed as it stands.
    private func nameToResolve(_ target: RequestURL) throws(TransportError) -> String? {
        if base == .everything || hosts.contains(where: { $0.matches(target) }) { return nil }
        guard base == .publicInternet else { throw refusal("it is not on the list of allowed hosts", target) }
        if BlockedPorts.contains(target.port) {
            throw refusal("port \(target.port) belongs to another protocol", target)
        }
        switch target.host {
        case .address(let address):
            if let range = SpecialPurpose.range(of: address) {
                throw refusal("\(address) is \(range), not a public address", target)
            }
            return nil
        case .name(let name):
            if let reason = SpecialNames.reason(name) { throw refusal(reason, target) }
            return name
        }
    }

    private func checkResolved(
        _ address: IPAddress, of name: String, target: RequestURL
    ) throws(TransportError) {
        let address = address.unmapped
        guard let range = SpecialPurpose.range(of: address) else { return }
        if hosts.contains(where: { $0.matches(address, port: target.port) }) { return }
        throw refusal("it resolves to \(address), which is \(range), not a public address", target)
    }

    private func refusal(_ reason: String, _ target: RequestURL) -> TransportError {
        let unusable = hosts.filter(\.isUnusable).map { "\"\($0.text)\"" }.joined(separator: ", ")
        let hint = unusable.isEmpty ? "" : "; these entries are malformed: \(unusable)"
        let refusal = "\(target.hostText) is refused: \(reason)"
        var error = TransportError(
            .forbiddenAddress,
            "\(refusal). To allow it, make the transport with "
                + "addressPolicy: .publicInternet.adding(hosts: [\"\(target.hostText)\"])\(hint)",
            urlText: target.text)
        error.refusal = refusal
        return error
    }
}

/// One entry of an allow list: a name, a name with its subdomains, an address or a range, optionally with a port.
struct HostRule: Sendable, Hashable {
    private enum Pattern: Sendable, Hashable {
        case name(String)
        case below(String)
        case range(AddressRange)
        case nothing
    }

    /// The entry as written.
    let text: String
    private let pattern: Pattern
    private let port: Int?

    init(_ text: String) {
        self.text = text
        (pattern, port) = Self.parse(text.lowercased())
    }

    /// Whether the entry is malformed and matches nothing.
    var isUnusable: Bool { pattern == .nothing }

    func matches(_ target: RequestURL) -> Bool {
        guard port == nil || port == target.port else { return false }
        switch (target.host, pattern) {
        case (.name(let name), .name(let wanted)): return name == wanted
        case (.name(let name), .below(let suffix)): return name.hasSuffix("." + suffix)
        case (.address(let address), .range(let range)): return range.contains(address)
        default: return false
        }
    }

    func matches(_ address: IPAddress, port: Int) -> Bool {
        guard self.port == nil || self.port == port, case .range(let range) = pattern else { return false }
        return range.contains(address)
    }

    private static func parse(_ text: String) -> (Pattern, Int?) {
        if let range = AddressRange(text) { return (.range(range), nil) }
        if let address = IPAddress(text) { return (.range(AddressRange(address)), nil) }
        guard !text.contains("/"), !text.contains("#") else { return (.nothing, nil) }
        let isBelow = text.hasPrefix("*.")
        // Parse host and port with the parser that reads requests, so that both agree.
        guard let url = try? RequestURL(parsing: "http://" + (isBelow ? text.dropFirst(2) : text[...])),
            url.pathAndQuery == "/"
        else { return (.nothing, nil) }
        switch url.host {
        case .name(let name): return (isBelow ? .below(name) : .name(name), url.explicitPort)
        case .address(let address): return isBelow ? (.nothing, nil) : (.range(AddressRange(address)), url.explicitPort)
        }
    }
}
