import RotaCore
import Testing

@Suite("Text")
struct TextTests {
    @Test(
        "Longer text is cut to the bytes, without splitting a scalar",
        arguments: [
            ("", 0, ""), ("abc", 3, "abc"), ("abcd", 3, "abc…"), ("abc", 0, "…"), ("aé", 2, "a…"), ("aé", 3, "aé"),
            ("🙂🙂", 7, "🙂…"), ("🙂", 3, "…"), ("e\u{301}x", 1, "e…"), ("e\u{301}x", 3, "e\u{301}…"),
        ])
    func clipped(text: String, bytes: Int, expected: String) {
        #expect(text.clipped(to: bytes) == expected)
    }

    @Test("16 KiB are kept by default")
    func standard() {
        let text = String(repeating: "x", count: 16_384)
        #expect(text.clipped() == text)
        #expect((text + "y").clipped() == text + "…")

    }

    @Test("Every byte but the unreserved ones is percent-encoded")
    func percentEncoding() {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        for byte in UInt8.min...127 {
            let text = String(decoding: [byte], as: UTF8.self)
            let hex = (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            #expect(PercentEncoding.encode(text) == (unreserved.contains(byte) ? text : "%" + hex))
        }
        #expect(PercentEncoding.encode("a b/é?") == "a%20b%2F%C3%A9%3F")
    }

    @Test(
        "A redacted URL has no user, password, query or fragment",
        arguments: [
            ("https://example.com/a", "https://example.com/a"),
            ("https://example.com/a?token=x#y", "https://example.com/a?[redacted]"),
            ("https://example.com/a#y", "https://example.com/a?[redacted]"),
            ("https://me:pass@example.com/a", "[redacted]@example.com/a"),
            ("https://me:p@ss@example.com/?q=a@b", "[redacted]@example.com/?[redacted]"), ("", ""),
        ])
    func redacted(url: String, expected: String) {
        #expect(PercentEncoding.redact(url: url) == expected)
    }
}
