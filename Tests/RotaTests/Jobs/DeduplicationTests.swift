import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@testable import Rota

/// Jobs that take triggers with the same payload within a time for one.
@Suite struct DeduplicationTests {
    private let clock = ManualClock()

    private func scheduler(_ window: Duration? = .seconds(60)) async throws -> (Scheduler, Job) {
        let scheduler = Scheduler(store: InMemoryJobStore(), clock: clock)
        try await scheduler.handle("import") { _ in }
        let job = try await scheduler.create(
            JobDraft(queue: "import").with { $0.deduplicationWindow = window })
        return (scheduler, job)
    }

    private func payload(_ json: String) throws -> JSONPayload { try JSONPayload(json: Data(json.utf8)) }

    @Test("The same payload within the window returns the earlier execution", .rows("S-39", "SX-4"))
    func samePayload() async throws {
        let (scheduler, job) = try await scheduler()
        let first = try await scheduler.trigger(job.id, payload: payload(#"{"a": [1, 2], "b": "x"}"#))
        await clock.advance(by: .seconds(59), driving: [])
        for same in [#"{"b":"x","a":[1.0,20e-1]}"#, #" {"a": [1, 2], "b": "\u0078"} "#] {
            #expect(try await scheduler.trigger(job.id, payload: payload(same)).id == first.id)
        }
        for other in [#"{"a": [2, 1], "b": "x"}"#, #"{"a": [1, 2]}"#, #"{"a": [1, 2], "b": "x", "c": null}"#, "null"] {
            #expect(try await scheduler.trigger(job.id, payload: payload(other)).id != first.id)
        }
        #expect(try await scheduler.executions(ExecutionQuery(jobID: job.id)).items.count == 5)
        await clock.advance(by: .seconds(1), driving: [])
        #expect(try await scheduler.trigger(job.id, payload: payload(#"{"a": [1, 2], "b": "x"}"#)).id != first.id)
    }

    @Test("Without a payload, triggers are the same by the payload of the action", .rows("SX-4"))
    func withoutPayload() async throws {
        let scheduler = Scheduler(store: InMemoryJobStore(), clock: clock)
        try await scheduler.handle("import") { _ in }
        let job = try await scheduler.create(
            JobDraft(
                name: "import", schedule: .every(.hours(1)), action: .handler("import", payload: payload(#"{"n": 1}"#))
            ).with { $0.deduplicationWindow = .seconds(60) })
        let first = try await scheduler.trigger(job.id)
        #expect(try await scheduler.trigger(job.id, payload: payload(#"{"n":1}"#)).id == first.id)
        #expect(try await scheduler.trigger(job.id, payload: payload("{}")).id != first.id)
    }

    @Test("A duplicate is told apart from a repeated idempotency key", .rows("SX-4", "SX-5"))
    func keys() async throws {
        let (scheduler, job) = try await scheduler()
        let (one, two) = (try payload("1"), try payload("2"))
        let result = try await scheduler.trigger(
            job.id,
            [
                TriggerRequest(payload: one, idempotencyKey: "a"), TriggerRequest(payload: one),
                TriggerRequest(payload: two, idempotencyKey: "a"), TriggerRequest(payload: one, idempotencyKey: "b"),
                TriggerRequest(payload: one),
            ])
        let (first, fourth) = (result.outcomes[0].execution, result.outcomes[3].execution)
        #expect(
            result.outcomes == [
                .queued(first), .duplicate(first), .existing(first), .queued(fourth), .duplicate(fourth),
            ])
        #expect(first.details.idempotencyKey == "a" && fourth.id != first.id && result.created == 2)
    }

    @Test("An execution with an idempotency key is kept for the window too, whatever the retention", .rows("SX-4"))
    func retention() async throws {
        let bench = Bench(clock: clock)
        try await bench.scheduler.handle("import") { _ in }
        let job = try await bench.scheduler.create(
            JobDraft(queue: "import").with {
                $0.deduplicationWindow = .seconds(60)
                $0.retention = .last(0)
            })
        try await bench.running {
            let one = try payload("1")
            let first = try await bench.scheduler.trigger(job.id, TriggerRequest(payload: one, idempotencyKey: "k"))
            await bench.advance(.seconds(30))
            #expect(try await bench.scheduler.trigger(job.id, payload: one).id == first.id)
            await bench.advance(.seconds(31))
            #expect(try await bench.scheduler.trigger(job.id, payload: one).id != first.id)
        }
    }

    @Test("A uniqueness of the trigger replaces the window, and may compare payloads by itself", .rows("SX-4"))
    func ownUniqueness() async throws {
        let (scheduler, job) = try await scheduler()
        let (other, open) = (try await self.scheduler(nil))
        let one = try payload("1")
        let first = try await scheduler.trigger(job.id, TriggerRequest(payload: one, uniqueness: .unique("k")))
        #expect(try await scheduler.trigger(job.id, payload: one).id != first.id)
        #expect(
            try await scheduler.trigger(job.id, TriggerRequest(payload: payload("2"), uniqueness: .unique("k"))).id
                == first.id)
        let plain = try await other.trigger(open.id, payload: one)
        #expect(try await other.trigger(open.id, payload: one).id != plain.id)
        let request = TriggerRequest(payload: one, uniqueness: .samePayload(for: .seconds(60)))
        let compared = try await other.trigger(open.id, request)
        #expect(try await other.trigger(open.id, request).id == compared.id)
    }

    @Test("Schedules, replays and keys of other jobs are not compared", .rows("SX-4"))
    func others() async throws {
        let (scheduler, job) = try await scheduler()
        let first = try await scheduler.trigger(job.id, payload: payload("1"))
        #expect(try await scheduler.replay(first.id).id != first.id)
        let clone = try await scheduler.create(
            JobDraft(name: "other", schedule: .onDemand, action: .handler("import")).with {
                $0.deduplicationWindow = .seconds(60)
            })
        #expect(try await scheduler.trigger(clone.id, payload: payload("1")).id != first.id)
    }

    @Test("The window is more than zero and at most 30 days", arguments: [Duration.zero, .seconds(-1), .days(31)])
    func range(window: Duration) async throws {
        let error = await #expect(throws: SchedulerError.self) { _ = try await scheduler(window) }
        #expect(error?.message.contains("The deduplication window must be more than zero and at most") == true)
    }
}
