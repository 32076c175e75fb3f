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
