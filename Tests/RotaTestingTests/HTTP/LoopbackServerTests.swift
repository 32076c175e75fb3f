import Foundation
import RotaHTTP
import RotaTesting
import Testing

@Suite("LoopbackServer")
struct LoopbackServerTests {
    private func descriptors() -> Int? {
        try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    @Test("it records what it is sent and answers as it is told")
    func records() async throws {
        let server = try await LoopbackServer { request in .status(request.path == "/a" ? 200 : 404, text: request.text)
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        let found = try await transport.send(
            HTTPRequest(method: .put, url: server.url("/a?b=c"), body: .text("x"), timeout: patience))
        let lost = try await transport.send(HTTPRequest(url: server.url("nothing"), timeout: patience))
        #expect(found.status == 200 && found.body == Data("x".utf8) && lost.status == 404)
        #expect(server.requests.map(\.target) == ["/a?b=c", "/nothing"])
        #expect(server.requests.map(\.method) == ["PUT", "GET"])
        await transport.close()
        await server.stop()
    }

    @Test("After it stops, connections are refused, and stopping again does nothing")
    func stops() async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let url = server.url()
        await server.stop()
        await server.stop()
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        await #expect(throws: TransportError.self) {
            try await transport.send(HTTPRequest(url: url, timeout: patience))
        }
        await transport.close()
    }

    @Test("stopping cancels the handlers that are still at work, and waits for them")
    func cancelsHandlers() async throws {
        let (arrivals, arrival) = AsyncStream<Void>.makeStream()
        let (ends, end) = AsyncStream<Bool>.makeStream()
        let server = try await LoopbackServer { _ in
            arrival.yield()
            try? await Task.sleep(for: .seconds(3600))
            end.yield(Task.isCancelled)
            return .status(200)
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        let request = try HTTPRequest(url: server.url(), timeout: patience)
        let sending = Task { try await transport.send(request) }
        for await _ in arrivals { break }
        await server.stop()
        for await wasCanceled in ends {
            #expect(wasCanceled)
            break
        }
        _ = await sending.result
        await transport.close()
    }

    @Test(
        "A request that is not HTTP gets 400, and the server continues",
        arguments: [
            "\u{16}\u{3}\u{1}", "junk\r\n\r\n", "GET /\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        ])
    func junk(_ text: String) async throws {
        let server = try await LoopbackServer { _ in .status(200) }
        let answer = try await RawClient.exchange(text, port: server.port)
        #expect(answer.hasPrefix("HTTP/1.1 400"))
        #expect(
            try await RawClient.exchange(
                "GET / HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\njunk\r\n\r\n", port: server.port
            ).hasPrefix("HTTP/1.1 200"))
        #expect(server.requests.map(\.target) == ["/", "/2"])
        await server.stop()
    }
}
