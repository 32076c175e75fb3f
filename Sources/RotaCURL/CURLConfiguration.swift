public import RotaHTTP

extension CURLTransport {
    /// The options of a transport.
    ///
    /// ```swift
    /// var configuration = CURLTransport.Configuration()
    /// configuration.addressPolicy = .allowing(hosts: ["docker"])
    /// configuration.unixSocket = "/var/run/docker.sock"
    /// let transport = CURLTransport(configuration)
    /// guard let url = URL(string: "http://docker/containers/json") else { return }
    /// print(try await transport.send(HTTPRequest(url: url)).status)
    /// ```
    public struct Configuration: Sendable {
        /// The hosts that may be reached.
        public var addressPolicy = AddressPolicy.publicInternet
        /// Whether redirects are followed.
        ///
        /// The policy checks each target.
        public var redirects = RedirectPolicy.never
        /// The limit on the size of a body, counted after decompression.
        public var responseLimit = ResponseLimit.default
        /// The resolver of host names.
        public var resolver: any HostResolver = SystemHostResolver()
        /// The proxy through which every request goes, or `nil` for none.
        ///
        /// The environment's variables for proxies have no effect.
        public var proxy: Proxy?
        /// The path of a file with the certificates of the trusted authorities (PEM), or `nil` for the system's.
        public var authorities: String?
        /// The certificate that the client shows to a server that asks for one.
        public var clientCertificate: ClientCertificate?
        /// The public keys of which a server must have one: `sha256//` and the Base64 of the hash, separated by
        /// semicolons, or the path of a key file (PEM or DER).
        public var pinnedKey: String?
        /// The network interface, such as `eth0`, or the address of this machine from which connections are made, or
        /// `nil` for the system's choice.
        public var networkInterface: String?
        /// The path of a Unix-domain socket that every request is sent to, or `nil`.
        ///
        /// The host of a URL then only names the server in the request. It is checked against the policy, but not
        /// resolved.
        public var unixSocket: String?
        /// The most connections to one host at once, from 1 to 10,000.
        ///
        /// Further requests wait for one, within their timeouts. A host counts by its name and port, together with the
        /// addresses that its name has at the time. Behind a proxy, hosts may share the limit: those at one address,
        /// and all of them if the proxy resolves names.
        public var connectionsPerHost = 64

        /// Creates the default options.
        public init() {}

        /// After this long without a request, the transport closes its connections.
        package var idleLimit = Duration.seconds(30)
    }

    /// A client's certificate with its key.
    public struct ClientCertificate: Sendable, Hashable {
        /// The path of the certificate file (PEM).
        public var certificate: String
        /// The path of the file with the private key (PEM).
        public var key: String
        /// The password of the key, or `nil`.
        public var password: String?

        /// Creates a certificate from two files.
        public init(certificate: String, key: String, password: String? = nil) {
            self.certificate = certificate
            self.key = key
            self.password = password
        }
    }
}

extension CURLTransport.ClientCertificate: CustomStringConvertible, CustomReflectable {
    /// The paths, never the password.
    public var description: String { "\(certificate), \(key)" }
    /// A mirror of the description, so that `dump` shows no password.
    public var customMirror: Mirror { Mirror(self, children: ["certificate": description]) }
}
