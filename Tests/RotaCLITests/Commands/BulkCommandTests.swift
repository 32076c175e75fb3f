import Foundation
import Rota
import RotaAPI
import RotaHTTP
import Synchronization
import Testing

@testable import RotaCLI

@Suite("Changes of many records by a command")
struct BulkCommandTests {
    /// Lets a bench answer bulk requests with the texts, and returns the bodies that it was sent.
    private static func script(_ bench: CLIBench, _ answers: String...) -> @Sendable () -> [JSONValue] {
        let (rest, bodies) = (Shared(answers), Shared<[JSONValue]>([]))
        bench.intercept.withLock { intercept in
            intercept = { request in
                guard request.target.hasSuffix("/bulk") else { return nil }
                bodies.value.withLock { $0.append((try? JSONValue(parsing: Array(request.body))) ?? .null) }
                guard let answer = rest.value.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else { return nil }
                return APIResponse(status: 200, headers: ["Rota-API": "1"], body: Data(answer.utf8))
            }
        }
        return { bodies.value.withLock(\.self) }
    }

    private final class Shared<Value: Sendable>: Sendable {
        let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
    }

    @Test("What a server had no time for is asked for again by its identifiers, under the same key")
    func remaining() async throws {
        let bench = CLIBench()
        let bodies = Self.script(
            bench, #"{"count":5}"#,
            #"{"done":2,"failed":[],"remaining":3,"remainingIDs":["a","b","c"],"reason":"late"}"#,
            #"{"done":1,"failed":[{"id":"b","message":"no"}],"remaining":1,"remainingIDs":["c"]}"#,
            #"{"done":1,"failed":[],"remaining":0}"#)
        let result = await bench.run("executions", "replay", "--job", "x", "--key", "k", "-y")
        #expect(result.exit == .failed && result.output == "Replayed 4 of 5 executions.\n", "\(result)")
        #expect(result.errors == "b: no\n")
        #expect(bodies().map { $0["ids"] } == [nil, nil, ["a", "b", "c"], ["c"]])
        #expect(bodies().map { $0["confirm"] } == [nil, true, nil, nil])
        #expect(bodies().map { $0["idempotencyKey"] } == [nil, "k", "k", "k"])
    }

    @Test("A server that gets no further is not asked for ever, and what is left is told")
    func stuck() async throws {
        let bench = CLIBench()
        let stopped =
            #"{"done":0,"failed":[],"remaining":3,"remainingIDs":["a","b","c"],"reason":"The store is full."}"#
        let bodies = Self.script(
            bench, #"{"count":5}"#, #"{"done":2,"failed":[],"remaining":3,"remainingIDs":["a","b","c"]}"#, stopped)
        let result = await bench.run("executions", "cancel", "--job", "x", "-y")
        #expect(result.exit == .failed && result.output == "Canceled 2 of 5 executions.\n", "\(result)")
        #expect(result.errors == "3 are left: The store is full.\n")
        #expect(bodies().count == 3)
    }

    @Test("Who answers a question confirms the number of it, and who says yes beforehand whatever matches")
    func confirmation() async throws {
        let bench = CLIBench()
        _ = try await bench.job("x")
        let bodies = Self.script(bench, #"{"count":7}"#)
        let asked = await bench.run("jobs", "pause", "--search", "x", answers: ["y"])
        #expect(asked.exit == .conflict && asked.errors.contains("1 match now, not 7"), "\(asked)")
        #expect(await bench.run("jobs", "pause", "--search", "x", "-y").exit == .done)
        #expect(bodies().map { $0["confirm"] } == [nil, 7, nil, true])
    }

    @Test("After a no, it is told what was deleted before")
    func declined() async throws {
        let bench = CLIBench()
        for name in ["a", "b", "c"] { _ = try await bench.job(name) }
        let result = await bench.run("jobs", "delete", "a", "b", "c", answers: ["y", "n"])
        #expect(result.exit == .failed && result.errors.contains("Only 1 of the jobs was deleted."), "\(result)")
        #expect(try await bench.scheduler.jobs().items.map(\.name) == ["b", "c"])
    }
}
