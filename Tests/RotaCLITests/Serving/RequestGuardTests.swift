import Foundation
import RotaHTTP
import RotaServer
import Testing

@testable import RotaCLI

@Suite("Guard of rota serve")
struct RequestGuardTests {
    private static func status(
        _ method: String, _ headers: HTTPHeaders, at address: String = "127.0.0.1:8484", allowing hosts: [String] = []
    ) throws -> Int? {
        let address = try #require(SocketAddress(address))
        let request = ServerRequest(method: method, target: "/v1/jobs", headers: headers, body: Data())
        return RequestGuard(for: address, allowing: hosts).refusal(of: request)?.status
    }

    @Test("At a loopback address only its names are answered, so that no page can give itself the address")
    func hosts() throws {
        for host in ["localhost:8484", "127.0.0.1:8484", "127.0.0.1", "LOCALHOST", "localhost.", "[::1]:8484"] {
            #expect(try Self.status("GET", ["Host": host]) == nil, "\(host)")
        }
        for host in [
            "evil.example", "evil.example:8484", "127.0.0.1.evil.example", "", "localhost.evil.example", "[::2]",
        ] {
            #expect(try Self.status("GET", ["Host": host]) == 421, "\(host)")
        }
        #expect(try Self.status("GET", ["Host": "rota.internal"], allowing: ["rota.internal"]) == nil)
        #expect(try Self.status("GET", ["Host": "other.internal"], at: "0.0.0.0:80") == nil)
        #expect(try Self.status("GET", ["Host": "other.internal"], at: "0.0.0.0:80", allowing: ["a.b"]) == 421)
    }

    @Test(
        "A server that others can reach needs a token",
        arguments: [
            (["--listen", "0.0.0.0:0"], "needs a token"), (["--listen", "[::]:0"], "needs a token"),
            (["--listen", "nonsense"], "--listen must be an IP address and a port"),
            (["--profile", "cron"], "must be one of"), (["--concurrency", "0"], "--concurrency must be a number"),
            (["--token-file", "/nonexistent"], "cannot be read"),
        ])
    func options(_ words: [String], _ message: String) async throws {
        let result = await CLIBench().run(["serve", "--store", ":memory:"] + words)
        #expect(result.exit != .done && result.errors.contains(message), "\(result)")
    }
}
