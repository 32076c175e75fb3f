import Foundation
import RotaHTTP
import Testing

@Suite("TextPattern: bounded work", .timeLimit(.minutes(20)))
struct PatternBoundsTests {
    /// Far fewer steps than outside of tests, because these searches exhaust them.
    private static let steps = 300_000

    @Test("A set of thousands of characters costs no more than a set of one")
    func wideSet() throws {
        let letters = String(String.UnicodeScalarView((0..<2000).compactMap { Unicode.Scalar(0x4E00 + 2 * $0) }))
        let pattern = try TextPattern("(?:[\(letters)]?){300}!")
        let text = String(repeating: "\u{9000}\u{4E00}", count: 30)
        let narrow = try TextPattern("(?:[\u{4E00}]?){300}!")
        var (wide, one) = (TextPattern.steps, TextPattern.steps)
        #expect(pattern.occurs(in: text, steps: &wide) == false)
        #expect(narrow.occurs(in: text, steps: &one) == false)
        #expect(wide == one)
    }

    @Test("A set matches the same characters whether its ranges touch, overlap, are unordered or negated")
    func setsStayTheSame() throws {
        for (text, inside, outside) in [
            ("[c-ea-c]", "abcde", "f`"), ("[a-zb]", "abz", "{`"), ("[^a-cb-d]", "e`", "abcd"), ("[^\\W]", "a_9", "- "),
            ("[\\D5]", "a5", "46"), ("(?i)[x-zA]", "xXzZaA", "wWbB"), ("(?i)[^x]", "ay", "xX"),
            ("[\\u0000-\\uFFFF]", "a\u{FFFF}", "\u{10000}"),
        ] {
            let pattern = try TextPattern("\\A\(text)\\z")
            for scalar in inside.unicodeScalars {
                #expect(pattern.occurs(in: String(scalar)) == true, "\(text) \(scalar)")
            }
            for scalar in outside.unicodeScalars {
                #expect(pattern.occurs(in: String(scalar)) == false, "\(text) \(scalar)")
            }
        }
    }

    @Test("All values and patterns of a rule share one budget of steps")
    func sharedAllowance() throws {
        let value = String(repeating: "a", count: 50)
        let body = "[" + Array(repeating: "\"\(value)\"", count: 2000).joined(separator: ",") + "]"
        let condition = ResponseMatcher.Condition.regex(try TextPattern("(?:a?){900}b"))
        let matcher = ResponseMatcher.any([.json(try JSONPath("$[*]"), condition), .text(condition)])
        let response = HTTPResponse(status: 200, body: Data(body.utf8))
        // Each value on its own is searched within the budget.
        var alone = Self.steps
        #expect(try TextPattern("(?:a?){900}b").occurs(in: value, steps: &alone) == false)
        let message = matcher.failure(in: response, redaction: Redaction(), steps: Self.steps)
        #expect(message?.contains("takes too long") == true)
    }

    @Test("A search that gave up never counts as success, not even inside not")
    func notGaveUp() throws {
        let text = String(repeating: "a", count: 40_000)
        let gaveUp = ResponseMatcher.text(.regex(try TextPattern("(?:a?){900}b")))
        let response = HTTPResponse(status: 200, body: Data(text.utf8))
        // One rule, because its patterns share one budget, and the first exhausts it.
        let matcher = ResponseMatcher.any([
            .not(gaveUp), .not(.all([gaveUp])), .not(.any([gaveUp])), .not(.not(gaveUp)), .not(.all([.not(gaveUp)])),
        ])
        func failure(_ matcher: ResponseMatcher) -> String? {
            matcher.failure(in: response, redaction: Redaction(), steps: Self.steps)
        }
        let message = try #require(failure(matcher))
        #expect(message.components(separatedBy: "takes too long").count == 6)
        #expect(failure(.not(.all([gaveUp, .status(.equals(500))]))) == nil)
        #expect(failure(.any([gaveUp, .status(.equals(200))])) == nil)
    }
}
