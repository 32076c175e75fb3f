import Foundation
import RotaHTTP
import Testing

@Suite("Attack: patterns that hang", .timeLimit(.minutes(20)))
struct PatternHangTests {
    @Test("a set of thousands of characters costs no more than a set of one")
    func wideSet() throws {
        let letters = String(String.UnicodeScalarView((0..<2000).compactMap { Unicode.Scalar(0x4E00 + 2 * $0) }))
        let pattern = try Pattern("(?:[\(letters)]?){900}!")
        let text = String(repeating: "\u{9000}\u{4E00}", count: 100)
        #expect(pattern.occurs(in: text) == false)
    }

    @Test("a set means the same however its ranges lie: touching, overlapping, out of order, negated")
    func setsStayTheSame() throws {
        for (text, inside, outside) in [
            ("[c-ea-c]", "abcde", "f`"), ("[a-zb]", "abz", "{`"), ("[^a-cb-d]", "e`", "abcd"), ("[^\\W]", "a_9", "- "),
            ("[\\D5]", "a5", "46"), ("(?i)[x-zA]", "xXzZaA", "wWbB"), ("(?i)[^x]", "ay", "xX"),
            ("[\\u0000-\\uFFFF]", "a\u{FFFF}", "\u{10000}"),
        ] {
            let pattern = try Pattern("\\A\(text)\\z")
            for scalar in inside.unicodeScalars {
                #expect(pattern.occurs(in: String(scalar)) == true, "\(text) \(scalar)")
            }
            for scalar in outside.unicodeScalars {
                #expect(pattern.occurs(in: String(scalar)) == false, "\(text) \(scalar)")
            }
        }
    }

    @Test("many values and many patterns share one allowance of steps")
    func sharedAllowance() throws {
        let value = String(repeating: "a", count: 100)
        let body = "[" + Array(repeating: "\"\(value)\"", count: 2000).joined(separator: ",") + "]"
        let condition = ResponseMatcher.Condition.regex(try Pattern("(?:a?){900}b"))
        let rule = SuccessRule(matching: .any([.json(try JSONPath("$[*]"), condition), .text(condition)]))
        let verdict = rule.evaluate(HTTPResponse(status: 200, body: Data(body.utf8)))
        guard case .mismatch(let message) = verdict else {
            Issue.record("a search without an end succeeded")
            return
        }
        #expect(message.contains("takes too long"))
    }

    @Test("not: a search that was given up proves nothing, so the response is no success")
    func notGaveUp() throws {
        let text = String(repeating: "a", count: 40_000)
        let gaveUp = ResponseMatcher.text(.regex(try Pattern("(?:a?){900}b")))
        let response = HTTPResponse(status: 200, body: Data(text.utf8))
        // One rule, because its patterns share one allowance, and the first uses it up.
        let matcher = ResponseMatcher.any([
            .not(gaveUp), .not(.all([gaveUp])), .not(.any([gaveUp])), .not(.not(gaveUp)), .not(.all([.not(gaveUp)])),
        ])
        let message = try #require(matcher.failure(in: response))
        #expect(message.components(separatedBy: "takes too long").count == 6)
        #expect(ResponseMatcher.not(.all([gaveUp, .status(.equals(500))])).failure(in: response) == nil)
        #expect(ResponseMatcher.any([gaveUp, .status(.equals(200))]).failure(in: response) == nil)
    }
}
