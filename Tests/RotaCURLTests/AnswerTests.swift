import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@testable import RotaCURL
@testable import RotaTesting

/// What is read out of a response's bytes, without a network.
@Suite("CURLTransport: answers")
struct AnswerTests {
    private func head(_ text: String) throws -> AnswerHead { try AnswerHead(Array(text.utf8)) }

    @Test(
        "Status lines are read with and without a reason",
        arguments: [
            ("HTTP/1.1 200 OK\r\n", 200), ("HTTP/1.1 404 \r\n", 404), ("HTTP/1.1 503\r\n", 503),
            ("HTTP/1.0 200 Tout va bien\n", 200), ("HTTP/2 204\r\n", 204), ("HTTP/1.1 999 Odd\r\n", 999),
        ])
    func status(_ text: String, _ status: Int) throws {
        #expect(try head(text).status == status)
    }

    @Test(
        "Any other first line is refused",
        arguments: [
            "", "\r\n", "HTTP/1.1\r\n", "HTTP/1.1 20\r\n", "HTTP/1.1 2000\r\n", "HTTP/1.1 abc\r\n", "ICY 200\r\n",
        ])
    func noStatus(_ text: String) {
        #expect(throws: AnswerHead.Problem.self) { try head(text) }
    }

    @Test("Fields keep their order, repetitions, and values without blanks")
    func fields() throws {
        let answer = try head(
            "HTTP/1.1 200 OK\r\nRetry-After: 120\r\nX-A:no blank\r\nX-B: \t \r\nretry-after:\t120 \r\nX-C: a\r\n  b\r\nno colon\r\n: no name\r\n"
        )
        #expect(answer.headers.values("Retry-After") == ["120", "120"])
        #expect(answer.headers["x-a"] == "no blank")
        #expect(answer.headers["X-B"] == "")
        #expect(answer.headers["X-C"] == "a b")
        #expect(answer.headers.fields.count == 5)
    }

    @Test("Bytes beyond ASCII are Latin-1, and control characters are blanks")
    func latin() throws {
        let answer = try AnswerHead(
            Array("HTTP/1.1 200 r".utf8) + [0xE9] + Array("gl".utf8) + [
                0xE9, 0x0A, 0x41, 0x3A, 0xE9, 0x07, 0x62, 0x0D, 0x0A,
            ])
        #expect(answer.headers["A"] == "é b")
    }

    @Test(
        "Framing that two readers take differently is refused",
        arguments: [
            "Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1, 2", "Content-Length: +1",
            "Content-Length: 0x10",
            "Content-Length: 1 1", "Content-Length:", "Content-Length: -1", "Content-Length: 1,", "Content-Length : 1",
            "Content-Length: 1\r\n 0", "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
        ])
    func framing(_ fields: String) {
        #expect(throws: AnswerHead.Problem.self) { try head("HTTP/1.1 200 OK\r\n\(fields)\r\n") }
    }

    @Test(
        "Framing that says one thing is taken",
        arguments: [
            "Content-Length: 1\r\nContent-Length: 1", "Content-Length: 1, 1", "Content-Length: 01\r\nContent-Length: 1",
            "Transfer-Encoding: chunked", "transfer-encoding: Chunked", "Content-Length: 9223372036854775807",
            "Content-Length: 0",
        ])
    func sound(_ fields: String) throws {
        #expect(try head("HTTP/1.1 200 OK\r\n\(fields)\r\n").status == 200)
    }

    @Test("HTTP/1.0 has no Transfer-Encoding")
    func old() {
        #expect(throws: AnswerHead.Problem.self) { try head("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n") }
    }

    @Test("No bytes make the reader of headers trap")
    func mutated() throws {
        var random = SeededGenerator(seed: 13)
        let base = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b\r\n c\r\nTransfer-Encoding: chunked\r\n".utf8)
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default:
                    bytes.insert(
                        [0x0D, 0x0A, 0x20, 0x3A, 0x30, 0x80][Int.random(in: 0..<6, using: &random)], at: place)
                }
            }
            taken += AnswerHead.isAcceptable(bytes) ? 1 : 0
        }
        #expect(taken > 0 && taken < 20_000)
    }

    @Test("Every code of libcurl has a kind, and each kind that it can have is reached")
    func codes() {
        let reached = Set((1...101).map { CURLFailure.code(of: $0, systemError: 0, hasHead: false) })
        #expect(
            reached.isSuperset(of: [
                .badRequest, .dns, .connectionFailed, .timeout, .badResponse, .connectionReset, .tls, .tooLarge, .other,
            ]))
        #expect(CURLFailure.code(of: 7, systemError: Int(ECONNREFUSED), hasHead: false) == .connectionRefused)
        #expect(CURLFailure.unsent(3).mayHaveBeenSent == false)
        for code in Int32(1)...101 {
            let failure = CURLFailure(code, systemError: 0, detail: "", hasHead: false)
            #expect(failure.message.contains("libcurl \(code)"))
        }
    }
}

