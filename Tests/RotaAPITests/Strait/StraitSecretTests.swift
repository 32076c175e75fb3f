import Foundation
import Rota
import RotaAPI
import RotaHTTP
import RotaProfiles
import RotaStore
import RotaTesting
import Synchronization
import Testing

@Suite("Strait's webhook secrets")
struct StraitSecretTests {
    private static let hook: JSONValue = [
        "webhook_url": "https://hooks.example.com/", "webhook_secret": "0123456789-first",
    ]

    /// The value behind the reference that a job holds.
    private static func secret(_ id: String, _ bench: APIBench, _ vault: MemoryVault) async throws -> String? {
        let job = try await bench.scheduler.job(#require(JobID(id)))
        guard case .webhook(_, let reference?)? = job.definition.notifications.first?.channel else { return nil }
        return try await vault.secret(named: String(reference.dropFirst("secret://".count)))?.value
    }

    private static func second(_ bench: APIBench, _ changes: JSONValue = [:]) async throws -> String {
        try await StraitTests.create(bench, JSONValue.object([.init("slug", "second")]).with(changes))
    }

    @Test("A change that is refused leaves the secret as it was, and nothing behind in the vault")
    func refused() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let id = try await StraitTests.create(bench, Self.hook)
        _ = try await Self.second(bench)
        let refused = await bench.send(
            "PATCH", "/v1/jobs/\(id)", ["slug": "second", "webhook_secret": "0123456789-second"])
        #expect(refused.status == 409, "\(refused.text)")
        #expect(try await Self.secret(id, bench, vault) == "0123456789-first")
        #expect(try await vault.secretNames().count == 1)
    }

