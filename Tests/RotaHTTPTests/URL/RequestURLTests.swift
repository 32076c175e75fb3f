import Foundation
import RotaCore
import RotaTesting
import Testing

@testable import RotaHTTP

@Suite("RequestURL")
struct RequestURLTests {
    @Test("What is read is what Foundation connects to", arguments: 0..<8)
    func agreesWithFoundation(_ seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let pieces = [
            "http://", "https://", "HTTP://", "example.com", "127.0.0.1", "0x7f.1", "[::1]", "a.b", "@", ":", "/", "//",
            "?", "#", "\\", "%",
            "%41", "%2f", ".", "..", "80", "443", "user", "é", " ", "\t", "[", "]", "&", "=", "x", "-", "_", ";", ",",
            "0", "017", "::",
        ]
        for _ in 0..<1500 {
            let start = ["http://", "https://", ""].randomElement(using: &random) ?? ""
            let text =
                start
                + (0..<Int.random(in: 1...6, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
                .joined()
            guard let ours = try? RequestURL(parsing: text) else { continue }
            let url = try #require(URL(string: ours.text), "\(text)")
            #expect(url.scheme == (ours.isSecure ? "https" : "http"), "\(text)")
            #expect(
                url.host(percentEncoded: true).map { $0.contains(":") ? "[\($0)]" : $0 } == ours.hostText, "\(text)")
            #expect((url.port ?? (ours.isSecure ? 443 : 80)) == ours.port, "\(text)")
            #expect(url.user() == nil && url.password() == nil, "\(text)")
            // Parsing the result again changes nothing.
            #expect(try RequestURL(parsing: ours.text) == ours, "\(text)")
            #expect(ours.text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(text)")
        }
    }

    @Test(
        "The canonical form is plain",
        arguments: [
            ("HTTP://EXAMPLE.com", "http://example.com/"),
            ("https://example.com.:443/a#b", "https://example.com:443/a"),
            ("http://0x7f.1?q", "http://127.0.0.1/?q"), ("http://[0:0::1]/", "http://[::1]/"),
            ("http://example.com/ü?q={x}", "http://example.com/%C3%BC?q=%7Bx%7D"),
            ("http://example.com/%7e", "http://example.com/%7e"),
        ])
    func canonical(_ text: String, _ expected: String) throws {
        #expect(try RequestURL(parsing: text).text == expected)
    }

    @Test(
        "Errors and messages leave out credentials and queries",
        arguments: [
            "http://user:hunter2@example.com/", "https://example.com/%?token=hunter2",
            "ftp://user:hunter2@example.com/",
            "http://user:hunter2@exa mple.com/?hunter2", "http://hunter2@@example.com/",
            "https://example.com:x/?hunter2", "https://example.com/%?to=a@hunter2", "https://example.com/%#hunter2",
            "https://user:hunter2@example.com:x/?to=a@b", "example.com/#hunter2",
        ])
    func noCredentials(_ text: String) {
        let error = #expect(throws: HTTPRequestError.self) { try RequestURL(parsing: text) }
        #expect(error.map { "\($0)".contains("hunter2") } == false)
        #expect(!PercentEncoding.redact(url: text).contains("hunter2"))
    }

    @Test("An error shows no password that has a ? or # in it", arguments: ["?", "#"])
    func oddPasswords(_ sign: String) {
        for text in ["https://user:hunter2\(sign)x@example.com/", "https://user:hunter2\(sign)x:y@example.com/a"] {
            let error = #expect(throws: HTTPRequestError.self) { try RequestURL(parsing: text) }
            #expect(error.map { "\($0)".contains("hunter2") } == false)
        }
    }

    @Test(
        "An international host is converted to punycode, the same way as text, as a URL, in a template and in an allow list",
        arguments: [
            ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.example:8080", "xn--bcher-kva.example:8080"),
            ("bu\u{308}cher.example", "xn--bcher-kva.example"), ("日本語.jp", "xn--wgv71a119e.jp"),
            ("faß.de", "xn--fa-hia.de"), ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ])
    func internationalHosts(_ host: String, _ expected: String) throws {
        let text = "https://\(host)/a"
        #expect(try RequestURL(parsing: text).text == "https://\(expected)/a")
        #expect(try HTTPRequest(url: #require(URL(string: text))).url.absoluteString == "https://\(expected)/a")
        let variables = RequestTemplateTests.variables
        #expect(try RequestTemplate.get(text).render(variables).url == "https://\(expected)/a")
        let policy = AddressPolicy.allowing(hosts: [host])
        #expect(try !policy.needsResolution(RequestURL(parsing: "https://\(expected)/")))
    }

    @Test(
        "A host that has no punycode form is refused as text, as a URL and in a template",
        arguments: ["b%C3%BCcher.example", "ü%2Fx.example", "a℀b.example", "\u{FFFD}.example", "ü..example"])
    func noPunycode(_ host: String) {
        let text = "https://\(host)/a"
        #expect(throws: HTTPRequestError.self) { try RequestURL(parsing: text) }
        let error = #expect(throws: HTTPRequestError.self) { try RequestTemplate.get(text) }
        #expect(error?.code == .badURL)
        if let url = URL(string: text) { #expect(throws: HTTPRequestError.self) { try HTTPRequest(url: url) } }
    }

    @Test(
        "A host that only looks like ASCII is refused as text",
        arguments: [
            "１２７.0.0.1", "８.８.８.８", "a\u{3002}b.example", "ex\u{AD}ample.com", "ⓔxample.com", "\u{200B}a.example",
        ])
    func lookalikes(_ host: String) {
        let error = #expect(throws: HTTPRequestError.self) { try RequestURL(parsing: "https://\(host)/a") }
        #expect(error?.message.contains("xn--") == true)
        #expect(throws: HTTPRequestError.self) { try RequestTemplate.get("https://\(host)/a") }
    }
}
