import Foundation
import RotaHTTP
import RotaTestSupport
import Testing

@Suite("Secrets")
struct SecretTests {
    private let provider = InMemorySecrets([
        "api-key": "k-123456", "a.b_c": "value 2", "bad": "hush\nhush", "braces": "{{uuid}} secret://api-key",
    ])

    private func resolve(_ value: String, _ provider: some SecretProvider) async throws -> HTTPRequest {
        try await RequestTemplate.get("https://example.com/", headers: ["X": value]).render(
            RequestTemplateTests.variables
        )
        .resolve(secrets: provider)
    }

    @Test(
        "A secret may be the whole value, a part of it, or several", .rows("T-40", "T-41", "T-42"),
        arguments: [
            ("secret://api-key", "k-123456"), ("Bearer secret://api-key", "Bearer k-123456"),
            ("a=secret://api-key, b=secret://a.b_c.", "a=k-123456, b=value 2."), ("SECRET://api-key", "k-123456"),
            ("secret://api-key:secret://a.b_c", "k-123456:value 2"), ("no secret here", "no secret here"),
            ("secret:/api-key", "secret:/api-key"),
        ])
    func resolving(_ value: String, _ expected: String) async throws {
        #expect(try await resolve(value, provider).headers["X"] == expected)
    }

    @Test("What is inside a secret is sent as it is", .rows("TX-5"))
    func notExpanded() async throws {
        #expect(try await resolve("secret://braces", provider).headers["X"] == "{{uuid}} secret://api-key")
    }

    @Test("A missing secret fails the attempt, and names itself", .rows("TX-8"))
    func missing() async throws {
        do {
            _ = try await resolve("Bearer secret://nobody", provider)
            Issue.record("a request was made without its secret")
        } catch let error as HTTPRequestError {
            #expect(error.code == .missingSecret)
            #expect(error.description.contains("nobody"))
        }
    }

    @Test("A value that no header can carry is refused without being shown")
    func unusable() async throws {
        do {
            _ = try await resolve("secret://bad", provider)
            Issue.record("a line break went into a header")
        } catch let error as HTTPRequestError {
            #expect(error.code == .badSecret)
            #expect(!"\(error)".contains("hush"))
        }
    }

    @Test("Secrets may stand in header values only", arguments: ["secret://x", "a secret://x b"])
    func misplaced(_ text: String) {
        for make in [
            { _ = try RequestTemplate.post("https://example.com/", body: .text(text)) },
            { _ = try RequestTemplate.post("https://example.com/", body: .json(["a": [.string(text)]])) },
            { _ = try RequestTemplate.get("https://example.com/?k=secret://x") },
        ] as [() throws -> Void] {
            let error = #expect(throws: HTTPRequestError.self) { try make() }
            #expect(error?.code == .misplacedSecret)
        }
    }

    @Test(
        "A reference without a usable name is refused",
        arguments: [
            "secret://", "Bearer secret://", "secret:// x", "secret://é", "secret://.",
            "secret://\(String(repeating: "x", count: 129))",
        ])
    func badName(_ value: String) {
        let error = #expect(throws: HTTPRequestError.self) {
            try RequestTemplate.get("https://example.com/", headers: ["X": value])
        }
        #expect(error?.code == .badSecret)
    }

    @Test("Each secret is looked up once, when the request is made", .rows("T-43"))
    func lookups() async throws {
        let asked = Counter()
        let closure = ClosureSecrets { name in
            await asked.add(name)
            return SecretValue("v-" + name)
        }
        let rendered = try RequestTemplate.get(
            "https://example.com/", headers: ["A": "secret://x secret://y", "B": "secret://x"]
        ).render(RequestTemplateTests.variables)
        #expect(await asked.names.isEmpty)
        let request = try await rendered.resolve(secrets: closure)
        #expect(await asked.names == ["x", "y"])
        #expect(request.headers["A"] == "v-x v-y")
        #expect(rendered.headers["A"] == "secret://x secret://y")
    }

    actor Counter {
        private(set) var names: [String] = []
        func add(_ name: String) { names.append(name) }
    }

    @Test("Secrets come from the environment under a prefix", .rows("C-23"))
    func environment() {
        let secrets = EnvironmentSecrets(prefix: "ROTA_SECRET_") {
            ["ROTA_SECRET_STRIPE_KEY_2": "sk", "HOME": "/root"][$0]
        }
        #expect(secrets.secret(named: "stripe-key.2")?.value == "sk")
        #expect(secrets.secret(named: "home") == nil)
    }
}