@Suite("CURLTransport: messages")
struct CURLMessageTests {
    @Test("What libcurl quotes of a server puts no line and no control character into a message")
    func control() {
        let failure = CURLFailure(60, systemError: 0, detail: "subject 'a\r\n\u{1B}[2J\u{85}\u{2028}b'", hasHead: false)
        #expect(!failure.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(!failure.message.contains("\u{2028}"))
        #expect(failure.message.contains("subject 'a"))
    }
}

@Suite("CURLTransport: compressed bodies")
struct ContentCodingTests {
    private let soon = ContinuousClock.now + .seconds(600)

    private func unpack(_ data: Data, _ coding: String, limit: Int = 1_000_000, isCut: Bool = false) throws
        -> ContentCoding.Output
    {
        var body = ContentCoding.Output(data: data, isCut: isCut)
        try ContentCoding.unpack(&body, ["Content-Encoding": coding], limit: limit, deadline: soon)
        return body
    }

    @Test(
        "gzip is unpacked, also twice and in several members",
        arguments: ["gzip", "x-gzip", "GZIP", "identity, gzip", " gzip ,"])
    func gzip(_ coding: String) throws {
        let packed = Data(GzipZeros.bytes(1000))
        #expect(try unpack(packed, coding).data == Data(count: 1000))
        #expect(try unpack(packed + packed, coding).data == Data(count: 2000))
        // What follows the end is not part of the body.
        #expect(try unpack(packed + Data("tail".utf8), coding).data == Data(count: 1000))
    }

    @Test("deflate is unpacked with and without zlib's header")
    func deflate() throws {
        let stream = GzipZeros.bytes(1000).dropFirst(10).dropLast(8)
        #expect(try unpack(Data(stream), "deflate").data == Data(count: 1000))
        var sums: (UInt32, UInt32) = (1, 0)
        for _ in 0..<1000 { sums.1 = (sums.1 + sums.0) % 65_521 }
        let adler = sums.1 << 16 | sums.0
        let tail = (0..<4).map { UInt8(truncatingIfNeeded: adler >> (24 - 8 * UInt32($0))) }
        #expect(try unpack(Data([0x78, 0x01] + stream + tail), "deflate").data == Data(count: 1000))
    }

    @Test(
        "A coding that is not known is left as it is",
        arguments: ["UTF-8", "br", "zstd", "gzip, br", "none", "identity"])
    func unknown(_ coding: String) throws {
        let data = Data(GzipZeros.bytes(10))
        #expect(try unpack(data, coding).data == data)
    }

    @Test("A bomb costs its limit")
    func bomb() throws {
        let output = try unpack(Data(GzipZeros.bytes(50_000_000)), "gzip", limit: 1000)
        #expect(output.data == Data(count: 1000))
        #expect(output.isCut)
        #expect(try !unpack(Data(GzipZeros.bytes(1000)), "gzip", limit: 1000).isCut)
        #expect(try unpack(Data(count: 11), "identity", limit: 10).isCut)
    }

    @Test("What is not gzip, or ends too early, is an error; a cut body is cut")
    func malformed() throws {
        let packed = Data(GzipZeros.bytes(1000))
        for bad in [Data("this is not gzip".utf8), packed.dropLast(9), packed.prefix(5)] {
            #expect(throws: ContentCoding.Failure.self) { try unpack(bad, "gzip") }
        }
        #expect(try unpack(packed.dropLast(9), "gzip", isCut: true).isCut)
        #expect(try unpack(Data(), "gzip").data.isEmpty)
    }

    @Test("No bytes make the unpacking trap or exceed its limit")
    func mutated() {
        var random = SeededGenerator(seed: 7)
        let base = GzipZeros.bytes(5000)
        for _ in 0..<5000 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            let output = try? unpack(
                Data(bytes), ["gzip", "deflate", "gzip, gzip"].randomElement(using: &random) ?? "", limit: 2000)
            #expect((output?.data.count ?? 0) <= 2000)
        }
    }
}
