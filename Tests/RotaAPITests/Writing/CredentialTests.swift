import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

@Suite("Credentials that are stored in a job")
struct CredentialTests {
    /// A definition whose header holds a credential, or its mark.
    private static func definition(
        _ name: String, _ token: JSONValue, fallback: String? = nil, slug: String? = nil
    ) -> JSONValue {
        var request: [(String, JSONValue)] = [
            ("method", "GET"), ("url", "https://a.example/x"), ("headers", ["X-Vault-Token": token]),
        ]
        if let fallback { request.append(("fallback_url", .string(fallback))) }
        var members: [(String, JSONValue)] = [
            ("name", .string(name)), ("schedule", ["cron": "0 * * * *"]),
            ("action", ["http": .object(request.map { .init($0.0, $0.1) })]),
        ]
        if let slug { members.append(("attributes", ["slug": .string(slug)])) }
        return .object(members.map { .init($0.0, $0.1) })
    }

    private static func create(_ bench: APIBench, fallback: String? = nil) async throws -> String {
        let job = await bench.send(
            "POST", "/_rota/jobs", ["definition": definition("a", "s3cr3t", fallback: fallback)])
        #expect(job.status == 201, "\(job.text)")
        return try #require(job.id?.string)
    }

    private static func request(_ bench: APIBench) async throws -> RequestTemplate {
        let job = try #require(try await bench.scheduler.jobs().items.first)
        return try #require(job.definition.action.request)
    }

    @Test("A change of the fallback alone sends no stored credential to another server")
    func changes() async throws {
        let bench = APIBench(.trigrun)
        let id = try await Self.create(bench)
        func change(_ request: JSONValue) async -> Answer {
            await bench.send("PATCH", "/_rota/jobs/\(id)", ["definition": ["action": ["http": request]]])
        }
        let moved = await change(["fallback_url": "https://evil.example/"])
        #expect(moved.status == 422 && moved.text.contains("X-Vault-Token"), "\(moved.text)")
        #expect(try await Self.request(bench).fallback == nil)
        #expect(await change(["fallback_url": "https://a.example/other"]).status == 200)
        let known = await change([
            "fallback_url": "https://b.example/", "headers": ["X-Vault-Token": "s3cr3t"],
        ])
        #expect(known.status == 200, "\(known.text)")
        // Both servers know it now, so the two may change places.
        let swapped = await change(["url": "https://b.example/", "fallback_url": "https://a.example/"])
        #expect(swapped.status == 200, "\(swapped.text)")
        #expect(try await Self.request(bench).headers["X-Vault-Token"] == "s3cr3t")
    }

    @Test("Strait's fallback_endpoint_url sends no stored credential to another server")
    func strait() async throws {
        let bench = APIBench(.strait)
        let id = try await Self.create(bench)
        func change(_ url: String) async -> Answer {
            await bench.send("PATCH", "/v1/jobs/\(id)", ["fallback_endpoint_url": .string(url)])
        }
        #expect(await change("https://evil.example/").status == 400)
        #expect(try await Self.request(bench).fallback == nil)
        #expect(await change("https://a.example/other").status == 200)
    }

    @Test("A clone sends no stored credential to another server, by its fallback either")
    func clones() async throws {
        let bench = APIBench(.trigrun)
        let id = try await Self.create(bench)
        func clone(_ slug: String, _ request: JSONValue) async -> Answer {
            await bench.send(
                "POST", "/_rota/jobs/\(id)/clone",
                ["name": .string(slug), "slug": .string(slug), "definition": ["action": ["http": request]]])
        }
        #expect(await clone("b", ["fallback_url": "https://evil.example/"]).status == 422)
        let known = await clone(
            "c", ["fallback_url": "https://b.example/", "headers": ["X-Vault-Token": "s3cr3t"]])
        #expect(known.status == 201, "\(known.text)")
        #expect(try await bench.scheduler.jobs().items.count == 2)
    }

    @Test("A declaration sends no stored credential to another server, by its fallback either")
    func declarations() async throws {
        let bench = APIBench(.trigrun)
        func declare(_ token: JSONValue, fallback: String? = nil) async -> Answer {
            let job = Self.definition("a", token, fallback: fallback, slug: "a")
            return await bench.send("POST", "/_rota/declare", ["owner": "ops", "jobs": [["definition": job]]])
        }
        #expect(await declare("s3cr3t").status == 200)
        #expect(await declare("[redacted]", fallback: "https://evil.example/").status == 422)
        #expect(try await Self.request(bench).fallback == nil)
        let known = await declare("s3cr3t", fallback: "https://b.example/")
        #expect(known.status == 200, "\(known.text)")
        #expect(await declare("[redacted]", fallback: "https://b.example/").unchanged == 1)
    }
}
