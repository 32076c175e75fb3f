import RotaCURL
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("CURLTransport: contract")
struct CURLContractTests {
    @Test("The transport meets its contract", .rows("T-77"), arguments: TransportContract.checks)
    func contract(_ check: TransportContract.Check) async throws {
        let transport = CURLTransport(addressPolicy: .unrestricted)
        try await check.run { transport }
        await transport.close()
    }
}
