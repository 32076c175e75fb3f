import RotaCore
import Testing

@Suite("Clipped text")
struct ClippedTextTests {
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
}
