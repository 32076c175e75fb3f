import Foundation
import Testing

@testable import RotaHTTP

@Suite("The size of a rendered request") struct RenderBudgetTests {
    private static func variables(_ payload: JSONValue) -> TemplateVariables {
        var variables = RequestTemplateTests.variables
        variables.payload = payload
        return variables
    }

    private func error(_ template: RequestTemplate, _ payload: JSONValue) -> HTTPRequestError? {
        #expect(throws: HTTPRequestError.self) { _ = try template.render(Self.variables(payload)) }
    }

    @Test("A body that its variables make too long is refused before it is made")
    func bodies() throws {
        let payload = JSONValue.string(String(repeating: "x", count: 1 << 20))
        let many = String(repeating: "{{payload}}", count: 40)
        let texts = JSONValue.array(Array(repeating: "{{payload}}", count: 40))
        for body in [HTTPBody.text(many), .json(.string(many)), .json(texts), .json(["a": ["b": texts]])] {
            let error = error(try RequestTemplate.post("https://example.com/", body: body), payload)
            #expect(error?.code == .tooLarge)
            #expect(error?.field == "body")
        }
        let list = JSONValue.array(Array(repeating: true, count: 100_000))
        let lists = error(try RequestTemplate.post("https://example.com/", body: .json(texts)), list)
        #expect(lists?.code == .tooLarge)
    }

    @Test("A URL and a header's value have the limits of the request, and errors name the field")
    func short() throws {
        let payload = JSONValue.string(String(repeating: "x", count: 5000))
        let url = error(try RequestTemplate.get("https://example.com/{{payload}}{{payload}}"), payload)
        #expect(url?.code == .tooLarge && url?.field == "url")
        let fallback = error(
            try RequestTemplate.get("https://example.com/", fallback: "https://example.com/{{payload}}{{payload}}"),
            payload)
        #expect(fallback?.code == .tooLarge && fallback?.field == "fallback")
        let headers: HTTPHeaders = ["X": String(repeating: "{{payload}} ", count: 4)]
        let header = error(try RequestTemplate.get("https://example.com/", headers: headers), payload)
        #expect(header?.code == .tooLarge && header?.field == "headers[\"X\"]")
        // Percent-encoding counts.
        let accents = error(
            try RequestTemplate.get("https://example.com/{{payload}}"),
            .string(String(repeating: "é", count: 2000)))
        #expect(accents?.code == .tooLarge)
    }

    @Test("A body of the greatest size is no error")
    func fits() throws {
        let payload = JSONValue.string(String(repeating: "x", count: HTTPBody.longest - 1))
        let fits = try RequestTemplate.post("https://example.com/", body: .text("-{{payload}}"))
        guard case .text(let text) = try fits.render(Self.variables(payload)).body else {
            Issue.record("no text")
            return
        }
        #expect(text.utf8.count == HTTPBody.longest)
        let longer = error(try RequestTemplate.post("https://example.com/", body: .text("--{{payload}}")), payload)
        #expect(longer?.code == .tooLarge)
    }

    @Test(
        "JSON takes as many bytes as its text has",
        arguments: [
            "null", "[true,false]", "[]", "{}", #"{"a":[1.50,{"b":"\"\\\n\r\t\u0001é"}],"":-0}"#, "\"😀\"", "[[],[{}]]",
        ])
    func exact(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        var budget = RenderBudget.body
        try budget.take(json: value)
        #expect(HTTPBody.longest - budget.left == value.text.utf8.count)
    }
}
