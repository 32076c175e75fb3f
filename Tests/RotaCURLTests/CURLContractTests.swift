import RotaCURL
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("CURLTransport: contract", .timeLimit(.minutes(20)))
struct CURLContractTests {
    private static let known = Set(KnownFailure.curl.map(\.check))
    /// The certificate of the servers, or `nil` where there is no openssl to make it.
    private static let certificate = try? LoopbackCertificate()
    private static let secure = certificate.map { TransportContract.tlsChecks(trusting: $0) } ?? []
    static let checks = TransportContract.checks.filter { !known.contains($0.name) }
    static let redirectChecks = TransportContract.redirectChecks.filter { !known.contains($0.name) }
    static let tlsChecks = secure.filter { !known.contains($0.name) }
    static let failing = (TransportContract.checks + secure).filter { known.contains($0.name) }

    private func run(_ check: TransportContract.Check, redirects: RedirectPolicy = .never) async throws {
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        configuration.redirects = redirects
        configuration.authorities = Self.certificate?.file
        let transport = CURLTransport(configuration)
        let result: Result<Void, any Error>
        do { result = .success(try await check.run { transport }) } catch { result = .failure(error) }
        await transport.close()
        try result.get()
    }

    @Test("The transport meets its contract", .rows("T-77"), arguments: checks)
    func contract(_ check: TransportContract.Check) async throws {
        try await run(check)
    }

    @Test("The transport meets its contract of redirects", arguments: redirectChecks)
    func redirects(_ check: TransportContract.Check) async throws {
        try await run(check, redirects: .following(upTo: 5))
    }

    @Test(
        "The transport meets its contract over TLS", .enabled(if: certificate != nil, "There is no openssl here."),
        arguments: tlsChecks)
    func tls(_ check: TransportContract.Check) async throws {
        try await run(check)
    }

    @Test("What is known to fail still fails", arguments: failing)
    func failures(_ check: TransportContract.Check) async throws {
        let failure = try #require(KnownFailure.curl.first { $0.check == check.name })
        do {
            try await run(check)
            #expect(failure.isRace, "This passes now: take it off the list.")
        } catch is ContractViolation {}
    }
}
