import Foundation
import RotaHTTP
import RotaJSONSchema
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

/// Jobs that trigger others when their executions end.
@Suite struct ChainTests {
    private struct Broken: Error {}

    private func queue(_ slug: String, _ rules: [ChainRule] = [], project: String? = nil) -> JobDraft {
        JobDraft(queue: slug).with {
            $0.chain = rules
            $0.retry = .none
            $0.attributes.project = project
        }
    }

    @Test("A success triggers the next job with values from the output, a failure another", .rows("SX-2", "SX-11"))
    func links() async throws {
        let bench = Bench()
        let payloads = Recorded<String>()
        try await bench.scheduler.handle("order") { context in
            guard try context.payload?.decode(String.self) != "fail" else { throw Broken() }
            return try JSONPayload(["id": 7, "total": 12])
        }
        for name in ["invoice", "mop"] {
            try await bench.scheduler.handle(name) { context in
                payloads.add(name + " " + (context.payload.map { String(decoding: $0.json, as: UTF8.self) } ?? "none"))
            }
        }
        let rules = [
            ChainRule(on: .completed, slug: "invoice", payload: ["order": try JSONPath("$.id")]),
            ChainRule(on: .failed, slug: "mop"),
        ]
        let order = try await bench.scheduler.create(queue("order", rules))
        let invoice = try await bench.scheduler.create(queue("invoice"))
        let mop = try await bench.scheduler.create(queue("mop"))
        try await bench.running {
            let good = try await bench.scheduler.trigger(order.id, TriggerRequest().with { $0.dependencyKey = "mon" })
            await bench.advance(.zero)
            let bad = try await bench.scheduler.trigger(order.id, payload: JSONPayload("fail"))
            await bench.advance(.zero)
            #expect(payloads.all == [#"invoice {"order":7}"#, "mop none"])
            let next = try #require(try await bench.executions(of: invoice.id).first)
            #expect(next.status == .succeeded && next.source == .chain && next.details.parentID == good.id)
            #expect(next.details.lineageDepth == 1 && next.details.dependencyKey == "mon")
            let explanation = try await bench.scheduler.explain(next.id).description
            #expect(explanation.hasSuffix("; execution \(good.id) caused it."), "\(explanation)")
            #expect(try await bench.executions(of: mop.id).map(\.details.parentID) == [bad.id])
        }
    }

    @Test("A slug is looked up in the project of the job", .rows("SX-11"))
    func projects() async throws {
        let bench = Bench()
        for name in ["first", "second"] { try await bench.scheduler.handle(name) { _ in } }
        let first = try await bench.scheduler.create(
            queue("first", [ChainRule(on: .any, slug: "second")], project: "a"))
        let other = try await bench.scheduler.create(queue("second", project: "b"))
        let own = try await bench.scheduler.create(queue("second", project: "a"))
        try await bench.running {
            _ = try await bench.scheduler.trigger(first.id)
            await bench.advance(.zero)
        }
        #expect(try await bench.executions(of: own.id).count == 1)
        #expect(try await bench.executions(of: other.id).isEmpty)
    }

