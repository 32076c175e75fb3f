import Foundation
import RotaAPI
import RotaHTTP
import RotaServer
import RotaTesting
import Synchronization
import Testing

@testable import RotaCLI

@Suite("Connections to a server")
struct ServerConnectionTests {
    /// The values of `Authorization` that a server got from a command.
    private static func tokens(_ environment: (String) -> [String: String]) async throws -> [String?] {
        let seen = Mutex<[String?]>([])
        let server = try HTTPServer(on: .loopback) { request in
            seen.withLock { $0.append(request.headers["Authorization"]) }
            return ServerResponse(
                status: 200, headers: ["Rota-API": "1"], body: Data(#"{"items":[],"next":null}"#.utf8))
        }
        let bench = CLIBench()
        let url = "http://127.0.0.1:\(server.address.port)"
        let result = await bench.run(["jobs", "list"], isConnected: false, environment: environment(url))
        #expect(result.exit == .done, "\(result)")
        await server.stop()
        return seen.withLock(\.self)
    }

    @Test("Rota's token goes to a server that Rota's settings name, and never to another program's")
    func tokens() async throws {
        #expect(try await Self.tokens { ["ROTA_URL": $0, "ROTA_TOKEN": "mine"] } == ["Bearer mine"])
        for (url, token) in [("TRIGRUN_API_URL", "TRIGRUN_TOKEN"), ("CRON_API_URL", "CRON_TOKEN")] {
            #expect(try await Self.tokens { [url: $0 + "/v1", "ROTA_TOKEN": "mine"] } == [nil])
            #expect(try await Self.tokens { [url: $0, "ROTA_TOKEN": "mine", token: "theirs"] } == ["Bearer theirs"])
        }
    }

    @Test("A request that waits has the time that it waits for besides its own")
    func patience() async throws {
        let transport = ScriptedTransport(.status(200))
        let connection = try HTTPConnection(
            "http://127.0.0.1:1", token: nil, timeout: .seconds(1), transport: transport)
        _ = try await connection.respond(to: APIRequest(method: "GET", target: "/_rota/jobs"))
        _ = try await connection.respond(to: APIRequest(method: "GET", target: "/_rota/events"), waiting: .seconds(20))
        // No request may take longer than an hour.
        let patient = try HTTPConnection(
            "http://127.0.0.1:1", token: nil, timeout: .seconds(3_600), transport: transport)
        _ = try await patient.respond(to: APIRequest(method: "GET", target: "/_rota/events"), waiting: .seconds(20))
        #expect(transport.requests.map(\.timeout) == [.seconds(1), .seconds(21), .seconds(3_600)])
    }
}
