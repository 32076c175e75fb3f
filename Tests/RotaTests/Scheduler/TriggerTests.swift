import Foundation
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Triggered executions")
struct TriggerTests {
    let draft = JobDraft(
        name: "hourly", schedule: .every(.seconds(3600)), action: .handler("work")
    ).with { $0.metadata = ["team": "a", "x": "1"] }

    @Test(
        "A triggered execution keeps its own values",
        .rows("S-56", "S-58", "S-66 to S-68", "S-87 to S-89", "S-91"))
    func details() async throws {
        let bench = Bench()
        let runs = Recorded<Execution>()
        try await bench.scheduler.handle("work") { runs.add($0.execution) }
        let job = try await bench.scheduler.create(draft)
        let parent = try await bench.scheduler.trigger(job.id)
        let request = TriggerRequest(
            payload: try JSONPayload(["n": 7]), priority: 9, concurrencyKey: "tenant-1", idempotencyKey: "order-42",
            timeToLive: .seconds(60)
        ).with {
            $0.source = ExecutionSource(rawValue: "webhook")
            $0.metadata = ["x": "2"]
            $0.tags = ["kind": "test"]
            $0.overrides = RetryOverrides(maxAttempts: 1)
            $0.author = "ann"
            $0.parentID = parent.id
        }
        let execution = try await bench.scheduler.trigger(job.id, request)
        #expect(execution.source.rawValue == "webhook")
        #expect(execution.payload == request.payload)
        #expect(execution.metadata == ["team": "a", "x": "2"])
        #expect(execution.details.priority == 9)
        #expect(execution.details.concurrencyKey == "tenant-1")
        #expect(execution.details.tags == ["kind": "test"])
        #expect(execution.details.createdBy == "ann")
        #expect(execution.details.parentID == parent.id)
        #expect(execution.details.lineageDepth == 1)
        #expect(execution.expiresAt == bench.clock.now.addingTimeInterval(60))
        try await bench.running { await bench.advance(.zero) }
        #expect(runs.all.map(\.id).contains(execution.id))
        #expect(try await bench.scheduler.execution(execution.id).status == .succeeded)
    }

