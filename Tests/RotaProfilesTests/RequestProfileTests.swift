import Foundation
import RotaHTTP
import RotaProfiles
import RotaTestSupport
import Testing

@Suite("ServiceProfile: requests")
struct RequestProfileTests {
    private func read(_ text: String) throws -> RequestTemplate {
        try ServiceProfile.krafter.request(from: Data(text.utf8))
    }

    @Test(
        "A timeout in milliseconds or in seconds is read", .rows("C-2", "T-35", "K-12", "I-20"),
        arguments: [
            (#""timeout_seconds":5"#, Duration.seconds(5)), (#""timeout_ms":1500"#, .milliseconds(1500)),
            (#""timeout_secs":900"#, .seconds(900)), (#""method":"GET""#, .seconds(30)),
        ])
    func timeout(_ field: String, _ expected: Duration) throws {
        #expect(try read(#"{"url":"https://example.com",\#(field)}"#).timeout == expected)
    }

    @Test(
        "The four services' names for a request are read", .rows("C-21", "I-5", "S-27", "S-28"),
        arguments: ["url", "task_url", "endpoint_url"])
    func aliases(_ name: String) throws {
        #expect(try read(#"{"\#(name)":"https://example.com"}"#).url == "https://example.com")
        let fallback = try read(#"{"\#(name)":"https://example.com","fallback_endpoint_url":"https://b.example.com"}"#)
        #expect(fallback.url == "https://example.com")
        #expect(fallback.fallback == "https://b.example.com")
    }

    @Test("A string body is sent as text, any other as JSON, and a payload makes the request a POST", .rows("C-20"))
    func body() throws {
        let head = #"{"method":"PUT","url":"https://example.com","#
        #expect(try read(head + #""body":"a"}"#).body == .text("a"))
        #expect(try read(head + #""body":{"a":1}}"#).body == .json(["a": 1]))
        #expect(try read(head + #""body":null}"#).body == .none)
        #expect(try read(head + #""content":{"text":"b"},"body":"a"}"#).body == .text("b"))
        let posted = try read(#"{"url":"https://example.com","payload":{"a":1}}"#)
        #expect(posted.method == .post)
        #expect(posted.body == .json(["a": 1]))
    }

    @Test("Success is read as a rule, as statuses and as a matcher", .rows("T-36", "C-5"))
    func success() throws {
        let head = #"{"url":"https://example.com","#
        #expect(try read(head + #""success_statuses":[200,206]}"#).success.statuses == [200, 206])
        #expect(
            try read(head + #""success":["2xx",404,"500-502"]}"#).success.statuses
                == StatusSet(200...299, 404...404, 500...502))
        #expect(
            try read(head + #""response_matcher":{"on":"text","is":"exists"}}"#).success
                == SuccessRule(matching: .text(.exists)))
    }

    @Test(
        "An invalid request is refused",
        arguments: [
            "{}", "[]", #"{"task_url":5}"#, #"{"endpoint_url":"ftp://example.com"}"#,
            #"{"url":"https://example.com","timeout_seconds":9223372036854775807}"#,
            #"{"url":"https://example.com","timeout_seconds":-9223372036854775808}"#,
            #"{"url":"https://example.com","timeout_ms":0}"#,
            #"{"url":"https://example.com","success_statuses":[99]}"#,
            #"{"url":"https://example.com","success_statuses":["6xx"]}"#,
            #"{"url":"https://example.com","success_statuses":["300-200"]}"#,
            #"{"url":"https://example.com","body":"GET with body"}"#,
        ])
    func refused(_ text: String) {
        #expect(throws: (any Error).self) { try read(text) }
    }
}

@Suite("ServiceProfile: webhook signatures")
struct SignatureProfileTests {
    @Test("Strait's scheme is hex over timestamp and body", .rows("SX-16"))
    func strait() throws {
        let headers = try WebhookSignature.strait.sign(
            body: Data("hello".utf8), id: "", at: Date(timeIntervalSince1970: 1_700_000_000),
            with: [WebhookSecret(utf8: "topsecret")])
        #expect(headers["X-Strait-Timestamp"] == "1700000000")
        // Computed by Python's hmac module.
        #expect(headers["X-Strait-Signature"] == "v1=30820305c565575343b1d197889906aafe58474fb21ad0ae03d1f7598d81528e")
        try WebhookSignature.strait.verify(
            headers: headers, body: Data("hello".utf8), at: Date(timeIntervalSince1970: 1_700_000_299),
            with: [WebhookSecret(utf8: "topsecret")])
    }
}
