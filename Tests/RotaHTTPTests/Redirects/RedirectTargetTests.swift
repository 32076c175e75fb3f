import Foundation
import RotaHTTP
import RotaTesting
import Testing

@Suite("Targets of redirects")
struct RedirectTargetTests {
    private func target(_ location: String, from base: String = "http://a/b/c/d;p?q") throws -> String {
        try RequestURL(parsing: base).target(of: location).text
    }

    @Test("The examples of RFC 3986 lead where it says, without fragments")
    func examples() throws {
        for (reference, expected) in URLReferenceTests.normal + URLReferenceTests.abnormal
        where expected.hasPrefix("http://") {
            let whole = expected.prefix { $0 != "#" }
            #expect(try target(reference) == (whole == "http://g" ? "http://g/" : whole), "\(reference)")
        }
        // The lenient reading, which browsers have: a scheme without slashes is that of the base.
        #expect(try target("http:g") == "http://a/b/c/g")
        #expect(throws: HTTPRequestError.self) { try target("g:h") }
    }

    @Test(
        "A target is read as browsers read it",
        arguments: [
            ("", "https://h.example/a/b?x=1"), ("#part", "https://h.example/a/b?x=1"), ("?", "https://h.example/a/b?"),
            ("  /c \t", "https://h.example/c"), ("\u{1}/c\u{1F}", "https://h.example/c"),
            ("/c\td\re\nf", "https://h.example/cdef"),
            ("/my file", "https://h.example/my%20file"), ("/c?q=a b", "https://h.example/c?q=a%20b"),
            ("/über", "https://h.example/%C3%BCber"), ("?naïve=é", "https://h.example/a/b?na%C3%AFve=%C3%A9"),
            ("/日本", "https://h.example/%E6%97%A5%E6%9C%AC"),
            // UTF-8 that a transport read as Latin-1, and Latin-1 itself.
            ("/\u{C3}\u{BC}", "https://h.example/%C3%BC"), ("/\u{FC}", "https://h.example/%C3%BC"),
            ("/\"<>`{}", "https://h.example/%22%3C%3E%60%7B%7D"), ("?'", "https://h.example/a/b?%27"),
            ("/'", "https://h.example/'"),
            ("/%zz/100%", "https://h.example/%25zz/100%25"), ("/%c3%BC", "https://h.example/%c3%BC"),
            ("/\u{7F}", "https://h.example/%7F"),
            ("\\c\\d?e\\f", "https://h.example/c/d?e%5Cf"), ("\\\\other.example\\c", "https://other.example/c"),
            ("//other.example", "https://other.example/"), ("//other.example/../c", "https://other.example/c"),
            ("///other.example/c", "https://other.example/c"), ("//[::1]/x", "https://[::1]/x"),
            ("https:c", "https://h.example/a/c"), ("https:/c", "https://h.example/c"),
            ("HTTPS://H.Example:443/c", "https://h.example/c"),
            ("https:///other.example/c", "https://other.example/c"), ("http:other.example/c", "http://other.example/c"),
            ("http:/other.example/c", "http://other.example/c"), ("https://h.example:/c", "https://h.example/c"),
            ("https://h.example:8443", "https://h.example:8443/"), ("http://h.example:443/", "http://h.example:443/"),
            ("https://bücher.example/", "https://xn--bcher-kva.example/"), ("https://0x7f.1/", "https://127.0.0.1/"),
            (":8080/c", "https://h.example/a/:8080/c"), ("c:80", nil), ("/c:80", "https://h.example/c:80"),
            ("./c:80", "https://h.example/a/c:80"),
            ("ftp://h.example/", nil), ("javascript:alert(1)", nil), ("mailto:a@b.example", nil), ("data:,x", nil),
            ("https://", nil), ("https:////", nil), ("https://user:pw@h.example/", nil), ("//user@h.example/", nil),
            ("//a%20b/x", nil), ("//a b/x", nil), ("https://[::1", nil), ("https://h.example:99999/", nil),
            ("//[::1%25eth0]/", nil),
        ] as [(String, String?)])
    func browsers(_ location: String, _ expected: String?) {
        #expect((try? target(location, from: "https://h.example/a/b?x=1")) == expected)
    }

    @Test("A target too long is refused")
    func tooLong() {
        let error = #expect(throws: HTTPRequestError.self) {
            try target("/" + String(repeating: "x", count: RequestURL.longest))
        }
        #expect(error?.code == .tooLarge)
    }

    @Test("Whatever the field, the target is a canonical URL of http, and its own origin unless the field names one")
    func anyField() throws {
        var random = SeededGenerator(seed: 17)
        let pieces = [
            "/", "/", ".", "..", "a", "%2e", "%", "%41", "?", "#", " ", "é", "\u{301}", "\\", ":", "//", "http:",
            "https:", "h.example",
            "[::1]", "@", "\u{0}", "\t", "\u{FF}", "'", ":443", "\r\n", "1",
        ]
        let base = try RequestURL(parsing: "https://h.example:444/a/b?q")
        var targets = 0
        for _ in 0..<20_000 {
            let location = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }.joined()
            guard let target = try? base.target(of: location) else { continue }
            targets += 1
            #expect(try RequestURL(parsing: target.text) == target, "\(location)")
            #expect(try base.target(of: target.text) == target, "\(location)")
            #expect(URL(string: target.text)?.absoluteString == target.text, "\(location)")
            let path = target.pathAndQuery.prefix { $0 != "?" }
            #expect(!path.split(separator: "/").contains { [".", "..", "%2e", "%2e%2e"].contains($0) }, "\(location)")
            let namesOrigin =
                location.contains(":") || location.contains("//") || location.contains("\\")
                || location.contains("/")
            if !namesOrigin { #expect(target.isSameOrigin(as: base), "\(location)") }
        }
        #expect(targets > 5000)
    }

    @Test(
        "Spellings of one URL are one URL",
        arguments: [
            ("http://H.example:80/%7euser/%c3", "http://h.example/~user/%C3", true),
            ("http://h.example/a/../b/./c?%41", "http://h.example/b/c?A", true),
            ("http://h.example", "http://h.example/#x", true),
            ("http://h.example/a%2Fb", "http://h.example/a/b", false),
            ("http://h.example/a?", "http://h.example/a", false),
            ("http://h.example//a", "http://h.example/a", false),
            ("http://h.example//a/b", "http://h.example/b", false),
            ("http://h.example/A", "http://h.example/a", false), ("http://h.example/", "https://h.example/", false),
            ("http://h.example:81/", "http://h.example/", false),
        ])
    func spellings(_ left: String, _ right: String, _ isSame: Bool) throws {
        #expect(try (RequestURL(parsing: left).normalized == RequestURL(parsing: right).normalized) == isSame)
    }
}
