import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

/// Jobs that say what their payload must look like.
@Suite struct PayloadSchemaTests {
    private struct Order: Codable {
        var order: Int
    }

    private static let schema = try? JSONSchema([
        "type": "object", "required": ["order"], "properties": ["order": ["type": "integer", "minimum": 1]],
        "additionalProperties": false,
    ])

    private static func scheduler() async throws -> (Scheduler, Job) {
        let scheduler = Scheduler(store: InMemoryJobStore(), clock: ManualClock())
        try await scheduler.handle("pack") { _ in }
        let job = try await scheduler.create(
            JobDraft(queue: "pack").with { $0.payloadSchema = schema })
        return (scheduler, job)
    }

    /// The error of an operation that refuses a payload.
    private static func refusal(_ body: () async throws -> Void) async throws -> SchedulerError {
        do {
            try await body()
        } catch let error as SchedulerError where error.code == .invalidPayload {
            return error
        }
        throw Accepted()
    }

    private struct Accepted: Error {}

    @Test("A payload that breaks the schema is refused before an execution exists", .rows("S-25"))
    func triggers() async throws {
        let (scheduler, job) = try await Self.scheduler()
        let error = try await Self.refusal {
            try await scheduler.trigger(job.id, payload: JSONPayload(Order(order: 0)))
        }
        #expect(
            error.message
                == "The payload of the execution does not match the schema of job \"pack\": /order: must be at "
                + "least 1, not 0 (minimum).")
        #expect(error.violations.map(\.pointer) == ["/order"] && error.value == "/order")
        #expect(error.violations.map(\.schemaPointer) == ["/properties/order/minimum"])
        _ = try await Self.refusal { try await scheduler.trigger(job.id) }
        _ = try await Self.refusal { try await scheduler.trigger(job.id, at: .distantFuture) }
        _ = try await Self.refusal {
            try await scheduler.enqueue("pack", payload: Order(order: -1), after: .seconds(9))
        }
        _ = try await Self.refusal {
            try await scheduler.trigger(job.id, payload: JSONPayload(json: Data(#"{"order": 1, "order": 0}"#.utf8)))
        }
        // All of a bulk or nothing.
        _ = try await Self.refusal {
            try await scheduler.trigger(
                job.id, [3, 0].map { TriggerRequest(payload: try JSONPayload(Order(order: $0))) })
        }
        #expect(try await scheduler.executions(ExecutionQuery()).items.isEmpty)
        let execution = try await scheduler.enqueue("pack", payload: Order(order: 7))
        #expect(try execution.payload?.decode(Order.self).order == 7)
    }

    @Test("The work that follows a batch is checked by its own job's schema")
    func followUp() async throws {
        let (scheduler, _) = try await Self.scheduler()
        try await scheduler.handle("free") { _ in }
        try await scheduler.create(JobDraft(queue: "free"))
        _ = try await Self.refusal {
            try await scheduler.enqueue("free", [TriggerRequest()], then: TriggerRequest.FollowUp("pack"))
        }
        #expect(try await scheduler.executions(ExecutionQuery()).items.isEmpty)
    }

    @Test("A job whose own payload breaks its schema is refused, and so is an update to such a one")
    func definitions() async throws {
        let (scheduler, job) = try await Self.scheduler()
        let action = try JobAction.handler("pack", payload: Order(order: 0))
        let error = try await Self.refusal {
            try await scheduler.create(
                JobDraft(name: "daily", schedule: .daily(at: "03:00"), action: action)
                    .with { $0.payloadSchema = Self.schema })
        }
        #expect(error.message.contains("The payload of the action does not match the schema of job \"daily\": /order"))
        _ = try await Self.refusal { try await scheduler.update(job.id) { $0.action = action } }
        #expect(try await scheduler.job(job.id).version == 1)
    }

    @Test("A trigger without a payload is checked with the job's own")
    func ownPayload() async throws {
        let (scheduler, _) = try await Self.scheduler()
        let job = try await scheduler.create(
            JobDraft(
                name: "daily", schedule: .daily(at: "03:00"),
                action: try .handler("pack", payload: Order(order: 5))
            ).with { $0.payloadSchema = Self.schema })
        #expect(try await scheduler.trigger(job.id).status == .queued)
        _ = try await Self.refusal { try await scheduler.trigger(job.id, payload: JSONPayload("x")) }
    }

    @Test("A preview warns of a schedule that fires without the payload that the schema wants")
    func preview() async throws {
        let (scheduler, _) = try await Self.scheduler()
        let draft = try JobDraft(name: "daily", schedule: .daily(at: "03:00"), action: .handler("pack"))
            .with { $0.payloadSchema = Self.schema }
        let warnings = try await scheduler.preview(draft).warnings
        #expect(warnings.map(\.code) == [.unreadablePayload])
        #expect(warnings.first?.message.contains("must be object, not null (type). Give the action a payload") == true)
    }

    @Test("A changed schema holds for triggers from then on, and the version tells it", .rows("S-47"))
    func update() async throws {
        let (scheduler, job) = try await Self.scheduler()
        try await scheduler.update(job.id) { $0.payloadSchema = nil }
        let free = try await scheduler.enqueue("pack", payload: Order(order: 0))
        #expect(free.jobVersion == 2)
        try await scheduler.update(job.id) { $0.payloadSchema = Self.schema }
        _ = try await Self.refusal { try await scheduler.enqueue("pack", payload: Order(order: 0)) }
        let same = try await scheduler.update(job.id) {
            $0.payloadSchema = try JSONSchema(
                parsing: #"""
                    {"additionalProperties": false, "required": ["order"], "type": "object",
                     "properties": {"order": {"minimum": 1.0, "type": "integer"}}}
                    """#)
        }
        #expect(same.version == 3)
    }

    @Test("A schema survives the file store, with numbers that no encoder keeps")
    func fileStore() async throws {
        let files = FaultyFileSystem()
        let schema = try JSONSchema(
            parsing: #"{"maximum": 123456789012345678901234567890, "multipleOf": 0.01, "pattern": "^[0-9]+$"}"#)
        let store = try await FileJobStore(path: "/store", environment: .inMemory(files))
        let scheduler = Scheduler(store: store, clock: ManualClock())
        try await scheduler.handle("pack") { _ in }
        let job = try await scheduler.create(JobDraft(queue: "pack").with { $0.payloadSchema = schema })
        try await store.close()
        let again = try await FileJobStore(path: "/store", environment: .inMemory(files))
        #expect(try await again.job(job.id)?.definition.payloadSchema == schema)
        try await again.close()
    }
}
