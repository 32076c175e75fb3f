import Foundation
import RotaHTTP
import RotaTestSupport
import Synchronization
import Testing

@testable import RotaCURL
@testable import RotaTesting

/// Certificates of both sides, against a TLS server with a certificate that is made on the spot.
///
/// They need the `openssl` command, and are declared as skipped where it is missing.
@Suite("CURLTransport: TLS", .enabled(if: TLSServer.isPossible, "the openssl command is not installed"))
struct CURLSecurityTests {
    private func code(_ server: TLSServer, _ change: (inout CURLTransport.Configuration) throws -> Void) async throws
        -> TransportError.Code?
    {
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        try change(&configuration)
        let transport = CURLTransport(configuration)
        defer { withExtendedLifetime(transport) {} }
        let url = try #require(URL(string: "https://127.0.0.1:\(server.port)/"))
        do {
            let response = try await transport.send(HTTPRequest(url: url, timeout: .seconds(300)))
            #expect(response.status == 200)
            #expect(response.timings.handshake != nil)
            await transport.close()
            return nil
        } catch let error as TransportError {
            #expect(!error.mayHaveBeenSent, "\(error)")
            await transport.close()
            return error.code
        }
    }

    @Test("A certificate of an unknown authority is refused, one of a given authority is not")
    func authorities() async throws {
        let server = try TLSServer()
        #expect(try await code(server) { _ in } == .tls)
        #expect(try await code(server) { $0.authorities = server.certificate } == nil)
        #expect(try await code(server) { $0.authorities = "/nonexistent.pem" } == .badRequest)
        server.stop()
    }

    @Test("A key that is not the pinned one is refused")
    func pinned() async throws {
        let server = try TLSServer()
        #expect(
            try await code(server) {
                $0.authorities = server.certificate
                $0.pinnedKey = server.publicKey
            } == nil)
        #expect(
            try await code(server) {
                $0.authorities = server.certificate
                $0.pinnedKey = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
            } == .tls)
        server.stop()
    }

    @Test("The client's certificate is shown to a server that asks for one")
    func client() async throws {
        let server = try TLSServer(asksClient: true)
        #expect(
            try await code(server) {
                $0.authorities = server.certificate
                $0.clientCertificate = .init(certificate: server.certificate, key: server.key)
            } == nil)
        #expect(
            try await code(server) {
                $0.authorities = server.certificate
                $0.clientCertificate = .init(certificate: "/nonexistent.pem", key: server.key)
            } == .tls)
        server.stop()
    }

    @Test("Over TLS, HTTP/2 is offered beside HTTP/1.1")
    func offer() async throws {
        let heard = Mutex<[UInt8]>([])
        let server = try SocketServer { connection in
            // A record's head says how long the client's greeting is.
            let head = connection.read(5)
            guard head.count == 5 else { return }
            let greeting = connection.read(Int(head[3]) << 8 | Int(head[4]))
            heard.withLock { $0 = greeting }
        }
        let transport = CURLTransport(addressPolicy: .unrestricted)
        let url = try #require(URL(string: "https://127.0.0.1:\(server.port)/"))
        await #expect(throws: TransportError.self) {
            try await transport.send(HTTPRequest(url: url, timeout: .seconds(300)))
        }
        let names = [2] + Array("h2".utf8) + [8] + Array("http/1.1".utf8)
        let greeting = heard.withLock { $0 }
        #expect(greeting.indices.contains { greeting[$0...].starts(with: names) })
        await transport.close()
        server.stop()
    }

    @Test("A proxy over TLS is asked for the address that was checked, and its certificate is checked too")
    func proxy() async throws {
        let certificate = try LoopbackCertificate()
        let server = try await LoopbackServer(certificate: certificate) { request in
            request.method == "CONNECT"
                ? .script([.write(Array("HTTP/1.1 200 Connected\r\n\r\n".utf8))]) : .status(200, text: request.target)
        }
        let resolver = ScriptedResolver()
        resolver.script("api.example.com", [IPAddress(v4: 0x5DB8_D822)])
        var configuration = CURLTransport.Configuration()
        configuration.resolver = resolver
        configuration.proxy = try CURLTransport.Proxy("https://127.0.0.1:\(server.port)")
        let url = try #require(URL(string: "http://api.example.com/path"))
        for authorities in [certificate.file, nil] {
            configuration.authorities = authorities
            let transport = CURLTransport(configuration)
            do {
                let response = try await transport.send(HTTPRequest(url: url, timeout: .seconds(300)))
                #expect(authorities != nil && response.body == Data("/path".utf8))
            } catch let error as TransportError {
                #expect(authorities == nil && error.code == .tls && !error.mayHaveBeenSent, "\(error)")
            }
            await transport.close()
        }
        #expect(server.requests.map(\.method) == ["CONNECT", "GET"])
        #expect(server.requests.first?.target == "93.184.216.34:80")
        await server.stop()
    }
}

/// A child process with OpenSSL's test server.
final class TLSServer {
    static let isPossible = ["/usr/bin/openssl", "/usr/local/bin/openssl"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    struct Failure: Error {}

    let port: Int
    let certificate: String
    let key: String
    let publicKey: String
    private let folder: URL
    private let process: ChildProcess

    init(asksClient: Bool = false) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "rota-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appending(path: "certificate.pem").path
        key = folder.appending(path: "key.pem").path
        publicKey = folder.appending(path: "public.pem").path
        try Self.run([
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ])
        try Self.run(["pkey", "-in", key, "-pubout", "-out", publicKey])
        process = try ChildProcess(
            "/usr/bin/env",
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-www"]
                + (asksClient ? ["-Verify", "1", "-CAfile", certificate, "-verify_return_error"] : []))
        // The server says "ACCEPT 127.0.0.1:" and its port.
        var port: Int?
        while port == nil, let line = process.line() {
            guard line.contains("ACCEPT ") else { continue }
            port = line.split(separator: ":").last.flatMap { Int($0.filter(\.isNumber)) }
        }
        guard let port else { throw Failure() }
        self.port = port
    }

    private static func run(_ arguments: [String]) throws {
        let ending = try ChildProcess("/usr/bin/env", ["openssl"] + arguments).wait()
        guard ending == .exited(0) else { throw Failure() }
    }

    func stop() {
        process.kill()
        try? FileManager.default.removeItem(at: folder)
    }
}
