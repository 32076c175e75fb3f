import Foundation
import RotaHTTP
import Testing

@Suite("Redaction")
struct RedactionTests {
    private func cut(_ body: String, _ secrets: SecretValue...) -> String {
        let response = HTTPResponse(status: 200, body: Data(body.utf8), bodyIsTruncated: true)
        return response.redacted(by: Redaction(secrets)).bodyPreview().text
    }

    @Test("A whole secret at the cut is removed, even if its end looks like the beginning of one")
    func wholeAtCut() {
        #expect(cut("x abcdSECRETabcd", "abcdSECRETabcd") == "x [redacted]")
        #expect(cut("x hunter2-pass", "hunter2-pass", "pass-1234") == "x [redacted]")
    }

    @Test("Overlapping secrets are removed to the end of the last")
    func overlapping() {
        #expect(Redaction(["abcdef" as SecretValue, "defghijk"]).scrub("1 abcdefghijk 2") == "1 [redacted] 2")
        #expect(Redaction(["aXYa" as SecretValue]).scrub("aXYaXYa.") == "[redacted].")
        #expect(Redaction(["abcd" as SecretValue]).scrub("abcdabcd") == "[redacted][redacted]")
    }

    @Test(
        "Secrets are found as servers echo them in JSON and percent-encoding",
        arguments: [
            #"k\/é?>~~z z"#, #"k\/\u00e9?>~~z z"#, #"k\/\u00E9?>~~z z"#, #"k/\u00e9?>~~z z"#, "k%2f%c3%a9%3f%3e~~z%20z",
            "k%2F%C3%A9%3F%3E~~z+z",
        ])
    func echoes(_ echo: String) {
        #expect(Redaction(["k/é?>~~z z" as SecretValue]).scrub("<\(echo)>") == "<[redacted]>")
    }

    @Test(
        "Secrets are found however an encoder escapes them",
        arguments: [
            #"p\u0026q=\u003Cr\u003e/s't\"u+v"#, #"p\u0026q=\u003cr\u003e\/s\u0027t\u0022u\u002bv"#,
            #"\u0070\u0026\u0071\u003D\u003cr>/s't\"u\u002Bv"#, #"p&q=<r>\/s't\"u+v"#,
            #"p\\u0026q=\\u003cr\\u003e\\/s't\\\"u+v"#,
            "p%26q%3D%3Cr%3E%2Fs't%22u%2Bv", "p%26q%3d%3cr%3e/s%27t%22u%2bv", "p%26q=%3Cr%3E/s't%22u+v",
            "%70%26%71%3D%3C%72%3E%2F%73%27%74%22%75%2B%76",
        ])
    func escapes(_ echo: String) {
        let redaction = Redaction([#"p&q=<r>/s't"u+v"# as SecretValue])
        #expect(redaction.scrub("<\(echo)>") == "<[redacted]>")
        #expect(redaction.scrub("\\ %zz \(echo)\\u00 %") == "\\ %zz [redacted]\\u00 %")
    }

    @Test("A secret beyond the first plane is found as a surrogate pair, and its Base64 is found percent-encoded")
    func pairs() {
        let redaction = Redaction(["ab😀cd??>" as SecretValue])
        #expect(redaction.scrub(#"[ab\ud83d\uDE00cd??\u003e]"#) == "[[redacted]]")
        let base64 = Data("ab😀cd??>".utf8).base64EncodedString()
        let encoded = base64.replacingOccurrences(of: "/", with: "%2F").replacingOccurrences(of: "+", with: "%2b")
            .replacingOccurrences(of: "=", with: "%3D")
        #expect(redaction.scrub("<\(encoded)>") == "<[redacted]>")
        #expect(redaction.scrub("<\(base64.replacingOccurrences(of: "/", with: #"\/"#))>") == "<[redacted]>")
    }

    @Test("The escaped beginning of a secret at the cut is removed, wherever the cut falls")
    func escapedAtCut() {
        let secret: SecretValue = "abcdef&gh/ij<kl"
        for echo in [#"abcdef\u0026gh\/ij\u003ckl"#, "abcdef%26gh%2Fij%3Ckl"] {
            for length in 6...echo.utf8.count {
                #expect(cut("x " + echo.prefix(length), secret) == "x [redacted]", "\(echo.prefix(length))")
            }
        }
    }

    @Test("Text without the secret stays as it is, byte for byte")
    func innocent() {
        let redaction = Redaction(["p&q=<r>" as SecretValue])
        for text in [#"{"a":"\u0026 \/ \ud800 \n \\ %26 %zz + %"}"#, "p&q", "é\u{FFFD}", ""] {
            #expect(redaction.scrub(text) == text)
        }
    }

    @Test("Secrets are found in Base64 without padding and in the URL's alphabet")
    func base64() {
        let value = "k/é?>~~z z??>"
        let plain = Data(value.utf8).base64EncodedString()
        let url = plain.replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
        for form in [plain, url] {
            let bare = form.filter { $0 != "=" }
            #expect(Redaction([SecretValue(value)]).scrub("<\(bare)>") == "<[redacted]>")
            #expect(!Redaction([SecretValue(value)]).scrub("<\(form)>").contains(bare))
        }
    }

    @Test("The message of a failed rule contains no part of a secret")
    func verdictCutsSecret() throws {
        let secret = "0123456789abcdefghij"
        let body = String(repeating: "x", count: 90) + secret
        let response = HTTPResponse(status: 200, body: Data(body.utf8))
        let redaction = Redaction([SecretValue(secret)])
        let rule = SuccessRule(matching: .text(.equals("ok")))
        guard case .mismatch(let message) = rule.evaluate(response, redaction: redaction) else {
            Issue.record("the rule did not fail")
            return
        }
        #expect(!redaction.scrub(message).contains("0123"))
    }
}
