/// An http or https URL read strictly: what is checked here is, character for character, what is connected to.
///
/// One parser serves the template, the request and the address policy, so that no two of them can disagree about the
/// host. Its text is canonical: host in lower case, numeric hosts in dotted decimal, no fragment, ASCII only.
package struct RequestURL: Sendable, Hashable {
    /// Who is asked: a name that must be resolved, or an address.
    package enum Host: Sendable, Hashable {
        case name(String)
        case address(IPAddress)
    }

    package let isSecure: Bool
    package let host: Host
    /// The port if the URL names one.
    package let explicitPort: Int?
    /// Path and query, percent-encoded, starting with `/`.
    package let pathAndQuery: String

    package init(isSecure: Bool, host: Host, explicitPort: Int?, pathAndQuery: String) {
        self.isSecure = isSecure
        self.host = host
        self.explicitPort = explicitPort
        self.pathAndQuery = pathAndQuery
    }

    package var port: Int { explicitPort ?? (isSecure ? 443 : 80) }

    package var hostText: String {
        switch host {
        case .name(let name): name
        case .address(let address): address.isV4 ? address.description : "[\(address)]"
        }
    }

    /// Scheme, host and port.
    package var origin: String {
        (isSecure ? "https://" : "http://") + hostText + (explicitPort.map { ":\($0)" } ?? "")
    }

    package var text: String { origin + pathAndQuery }
}
