import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("RequestTemplate: coding")
struct RequestTemplateCodingTests {
    private func decode(_ text: String) throws -> RequestTemplate {
        try JSONDecoder().decode(RequestTemplate.self, from: Data(text.utf8))
    }

    @Test("A stored template decodes to the same value")
    func roundTrip() throws {
        let templates = [
            try RequestTemplate.get("https://example.com/"),
            try RequestTemplate.delete("https://example.com/", body: .bytes(Data([0, 255, 10]))),
            try RequestTemplate.put(
                "https://example.com/", headers: ["B": "1", "A": "secret://x", "B": "2"], body: .text("{{uuid}}")),
            try RequestTemplate(
                method: .patch, url: "https://example.com/{{uuid}}", headers: ["X": "é"],
                body: .json(["b": 1.50, "a": [.null, true, "x"]]), timeout: .milliseconds(1500),
                success: SuccessRule(
                    statuses: StatusSet(200...299, 404...404),
                    matching: .all([
                        .status(.in([200, 404])), .not(.header("X", .exists)),
                        .any([.text(.regex(TextPattern("ok|fine")))]),
                        .json(JSONPath("$.a[0]"), .lessThan(5)), .json(JSONPath("$.a"), .notContains("x")),
                        .text(.notEquals("")), .text(.contains("o")), .json(JSONPath("$.n"), .greaterThan(-1.5)),
                    ])),
                output: ["id": JSONPath("$.id")], fallback: "https://b.example.com/{{uuid}}"),
        ]
        for template in templates {
            #expect(try JSONDecoder().decode(RequestTemplate.self, from: JSONEncoder().encode(template)) == template)
        }
    }

    @Test("A timeout is written in milliseconds", .rows("C-2"))
    func timeout() throws {
        #expect(try decode(#"{"url":"https://example.com","timeout_ms":1500}"#).timeout == .milliseconds(1500))
        #expect(try decode(#"{"url":"https://example.com"}"#).timeout == .seconds(30))
    }

    @Test("Lists of statuses decode, and ranges too", .rows("T-36"))
    func statuses() throws {
        #expect(
            try decode(#"{"url":"https://example.com","success":["2xx",404,"500-502"]}"#).success.statuses
                == StatusSet(200...299, 404...404, 500...502))
    }

    @Test("A template stored with a fallback URL decodes, whenever it was written", .rows("S-28"))
    func storedFallback() throws {
        let text = #"{"method":"POST","url":"https://example.com","fallback_url":"https://b.example.com"}"#
        #expect(try decode(text) == (try .post("https://example.com", fallback: "https://b.example.com")))
    }

    @Test(
        "An invalid template is refused when it is decoded",
        arguments: [
            "{}", "[]", #"{"url":5}"#, #"{"url":"ftp://example.com"}"#, #"{"url":"https://u:p@example.com"}"#,
            #"{"url":"https://example.com","method":"TRACE"}"#, #"{"url":"https://example.com","timeout_ms":0}"#,
            #"{"url":"https://example.com","timeout_ms":9223372036854775807}"#,
            #"{"url":"https://example.com","headers":{"Host":"x"}}"#,
            #"{"url":"https://example.com","headers":[["X","a\r\nb"]]}"#,
            #"{"url":"https://example.com","method":"POST","content":{"json":"{"}}"#,
            #"{"url":"https://example.com","method":"POST","content":{"base64":"*"}}"#,
            #"{"url":"https://example.com","content":{"text":"GET with body"}}"#,
            #"{"url":"https://example.com","method":"POST","content":{}}"#,
            #"{"url":"https://example.com","success":[99]}"#,
            #"{"url":"https://example.com","success":["6xx"]}"#,
            #"{"url":"https://example.com","success":["300-200"]}"#,
            #"{"url":"https://example.com","success":{"matcher":{"on":"json","path":"$[","is":"exists"}}}"#,
            #"{"url":"https://example.com","success":{"matcher":{"on":"text","is":"regex","value":"(a"}}}"#,
            #"{"url":"https://example.com","success":{"matcher":{"on":"moon","is":"exists"}}}"#,
            #"{"url":"https://example.com","success":{"matcher":{"on":"text","is":"in","value":"a"}}}"#,
            #"{"url":"https://example.com","success":{"matcher":{"on":"text","is":"sounds like","value":"a"}}}"#,
            #"{"url":"https://example.com","output":{"a":"$["}}"#, #"{"url":"https://example.com/{{nothing}}"}"#,
        ])
    func refused(_ text: String) {
        #expect(throws: (any Error).self) { try decode(text) }
    }

    @Test("Matchers nested too deep are refused, not followed")
    func deep() {
        let nested =
            String(repeating: #"{"not":"#, count: 200) + #"{"on":"text","is":"exists"}"#
            + String(repeating: "}", count: 200)
        #expect(throws: (any Error).self) {
            try decode(#"{"url":"https://example.com","success":{"matcher":\#(nested)}}"#)
        }
    }
}
