import RotaHTTP
import RotaTesting
import Testing

@Suite("URL references")
struct URLReferenceTests {
    private static let base = URLReference("http://a/b/c/d;p?q")

    /// The examples of RFC 3986 § 5.4.1.
    static let normal = [
        ("g:h", "g:h"), ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"), ("//g", "http://g"), ("?y", "http://a/b/c/d;p?y"), ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"), ("g#s", "http://a/b/c/g#s"), ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"), ("g;x", "http://a/b/c/g;x"), ("g;x?y#s", "http://a/b/c/g;x?y#s"),
        ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"), ("..", "http://a/b/"),
        ("../", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../", "http://a/"),
        ("../../g", "http://a/g"),
    ]

    /// The examples of § 5.4.2, as a strict parser reads them.
    static let abnormal = [
        ("../../../g", "http://a/g"), ("../../../../g", "http://a/g"), ("/./g", "http://a/g"), ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."), (".g", "http://a/b/c/.g"), ("g..", "http://a/b/c/g.."), ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"), ("./g/.", "http://a/b/c/g/"), ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"), ("g;x=1/./y", "http://a/b/c/g;x=1/y"), ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"), ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g#s/./x"), ("g#s/../x", "http://a/b/c/g#s/../x"), ("http:g", "http:g"),
    ]

    @Test("The examples of RFC 3986 come out as it says", arguments: normal + abnormal)
    func examples(_ reference: String, _ expected: String) {
        #expect(URLReference(reference).resolved(against: Self.base).text == expected)
    }

    @Test(
        "Parts that are empty are not parts that are missing",
        arguments: ["", "?", "#", "//", "///", "a:", "//h?", "//h/?#", "a://b:1/c?d?e#f#g", ":", "1:b", "/:", "?:#:/?"])
    func parts(_ text: String) {
        #expect(URLReference(text).text == text)
    }

    @Test("A base without a path gets a slash before what is put there")
    func noPath() {
        #expect(URLReference("g").resolved(against: URLReference("http://a")).text == "http://a/g")
        #expect(URLReference("?y").resolved(against: URLReference("http://a")).text == "http://a?y")
    }

    @Test(
        "Dots that are percent-encoded are dots",
        arguments: [
            ("/a/%2e%2E/b", "/b"), ("/a/.%2e/b", "/b"), ("/a/%2E", "/a/"), ("/a/%2e%2e", "/"),
            ("/%2e%2e%2e/b", "/%2e%2e%2e/b"),
            ("/%2/b", "/%2/b"), ("/.../b", "/.../b"),
        ])
    func escapedDots(_ path: String, _ expected: String) {
        #expect(URLReference.removingDotSegments(path) == expected)
    }

    /// The algorithm of § 5.2.4, word for word.
    private static func oracle(_ path: String) -> String {
        var input = path
        var output = ""
        func removeLast() { output = output.lastIndex(of: "/").map { String(output[..<$0]) } ?? "" }
        while !input.isEmpty {
            if input.hasPrefix("../") {
                input.removeFirst(3)
            } else if input.hasPrefix("./") {
                input.removeFirst(2)
            } else if input.hasPrefix("/./") {
                input.removeFirst(2)
            } else if input == "/." {
                input = "/"
            } else if input.hasPrefix("/../") {
                input.removeFirst(3)
                removeLast()
            } else if input == "/.." {
                input = "/"
                removeLast()
            } else if input == "." || input == ".." {
                input = ""
            } else {
                let slash = input.hasPrefix("/") ? "/" : ""
                let segment = input.dropFirst(slash.count).prefix { $0 != "/" }
                output += slash + segment
                input.removeFirst(slash.count + segment.count)
            }
        }
        return output
    }

    @Test("Dot segments go as the algorithm of the RFC removes them, whatever the path")
    func againstOracle() {
        var random = SeededGenerator(seed: 3986)
        for _ in 0..<20_000 {
            let path = (0..<Int.random(in: 0...14, using: &random)).map { _ in
                String("a.././/".randomElement(using: &random) ?? "a")
            }.joined()
            #expect(URLReference.removingDotSegments(path) == Self.oracle(path), "\(path)")
        }
    }

    @Test("Any text splits into parts that make the same text, and resolves to what resolves to itself")
    func anyText() {
        var random = SeededGenerator(seed: 54)
        let alphabet = Array("ab:/?#.@%é\u{301}\r\n 1[]")
        for _ in 0..<10_000 {
            let text = String(
                (0..<Int.random(in: 0...20, using: &random)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                })
            let reference = URLReference(text)
            #expect(reference.text == text)
            let target = reference.resolved(against: Self.base)
            #expect(target.scheme != nil && target.fragment == reference.fragment)
            #expect(target.resolved(against: URLReference("x://y/z")).text == target.text, "\(text)")
        }
    }
}
