/// One entry of an allow-list: a name, a name and all below it, an address, or a range; with a port or without.
struct HostRule: Sendable, Hashable {
    private enum TextPattern: Sendable, Hashable {
        case name(String)
        case below(String)
        case range(AddressRange)
        case nothing
    }

    /// The entry as written.
    let text: String
    private let pattern: TextPattern
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

    private static func parse(_ text: String) -> (TextPattern, Int?) {
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
