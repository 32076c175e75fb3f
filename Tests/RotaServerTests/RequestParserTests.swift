import Foundation
import RotaHTTP
import RotaTesting
import Testing

@testable import RotaServer

@Suite("Parser of requests")
struct RequestParserTests {
    /// What became of some bytes.
    enum Result: Equatable, CustomStringConvertible {
        case request(String, body: String, keepsAlive: Bool)
        case status(Int)
        case incomplete
        case wantsContinue

        var description: String {
            switch self {
            case .request(let line, let body, let keepsAlive): "\(line) [\(body)] \(keepsAlive)"
            case .status(let status): "\(status)"
            case .incomplete: "incomplete"
            case .wantsContinue: "continue"
            }
        }
    }

    static func results(_ pieces: [[UInt8]], limits: ServerLimits = ServerLimits()) -> [Result] {
        var parser = RequestParser(limits: limits)
        var results: [Result] = []
        for piece in pieces {
            parser.append(piece)
            reading: while true {
                switch parser.next() {
                case .incomplete: break reading
                case .wantsContinue: results.append(.wantsContinue)
                case .refused(let response):
                    results.append(.status(response.status))
                    return results
                case .request(let request, let keepsAlive):
                    results.append(
                        .request(
                            "\(request.method) \(request.target)", body: String(decoding: request.body, as: UTF8.self),
                            keepsAlive: keepsAlive))
                }
            }
        }
        return results
    }

    static func results(_ text: String, limits: ServerLimits = ServerLimits()) -> [Result] {
        results([Array(text.utf8)], limits: limits)
    }

    @Test("Requests are read with and without bodies, one after the other")
    func requests() {
        let text = """
            GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n\
            POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\
            \r\nPUT /q HTTP/1.1\r\nhost:x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n\
            DELETE / HTTP/1.1\r\nHost: x\r\nConnection: x, Close\r\n\r\n
            """
        let expected: [Result] = [
            .request("GET /a?b=c", body: "", keepsAlive: true), .request("POST /p", body: "hello", keepsAlive: true),
            .request("PUT /q", body: "abc0123456789", keepsAlive: true),
            .request("DELETE /", body: "", keepsAlive: false),
        ]
        #expect(Self.results(text) == expected)
        // In pieces of any size it is the same.
        for size in [1, 2, 3, 7, 50] {
            let bytes = Array(text.utf8)
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min(bytes.count, $0 + size)])
            }
            #expect(Self.results(pieces) == expected, "pieces of \(size)")
        }
    }

    @Test(
        "What two readers could understand differently is refused",
        arguments: [
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
            ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: b\0\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n", 400),
            ("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505), ("GET / XTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("GET x HTTP/1.1\r\nHost: x\r\n\r\n", 400), ("get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("\u{16}\u{3}\u{1}", 400), ("GET / HTTP/1.1\r\nHost: x\r\nExpect: the-unexpected\r\n\r\n", 417),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhello\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFF\r\n", 400),
            // What Unicode takes for a blank or for a k is neither.
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\u{A0}\r\n\r\nhello", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\u{2003}5\r\n\r\nhello", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\u{A0}\r\n\r\n0\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chun\u{212A}ed\r\n\r\n0\r\n\r\n", 501),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5 garbage\r\nhello\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\u{FF15}\r\nhello\r\n0\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413),
        ])
    func refusals(_ text: String, _ status: Int) {
        #expect(Self.results(text) == [.status(status)])
    }

    @Test("Blanks and tabs around values and before a chunk's extension are read over, and the words have any case")
    func blanks() {
        let post = "POST / HTTP/1.1\r\nHost:x \r\n"
        let whole = Result.request("POST /", body: "hello", keepsAlive: true)
        #expect(Self.results(post + "Content-Length: \t 5 \t\r\n\r\nhello") == [whole])
        #expect(Self.results(post + "Transfer-Encoding: ChunKed \r\n\r\n5 \t;x=y\r\nhello\r\n0\r\n\r\n") == [whole])
        let last = Result.request("POST /", body: "", keepsAlive: false)
        #expect(Self.results(post + "Connection: x ,\tCLOSE\r\n\r\n") == [last])
        #expect(
            Self.results(post + "Connection: \u{A0}close\r\n\r\n") == [.request("POST /", body: "", keepsAlive: true)])
    }

    @Test("The sizes of lines, heads, fields and bodies are bounded, before they have arrived whole")
    func limits() {
        var limits = ServerLimits()
        (limits.requestLine, limits.head, limits.fields, limits.body) = (100, 300, 5, 10)
        let long = String(repeating: "a", count: 400)
        #expect(Self.results("GET /" + long, limits: limits) == [.status(414)])
        #expect(Self.results("GET /" + long + " HTTP/1.1\r\nHost: x\r\n\r\n", limits: limits) == [.status(414)])
        #expect(Self.results("GET / HTTP/1.1\r\nHost: x\r\nA: " + long, limits: limits) == [.status(431)])
        let fields = String(repeating: "A: b\r\n", count: 5)
        #expect(Self.results("GET / HTTP/1.1\r\nHost: x\r\n\(fields)\r\n", limits: limits) == [.status(431)])
        let post = "POST / HTTP/1.1\r\nHost: x\r\n"
        #expect(Self.results(post + "Content-Length: 11\r\n\r\n", limits: limits) == [.status(413)])
        #expect(
            Self.results(post + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n", limits: limits) == [.status(413)])
        let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"
        #expect(Self.results(chunked + "6\r\nabcdef\r\n5\r\n", limits: limits) == [.status(413)])
        let extended = chunked + "1;" + String(repeating: "x", count: 1_000)
        #expect(Self.results(extended, limits: limits) == [.status(400)])
        let trailer = chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 30)
        #expect(Self.results(trailer, limits: limits) == [.status(431)])
        // The lines of a trailer are bounded together.
        let line = "A: " + String(repeating: "b", count: 60) + "\r\n"
        #expect(
            Self.results(chunked + "0\r\n" + line + "\r\n", limits: limits) == [
                .request("POST /", body: "", keepsAlive: true)
            ])
        #expect(Self.results(chunked + "0\r\n" + line + line, limits: limits) == [.status(431)])
    }

    @Test("Permission to send a body is asked for only if the body has not arrived")
    func expectation() {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        #expect(
            Self.results([Array(head.utf8), Array("ab".utf8)]) == [
                .wantsContinue, .request("POST /", body: "ab", keepsAlive: true),
            ])
        #expect(Self.results(head + "ab") == [.request("POST /", body: "ab", keepsAlive: true)])
    }

    @Test("Damaged requests are read the same in one piece and in many, and never as more than were sent")
    func damaged() {
        var random = SeededGenerator(seed: 17)
        let whole = Array(
            """
            POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\
            PUT /q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n
            """.utf8)
        let interesting = Array("\r\n :;0179aAfF-+\t\0\u{7F}".utf8)
        for round in 0..<5_000 {
            var bytes = whole
            for _ in 0...Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = interesting[Int.random(in: 0..<interesting.count, using: &random)]
                case 1: bytes.remove(at: place)
                default: bytes.insert(interesting[Int.random(in: 0..<interesting.count, using: &random)], at: place)
                }
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let once = Self.results([bytes])
            let twice = Self.results([Array(bytes[..<cut]), Array(bytes[cut...])])
            let each = Self.results(bytes.map { [$0] })
            #expect(
                once == twice && once == each,
                "round \(round): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
            #expect(once.count <= 3)
        }
    }
}
