import Foundation
import Rota
import RotaAPI
import RotaCore
import RotaHTTP
import RotaStore
import RotaTesting
import Testing

/// An API over a scheduler on a manual clock, without a socket.
struct APIBench {
    let clock: ManualClock
    let store: any JobStore
    let transport: ScriptedTransport
    let scheduler: Scheduler
    let api: SchedulerAPI

    static let start = Date(timeIntervalSince1970: 1_773_568_800)  // 2026-03-15T10:00:00Z

    init(
        _ profile: APIProfile, clock: ManualClock = ManualClock(now: start), store: some JobStore = InMemoryJobStore(),
        under prefix: String = "", vault: (any SecretVault)? = nil,
        configuration: SchedulerConfiguration = SchedulerConfiguration()
    ) {
        self.clock = clock
        self.store = store
        transport = ScriptedTransport(sleep: { try await clock.sleep(for: $0) })
        scheduler = Scheduler(
            store: store, transport: transport,
            secrets: ClosureSecrets { name in try await vault?.secret(named: name) }, configuration: configuration,
            clock: clock,
            ids: TimeOrderedIDGenerator(random: SeededGenerator(seed: 1)), random: SeededGenerator(seed: 1))
        api = SchedulerAPI(
            scheduler, as: profile, under: prefix, vault: vault,
            authorize: APIAccess.bearer([
                "test-token": .allow(actor: "tester"), "read-token": .allow(scopes: [.read]),
                "poor-token": .refused(status: 402, code: "INSUFFICIENT_CREDIT", message: "No credit is left."),
            ]))
    }

    /// Sends a request and reads the answer.
    func send(
        _ method: String, _ target: String, _ body: JSONValue? = nil, token: String? = "test-token",
        headers: [String: String] = [:]
    ) async -> Answer {
        var fields = headers.map { ($0.key, $0.value) }
        if let token { fields.append(("Authorization", "Bearer \(token)")) }
        if body != nil { fields.append(("Content-Type", "application/json")) }
        let response = await api.respond(
            to: APIRequest(
                method: method, target: target, headers: fields, body: body.map { Data($0.text.utf8) }))
        return Answer(response)
    }

    func running<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [scheduler] in try await scheduler.run() }
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }

    /// Lets time pass while the scheduler does not run.
    func pass(_ duration: Duration) async { await clock.advance(by: duration, driving: []) }

    /// Lets time pass while the scheduler runs, and does all that is due.
    func advance(_ duration: Duration) async { await clock.advance(by: duration, driving: [scheduler]) }
}

/// An answer with its body as JSON.
@dynamicMemberLookup
struct Answer {
    let response: APIResponse
    let json: JSONValue

    init(_ response: APIResponse) {
        self.response = response
        json = (try? JSONValue(parsing: String(decoding: response.body, as: UTF8.self))) ?? .null
    }

    var status: Int { response.status }
    var text: String { String(decoding: response.body, as: UTF8.self) }

    subscript(dynamicMember name: String) -> JSONValue? { json[name] }
    subscript(name: String) -> JSONValue? { json[name] }
}

extension JSONValue {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var int: Int? { if case .number(let number) = self { number.int64.map { Int($0) } } else { nil } }
    var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
    var elements: [JSONValue] { if case .array(let elements) = self { elements } else { [] } }
    var keys: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }
}
