import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("URLSessionTransport: contract")
struct URLSessionContractTests {
    private static let known = Dictionary(uniqueKeysWithValues: KnownFailure.urlSession.map { ($0.check, $0) })
    /// Checks that keep Foundation's queue busy, which all sessions of a process share, so other tests would crawl.
    private static let busy: Set = [
        "chunks of one byte without end are a timeout or refused",
        "a body that drips is a timeout",
        "trailers without end are a timeout or too large", "preliminary responses without end are a timeout or refused",
        "a redirect whose body never ends is a timeout or cut", "a header of very many fields is too large",
        "a server that does not read an upload is a timeout",
    ]
    static let checks = TransportContract.checks.filter { known[$0.name] == nil && !busy.contains($0.name) }
    static let busyChecks = TransportContract.checks.filter { known[$0.name] == nil && busy.contains($0.name) }
    static let redirectChecks = TransportContract.redirectChecks.filter { known[$0.name] == nil }

    @Test("The transport meets its contract", .rows("T-77"), arguments: checks)
    func contract(_ check: TransportContract.Check) async throws {
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        try await check.run { transport }
        await transport.close()
    }

    @Test("The transport meets its contract in a process of its own", arguments: busyChecks)
    func contractApart(_ check: TransportContract.Check) async throws {
        #expect(try await ContractChild.run(check.name, transport: "urlsession") == .passed)
    }

    @Test("The transport meets its contract of redirects", arguments: redirectChecks)
    func redirects(_ check: TransportContract.Check) async throws {
        let transport = URLSessionTransport(addressPolicy: .unrestricted, redirects: .following(upTo: 5))
        try await check.run { transport }
        await transport.close()
    }

    /// The certificate of the servers, or `nil` where there is no openssl to make it.
    private static let certificate = try? LoopbackCertificate()
    static let tlsChecks = certificate.map { TransportContract.tlsChecks(trusting: $0) } ?? []

    @Test(
        "The transport meets its contract over TLS", .enabled(if: certificate != nil, "There is no openssl here."),
        arguments: tlsChecks.filter { known[$0.name] == nil })
    func tls(_ check: TransportContract.Check) async throws {
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        try await check.run { transport }
        await transport.close()
    }

    @Test("What is known to fail still fails, in the way that is listed", arguments: KnownFailure.urlSession)
    func failures(_ failure: KnownFailure) async throws {
        let outcome = try await ContractChild.run(failure.check, transport: "urlsession")
        switch outcome {
        case .unknown: #expect(Self.certificate == nil, "There is no check of this name.")
        case .passed: #expect(failure.isRace, "This passes now: take it off the list.")
        case .violation(let description): #expect(!failure.isFatal, "\(description)")
        case .died, .frozen: #expect(failure.isFatal || failure.isRace)
        }
    }

    @Test("Names are unique, reasons are given, and each known failure names a check")
    func names() {
        let all = TransportContract.checks + TransportContract.redirectChecks + Self.tlsChecks
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(all.allSatisfy { !$0.reason.isEmpty })
        #expect(Self.busyChecks.count == Self.busy.count)
        #expect(Set(Self.known.keys).isSubset(of: all.map(\.name)) || Self.certificate == nil)
        #expect(KnownFailure.urlSession.allSatisfy { !$0.reason.isEmpty })
    }
}
