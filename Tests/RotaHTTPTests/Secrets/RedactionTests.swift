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