    @Test("Jobs that trigger each other stop after ten links, with a failure that says so", .rows("SX-11", "S-87"))
    func circle() async throws {
        let bench = Bench()
        for name in ["ping", "pong"] { try await bench.scheduler.handle(name) { _ in } }
        let ping = try await bench.scheduler.create(queue("ping", [ChainRule(on: .any, slug: "pong")]))
        _ = try await bench.scheduler.create(queue("pong", [ChainRule(on: .any, slug: "ping")]))
        try await bench.running {
            _ = try await bench.scheduler.trigger(ping.id)
            await bench.advance(.seconds(1))
        }
        let all = try await bench.executions().sorted { $0.details.lineageDepth < $1.details.lineageDepth }
        #expect(all.map(\.details.lineageDepth) == Array(0...11))
        #expect(all.map(\.status) == Array(repeating: .succeeded, count: 11) + [.failed])
        #expect(
            all.last?.failure?.message
                == "It was not started: a chain of executions that trigger one another has at most 10 links. Look for "
                + "jobs that trigger each other in a circle.")
    }

    @Test(
        "An execution that its own job's chain cannot make counts in the job's statistics, after its cause",
        .rows("SX-11"))
    func ownChain() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("again") { _ in throw Broken() }
        let schema = try JSONSchema(["type": "string"])
        let job = try await bench.scheduler.create(
            queue("again", [ChainRule(on: .failed, slug: "again", payload: [:])]).with {
                $0.payloadSchema = schema
                $0.retention = .last(1)
            })
        try await bench.running {
            _ = try await bench.scheduler.trigger(job.id, payload: JSONPayload("go"))
            await bench.advance(.zero)
        }
        let after = try await bench.scheduler.job(job.id)
        #expect(after.statistics.failed == 2 && after.statistics.lastStatus == .failed)
        let kept = try await bench.executions(of: job.id)
        #expect(kept.map(\.source) == [.chain])
    }

    @Test("A payload that breaks the next job's schema is a failure of that job, and is told", .rows("S-25"))
    func schema() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("order") { _ in try JSONPayload(["id": "x"]) }
        try await bench.scheduler.handle("invoice") { _ in }
        let schema = try JSONSchema(["properties": ["order": ["type": "integer"]]])
        let order = try await bench.scheduler.create(
            queue("order", [ChainRule(on: .completed, slug: "invoice", payload: ["order": try JSONPath("$.id")])]))
        let invoice = try await bench.scheduler.create(queue("invoice").with { $0.payloadSchema = schema })
        try await bench.running {
            _ = try await bench.scheduler.trigger(order.id)
            await bench.advance(.zero)
        }
        let failed = try #require(try await bench.executions(of: invoice.id).first)
        #expect(failed.status == .failed && failed.attempts.isEmpty && failed.isDeadLetter)
        #expect(
            failed.failure?.message
                == "It was not started: the payload that the chain made for it does not match the schema: /order: must be "
                + "integer, not a string (type).")
        #expect(try await bench.scheduler.job(invoice.id).statistics.failed == 1)
    }

    @Test("A payload over the limit, or a record with any depth, is a failure that is told")
    func bounds() async throws {
        let bench = Bench()
        for name in ["big", "next"] { try await bench.scheduler.handle(name) { _ in } }
        let root = try JSONPath("$")
        let big = try await bench.scheduler.create(
            queue("big", [ChainRule(on: .completed, slug: "next", payload: ["a": root, "b": root])]))
        let next = try await bench.scheduler.create(queue("next"))
        func ended(depth: Int, output: Int) throws -> Execution {
            var details = ExecutionDetails.none
            details.lineageDepth = depth
            var run = big.execution(
                id: ExecutionID(bits: 7), source: .manual, scheduledFor: bench.clock.now, createdAt: bench.clock.now,
                details: details)
            run.progress.status = .succeeded
            run.progress.output = try JSONPayload(String(repeating: "x", count: output))
            return run
        }
        for (depth, output, message) in [
            (0, 3 << 20, "has more than 5242880 bytes"), (.max, 1, "at most 10 links"), (.min, 1, nil),
        ] as [(Int, Int, String?)] {
            let made = big.chained(from: try ended(depth: depth, output: output), at: bench.clock.now) { _ in next }
            #expect(made.count == 1 && made[0].status == (message == nil ? .queued : .failed))
            #expect(made[0].failure?.message.contains(message ?? "-") ?? (message == nil))
        }
    }

    @Test("A chain has at most 20 rules, with slugs of 1 to 255 characters")
    func validation() async throws {
        let bench = Bench()
        let many = Array(repeating: ChainRule(on: .any, slug: "x"), count: 21)
        for (rules, message) in [
            (many, "A job can have at most 20 chain rules. This one has 21."),
            ([ChainRule(on: .any, slug: "")], "The slug of a chain rule must not be empty."),
        ] {
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.create(queue("a", rules))
            }
            #expect(error?.message.contains(message) == true)
        }
    }

    @Test("A preview warns of a rule that names no job")
    func warning() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("a") { _ in }
        let draft = queue("a", [ChainRule(on: .any, slug: "b")], project: "p")
        #expect(
            try await bench.scheduler.preview(draft).warnings.map(\.message) == [
                "A chain rule names the slug \"b\" in project \"p\", which no job has. Until one does, the rule does nothing."
            ])
        _ = try await bench.scheduler.create(queue("b", project: "p"))
        let job = try await bench.scheduler.create(draft)
        #expect(try await bench.scheduler.preview(draft).warnings.filter { $0.code == .missingChainTarget }.isEmpty)
        let changed = try await bench.scheduler.preview(updating: job.id) {
            $0.chain = [ChainRule(on: .any, job: JobID(bits: 9))]
        }
        #expect(changed.warnings.map(\.code).contains(.missingChainTarget))
    }

    @Test("A rule is read and written as JSON")
    func json() throws {
        let text = #"{"on":"completed","payload":{"order":"$.id"},"slug":"invoice"}"#
        let rule = ChainRule(on: .completed, slug: "invoice", payload: ["order": try JSONPath("$.id")])
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(String(decoding: try encoder.encode(rule), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(ChainRule.self, from: Data(text.utf8)) == rule)
        let byID = ChainRule(on: .failed, job: JobID(bits: 7))
        #expect(try JSONDecoder().decode(ChainRule.self, from: encoder.encode(byID)) == byID)
    }
}