    @Test("A payload is refused by a job that sends a request, because the request has no place for it")
    func payloadOfRequest() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(
                name: "report", schedule: .every(.seconds(3600)),
                action: .http(.post("https://example.com/", body: .json(["fixed": 1])))))
        for call in [
            { _ = try await bench.scheduler.trigger(job.id, payload: JSONPayload(["n": 7])) },
            {
                _ = try await bench.scheduler.trigger(
                    job.id, [TriggerRequest(), TriggerRequest(payload: JSONPayload(1))])
            },
        ] as [() async throws -> Void] {
            let error = await #expect(throws: SchedulerError.self) { try await call() }
            #expect(error?.code == .invalidRequest)
            #expect(error?.message.contains("handler") == true && error?.message.contains("body") == true)
        }
        #expect(try await bench.executions().isEmpty)
    }

    @Test("A replay leaves out the payload if the job sends a request by now")
    func replayedPayload() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft)
        let original = try await bench.scheduler.trigger(job.id, payload: JSONPayload(["n": 7]))
        #expect(try await bench.scheduler.replay(original.id).payload == original.payload)
        try await bench.scheduler.update(job.id) { $0.action = .http(try .post("https://example.com/")) }
        #expect(try await bench.scheduler.replay(original.id).payload == nil)
    }

    @Test("Repeating a trigger with a key returns the first execution", .rows("SX-5", "I-28"))
    func idempotent() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft)
        let first = try await bench.scheduler.trigger(job.id, TriggerRequest(idempotencyKey: "a"))
        let again = try await bench.scheduler.trigger(
            job.id, TriggerRequest(payload: try JSONPayload(1), idempotencyKey: "a"))
        #expect(again == first)
        #expect(try await bench.scheduler.trigger(job.id, TriggerRequest(idempotencyKey: "b")).id != first.id)
        #expect(try await bench.executions().count == 2)
    }

    @Test(
        "Executions triggered together share a batch, and existing ones are marked",
        .rows("S-10", "S-90", "S-93", "S-94", "S-96 to S-98"))
    func bulk() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft)
        let first = try await bench.scheduler.trigger(job.id, TriggerRequest(idempotencyKey: "1"))
        let batch = try await bench.scheduler.trigger(
            job.id, ["1", "2", "2", "3"].map { TriggerRequest(idempotencyKey: $0) })
        #expect(batch.total == 4)
        #expect(batch.created == 2)
        #expect(batch.outcomes[0] == .existing(first))
        #expect(batch.outcomes[1].execution == batch.outcomes[2].execution)
        #expect(batch.outcomes[3].execution.details.batchID == batch.id)
        #expect(try await bench.executions().count == 3)
        let error = await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.trigger(job.id, Array(repeating: TriggerRequest(), count: 501))
        }
        #expect(error?.code == .tooMany)
        #expect(try await bench.executions().count == 3)
    }

    @Test("A deferred execution starts on its date, whatever the schedule does", .rows("S-61"))
    func deferred() async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            let execution = try await bench.scheduler.trigger(job.id, at: start.addingTimeInterval(100))
            await bench.advance(.seconds(99))
            #expect(try await bench.scheduler.execution(execution.id).status == .queued)
            await bench.advance(.seconds(1))
            let ended = try await bench.scheduler.execution(execution.id)
            #expect(ended.status == .succeeded)
            #expect(ended.startedAt == start.addingTimeInterval(100))
            #expect(try await bench.scheduler.job(job.id).nextRunAt == job.nextRunAt)
        }
    }

    @Test(
        "Retry overrides replace the job's policy for one execution", .rows("S-73", "S-75", "S-76"))
    func overrides() async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in throw CancellationError() }
        try await bench.running {
            var draft = draft
            draft.definition.retry = .none
            let job = try await bench.scheduler.create(draft)
            let plain = try await bench.scheduler.trigger(job.id)
            let request = TriggerRequest().with {
                $0.overrides = RetryOverrides(maxAttempts: 3, strategy: .fixed, initialDelay: .seconds(10))
            }
            let other = try await bench.scheduler.trigger(job.id, request)
            await bench.advance(.seconds(60))
            #expect(try await bench.scheduler.execution(plain.id).attempts.count == 1)
            let starts = try await bench.scheduler.execution(other.id).attempts.map(\.startedAt)
            #expect(starts.count == 3)
            #expect(starts.last.map { $0 <= start.addingTimeInterval(20) } == true)
        }
    }

    @Test("A chain of executions that trigger each other ends at ten", .rows("SX-11", "S-87"))
    func lineage() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft)
        var last = try await bench.scheduler.trigger(job.id)
        for depth in 1...10 {
            last = try await bench.scheduler.trigger(job.id, TriggerRequest().with { $0.parentID = last.id })
            #expect(last.details.lineageDepth == depth)
        }
        let request = TriggerRequest().with { $0.parentID = last.id }
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.trigger(job.id, request) }
        #expect(error?.code == .invalidRequest)
    }

    @Test("Any execution can be replayed with its own values", .rows("T-109", "T-110"))
    func replay() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft)
        let original = try await bench.scheduler.trigger(
            job.id,
            TriggerRequest(payload: try JSONPayload(1), priority: 3, idempotencyKey: "k").with { $0.tags = ["a": "b"] })
        let replay = try await bench.scheduler.replay(original.id, idempotencyKey: "r", author: "bob")
        #expect(replay.source == .replay && replay.replayOf == original.id)
        #expect(replay.payload == original.payload && replay.details.priority == 3)
        #expect(replay.details.tags == ["a": "b"] && replay.details.createdBy == "bob")
        #expect(try await bench.scheduler.replay(original.id, idempotencyKey: "r") == replay)
    }

    @Test(
        "A trigger cannot claim one of the engine's own sources",
        arguments: [
            ExecutionSource.schedule, .notification, .backfill,
        ])
    func sources(source: ExecutionSource) async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(3600)), action: .handler("x")))
        await #expect(throws: SchedulerError.self) {
            try await bench.scheduler.trigger(job.id, source: source)
        }
    }
}
