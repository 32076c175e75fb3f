import Foundation
import RotaTesting
import Testing

@testable import RotaHTTP

/// Random and mutated input to every parser.
///
/// `Tests/Scripts/http-fuzz` runs ten million inputs for each.
@Suite("Parsers: fuzz")
struct ParserFuzzTests {
    private static func number(_ name: String, _ fallback: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? fallback
    }

    struct Parser: Sendable, CustomStringConvertible {
        let description: String
        let seeds: [String]
        let alphabet: String
        let parse: @Sendable (String) -> Void
    }

    static let parsers: [Parser] = [
        Parser(
            description: "URL",
            seeds: ["http://user@example.com:80/a%20b?c#d", "https://[::ffff:127.0.0.1]:443/", "http://0x7f.1/"],
            alphabet: "htps:/.@[]%?#\\0123456789abcdefx-_ \u{0}\n\u{7F}é"
        ) { text in
            if let url = try? RequestURL(parsing: text) {
                _ = try? AddressPolicy.publicInternet.checkUnresolved(URL(string: url.text) ?? URL(filePath: "/"))
            }
        },
        Parser(
            description: "address",
            seeds: ["::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "0x7f.1", "10.0.0.0/8", "*.example.com:80"],
            alphabet: "0123456789abcdefx:./*[]"
        ) { text in
            _ = IPAddress(text)?.description
            _ = IPAddress.numericHost(text)
            _ = HostRule(text)
        },
        Parser(
            description: "JSON",
            seeds: [#"{"a":[1,-2.5e3,"x\u00e9\n",true,null],"b":{"c":""}}"#, #"["\uD83D\uDE00"]"#],
            alphabet: "{}[],:\"\\u0123456789.eE+-truefalsn \u{0}é"
        ) { text in _ = try? JSONValue(parsing: text).text },
        Parser(description: "JSON path", seeds: ["$.items[0]['x y'][-1][*].z"], alphabet: "$.[]'\"*-0123456789ab é") {
            text in
            _ = try? JSONPath(text).values(in: ["a": ["b": [1, 2, 3]]])
        },
        Parser(
            description: "pattern", seeds: ["^(a|b)+[^c-e]{2,5}\\d\\b(?i:x)?$", "(?<n>\\x41.)*"],
            alphabet: "()[]{}|*+?^$\\.,-abdwsBx01239:<>=!imé"
        ) { text in _ = try? TextPattern(text).occurs(in: "abc 123 \n é") },
        Parser(
            description: "template",
            seeds: ["{{uuid}} x {{ attempt }}", "Bearer secret://a.b {{job_id}}", "secret://"],
            alphabet: "{} uidatempsecret:/.-_\n\u{0}é"
        ) { text in
            _ = try? RequestTemplate.get("https://example.com/" + text, headers: ["X": text]).render(
                RequestTemplateTests.variables)
            _ = try? RequestTemplate.post("https://example.com/", headers: ["X": text], body: .text(text)).render(
                RequestTemplateTests.variables)
        },
        Parser(
            description: "stored template",
            seeds: [
                #"{"url":"https://example.com","method":"POST","headers":[["A","b"]],"content":{"json":"{}"},"timeout_ms":5,"success":{"statuses":[200,"2xx"],"matcher":{"all":[{"on":"json","path":"$.a","is":"in","value":[1]}]}}}"#
            ], alphabet: "{}[],:\"\\0123456789.eE+-x "
        ) { text in _ = try? JSONDecoder().decode(RequestTemplate.self, from: Data(text.utf8)) },
        Parser(
            description: "signature",
            seeds: ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,AAAA", "v1=00ff,v1=", "1614265330"],
            alphabet: "v1,=+/ 0123456789abcdefAZ-é"
        ) { text in
            guard let secret = try? WebhookSecret("whsec_" + text) else { return }
            for scheme in WebhookSignatureTests.schemes {
                let headers: HTTPHeaders = [
                    "webhook-id": text, "webhook-timestamp": text, "webhook-signature": text,
                    "X-Strait-Timestamp": text, "X-Strait-Signature": text,
                ]
                _ = try? scheme.verify(
                    headers: headers, body: Data(), at: Date(timeIntervalSince1970: 0), with: [secret])
            }
        },
        Parser(
            description: "redirect", seeds: ["//host/a?b#c", "../x", "http://[::1]:1/", "a:b"],
            alphabet: "htp:/.?#[]%@0123456789ab \\é"
        ) { text in
            guard let url = URL(string: "https://example.com/a/b"), let request = try? HTTPRequest(url: url) else {
                return
            }
            var chain = RedirectChain(.following())
            _ = try? chain.next(after: HTTPResponse(status: 302, headers: ["Location": text]), to: request)
        },
    ]

    @Test("No input traps or hangs a parser", arguments: parsers)
    func fuzz(_ parser: Parser) {
        var random = SeededGenerator(seed: UInt64(Self.number("ROTA_FUZZ_SEED", 1)))
        let alphabet = Array(parser.alphabet.unicodeScalars)
        for _ in 0..<Self.number("ROTA_FUZZ", 300) {
            var scalars: [Unicode.Scalar]
            if Int.random(in: 0..<4, using: &random) == 0 {
                scalars = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                }
            } else {
                scalars = Array(parser.seeds[Int.random(in: 0..<parser.seeds.count, using: &random)].unicodeScalars)
                for _ in 0..<Int.random(in: 1...5, using: &random) {
                    let index = Int.random(in: 0...scalars.count, using: &random)
                    let scalar = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0 where index < scalars.count: scalars.remove(at: index)
                    case 1 where index < scalars.count: scalars[index] = scalar
                    case 2: scalars.removeLast(scalars.count - index)
                    default: scalars.insert(scalar, at: index)
                    }
                }
            }
            parser.parse(String(String.UnicodeScalarView(scalars)))
        }
    }
}
