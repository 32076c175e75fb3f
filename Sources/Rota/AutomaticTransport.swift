public import RotaHTTP

#if os(Linux)
    public import RotaCURL

    /// The transport for this platform: `CURLTransport` on Linux, `URLSessionTransport` on Apple's platforms.
    public typealias AutomaticTransport = CURLTransport
#else
    /// The transport for this platform: `CURLTransport` on Linux, ``URLSessionTransport`` on Apple's platforms.
    public typealias AutomaticTransport = URLSessionTransport
#endif

extension HTTPTransport where Self == AutomaticTransport {
    /// The transport for this platform: `CURLTransport` on Linux, `URLSessionTransport` on Apple's platforms.
    ///
    /// On both, no answer of a server can end the process. That is not true of URLSession on Linux.
    public static var automatic: AutomaticTransport { AutomaticTransport() }

    /// Returns the transport for this platform, with options.
    ///
    /// - Parameters:
    ///   - addressPolicy: The hosts that may be reached.
    ///   - redirects: Whether redirects are followed. The policy checks each target.
    ///   - responseLimit: The limit on the size of a body.
    ///   - resolver: The resolver of host names.
    public static func automatic(
        addressPolicy: AddressPolicy = .publicInternet, redirects: RedirectPolicy = .never,
        responseLimit: ResponseLimit = .default, resolver: any HostResolver = SystemHostResolver()
    ) -> AutomaticTransport {
        AutomaticTransport(
            addressPolicy: addressPolicy, redirects: redirects, responseLimit: responseLimit, resolver: resolver)
    }
}
