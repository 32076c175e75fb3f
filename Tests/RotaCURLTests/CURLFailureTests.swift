import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@testable import RotaCURL
@testable import RotaTesting

/// What a failure is called, and what it tells a person to do.
@Suite("CURLTransport: failures", .timeLimit(.minutes(5)))
struct CURLFailureTests {
    /// Sends a request and returns how it fails.
    private func failure(
        _ address: String, _ change: (inout CURLTransport.Configuration) throws -> Void = { _ in }
    ) async throws -> TransportError? {
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        try change(&configuration)
        let transport = CURLTransport(configuration)
        let url = try #require(URL(string: address))
        let error = await #expect(throws: TransportError.self) {
            _ = try await transport.send(HTTPRequest(url: url, timeout: .seconds(300)))
        }
        await transport.close()
        return error
    }

    @Test(
        "A chunk whose size is none is a bad response with its status, not a lost connection",
        arguments: [
            "-5\r\nhello\r\n0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\nhello", "FFFFFFFFFFFFFFFF\r\nhello", "xyz\r\n",
            "\r\n\r\n", String(repeating: "0", count: 5000), "5\r\nhelloworld\r\n0\r\n\r\n",
        ])
    func chunks(_ body: String) async throws {
        let server = try await LoopbackServer { _ in
            .script([
                .write(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(body)".utf8)), .hold,
            ])
        }
        let error = try await failure(server.address("/"))
        #expect(error?.code == .badResponse, "\(error as Any)")
        #expect(error?.status == 200)
        #expect(error?.mayHaveBeenSent == true)
        #expect(error?.failureName == "response_mismatch")
        await server.stop()
    }

    @Test(
        "A proxy's refusal has a code of its own, with the proxy's status and what to check",
        arguments: [407, 403, 503, 302])
    func proxyRefusal(_ status: Int) async throws {
        let server = try await LoopbackServer { _ in
            .script([.write(Array("HTTP/1.1 \(status) No\r\nContent-Length: 2\r\n\r\nno".utf8)), .close])
        }
        let error = try await failure("http://127.0.0.1:9/") {
            $0.proxy = try CURLTransport.Proxy("http://127.0.0.1:\(server.port)")
        }
        #expect(error?.code.description == "proxyRefused", "\(error as Any)")
        #expect(error?.failureName == "proxy")
        #expect(error?.message.contains("\(status)") == true)
        #expect(error?.message.contains("username and password") == (status == 407))
        #expect(error?.mayHaveBeenSent == false)
        #expect(error?.status == nil)
        await server.stop()
    }

    @Test("A proxy's header line without end is too large")
    func proxyHeader() async throws {
        let server = try await LoopbackServer { _ in
            .script([
                .write(Array("HTTP/1.1 200 Connected\r\nX: ".utf8)),
                .repeated(Array(repeating: 0x61, count: 1000), count: 10_000), .hold,
            ])
        }
        let error = try await failure("http://127.0.0.1:9/") {
            $0.proxy = try CURLTransport.Proxy("http://127.0.0.1:\(server.port)")
        }
        #expect(error?.code == .tooLarge, "\(error as Any)")
        #expect(error?.message.contains("memory") == false)
        await server.stop()
    }

    @Test("A header line without end is too large, and no word is said of memory")
    func headerLine() async throws {
        let server = try await LoopbackServer { _ in
            .script([
                .write(Array("HTTP/1.1 200 OK\r\nX: ".utf8)),
                .repeated(Array(repeating: 0x61, count: 1000), count: 10_000), .hold,
            ])
        }
        let error = try await failure(server.address("/"))
        #expect(error?.code == .tooLarge, "\(error as Any)")
        #expect(error?.message.contains("memory") == false, "\(error as Any)")
        await server.stop()
    }

    @Test("A refused target of a redirect is said to be one, with its source and without advice to allow it")
    func refusedTarget() async throws {
        let server = try await LoopbackServer { _ in .redirect(to: "http://169.254.169.254/latest", status: 302) }
        let error = try await failure(server.address("/start?token=hidden")) {
            $0.addressPolicy = .allowing(hosts: ["127.0.0.1"])
            $0.redirects = .following()
        }
        #expect(error?.code == .forbiddenAddress)
        #expect(error?.message.contains("redirect from \(server.address("/start"))") == true, "\(error as Any)")
        #expect(error?.message.contains("169.254.169.254 is refused") == true)
        #expect(error?.message.contains("hidden") == false)
        #expect(error?.message.contains("To allow it") == false)
        #expect(error?.mayHaveBeenSent == true)
        await server.stop()
    }

    @Test("A Unix-domain socket that is not there is named")
    func missingSocket() async throws {
        let path = NSTemporaryDirectory() + "rota-\(UUID().uuidString.prefix(8)).sock"
        let error = try await failure("http://docker/") { $0.unixSocket = path }
        #expect(error?.message.contains(path) == true, "\(error as Any)")
        #expect(error?.mayHaveBeenSent == false)
    }

    @Test(
        "A file of authorities that is missing or holds none is named, and refused as a bad request",
        arguments: [false, true])
    func badAuthorities(exists: Bool) async throws {
        let path = NSTemporaryDirectory() + "rota-\(UUID().uuidString.prefix(8)).pem"
        if exists { try Data("no certificate".utf8).write(to: URL(filePath: path)) }
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = try await failure("https://127.0.0.1:9/") { $0.authorities = path }
        #expect(error?.code == .badRequest, "\(error as Any)")
        #expect(error?.message.contains(path) == true)
        #expect(error?.mayHaveBeenSent == false)
    }
}
