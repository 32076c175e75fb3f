import Foundation
import RotaHTTP
import RotaTesting
import Testing

@Suite("URLSessionTransport")
struct URLSessionTransportTests {
    @Test("T-1 a request arrives as it was made, and its answer comes back")
    func roundTrip() async throws {
        let server = try await LoopbackServer { request in
            .status(201, headers: ["X-Answer": "yes"], text: "got \(request.text)")
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        let response = try await transport.send(
            HTTPRequest(
                method: .post, url: server.url("/path?query=1"), headers: ["X-Name": "value"], body: .text("a body"),
                timeout: .seconds(20)))
        #expect(response.status == 201)
        #expect(response.headers["x-answer"] == "yes")
        #expect(response.body == Data("got a body".utf8))
        let received = try #require(server.requests.first)
        #expect(received.method == "POST")
        #expect(received.target == "/path?query=1")
        #expect(received.headers["X-Name"] == "value")
        #expect(received.headers["Content-Type"] == "text/plain; charset=utf-8")
        await transport.close()
        await server.stop()
    }
}
