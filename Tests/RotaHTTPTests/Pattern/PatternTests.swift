import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@testable import RotaHTTP

@Suite("TextPattern")
struct PatternTests {
    @Test(
        "Patterns match what they should", .rows("TX-6"),
        arguments: [
            ("ok", "it is ok", true), ("^ok$", "ok", true), ("^ok$", "okay", false), ("a.c", "a\nc", false),
            ("(?s)a.c", "a\nc", true),
            ("(?i)OK", "ok", true), ("(?i)[a-c]", "B", true), ("(?i:o)k", "Ok", true), ("(?i:o)k", "OK", false),
            ("\\d{3}", "ab123", true),
            ("\\d{3}", "ab12", false), ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaa", true), ("a|b|", "z", true),
            ("^(a|b)+$", "abba", true),
            ("\\bok\\b", "not ok!", true), ("\\bok\\b", "token", false), ("[^0-9]", "123", false), ("[]a]", "]", true),
            ("[a\\]]", "]", true),
            ("\\.", "a", false), ("é+", "cafééé", true), ("😀", "x😀", true), ("^b", "a\nb", false),
            ("(?m)^b$", "a\nb\nc", true),
            ("\\x41\\u0042", "AB", true), ("(?<name>a)b", "ab", true), ("a*?b", "aaab", true),
            ("\\S\\s\\w\\W", "! a!", true), ("", "", true),
            ("^\\ud83d\\ude00$", "😀", true), ("\\ud83d", "😀", false), ("[\\ude00\\ud83d]", "😀", false),
            ("^[\\ud83d\\ude00-\\ud83d\\ude02]$", "😁", true),
            ("^\\s{8}$", "\u{A0}\u{1680}\u{2003}\u{2028}\u{2029}\u{202F}\u{3000}\u{FEFF}", true),
            ("\\S", "\u{A0}", false),
            ("a{0}b", "b", true), ("\\A\\z", "", true), ("x*", "", true), ("^(?:)$", "", true),
        ] as [(String, String, Bool)])
    func matches(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try TextPattern(pattern).occurs(in: text) == expected)
    }

    @Test(
        "An invalid pattern, or one that could hang, is refused",
        arguments: [
            "(", ")", "[", "[a", "a)", "*", "+a", "a**", "a{2}{3}", "a{3,2}", "a{", "a{x}", "a{1001}", "(?=a)", "(?!a)",
            "(?<=a)", "(?<!a)",
            "(a)\\1", "\\p{L}", "\\", "\\q", "\\x4", "\\u12", "[z-a]", "[\\d-\\w]", "[\\d-x]", "(?x)a", "(?", "(?<a",
            "(?i", "{2}", "\\ud83d\\u00",
            String(repeating: "(", count: 200) + String(repeating: ")", count: 200), "(((a{1000}){1000}){1000})",
            "((){1000}){1000}",
            String(repeating: "a", count: 5000),
        ])
    func refused(_ pattern: String) {
        let error = #expect(throws: HTTPRequestError.self) { try TextPattern(pattern) }
        #expect(error?.code == .badRule)
    }

    @Test("Patterns agree with Foundation's", arguments: 0..<8)
    func agreesWithFoundation(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<150 {
            let pattern = Self.pattern(depth: 3, &random)
            let ours = try TextPattern(pattern)
            let theirs = try NSRegularExpression(pattern: pattern)
            for _ in 0..<10 {
                let text = String(
                    (0..<Int.random(in: 0...8, using: &random)).map { _ in "abc\n ".randomElement(using: &random) ?? "a"
                    })
                let expected = theirs.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
                #expect(ours.occurs(in: text) == expected, "\(pattern) in \(text.debugDescription)")
            }
        }
    }

    private static func pattern(depth: Int, _ random: inout SeededGenerator) -> String {
        guard depth > 0 else {
            return ["a", "b", "c", ".", "[ab]", "[^a]", "\\s", "\\w"].randomElement(using: &random) ?? "a"
        }
        let inner = pattern(depth: depth - 1, &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return inner + pattern(depth: depth - 1, &random)
        case 1: return "(?:\(inner)|\(pattern(depth: depth - 1, &random)))"
        case 2: return "(?:\(inner))*"
        case 3: return "(?:\(inner))+"
        case 4: return "(?:\(inner))?"
        case 5: return "(?:\(inner)){1,3}"
        default: return "\\b" + inner
        }
    }

    @Test(
        "No pattern hangs on any text",
        arguments: [
            "(a+)+$", "(a|aa)+$", "(a*)*$", "(.*a){20}", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$",
        ])
    func noBacktracking(_ pattern: String) throws {
        // A backtracking engine would need 2^5000 steps; here the budget is twenty million and five million suffice.
        let program = try PatternCompiler.compile(pattern)
        var steps = 5_000_000
        #expect(program.search(String(repeating: "a", count: 5000) + "!", steps: &steps) != .gaveUp)
    }

    @Test("A search that would take too long says so")
    func givesUp() throws {
        let program = try PatternCompiler.compile("(a|b)*c")
        var steps = 100
        #expect(program.search(String(repeating: "ab", count: 500), steps: &steps) == .gaveUp)
    }
}
