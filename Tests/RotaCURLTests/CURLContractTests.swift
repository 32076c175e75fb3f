import RotaCURL
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("CURLTransport: contract", .timeLimit(.minutes(20)))
struct CURLContractTests {
    /// The certificate of the servers, or `nil` where there is no openssl to make it.
    private static let certificate = try? LoopbackCertificate()
    static let tlsChecks = certificate.map { TransportContract.tlsChecks(trusting: $0) } ?? []

    private func run(_ check: TransportContract.Check, redirects: RedirectPolicy = .never) async throws {
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        // A task of a busy machine may wait long for its next turn, and the connection must be there then.
        configuration.idleLimit = .seconds(3600)
        configuration.redirects = redirects
        configuration.authorities = Self.certificate?.file
        let transport = CURLTransport(configuration)
        let result: Result<Void, any Error>
        do { result = .success(try await check.run { transport }) } catch { result = .failure(error) }
        await transport.close()
        try result.get()
    }

    @Test("The transport meets its contract", .rows("T-77"), arguments: TransportContract.checks)
    func contract(_ check: TransportContract.Check) async throws {
        try await run(check)
    }

    @Test("The transport meets its contract of redirects", arguments: TransportContract.redirectChecks)
    func redirects(_ check: TransportContract.Check) async throws {
        try await run(check, redirects: .following(upTo: 5))
    }

    @Test(
        "The transport meets its contract over TLS", .enabled(if: certificate != nil, "There is no openssl here."),
        arguments: tlsChecks)
    func tls(_ check: TransportContract.Check) async throws {
        try await run(check)
    }
}
