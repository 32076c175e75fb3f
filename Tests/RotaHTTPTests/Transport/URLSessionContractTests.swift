import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("URLSessionTransport: contract")
struct URLSessionContractTests {
    static var checks: [TransportContract.Check] {
        #if canImport(FoundationNetworking)
            // swift-corelibs-foundation up to 6.3 traps on a header that breaks off (issue 5285, fixed for 6.4), on a
            // thread of its own: nothing above it can catch that.
            TransportContract.checks.filter { $0.name != TransportContract.brokenHeaderCheck }
        #else
            TransportContract.checks
        #endif
    }

    @Test("The transport meets its contract", .rows("T-77"), arguments: checks)
    func contract(_ check: TransportContract.Check) async throws {
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        try await check.run { transport }
        await transport.close()
    }
}
