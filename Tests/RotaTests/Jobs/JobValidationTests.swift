import Foundation
import RotaTestSupport
import RotaTesting
import Testing

/// The limits of a job's fields, each with the largest accepted value and the smallest refused one.
@Suite("Job validation")
struct JobValidationTests {
    static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    static func draft(_ change: (inout JobDefinition) throws -> Void) rethrows -> JobDraft {
        var draft = JobDraft(name: "limits", schedule: .every(.seconds(60)), action: .handler("work"))
        try change(&draft.definition)
        return draft
    }

    struct Field: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let good: JobDraft
        let bad: JobDraft

        init<Value>(
            _ name: String, _ path: any WritableKeyPath<JobDefinition, Value> & Sendable, good: Value, bad: Value
        ) {
            testDescription = name
            self.good = JobValidationTests.draft { $0[keyPath: path] = good }
            self.bad = JobValidationTests.draft { $0[keyPath: path] = bad }
        }
    }

    static let fields = [
        Field("name", \.name, good: text(255), bad: text(256)),
        Field("slug", \.attributes.slug, good: text(255), bad: text(256)),
        Field("slug's characters", \.attributes.slug, good: "a-Z.0_9~", bad: "a/b"),
        Field("description", \.attributes.description, good: text(2000), bad: text(2001)),
        Field("project", \.attributes.project, good: text(255), bad: ""),
        Field("group", \.attributes.group, good: text(255), bad: text(256)),
        Field("environment", \.attributes.environment, good: "production", bad: ""),
        Field("tags", \.attributes.tags, good: tags(20), bad: tags(21)),
        Field("a tag's name", \.attributes.tags, good: [text(64): ""], bad: [text(65): ""]),
        Field("a tag's value", \.attributes.tags, good: ["a": text(256)], bad: ["a": text(257)]),
        Field("priority", \.priority, good: 10, bad: 11),
        Field("low priority", \.priority, good: 0, bad: -1),
        Field("concurrency", \.limits.concurrency, good: 1, bad: 0),
        Field("concurrency per key", \.limits.concurrencyPerKey, good: 1, bad: 0),
        Field("rate", \.limits.rate, good: RateLimit(1, per: .seconds(1)), bad: RateLimit(0, per: .seconds(1))),
        Field("rate's window", \.limits.rate, good: RateLimit(1, per: .seconds(1)), bad: RateLimit(1, per: .zero)),
        Field(
            "shared rates", \.limits.sharedRates, good: [SharedRateLimit("api", RateLimit(1, per: .seconds(1)))],
            bad: [SharedRateLimit("", RateLimit(1, per: .seconds(1)))]),
        Field(
            "shared rates named once", \.limits.sharedRates,
            good: [SharedRateLimit("a", RateLimit(1, per: .seconds(1)))],
            bad: Array(repeating: SharedRateLimit("a", RateLimit(1, per: .seconds(1))), count: 2)),
        Field("time to live", \.limits.timeToLive, good: .seconds(1), bad: .zero),
        Field(
            "notifications", \.notifications,
            good: Array(repeating: NotificationRule(on: .failure, .handler("x")), count: 20),
            bad: Array(repeating: NotificationRule(on: .failure, .handler("x")), count: 21)),
        Field(
            "payload", \.action,
            good: .handler("x"), bad: (try? .handler("x", payload: text(5 * 1024 * 1024))) ?? .handler("")),
    ]

    static func tags(_ count: Int) -> [String: String] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { ("tag\($0)", "value") })
    }

    @Test("A field takes its largest value and refuses one beyond", .rows("SX-13"), arguments: fields)
    func field(_ field: Field) async throws {
        let bench = Bench()
        try await bench.scheduler.create(field.good)
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.create(field.bad) }
        #expect(error?.code == .invalidJob)
        #expect(error?.message.isEmpty == false)
        #expect(try await bench.scheduler.jobs().items.count == 1)
    }

    @Test("100 attempts are taken and 101 refused", .rows("SX-13"))
    func attempts() async throws {
        let bench = Bench()
        try await bench.scheduler.create(Self.draft { $0.retry.maxAttempts = 100 })
        let draft = Self.draft { $0.retry.maxAttempts = 101 }
        let error = await #expect(throws: RetryPolicyError.self) { try await bench.scheduler.create(draft) }
        #expect(error?.message.hasPrefix("The retry policy of job \"\(draft.definition.name)\" is invalid. ") == true)
    }

    @Test("Other invalid parts are refused with the error of their module")
    func parts() async throws {
        let bench = Bench()
        await #expect(throws: (any Error).self) {
            try await bench.scheduler.create(
                Self.draft {
                    $0.notifications = [NotificationRule(on: .failure, .webhook(url: "nowhere", secret: nil))]
                })
        }
        await #expect(throws: RetryPolicyError.self) {
            try await bench.scheduler.create(Self.draft { $0.breaker = CircuitBreakerPolicy(probes: 0) })
        }
    }

    @Test("A batch of new jobs has a limit and is created whole or not at all", .rows("S-3"))
    func batch() async throws {
        let bench = Bench()
        let draft = Self.draft { _ in }
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.create(Array(repeating: draft, count: Scheduler.maximumBatch + 1))
        }
        #expect(error?.code == .tooMany)
        #expect(try await bench.scheduler.create(Array(repeating: draft, count: 50)).count == 50)
    }

    @Test(
        "An invalid trigger is refused before an execution exists", .rows("SX-13"),
        arguments: [
            TriggerRequest(priority: 11), TriggerRequest(priority: -1), TriggerRequest(concurrencyKey: text(257)),
            TriggerRequest(concurrencyKey: ""), TriggerRequest(idempotencyKey: text(257)),
            TriggerRequest().with { $0.tags = tags(21) },
            TriggerRequest(timeToLive: .zero), TriggerRequest(timeToLive: .seconds(2_592_001)),
            TriggerRequest().with { $0.author = "" },
            TriggerRequest().with { $0.source = ExecutionSource(rawValue: "") },
        ])
    func run(_ request: TriggerRequest) async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(Self.draft { _ in })
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.trigger(job.id, request) }
        #expect(error?.code == .invalidRequest)
        #expect(try await bench.executions().isEmpty)
    }

    @Test("The date of a triggered execution lies in the years 1 to 9999", arguments: [1e13, -1e13, .nan, .infinity])
    func date(seconds: Double) async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(Self.draft { _ in })
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.trigger(job.id, at: Date(timeIntervalSince1970: seconds))
        }
        #expect(error?.code == .invalidRequest)
    }

    @Test("Invalid retry overrides are refused before an execution exists", .rows("S-73"))
    func overrides() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(Self.draft { _ in })
        await #expect(throws: RetryPolicyError.self) {
            try await bench.scheduler.trigger(
                job.id, TriggerRequest().with { $0.overrides = RetryOverrides(maxAttempts: 101) })
        }
        #expect(try await bench.executions().isEmpty)
    }

    @Test("A negative maximum lateness is refused")
    func negativeLateness() async throws {
        let bench = Bench()
        await #expect(throws: (any Error).self) {
            try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .handler("x"),
                    misfire: .latest(maximumLateness: .seconds(-1))))
        }
    }
}
