/// A check of ``TransportContract`` that a transport is known to fail, and why.
///
/// A list of them in the tests of a transport leaves no check out in silence: each is still run, and must still fail.
public struct KnownFailure: Sendable, Hashable, CustomStringConvertible {
    /// The name of the check.
    public let check: String
    /// Why the transport fails, and what that means for an app.
    public let reason: String
    /// Whether the process that runs the check dies or never ends, so that it must be one of its own.
    public let isFatal: Bool
    /// Whether the check passes now and then, because the failure depends on what comes first.
    public let isRace: Bool
    /// The words that the violation must contain, or `nil` if it may say anything.
    public let violation: String?

    /// Creates an entry.
    ///
    /// - Parameters:
    ///   - check: The name of the check.
    ///   - isFatal: Whether the process that runs the check dies or never ends.
    ///   - isRace: Whether the check passes now and then.
    ///   - violation: The words that the violation must contain, so that the check may fail in no other way, or `nil`.
    ///   - reason: Why the transport fails.
    public init(
        _ check: String, isFatal: Bool = false, isRace: Bool = false, violation: String? = nil,
        because reason: String
    ) {
        self.check = check
        self.isFatal = isFatal
        self.isRace = isRace
        self.violation = violation
        self.reason = reason
    }

    /// The name of the check and the reason.
    public var description: String { "\(check): \(reason)" }
}

extension KnownFailure {
    /// The checks that `URLSessionTransport` fails for good, because Foundation does it before anything else can see
    /// it.
    ///
    /// On Linux that is true of swift-corelibs-foundation up to Swift 6.3. On Apple platforms nothing is known to fail.
    public static let urlSession: [KnownFailure] = {
        #if canImport(FoundationNetworking)
            fatal + lost + accepted + slow + untrusted
        #else
            []
        #endif
    }()

    #if canImport(FoundationNetworking)
        private static let fatal: [KnownFailure] = [
            KnownFailure(
                "a header that breaks off is a cut connection", isFatal: true,
                because: "a transfer that ends without a response is a fatalError (NativeProtocol.swift)"),
            KnownFailure(
                "a header that ends after its first line is a cut connection", isFatal: true,
                because: "a transfer that ends without a response is a fatalError (NativeProtocol.swift)"),
            KnownFailure(
                "trailers are kept apart", isFatal: true,
                because: "a trailer begins a new header in the transfer's state, which then has no response"),
            KnownFailure(
                "trailers may come on any status", isFatal: true,
                because: "a trailer begins a new header in the transfer's state, which then has no response"),
            KnownFailure(
                "the largest length that an integer holds is only a body cut short", isFatal: true,
                because: "the sum of the expected bytes is unchecked, and traps"),
            KnownFailure(
                "a redirect that is not followed may lead anywhere", isFatal: true,
                because: "the next request is built before the delegate is asked, and a target such as //a%20b/ is a "
                    + "fatalError (HTTPURLProtocol.swift)"),
            KnownFailure(
                "a target that is no URL of http is an error, and ends nothing", isFatal: true,
                because: "the next request is built before the delegate is asked, and a target such as //a%20b/ is a "
                    + "fatalError (HTTPURLProtocol.swift)"),
        ]

        /// Good responses that are lost.
        private static let lost: [KnownFailure] =
            [
                "a field needs no blank after its colon", "a field of blanks is an empty field",
                "bytes above ASCII in a field are Latin-1", "bytes above ASCII in a reason do no harm",
                "a status needs no blank after it", "a line may end with LF alone",
            ].map {
                KnownFailure($0, because: "Foundation's own parser of headers does not know it, and fails the transfer")
            }
            + [
                KnownFailure(
                    "an unknown coding is left as it is",
                    because: "libcurl decodes, and fails the transfer for a coding that it does not know"),
                KnownFailure(
                    "repeated fields stay a list",
                    because: "HTTPURLResponse holds one value for a name, so Foundation joins them with commas"),
            ]

        /// Responses that should be refused and are not.
        private static let accepted: [KnownFailure] =
            [
                "a list of lengths that differ is refused", "a length beside chunks is refused",
                "a length with a sign is refused", "a length larger than any integer is refused",
            ].map { KnownFailure($0, because: "libcurl frames the body, and is more lenient than RFC 9112 allows") } + [
                KnownFailure(
                    "an unsolicited answer answers nothing", isRace: true,
                    because:
                        "libcurl's connections are out of reach, and the stray response is taken for the next one's")
            ]

        /// Floods that end with their deadline, but meanwhile slow every other request of the process.
        ///
        /// Whether a neighbor is answered in time depends on the machine's load.
        private static let slow: [KnownFailure] =
            [
                "chunks of one byte without end are a timeout or refused",
                "a flood of chunks of one byte is a timeout or refused",
                "fields without end are a timeout or too large", "a body that drips is a timeout",
                "trailers without end are a timeout or too large",
                "preliminary responses without end are a timeout or refused",
                "a redirect whose body never ends is a timeout or cut",
                "a server that does not read an upload is a timeout",
            ].map {
                KnownFailure(
                    $0, isRace: true, violation: TransportContract.starvation,
                    because: "all sessions of a process share one queue of Foundation, so other requests wait")
            } + [
                KnownFailure(
                    "a header of very many fields is too large", isRace: true,
                    because:
                        "Foundation parses the whole header again for each field, on the queue that all sessions share")
            ]

        /// Checks of an authority of one's own, which Foundation cannot be given.
        private static let untrusted: [KnownFailure] = [
            "a trusted certificate is accepted, and every byte arrives", "connections over TLS are used again",
            "a body that ends without the end of TLS is cut", "a body that ends with the end of TLS is whole",
        ].map { KnownFailure($0, because: "Foundation on Linux trusts the system's authorities and no others") }
    #endif
}
