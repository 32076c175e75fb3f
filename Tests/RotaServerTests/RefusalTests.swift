import Foundation
import RotaHTTP
import Testing

@testable import RotaServer

@Suite("Refusals of the HTTP server")
struct RefusalTests {
    private static let head = "HTTP/1.1\r\nHost: x\r\nX-Request-Id: r-1\r\n"

    /// Requests that are refused, with the status and what is known of them.
    private static let refused: [(text: String, status: Int, target: String?, id: String?)] = [
        ("POST /a?b=c \(head)Content-Length: 9999999\r\n\r\n", 413, "/a?b=c", "r-1"),
        ("POST /a \(head)Transfer-Encoding: gzip\r\n\r\n", 501, "/a", "r-1"),
        ("POST /a \(head)Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "/a", "r-1"),
        ("GET /a \(head)Expect: tea\r\n\r\n", 417, "/a", "r-1"), ("GET /a HTTP/2.0\r\nHost: x\r\n\r\n", 505, "/a", nil),
        ("GET /a HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", 400, "/a", nil), ("GET a HTTP/1.1\r\n\r\n", 400, nil, nil),
        ("GET /" + String(repeating: "a", count: 9_000), 414, nil, nil), ("\u{16}\u{3}\u{1}", 400, nil, nil),
        ("GET /a \(head)" + String(repeating: "X: y\r\n", count: 200) + "\r\n", 431, "/a", nil),
    ]

    private static func parsed(_ text: String) -> (refusal: ServerRefusal?, isHead: Bool) {
        var parser = RequestParser(limits: ServerLimits())
        parser.append(Array(text.utf8))
        guard case .refused(let refusal) = parser.next() else { return (nil, parser.isHead) }
        return (refusal, parser.isHead)
    }

    @Test("A refusal tells what could be read of the request", arguments: 0..<10)
    func told(_ place: Int) {
        let (text, status, target, id) = Self.refused[place]
        let refusal = Self.parsed(text).refusal
        #expect(refusal?.status == status && refusal?.message.isEmpty == false)
        #expect(refusal?.target == target && refusal?.headers["X-Request-Id"] == id)
    }

    @Test("A malformed HEAD is known as one, and other words are not")
    func heads() {
        for text in [
            "HEAD /a HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", "HEAD\r\n\r\n", "\r\nHEAD a HTTP/1.1\r\n\r\n",
            "HEAD /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n",
            "HEAD /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "HEAD /" + String(repeating: "a", count: 9_000),
        ] {
            let (refusal, isHead) = Self.parsed(text)
            #expect(refusal != nil && isHead, "\(text.prefix(60))")
        }
        for text in ["HEADS /a HTTP/1.1\r\n\r\n", "GET a HTTP/1.1\r\n\r\n", "\u{16}"] {
            #expect(!Self.parsed(text).isHead, "\(text)")
        }
    }

    @Test("The one who starts a server gives its refusals their form, and a HEAD gets no body")
    func form() async throws {
        var limits = ServerLimits()
        limits.headTime = .milliseconds(50)
        let server = try HTTPServer(
            on: .loopback, limits: limits,
            refusing: { refusal in
                let target = refusal.target ?? "nothing"
                return ServerResponse(
                    status: refusal.status, headers: ["X-Code": refusal.code], body: Data("About \(target).".utf8))
            },
            { _ in ServerResponse(status: 200) })
        let address = server.address
        func answer(to text: String) async throws -> String {
            try await blocking {
                let client = try RawClient(address)
                client.send(text)
                return client.rest()
            }
        }
        let refused = try await answer(to: "GET /a HTTP/2.0\r\nHost: x\r\n\r\n")
        #expect(refused.hasPrefix("HTTP/1.1 505 ") && refused.contains("X-Code: version_not_supported"))
        #expect(refused.hasSuffix("\r\n\r\nAbout /a."))
        for request in ["HEAD /a HTTP/2.0\r\nHost: x\r\n\r\n", "HEAD /a HTTP/1.1\r\nHo"] {
            let head = try await answer(to: request)
            #expect(head.contains("Content-Length: 9\r\n") && head.hasSuffix("\r\n\r\n"), "\(head)")
        }
        let late = try await answer(to: "GET /a HTTP/1.1\r\nHo")
        #expect(late.hasPrefix("HTTP/1.1 408 ") && late.hasSuffix("About /a."), "\(late)")
        await server.stop()
    }
}
