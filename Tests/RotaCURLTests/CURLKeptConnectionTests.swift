import Foundation
import RotaHTTP
import RotaTestSupport
import Synchronization
import Testing

@testable import RotaCURL
@testable import RotaTesting

/// What happens on a connection that was kept: to one that the server closes, and to an unsolicited answer.
@Suite("CURLTransport: kept connections", .timeLimit(.minutes(5)))
struct CURLKeptConnectionTests {
    private static let certificate = try? LoopbackCertificate()

    private static func answer(_ text: String) -> [UInt8] {
        Array("HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)".utf8)
    }

    private func transport(
        _ change: (inout CURLTransport.Configuration) -> Void = { _ in }
    ) -> CURLTransport {
        var configuration = CURLTransport.Configuration()
        configuration.addressPolicy = .unrestricted
        // A task of a busy machine may wait long for its next turn, and the connection must be there then.
        configuration.idleLimit = .seconds(3600)
        configuration.authorities = Self.certificate?.file
        change(&configuration)
        return CURLTransport(configuration)
    }

    private func request(
        _ method: HTTPMethod, _ url: URL, headers: HTTPHeaders = [:], isRepeatable: Bool = true, size: Int = 100_000
    ) throws -> HTTPRequest {
        let body: HTTPBody =
            method.allowsBody ? .bytes(Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) })) : .none
        var request = try HTTPRequest(method: method, url: url, headers: headers, body: body, timeout: .seconds(300))
        request.isRepeatable = isRepeatable
        return request
    }

    /// A server that closes each connection when its second request begins to arrive.
    private func closingServer() async throws -> LoopbackServer {
        try await LoopbackServer { request in
            request.path == "/keep"
                ? .script([.write(Self.answer("kept")), .closeOnRequest]) : .status(200, text: "done")
        }
    }

    @Test(
        "A request that may be repeated is sent once more, whole, if its kept connection turns out to be closed",
        arguments: HTTPMethod.allCases.flatMap { [($0, 100_000)] + ($0.allowsBody ? [($0, 8_000_000)] : []) })
    func repeated(_ method: HTTPMethod, size: Int) async throws {
        let server = try await closingServer()
        let transport = transport()
        let headers: HTTPHeaders = [.post, .patch].contains(method) ? ["Idempotency-Key": "7"] : [:]
        _ = try await transport.send(request(.get, server.url("/keep")))
        let next = try request(method, server.url("/next"), headers: headers, size: size)
        let response = try await transport.send(next)
        #expect(response.status == 200)
        #expect(response.resends == 1)
        #expect(method == .head || response.body == Data("done".utf8))
        let received = server.requests.filter { $0.path == "/next" }
        #expect(received.map(\.method) == [method.rawValue])
        #expect(received.first?.body == next.body.data ?? Data())
        // One more if libcurl repeated it first, and could not go back to the start of a body that was under way.
        #expect(2...3 ~= server.connectionCount)
        await transport.close()
        await server.stop()
    }

    @Test(
        "A request that may not be repeated is reset at once, and not received",
        arguments: HTTPMethod.allCases.flatMap { method in
            [(method, false)] + ([.post, .patch].contains(method) ? [(method, true)] : [])
        })
    func reset(_ method: HTTPMethod, isRepeatable: Bool) async throws {
        let server = try await closingServer()
        let transport = transport()
        _ = try await transport.send(request(.get, server.url("/keep")))
        let next = try request(method, server.url("/next"), isRepeatable: isRepeatable)
        do {
            _ = try await transport.send(next)
            Issue.record("it was answered")
        } catch let error as TransportError {
            #expect(error.code == .connectionReset, "\(error)")
            #expect(error.mayHaveBeenSent)
        }
        #expect(!server.requests.contains { $0.path == "/next" })
        await transport.close()
        await server.stop()
    }

    @Test(
        "The one more try goes over a new connection, however many are kept, and the error says that there was one",
        arguments: [HTTPMethod.get, .put, .post])
    func secondTry(_ method: HTTPMethod) async throws {
        let arrived = Atomic(0)
        let server = try await LoopbackServer { request in
            guard request.path == "/keep" else { return .script([.close]) }
            // None is answered before all have come, so that each has a connection of its own.
            arrived.add(1, ordering: .relaxed)
            while arrived.load(ordering: .relaxed) < 6 { await Task.yield() }
            return .script([.write(Self.answer("kept"))])
        }
        let transport = transport()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask { _ = try await transport.send(request(.get, server.url("/keep"))) }
            }
            try await group.waitForAll()
        }
        #expect(server.connectionCount == 6)
        let headers: HTTPHeaders = method == .post ? ["Idempotency-Key": "7"] : [:]
        // Twice, because what was set for one request must not stay set for the next.
        for round in 1...2 {
            let error = await #expect(throws: TransportError.self) {
                _ = try await transport.send(request(method, server.url("/bad"), headers: headers, size: 10))
            }
            #expect(error?.code == .connectionReset)
            #expect(error?.resends == 1)
            #expect(error?.message.contains("sent again on a new connection") == true, "\(error as Any)")
            #expect(error?.message.contains("may not be sent again") == false)
            #expect(server.requests.count { $0.path == "/bad" } == 2 * round)
            #expect(server.connectionCount == 6 + round)
        }
        await transport.close()
        await server.stop()
    }

    @Test(
        "What may not be repeated takes a new connection if the kept one is already closed",
        arguments: [false, true])
    func closed(isSecure: Bool) async throws {
        if isSecure, Self.certificate == nil { return }
        let server = try await LoopbackServer(certificate: isSecure ? Self.certificate : nil) { _ in
            .script([.write(Self.answer("ok")), .close])
        }
        let transport = transport()
        for number in 0..<20 {
            let next = try request(.post, server.url("/\(number)"), isRepeatable: false, size: 10)
            #expect(try await transport.send(next).body == Data("ok".utf8))
            while server.openConnectionCount > 0 { await Task.yield() }
        }
        #expect(server.requests.count == 20)
        await transport.close()
        await server.stop()
    }

    @Test("Over TLS, an unsolicited answer answers nothing", .enabled(if: certificate != nil))
    func strayOverTLS() async throws {
        let (told, tell) = AsyncStream<Void>.makeStream()
        let server = try await LoopbackServer(certificate: Self.certificate) { request in
            .script([.write(Self.answer(request.path)), .write(Self.answer("stray")), .tell { tell.yield() }])
        }
        let transport = transport()
        for number in 0..<10 {
            let response = try await transport.send(request(.get, server.url("/\(number)")))
            #expect(response.body == Data("/\(number)".utf8))
            for await _ in told { break }
        }
        #expect(server.connectionCount == 10)
        await transport.close()
        await server.stop()
    }

    @Test("On a Unix-domain socket, an unsolicited answer answers nothing")
    func strayOnSocket() async throws {
        let path = NSTemporaryDirectory() + "rota-\(UUID().uuidString.prefix(8)).sock"
        let (told, tell) = AsyncStream<Void>.makeStream()
        let server = try SocketServer(path: path) { connection in
            while true {
                let head = connection.readHead()
                guard let target = head.split(separator: " ").dropFirst().first else { return }
                connection.write(Self.answer(String(target)))
                connection.write(Self.answer("stray"))
                tell.yield()
            }
        }
        let transport = transport { $0.unixSocket = path }
        let url = try #require(URL(string: "http://docker/"))
        for number in 0..<10 {
            let response = try await transport.send(request(.get, url.appending(path: "\(number)")))
            #expect(response.body == Data("/\(number)".utf8))
            for await _ in told { break }
        }
        await transport.close()
        server.stop()
    }

    @Test("Many connections that are kept, talk unasked or close leave none behind")
    func mixed() async throws {
        let server = try await LoopbackServer { request in
            let number = Int(request.path.dropFirst()) ?? 0
            let own = LoopbackResponse.Step.write(Self.answer(request.path))
            switch number % 4 {
            case 0: return .script([own, .write(Self.answer("stray"))])
            case 1: return .script([own, .close])
            default: return .script([own])
            }
        }
        let transport = transport()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let response = try await transport.send(request(.get, server.url("/\(number)")))
                    // What arrives after the next request was sent is its answer, for all that a client can know, and
                    // then the true answer is a stray in turn.
                    #expect(response.body == Data("stray".utf8) || response.body.first == UInt8(ascii: "/"))
                }
            }
            try await group.waitForAll()
        }
        await transport.close()
        while server.openConnectionCount > 0 { await Task.yield() }
        await server.stop()
    }
}