    @Test("A change that is repeated by its key does not bring an earlier secret back")
    func repeated() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let id = try await StraitTests.create(bench, Self.hook)
        func change(_ secret: JSONValue, _ key: String) async -> Answer {
            await bench.send(
                "PATCH", "/v1/jobs/\(id)", ["webhook_secret": secret], headers: ["Idempotency-Key": key])
        }
        #expect(await change("0123456789-second", "a").status == 200)
        #expect(await change("0123456789-third", "b").status == 200)
        let again = await change("0123456789-second", "a")
        #expect(again.status == 200 && again.response.headers["Idempotency-Replayed"] == "true", "\(again.text)")
        #expect(try await Self.secret(id, bench, vault) == "0123456789-third")
        #expect(try await vault.secretNames().count == 1)
    }

    @Test("What waits to be told of an end is signed with the new secret, and the job takes all values with it")
    func unfinished() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let id = try await StraitTests.create(bench, Self.hook)
        let old = try #require(await vault.secretNames().first)
        let run = await bench.send("POST", "/v1/jobs/\(id)/trigger")
        let execution = try #require(run.id?.string.flatMap { ExecutionID($0) })
        // The notification of its end has the earlier reference.
        _ = try await bench.scheduler.cancel(execution)
        _ = await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": "0123456789-second"])
        #expect(try await vault.secret(named: old)?.value == "0123456789-second")
        #expect(try await Self.secret(id, bench, vault) == "0123456789-second")
        #expect(await bench.send("DELETE", "/v1/jobs/\(id)").status == 204)
        #expect(try await vault.secretNames().isEmpty)
    }

    /// A job whose end waits to be told with its first secret, and the name of that secret.
    private static func ended(_ bench: APIBench, _ vault: some SecretVault) async throws -> (id: String, old: String) {
        let id = try await StraitTests.create(bench, Self.hook)
        let old = try #require(await vault.secretNames().first)
        let run = await bench.send("POST", "/v1/jobs/\(id)/trigger")
        _ = try await bench.scheduler.cancel(#require(run.id?.string.flatMap { ExecutionID($0) }))
        return (id, old)
    }

    @Test("What waits to be told of an end keeps its secret if the job loses its own, until the job goes")
    func removed() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let (id, old) = try await Self.ended(bench, vault)
        #expect(await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": ""]).status == 200)
        #expect(try await Self.secret(id, bench, vault) == nil)
        #expect(try await vault.secret(named: old)?.value == "0123456789-first")
        #expect(await bench.send("DELETE", "/v1/jobs/\(id)").status == 204)
        #expect(try await vault.secretNames().isEmpty)
    }

    @Test("An orphan of a declaration takes the secrets of its earlier versions with it")
    func orphan() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let (id, _) = try await Self.ended(bench, vault)
        _ = await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": "0123456789-second"])
        #expect(try await vault.secretNames().count == 2)
        let definition = await bench.send("GET", "/_rota/jobs/\(id)").definition ?? .null
        for jobs in [[["id": .string(id), "definition": definition]], []] as [JSONValue] {
            let answer = await bench.send(
                "POST", "/_rota/declare", ["owner": "ops", "jobs": jobs, "orphans": "delete"])
            #expect(answer.status == 200, "\(answer.text)")
        }
        #expect(try await bench.scheduler.jobs().items.isEmpty)
        #expect(try await vault.secretNames().isEmpty)
    }

    @Test("A definition of before a rotation is refused, since its secret is gone")
    func outdated() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let id = try await StraitTests.create(bench, Self.hook)
        let old = await bench.send("GET", "/_rota/jobs/\(id)").definition ?? .null
        _ = await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": "0123456789-second"])
        let new = await bench.send("GET", "/_rota/jobs/\(id)").definition ?? .null
        let copy = old.with(["name": "copy", "attributes": ["slug": "copy"]])
        func declared(_ definition: JSONValue) -> JSONValue {
            ["owner": "ops", "jobs": [["id": .string(id), "definition": definition]]]
        }
        for (method, path, body) in [
            ("PATCH", "/_rota/jobs/\(id)", ["definition": old]), ("POST", "/_rota/declare", declared(old)),
            ("POST", "/_rota/jobs", ["definition": copy]),
        ] as [(String, String, JSONValue)] {
            let refused = await bench.send(method, path, body)
            #expect([400, 422].contains(refused.status) && refused.text.contains("no longer"), "\(refused.text)")
        }
        #expect(try await Self.secret(id, bench, vault) == "0123456789-second")
        #expect(await bench.send("PATCH", "/_rota/jobs/\(id)", ["definition": new]).status == 200)
        #expect(await bench.send("POST", "/_rota/declare", declared(new)).status == 200)
    }

    /// A vault that does something else before it keeps a value.
    private final class HookedVault: SecretVault {
        typealias Hook = @Sendable (_ number: Int) async throws -> Void

        private let vault = MemoryVault()
        private let state = Mutex<(count: Int, hook: Hook?)>((0, nil))

        /// Sets what is done before a value is kept, which is told how many were asked for so far.
        func before(_ hook: @escaping Hook) { state.withLock { $0 = (0, hook) } }

        func set(_ value: SecretValue, named name: String) async throws {
            let (number, hook) = state.withLock { state in
                state.count += 1
                return (state.count, state.hook)
            }
            try await hook?(number)
            try await vault.set(value, named: name)
        }

        func secret(named name: String) async throws -> SecretValue? { try await vault.secret(named: name) }
        func secretNames() async throws -> [String] { try await vault.secretNames() }
        func deleteSecret(named name: String) async throws -> Bool { try await vault.deleteSecret(named: name) }
    }

    private static func bench(_ vault: HookedVault) -> APIBench {
        var configuration = SchedulerConfiguration()
        configuration.webhookSignature = .strait
        return APIBench(.strait, vault: vault, configuration: configuration)
    }

    @Test("A change that turns out to be repeated once its value is kept leaves the other values as they are")
    func overtaken() async throws {
        let vault = HookedVault()
        let bench = Self.bench(vault)
        let (id, old) = try await Self.ended(bench, vault)
        let change: @Sendable (String, String) async -> Int = { secret, key in
            await bench.send(
                "PATCH", "/v1/jobs/\(id)", ["webhook_secret": .string(secret)], headers: ["Idempotency-Key": key]
            ).status
        }
        vault.before { number in
            guard number == 1 else { return }
            let made = await change("0123456789-second", "a")
            let followed = await change("0123456789-third", "b")
            #expect((made, followed) == (200, 200))
        }
        #expect(await change("0123456789-second", "a") == 200)
        #expect(try await vault.secret(named: old)?.value == "0123456789-third")
    }

    @Test("A batch whose secrets cannot all be kept leaves none behind")
    func unkept() async throws {
        let vault = HookedVault()
        let bench = Self.bench(vault)
        vault.before { number in
            if number == 3 { throw StoreError(.unavailable, "The vault is away.") }
        }
        let jobs = ["a", "b", "c"].map { StraitTests.welcome.with(Self.hook).with(["slug": .string($0)]) }
        let answer = await bench.send("POST", "/v1/jobs/batch", .array(jobs))
        #expect(answer.status >= 500, "\(answer.text)")
        #expect(try await vault.secretNames().isEmpty)
    }

    @Test("A job that is deleted or changed takes no secret from another one that holds its reference")
    func shared() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let id = try await StraitTests.create(bench, Self.hook)
        var copies: [String] = []
        for slug in ["b", "c"] {
            let copy = await bench.send(
                "POST", "/_rota/jobs/\(id)/clone", ["name": .string(slug), "slug": .string(slug)])
            #expect(copy.status == 201, "\(copy.text)")
            copies.append(try #require(copy.id?.string))
        }
        #expect(try await vault.secretNames().count == 1)
        #expect(await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": "0123456789-second"]).status == 200)
        #expect(try await Self.secret(copies[0], bench, vault) == "0123456789-first")
        #expect(await bench.send("DELETE", "/v1/jobs/\(copies[0])").status == 204)
        #expect(try await Self.secret(copies[1], bench, vault) == "0123456789-first")
        #expect(try await Self.secret(id, bench, vault) == "0123456789-second")
        for left in [copies[1], id] {
            #expect(await bench.send("DELETE", "/_rota/jobs/\(left)").status == 204)
        }
        #expect(try await vault.secretNames().isEmpty)
    }

    @Test("A client names no secret that is kept for another job, but may send back its own")
    func foreign() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        let id = try await StraitTests.create(bench, Self.hook)
        let reference = JSONValue.string("secret://" + (try #require(await vault.secretNames().first)))
        let thief = StraitTests.welcome.with(Self.hook).with(["slug": "thief", "webhook_secret": reference])
        #expect(await bench.send("POST", "/v1/jobs", thief).status == 400)
        #expect(await bench.send("POST", "/v1/jobs/batch", [thief]).status == 400)
        let other = try await Self.second(bench, ["webhook_url": "https://a.example/"])
        #expect(await bench.send("PATCH", "/v1/jobs/\(other)", ["webhook_secret": reference]).status == 400)
        #expect(await bench.send("PATCH", "/v1/jobs/\(id)", ["webhook_secret": reference]).status == 200)
        #expect(try await Self.secret(id, bench, vault) == "0123456789-first")
    }

    @Test("Jobs that are deleted together, or as orphans of a declaration, leave no secret behind")
    func several() async throws {
        let vault = MemoryVault()
        let bench = StraitCallbackTests.bench(vault: vault)
        var ids: [JSONValue] = []
        for slug in ["a", "b", "c"] {
            ids.append(.string(try await StraitTests.create(bench, Self.hook.with(["slug": .string(slug)]))))
        }
        #expect(try await vault.secretNames().count == 3)
        let deleted = await bench.send(
            "POST", "/_rota/jobs/bulk", ["ids": .array(Array(ids.prefix(2))), "action": "delete"])
        #expect(deleted.done == 2, "\(deleted.text)")
        #expect(try await vault.secretNames().count == 1)
        // The third becomes a declared job, and then an orphan.
        let definition = await bench.send("GET", "/_rota/jobs/c").definition ?? .null
        func declare(_ jobs: JSONValue, _ isDryRun: JSONValue) async -> Answer {
            await bench.send(
                "POST", "/_rota/declare",
                ["owner": "ops", "jobs": jobs, "orphans": "delete", "dryRun": isDryRun])
        }
        #expect(await declare([["id": ids[2], "definition": definition]], false).status == 200)
        #expect(await declare([], true).removed?.elements.count == 1)
        #expect(try await vault.secretNames().count == 1)
        #expect(await declare([], false).removed?.elements.count == 1)
        #expect(try await vault.secretNames().isEmpty)
    }

    @Test("A change without webhook fields leaves a webhook that was made elsewhere as it is")
    func untouched() async throws {
        let bench = APIBench(.strait)
        let id = try await StraitTests.create(bench, ["webhook_url": "https://hooks.example.com/"])
        let job = try #require(JobID(id))
        #expect(try await bench.scheduler.job(job).definition.notifications.map(\.includesOutput) == [true])
        let rule = NotificationRule(
            on: .completion, .webhook(url: "https://hooks.example.com/", secret: "secret://hook"))
        try await bench.scheduler.update(job) { $0.notifications = [rule] }
        for change in [["description": "new"], ["webhook_url": "https://hooks.example.com/"]] as [JSONValue] {
            #expect(await bench.send("PATCH", "/v1/jobs/\(id)", change).status == 200)
            #expect(try await bench.scheduler.job(job).definition.notifications == [rule])
        }
    }
}
