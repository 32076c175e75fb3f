import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("URLSessionTransport: contract")
struct URLSessionContractTests {
    private static let known = Dictionary(uniqueKeysWithValues: KnownFailure.urlSession.map { ($0.check, $0) })
    static let checks = TransportContract.checks.filter { known[$0.name] == nil }
    static let redirectChecks = TransportContract.redirectChecks.filter { known[$0.name] == nil }

    @Test("The transport meets its contract", .rows("T-77"), arguments: checks)
    func contract(_ check: TransportContract.Check) async throws {
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        try await check.run { transport }
        await transport.close()
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

    /// Each in a process of its own, because it may end or freeze it; one at a time, because some need much of the
    /// machine.
    @Test(
        "What is known to fail still fails, in the way that is listed", .serialized,
        arguments: KnownFailure.urlSession)
    func failures(_ failure: KnownFailure) async throws {
        let outcome = try await ContractChild.run(failure.check, transport: "urlsession")
        switch outcome {
        case .unknown: #expect(Self.certificate == nil, "There is no check of this name.")
        case .passed: #expect(failure.isRace, "This passes now: take it off the list.")
        case .violation(let description):
            #expect(!failure.isFatal, "\(description)")
            if let expected = failure.violation { #expect(description.contains(expected)) }
        case .died, .frozen: #expect(failure.isFatal || failure.isRace)
        }
    }

    @Test("Names are unique, reasons are given, and each known failure names a check")
    func names() {
        let all = TransportContract.checks + TransportContract.redirectChecks + Self.tlsChecks
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(all.allSatisfy { !$0.reason.isEmpty })
        #expect(Set(Self.known.keys).isSubset(of: all.map(\.name)) || Self.certificate == nil)
        #expect(KnownFailure.urlSession.allSatisfy { !$0.reason.isEmpty })
    }
}
