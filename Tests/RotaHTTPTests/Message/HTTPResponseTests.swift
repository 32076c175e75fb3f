import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("HTTPResponse")
struct HTTPResponseTests {
    @Test("A preview has 65,536 bytes and says that it is cut", .rows("T-87", "K-25"))
    func preview() {
        let exact = HTTPResponse(status: 200, body: Data(repeating: 0x61, count: 65_536)).bodyPreview()
        #expect(exact.text.utf8.count == 65_536)
        #expect(!exact.isTruncated)
        let longer = HTTPResponse(status: 200, body: Data(repeating: 0x61, count: 65_537)).bodyPreview()
        #expect(longer.text.utf8.count == 65_536)
        #expect(longer.isTruncated)
        #expect(HTTPResponse(status: 200, body: Data([0x61]), bodyIsTruncated: true).bodyPreview().isTruncated)
    }

    @Test("A preview is cut on a character's boundary", .rows("T-87"), arguments: 0...12)
    func boundary(_ limit: Int) {
        let text = "aé€😀b"
        let preview = HTTPResponse(status: 200, body: Data(text.utf8)).bodyPreview(limit: limit)
        #expect(text.hasPrefix(preview.text))
        #expect(preview.text.utf8.count <= limit)
        #expect(preview.isTruncated == (preview.text != text))
        let next = text.unicodeScalars.dropFirst(preview.text.unicodeScalars.count).first
        if let next { #expect(preview.text.utf8.count + UTF8.width(next) > limit) }
    }

    @Test("The preview of a body that was cut inside a character ends before it", arguments: 0...12)
    func cutBody(_ limit: Int) {
        let text = "aé€😀b"
        let response = HTTPResponse(status: 200, body: Data(Data(text.utf8).prefix(limit)), bodyIsTruncated: true)
        let preview = response.bodyPreview()
        #expect(text.hasPrefix(preview.text) && preview.isTruncated)
        #expect(limit - preview.text.utf8.count < 4)
    }

    @Test(
        "What is invalid stays visible, at the end too",
        arguments: [[0x61, 0xFF], [0xC3], [0xE2, 0x82], [0xEF, 0xBF, 0xBD]])
    func invalidEnd(_ bytes: [UInt8]) {
        #expect(HTTPResponse(status: 200, body: Data(bytes)).bodyPreview().text.hasSuffix("\u{FFFD}"))
        let isIncomplete = bytes == [0xC3] || bytes == [0xE2, 0x82]
        let cut = HTTPResponse(status: 200, body: Data(bytes), bodyIsTruncated: true).bodyPreview()
        #expect(cut.text.hasSuffix("\u{FFFD}") == !isIncomplete)
    }

    @Test(
        "Blanks around the value of a field do not belong to it",
        arguments: ["/next", "/next ", "\t/next \t", " /next"])
    func optionalBlanks(_ value: String) {
        let response = HTTPResponse(
            status: 302, headers: ["Location": value, "X-Inner": "a \t b", "Set-Cookie": "a=b "])
        #expect(response.headers["Location"] == "/next")
        #expect(response.headers["X-Inner"] == "a \t b")
        #expect(response.headers.fields.last?.isSensitive == true)
        #expect(HTTPResponse(status: 200, headers: ["X": " \t "]).headers["X"] == "")
    }

    @Test("Invalid UTF-8 is previewed safely", .rows("T-87"), arguments: [0, 1, 2, 3, 7, 100, -5, Int.max])
    func noText(_ limit: Int) {
        let preview = HTTPResponse(status: 200, body: Data([0xFF, 0xC3, 0x28, 0xF0, 0x9F])).bodyPreview(limit: limit)
        #expect(preview.text.utf8.count <= max(0, limit))
    }

    @Test("Dispatch is the sum of the parts that are known", .rows("S-80", "S-81", "S-82", "S-84"))
    func timings() {
        let timings = HTTPTimings(
            connect: .seconds(1), firstByte: .seconds(2), transfer: .seconds(3), total: .seconds(7))
        #expect(timings.dispatch == .seconds(6))
        #expect(HTTPTimings(firstByte: .seconds(2)).dispatch == .seconds(2))
        #expect(HTTPTimings().dispatch == nil)
    }
}
