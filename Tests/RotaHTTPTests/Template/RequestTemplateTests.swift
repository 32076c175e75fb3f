import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("RequestTemplate")
struct RequestTemplateTests {
    static let variables = TemplateVariables(
        timestamp: Date(timeIntervalSince1970: 1_700_000_000.25),
        uuid: UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255)),
        executionID: "exec 1/é", jobID: "job\"1\\", scheduledFor: Date(timeIntervalSince1970: 1_699_999_999), attempt: 3
    )

    private func code(_ body: () throws -> Void) -> HTTPRequestError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? HTTPRequestError)?.code
        }
    }

    @Test("The defaults are GET, 30 seconds and four statuses", .rows("T-32", "T-35", "T-36", "C-5"))
    func defaults() throws {
        let template = try RequestTemplate.get("https://api.example.com/report")
        #expect(template.method == .get)
        #expect(template.timeout == .seconds(30))
        #expect(template.success.statuses == [200, 201, 202, 204])
        #expect(template.headers.fields.isEmpty)
        #expect(template.body == .none)
        let decoded = try JSONDecoder().decode(
            RequestTemplate.self, from: Data(#"{"url":"https://a.example.com"}"#.utf8))
        #expect(decoded == (try .get("https://a.example.com")))
    }

    @Test("The variables have the values of the execution", .rows("TX-1", "T-95"))
    func values() throws {
        let template = try RequestTemplate.post(
            "https://example.com/",
            headers: [
                "T": "{{timestamp}}", "U": "{{uuid}}", "S": "{{ scheduled_for }}", "A": "attempt {{attempt}}",
            ], body: .text("{{job_id}} {{execution_id}} {{uuid}}"))
        let rendered = try template.render(Self.variables)
        #expect(rendered.headers["T"] == "2023-11-14T22:13:20.250Z")
        #expect(rendered.headers["U"] == "01020304-0506-0708-090a-0b0c0d0e0fff")
        #expect(rendered.headers["S"] == "2023-11-14T22:13:19.000Z")
        #expect(rendered.headers["A"] == "attempt 3")
        #expect(rendered.body == .text("job\"1\\ exec 1/é 01020304-0506-0708-090a-0b0c0d0e0fff"))
    }

    @Test("Values are percent-encoded in a URL", .rows("TX-2"))
    func url() throws {
        let template = try RequestTemplate.get("https://example.com/{{execution_id}}/x?t={{timestamp}}&j={{job_id}}")
        let url = try template.render(Self.variables).url
        #expect(url == "https://example.com/exec%201%2F%C3%A9/x?t=2023-11-14T22%3A13%3A20.250Z&j=job%221%5C")
    }

    @Test("No value of a URL climbs out of the path", .rows("TX-2"), arguments: ["..", ".", "a/../b", "..\\b", "../"])
    func climbing(value: String) throws {
        var variables = Self.variables
        variables.executionID = value
        let template = try RequestTemplate.get("https://example.com/a/./{{execution_id}}/x?t={{execution_id}}")
        let error = #expect(throws: HTTPRequestError.self) { try template.render(variables) }
        #expect(error?.code == .badURL && error?.field == "url")
        variables.executionID = "a..b"
        #expect(try template.render(variables).url.hasSuffix("/a/./a..b/x?t=a..b"))
        let query = try RequestTemplate.get("https://example.com/x?t={{execution_id}}#{{execution_id}}")
        #expect(throws: Never.self) { try query.render(variables) }
        // A value completes what the template began.
        let begun = try RequestTemplate.get("https://example.com/.{{execution_id}}/x")
        variables.executionID = "."
        #expect(throws: HTTPRequestError.self) { try begun.render(variables) }
    }

    @Test("Values are escaped in JSON strings, and nothing else changes", .rows("TX-2"))
    func json() throws {
        let body = try JSONValue(
            parsing: #"{"b":"{{job_id}}","a":[1.50,"x {{uuid}} y",null,{"deep":"{{execution_id}}"}]}"#)
        let template = try RequestTemplate.post("https://example.com/", body: .json(body))
        guard case .json(let rendered) = try template.render(Self.variables).body else {
            Issue.record("the body is not JSON any more")
            return
        }
        #expect(
            rendered.text
                == #"{"b":"job\"1\\","a":[1.50,"x 01020304-0506-0708-090a-0b0c0d0e0fff y",null,{"deep":"exec 1/é"}]}"#)
    }

    @Test("Text without variables is sent byte for byte", .rows("T-34"))
    func asIs() throws {
        for text in ["", "a\r\nb\u{0}", "}}", "{ {", "{\"a\":{}}", "100%", "é"] {
            #expect(
                try RequestTemplate.post("https://example.com/", body: .text(text)).render(Self.variables).body.data
                    == Data(text.utf8))
        }
        let bytes = Data("{{uuid}} secret://x {{".utf8)
        #expect(
            try RequestTemplate.post("https://example.com/", body: .bytes(bytes)).render(Self.variables).body.data
                == bytes)
    }

    @Test("Variables are refused in names, JSON names, secrets and hosts", .rows("TX-3"))
    func misplaced() throws {
        #expect(
            code { _ = try RequestTemplate.get("https://example.com/", headers: ["X-{{uuid}}": "v"]) } == .badHeader)
        #expect(
            code { _ = try RequestTemplate.post("https://example.com/", body: .json(["{{uuid}}": 1])) }
                == .misplacedVariable)
        for value in [
            "secret://{{uuid}}", "secret://a{{uuid}}", "secret:/{{uuid}}", "{{uuid}}secret://a", "secret://a.{{uuid}}",
        ] {
            let found = code { _ = try RequestTemplate.get("https://example.com/", headers: ["X": value]) }
            let isFine = value == "{{uuid}}secret://a" || value == "secret:/{{uuid}}"
            #expect(isFine ? found == nil : found != nil, "\(value)")
        }
        for url in [
            "https://{{uuid}}.example.com/", "https://example.com:{{attempt}}/", "{{uuid}}://example.com/", "{{uuid}}",
            "https://example.{{uuid}}", "https://{{uuid}}@example.com/",
        ] {
            #expect(code { _ = try RequestTemplate.get(url) } != nil, "\(url)")
        }
        #expect(
            code { _ = try RequestTemplate.post("https://example.com/", body: .text("{{attempt}}")) }
                == .misplacedVariable)
        #expect(
            code { _ = try RequestTemplate.post("https://example.com/", body: .json(["a": "{{attempt}}"])) }
                == .misplacedVariable)
    }

    @Test(
        "Unknown variables are an error when the template is created",
        arguments: [
            "{{}}", "{{ }}", "{{Uuid}}", "{{UUID}}", "{{uuid", "{{uuid}", "{{ uuid", "{{unknown}}", "{{execution-id}}",
            "{{a{{uuid}}}}", "{{\nuuid}}",
        ])
    func unknown(_ text: String) {
        #expect(code { _ = try RequestTemplate.post("https://example.com/", body: .text(text)) } == .unknownVariable)
        #expect(
            code { _ = try RequestTemplate.post("https://example.com/", body: .json([.string(text)])) }
                == .unknownVariable)
        #expect(code { _ = try RequestTemplate.get("https://example.com/?q=" + text) } != nil)
        #expect(code { _ = try RequestTemplate.get("https://example.com/", headers: ["X": text]) } != nil)
    }

    @Test("The same variables give the same request, and only the attempt changes", .rows("TX-4"))
    func once() throws {
        let template = try RequestTemplate.post(
            "https://example.com/{{uuid}}", headers: ["A": "{{attempt}}"], body: .text("{{timestamp}} {{uuid}}"))
        var second = Self.variables
        second.attempt = 4
        let (first, again, retry) = (
            try template.render(Self.variables), try template.render(Self.variables), try template.render(second)
        )
        #expect(first == again)
        #expect(retry.url == first.url && retry.body == first.body)
        #expect(retry.headers["A"] == "4")
        let stored = try JSONDecoder().decode(TemplateVariables.self, from: JSONEncoder().encode(Self.variables))
        #expect(try template.render(stored) == first)
    }

    @Test("A value that could split a message fails the rendering")
    func smugglingValue() throws {
        let template = try RequestTemplate.get("https://example.com/", headers: ["X": "{{job_id}}"])
        var variables = Self.variables
        variables.jobID = "a\r\nX: y"
        #expect(code { _ = try template.render(variables) } == .badHeader)
        variables.jobID = "secret://stolen"
        #expect(code { _ = try template.render(variables) } == .misplacedVariable)
        variables.jobID = String(repeating: "x", count: 20_000)
        #expect(code { _ = try template.render(variables) } == .tooLarge)
    }

    @Test("A matcher too deep to be decoded is refused when the template is created")
    func deepMatcher() throws {
        var matcher = ResponseMatcher.status(.equals(200))
        for _ in 1..<32 { matcher = .not(matcher) }
        let fits = try RequestTemplate(
            method: .get, url: "https://example.com/", success: SuccessRule(matching: matcher))
        #expect(try JSONDecoder().decode(RequestTemplate.self, from: JSONEncoder().encode(fits)) == fits)
        let error = #expect(throws: HTTPRequestError.self) {
            try RequestTemplate(
                method: .get, url: "https://example.com/", success: SuccessRule(matching: .not(matcher)))
        }
        #expect(error?.code == .badRule)
    }

    @Test("A fallback is checked and rendered like the URL, and errors name it", .rows("S-28"))
    func fallback() throws {
        let template = try RequestTemplate.post(
            "https://a.example/{{job_id}}", headers: ["A": "secret://k"],
            fallback: "https://b.example/{{execution_id}}")
        let rendered = try template.render(Self.variables)
        #expect(rendered.fallback == "https://b.example/exec%201%2F%C3%A9")
        #expect(rendered.toFallback?.url == rendered.fallback)
        #expect(rendered.toFallback?.headers == rendered.headers)
        #expect(rendered.toFallback?.fallback == nil)
        #expect(try !template.usesPayload && RequestTemplate.get(template.url, fallback: "{{payload.u}}").usesPayload)
        for bad in ["ftp://b.example/", "https://{{job_id}}.example/", "https://b.example/secret://k", "b.example"] {
            let error = #expect(throws: HTTPRequestError.self) {
                try RequestTemplate.get("https://a.example/", fallback: bad)
            }
            #expect(error?.field == "fallback", "\(bad)")
        }
        // Any receiver that the payload names would get the secret.
        let leak = #expect(throws: HTTPRequestError.self) {
            try RequestTemplate.post("https://a.example/", headers: ["A": "secret://k"], fallback: "{{payload.url}}")
        }
        #expect(leak?.code == .misplacedSecret)
    }

    @Test("The execution's token is a secret, which only header values may bear", .rows("S-95"))
    func token() async throws {
        let headers: HTTPHeaders = ["A": "Bearer {{execution_token}}", "B": "{{job_id}}"]
        let template = try RequestTemplate.get("https://a.example/", headers: headers)
        #expect(template.usesToken)
        #expect(try !RequestTemplate.get("https://a.example/", headers: ["A": "execution_token"]).usesToken)
        var variables = Self.variables
        variables.jobID = "j"
        let rendered = try template.render(variables)
        #expect(rendered.headers["A"] == "Bearer secret://execution.token")
        let request = try await rendered.resolve(secrets: TokenSecrets(NoSecrets(), token: "t0ken"))
        #expect(request.headers["A"] == "Bearer t0ken" && request.headers["B"] == "j")
        #expect(request.headers.fields.first { $0.name == "A" }?.isSensitive == true)
        let missing = await #expect(throws: HTTPRequestError.self) {
            try await rendered.resolve(secrets: TokenSecrets(NoSecrets(), token: nil))
        }
        #expect(missing?.code == .missingSecret && missing?.message.contains("tokenSecret") == true)
        let url = "https://a.example/"
        #expect(code { _ = try RequestTemplate.get(url + "{{execution_token}}") } == .misplacedVariable)
        #expect(code { _ = try RequestTemplate.post(url, body: .text("{{execution_token}}")) } == .misplacedVariable)
        #expect(
            code { _ = try RequestTemplate.post(url, body: .json(["t": "{{execution_token}}"])) } == .misplacedVariable)
        for text in ["{{execution_token}}x", "{{execution_token}}{{job_id}}", "x{{execution_token}}-{{job_id}}"] {
            #expect(
                code { _ = try RequestTemplate.get(url, headers: ["A": text]) } == .misplacedVariable, "\(text)")
        }
        #expect(
            code { _ = try RequestTemplate.post("{{payload.url}}", headers: headers) } == .misplacedSecret)
    }

    @Test("The error of a refused template does not show the password in its URL")
    func passwordInError() {
        let error = #expect(throws: HTTPRequestError.self) {
            try RequestTemplate.get("https://user:hunter2{{attempt}}@example.com/")
        }
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }
}
