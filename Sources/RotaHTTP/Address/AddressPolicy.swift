public import Foundation

/// Which hosts a transport may talk to: what keeps a stranger's URL away from the inside of your network.
///
/// The default is ``publicInternet``: names and addresses that anyone on the Internet could reach. Others are a visible
/// choice at the place where the transport is made.
public struct AddressPolicy: Sendable, Hashable {
    /// What is allowed apart from the listed hosts.
    enum Base: Sendable, Hashable {
        case nothing, publicInternet, everything
    }

    let base: Base
    let hosts: [HostRule]

    /// Only what is reachable from the whole Internet (row T-31).
    ///
    /// Refused are every special-purpose range of IANA's registries (loopback, private, link-local with the clouds'
    /// metadata addresses, shared, documentation, multicast …) in any spelling, IPv4 inside IPv6, names that mean this
    /// machine or this site (`localhost`, `*.internal`, a name without a dot), names with one such address among
    /// several, and ports of other protocols such as mail.
    public static let publicInternet = AddressPolicy(base: .publicInternet, hosts: [])

    /// Everything: for tests, and for jobs that only you can write.
    public static let unrestricted = AddressPolicy(base: .everything, hosts: [])

    /// Only the hosts listed, wherever they lead.
    ///
    /// - Parameter hosts: names (`api.example.com`), names with everything below them (`*.example.com`), addresses
    ///   (`10.0.0.7`, `::1`) and ranges (`10.0.0.0/8`), each with a port if only that one is meant (`localhost:8080`,
    ///   `[::1]:8080`). What is none of these matches nothing, and a refusal names it.
    /// - Returns: the policy.
    public static func allowing(hosts: [String]) -> AddressPolicy {
        AddressPolicy(base: .nothing, hosts: hosts.map(HostRule.init))
    }

    /// This policy, and the hosts listed too: the public Internet and one service inside, say.
    ///
    /// - Parameter hosts: as for ``allowing(hosts:)``.
    /// - Returns: the wider policy.
    public func adding(hosts: [String]) -> AddressPolicy {
        AddressPolicy(base: base, hosts: self.hosts + hosts.map(HostRule.init))
    }
}

extension AddressPolicy {
    /// Checks a URL, looking its name up if that is needed.
    ///
    /// - Parameters:
    ///   - url: the URL about to be connected to.
    ///   - resolver: looks names up; not asked for addresses, listed names and under ``unrestricted``.
    /// - Throws: ``TransportError`` with `forbiddenAddress`, `badRequest` for what is no URL, or the resolver's error.
    public func check(_ url: URL, resolver: some HostResolver) async throws {
        try await check(Self.parse(url), resolver: resolver)
    }

    package func check(_ target: RequestURL, resolver: some HostResolver) async throws {
        guard let name = try nameToResolve(target) else { return }
        let addresses = try await resolver.addresses(of: name)
        guard !addresses.isEmpty else { throw TransportError(.dns, "\(name) has no address", urlText: target.text) }
        for address in addresses {
            try checkResolved(address, of: name, target: target)
        }
    }

    /// Checks a URL as far as can be told without looking a name up: addresses, special names, ports.
    ///
    /// - Parameter url: the URL to check, for instance when a job is made.
    /// - Throws: ``TransportError`` with `forbiddenAddress`, or `badRequest` for what is no URL.
    public func checkUnresolved(_ url: URL) throws(TransportError) {
        _ = try nameToResolve(Self.parse(url))
    }

    /// Whether a name must be looked up before the URL can be judged.
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

    /// The name whose addresses must still be looked at; nil if the URL is allowed as it stands.
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
        let hint = unusable.isEmpty ? "" : "; these entries are no host: \(unusable)"
        return TransportError(
            .forbiddenAddress,
            "\(target.hostText) is refused: \(reason). To allow it, make the transport with "
                + "addressPolicy: .publicInternet.adding(hosts: [\"\(target.hostText)\"])\(hint)",
            urlText: target.text)
    }
}

/// One entry of an allow-list: a name, a name and all below it, an address, or a range; with a port or without.
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

    /// Whether the entry could not be read and matches nothing.
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
        // The URL parser reads host and port as strictly here as when a request is made.
        guard let url = try? RequestURL(parsing: "http://" + (isBelow ? text.dropFirst(2) : text[...])),
            url.pathAndQuery == "/"
        else { return (.nothing, nil) }
        switch url.host {
        case .name(let name): return (isBelow ? .below(name) : .name(name), url.explicitPort)
        case .address(let address): return isBelow ? (.nothing, nil) : (.range(AddressRange(address)), url.explicitPort)
        }
    }
}
