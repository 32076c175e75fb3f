import Foundation
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

/// A secret's value is sent, and appears nowhere else.
@Suite("Secrets: leaks")
struct SecretLeakTests {
    private static let value = #"s3cr3t/value+"quoted"="#
    private static let forms = [
        value, #"s3cr3t/value+\"quoted\"="#, "s3cr3t%2Fvalue%2B%22quoted%22%3D", Data(value.utf8).base64EncodedString(),
    ]

    private func request(_ url: URL, timeout: Duration = patience) async throws -> HTTPRequest {
        let template = try RequestTemplate.post(
            url.absoluteString, headers: ["Authorization": "Bearer secret://key", "X-Plain": "secret://key"],
            body: .json(["a": 1]),
            timeout: timeout)
        return try await template.render(RequestTemplateTests.variables).resolve(
            secrets: InMemorySecrets(["key": SecretValue(Self.value)]))
    }

    /// Returns everything that can be printed of a value.
    private func texts(_ value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        return ["\(value)", String(describing: value), String(reflecting: value), dumped]
    }

    private func expectClean(_ texts: [String], _ place: String) {
        for text in texts {
            for form in Self.forms { #expect(!text.contains(form), "a secret was found in \(place)") }
        }
    }

    @Test("Descriptions, mirrors and dumps show no secret")
    func descriptions() async throws {
        let request = try await request(#require(URL(string: "https://example.com/?q=1")))
        #expect(request.headers["Authorization"] == "Bearer " + Self.value)
        expectClean(texts(request), "the request")
        expectClean(texts(request.headers), "the headers")
        expectClean(request.headers.fields.flatMap { texts($0) }, "a field")
        expectClean(texts(request.redaction), "the redaction")
        expectClean(texts(SecretValue(Self.value)), "the secret")
        expectClean(texts(InMemorySecrets(["key": SecretValue(Self.value)])), "the provider")
        expectClean(texts(try WebhookSecret(utf8: Self.value)), "a webhook's secret")
        expectClean(texts([request]), "a list of requests")
    }

    @Test("A template and what is rendered of it hold references only", .rows("T-43"))
    func templates() throws {
        let template = try RequestTemplate.get("https://example.com/", headers: ["A": "secret://key"])
        let rendered = try template.render(RequestTemplateTests.variables)
        let stored = String(decoding: try JSONEncoder().encode(template), as: UTF8.self)
        expectClean(texts(template) + texts(rendered) + [stored], "the template")
    }

    @Test("Errors of every kind show no secret")
    func errors() async throws {
        let server = try await LoopbackServer { request in
            switch request.path {
            case "/silent": .silence
            case "/reset": .reset
            case "/redirect": .redirect(to: "http://127.0.0.1:1/" + Self.forms[2])
            case "/loop": .redirect(to: "/loop")
            default: .raw("HTTP/1.1 " + Self.value + "\r\n\r\n")
            }
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted, redirects: .following(upTo: 3))
        for path in ["/silent", "/reset", "/redirect", "/loop", "/junk"] {
            let request = try await request(
                server.url(path), timeout: path == "/silent" ? .milliseconds(100) : patience)
            do {
                _ = try await transport.send(request)
                Issue.record("\(path) came back")
            } catch { expectClean(texts(error).map { request.redaction.scrub($0) }, "the error of \(path)") }
            if path != "/redirect" {
                do { _ = try await transport.send(request) } catch { expectClean(texts(error), "the error of \(path)") }
            }
        }
        do {
            _ = try await URLSessionTransport().send(request(server.url("/")))
        } catch { expectClean(texts(error), "a refusal") }
        await transport.close()
        await server.stop()
    }

    @Test("What a server echoes is scrubbed before it is kept")
    func echo() async throws {
        let server = try await LoopbackServer { request in
            let sent = request.headers["X-Plain"] ?? ""
            return .status(500, headers: ["X-Echo": sent], text: Self.forms.joined(separator: " | ") + sent)
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted)
        let request = try await request(server.url())
        let response = try await transport.send(request)
        #expect(String(decoding: response.body, as: UTF8.self).contains(Self.value))
        let kept = response.redacted(by: request.redaction)
        expectClean([kept.bodyPreview().text] + kept.headers.fields.map(\.value) + texts(kept), "the record")
        #expect(kept.bodyPreview().text == "[redacted] | [redacted] | [redacted] | [redacted][redacted]")
        let rule = SuccessRule(statuses: [500], matching: .text(.equals("x")))
        guard case .mismatch(let message) = rule.evaluate(kept) else {
            Issue.record("the rule did not fail")
            return
        }
        expectClean([message], "the verdict")
        await transport.close()
        await server.stop()
    }

    @Test("A secret that the limit cuts in two is scrubbed too", arguments: 4..<21)
    func cutEcho(_ kept: Int) async throws {
        let request = try await request(#require(URL(string: "https://example.com/")))
        let body = Data("start ".utf8) + Data(Self.value.utf8.prefix(kept))
        let cut = HTTPResponse(status: 200, body: body, bodyIsTruncated: true).redacted(by: request.redaction)
        #expect(cut.bodyPreview().text == "start [redacted]")
        let whole = HTTPResponse(status: 200, body: Data("start s3cr".utf8)).redacted(by: request.redaction)
        #expect(whole.bodyPreview().text == "start s3cr")
    }

    @Test("A redirect to another host carries no secret")
    func redirect() async throws {
        let other = try await LoopbackServer { _ in .status(200) }
        let server = try await LoopbackServer { request in
            request.path == "/same"
                ? .redirect(to: "/other", status: 307) : .redirect(to: other.address("/there"), status: 307)
        }
        let transport = URLSessionTransport(addressPolicy: .unrestricted, redirects: .following())
        let request = try await request(server.url("/same"))
        _ = try await transport.send(request)
        #expect(server.requests.count == 2)
        #expect(server.requests.allSatisfy { $0.headers["Authorization"] == "Bearer " + Self.value })
        let arrived = try #require(other.requests.first)
        #expect(arrived.method == "POST" && arrived.text == #"{"a":1}"#)
        expectClean(arrived.headers.fields.map(\.value), "what the other host was sent")
        await transport.close()
        await server.stop()
        await other.stop()
    }
}
