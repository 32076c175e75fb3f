import Foundation
import RotaHTTP
import RotaProfiles
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

/// The fields of an execution and of its attempts, its statuses and its sources.
@Suite("Executions")
struct ExecutionTests {
    @Test(
        "A finished execution has its dates, attempts and result",
        .rows("T-69", "T-83", "T-106", "T-107", "K-22 to K-29", "I-34", "S-53", "S-55", "S-59", "S-62", "S-63", "S-92"))
    func fields() async throws {
        let clock = ManualClock()
        let start = clock.now
        let calls = Mutex(0)
        let bench = Bench(clock: clock) { _ in
            let call = calls.withLock {
                $0 += 1
                return $0
            }
            try await clock.sleep(until: clock.now.addingTimeInterval(call == 1 ? 2 : 3))
            return try call == 1
                ? .status(503, body: "busy") : .status(200, ["Content-Type": "application/json"], body: #"{"ok":true}"#)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "health-check", schedule: .every(.seconds(60)),
                    action: .http(.get("https://example.com/", timeout: .seconds(300))),
                    retry: .fixed(.seconds(10), maxAttempts: 3)))
            await bench.advance(.seconds(63))
            let between = try #require(try await bench.executions().first)
            #expect(between.status == .queued && between.attempts.count == 1)
            #expect(between.nextRetryAt == start.addingTimeInterval(72))
            #expect(between.failure?.message.contains("503") == true && between.finishedAt == nil)
            await bench.advance(.seconds(20))
            let run = try await bench.scheduler.execution(between.id)
            #expect(UUID(uuidString: run.id.description) == run.id.uuid)
            #expect(run.jobID == job.id && run.jobName == "health-check" && run.status == .succeeded)
            #expect(run.source == .schedule && run.scheduledFor == start.addingTimeInterval(60))
            #expect(run.createdAt == start.addingTimeInterval(60))
            #expect(run.startedAt == start.addingTimeInterval(60) && run.finishedAt == start.addingTimeInterval(75))
            #expect(run.failure == nil && run.nextRetryAt == nil)
            #expect(run.attempts.map(\.number) == [1, 2])
            #expect(run.attempts.map(\.outcome) == [.httpError, .success])
            #expect(run.attempts.map(\.statusCode) == [503, 200])
            #expect(run.attempts.map(\.duration) == [.seconds(2), .seconds(3)])
            #expect(run.attempts.map(\.startedAt) == [60, 72].map { start.addingTimeInterval($0) })
            #expect(run.attempts.map(\.bodyPreview) == ["busy", #"{"ok":true}"#])
            #expect(run.attempts.map(\.errorClass) == [.transient, nil])
            #expect(run.attempts.first?.failure?.message.contains("503") == true)
            #expect(run.attempts.last?.responseHeaders == ["content-type": "application/json"])
        }
    }

    @Test(
        "An execution is queued, then running, then succeeded",
        .rows("T-70", "T-71", "T-72", "T-74"))
    func life() async throws {
        let clock = ManualClock()
        let bench = Bench(clock: clock) { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(10))
            return try .status(204)
        }
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(3600)),
                action: .http(.get("https://example.com/", timeout: .seconds(300)))))
        let run = try await bench.scheduler.trigger(job.id)
        #expect(run.status == .queued && run.attempts.isEmpty && run.lease == nil)
        try await bench.running {
            await bench.advance(.seconds(9))
            let under = try await bench.scheduler.execution(run.id)
            #expect(under.status == .running && under.startedAt == run.createdAt && under.attempts.isEmpty)
            #expect(under.lease?.owner == bench.scheduler.owner && under.finishedAt == nil)
            await bench.advance(.seconds(1))
            let ended = try await bench.scheduler.execution(run.id)
            #expect(ended.status == .succeeded && ended.attempts.count == 1)
        }
    }

    @Test("An execution waits for its external completion and finishes with it", .rows("T-73"))
    func waiting() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("approve") { _ in throw WaitForCompletion() }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .immediately, action: .handler("approve")))
            await bench.advance(.seconds(60))
            let run = try #require(try await bench.executions(of: job.id).first)
            #expect(run.status == .waiting && run.finishedAt == nil)
            #expect(try await bench.scheduler.complete(run.id, as: .succeeded).status == .succeeded)
        }
    }

    struct Cause: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let answer: @Sendable () throws -> HTTPResponse
        let kind: FailureKind
        let outcome: Attempt.Outcome
        let status: Int?
        let attempts: Int
    }

    static let causes = [
        Cause(
            testDescription: "timeout", answer: { throw TransportError(.timeout, "slow") }, kind: .timeout,
            outcome: .timeout, status: nil, attempts: 2),
        Cause(
            testDescription: "connection", answer: { throw TransportError(.connectionRefused, "nobody") },
            kind: .connection, outcome: .connectionError, status: nil, attempts: 2),
        Cause(
            testDescription: "status", answer: { try .status(500, body: #"{"ok":true}"#) }, kind: .httpStatus,
            outcome: .httpError, status: 500, attempts: 2),
        Cause(
            testDescription: "status that is not retried", answer: { try .status(404) }, kind: .httpStatus,
            outcome: .httpError, status: 404, attempts: 1),
        Cause(
            testDescription: "body", answer: { try .status(200, body: #"{"ok":false}"#) }, kind: .responseMismatch,
            outcome: .httpError, status: 200, attempts: 1),
    ]

    @Test(
        "Each cause of failure has its kind and number of attempts",
        .rows("T-75", "T-76", "T-77", "T-79", "T-80", "T-84", "T-85", "T-89", "KX-6", "C-10"),
        arguments: causes)
    func failures(cause: Cause) async throws {
        let bench = Bench { _ in try cause.answer() }
        try await bench.running {
            let success = SuccessRule(statuses: [200], matching: .json(try JSONPath("$.ok"), .equals(true)))
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .immediately,
                    action: .http(RequestTemplate(method: .get, url: "https://example.com/", success: success)),
                    retry: .fixed(.seconds(1), maxAttempts: 2)))
            await bench.advance(.seconds(30))
            let run = try #require(try await bench.executions(of: job.id).first)
            #expect(run.status == .failed && run.failure?.kind == cause.kind)
            #expect(run.failure?.message.isEmpty == false)
            #expect(run.attempts.count == cause.attempts)
            for attempt in run.attempts {
                #expect(attempt.outcome == cause.outcome && attempt.statusCode == cause.status)
                #expect(attempt.failure?.kind == cause.kind && attempt.errorClass != nil)
            }
            #expect(ServiceProfile.krafter.name(of: run, at: bench.clock.now) == "failed")
            let strait = cause.kind == .timeout ? "timed_out" : "failed"
            #expect(ServiceProfile.strait.name(of: run, at: bench.clock.now) == strait)
        }
    }

    @Test(
        "An execution can succeed after a timeout, and each attempt keeps its own result", .rows("C-10", "T-84")
    )
    func outcomes() async throws {
        let calls = Recorded<Int>()
        let bench = Bench { _ in
            calls.add(1)
            if calls.all.count == 1 { throw TransportError(.timeout, "slow") }
            return try .status(200)
        }
        try await bench.running {
            let first = try #require(try await bench.create(retry: .fixed(.seconds(1), maxAttempts: 2)).first)
            await bench.advance(.seconds(5))
            let run = try await bench.scheduler.execution(first.id)
            #expect(run.attempts.map(\.outcome) == [.timeout, .success])
            #expect(run.status == .succeeded && ServiceProfile.strait.name(of: run, at: bench.clock.now) == "completed")
        }
    }

    @Test("Failed executions are found by status and can be replayed", .rows("C-9", "T-109"))
    func deadLetters() async throws {
        let isUp = Mutex(false)
        let bench = Bench { _ in try .status(isUp.withLock { $0 } ? 200 : 503) }
        try await bench.running {
            _ = try await bench.create(retry: .fixed(.seconds(1), maxAttempts: 2))
            await bench.advance(.seconds(5))
            isUp.withLock { $0 = true }
            let failed = try await bench.scheduler.executions(.init(statuses: [.failed])).items
            #expect(failed.count == 1)
            for run in failed { try await bench.scheduler.replay(run.id) }
            await bench.advance(.seconds(5))
            #expect(try await bench.executions().map(\.status) == [.failed, .succeeded])
            let kept = try await bench.scheduler.executions(.init(statuses: [.failed])).items
            #expect(kept.map(\.id) == failed.map(\.id) && kept.map(\.attempts) == failed.map(\.attempts))
            let replay = try #require(try await bench.executions().last)
            #expect(kept.map(\.progress.resolution) == [.replayed(replay.id)])
        }
    }

    @Test(
        "The source tells schedules, manual triggers, replays and an app's own sources apart",
        .rows("T-110 to T-114", "S-60", "C-11"))
    func sources() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work")))
            await bench.advance(.seconds(60))
            let manual = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(5))
            let replay = try await bench.scheduler.replay(manual.id)
            #expect(replay.scheduledFor == bench.clock.now && replay.replayOf == manual.id && replay.id != manual.id)
            try await bench.scheduler.trigger(
                job.id, payload: JSONPayload(["from": "outside"]), source: ExecutionSource(rawValue: "webhook"))
            let deploy = ExecutionSource(rawValue: "deploy")
            try await bench.scheduler.trigger(job.id, TriggerRequest().with { $0.source = deploy })
            await bench.advance(.seconds(5))
            let runs = try await bench.executions(of: job.id)
            #expect(runs.map(\.source) == [.schedule, .manual, .replay, ExecutionSource(rawValue: "webhook"), deploy])
            #expect(runs.map(\.source.rawValue) == ["schedule", "manual", "replay", "webhook", "deploy"])
            #expect(runs.allSatisfy { $0.status == .succeeded })
            for run in runs {
                let found = try await bench.scheduler.executions(ExecutionQuery().with { $0.sources = [run.source] })
                    .items
                #expect(found.map(\.id) == [run.id])
            }
        }
    }

    @Test(
        "A deferred execution is delayed, then queued, and queued again between attempts",
        .rows("S-54", "S-61", "S-65", "S-115"))
    func delayed() async throws {
        let bench = Bench { _ in try .status(503) }
        let start = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/")),
                    retry: .fixed(.seconds(100), maxAttempts: 2)))
            let run = try await bench.scheduler.trigger(job.id, at: start.addingTimeInterval(50))
            #expect(
                run.scheduledFor == start.addingTimeInterval(50) && run.createdAt == start && run.nextRetryAt == nil)
            #expect(ServiceProfile.strait.name(of: run, at: start) == "delayed" && run.status == .queued)
            #expect(ServiceProfile.strait.name(of: run, at: run.scheduledFor) == "queued")
            await bench.advance(.seconds(60))
            let retrying = try await bench.scheduler.execution(run.id)
            #expect(ServiceProfile.strait.name(of: retrying, at: bench.clock.now) == "queued")
            #expect(retrying.nextRetryAt == start.addingTimeInterval(150))
            await bench.advance(.seconds(100))
            let ended = try await bench.scheduler.execution(run.id)
            #expect(ServiceProfile.strait.name(of: ended, at: bench.clock.now) == "failed" && ended.nextRetryAt == nil)
        }
    }

    @Test(
        "An execution keeps its key, version, parent and batch",
        .rows("S-69 to S-71", "S-86", "S-87", "S-90", "S-94"))
    func details() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work")))
        let first = try await bench.scheduler.trigger(job.id, TriggerRequest(idempotencyKey: "k"))
        #expect(first.details.idempotencyKey == "k" && first.details.lineageDepth == 0)
        let version = try await bench.scheduler.update(job.id) { $0.name = "y" }
        let next = try await bench.scheduler.trigger(job.id, TriggerRequest().with { $0.continuationOf = first.id })
        #expect(next.details.continuationOf == first.id && next.details.lineageDepth == 1)
        #expect(next.jobVersion == 2 && next.versionID == version.versionID && first.jobVersion == 1)
        #expect(next.versionID.description == "\(job.id).2")
        let batch = try await bench.scheduler.trigger(job.id, [TriggerRequest(), TriggerRequest(idempotencyKey: "k")])
        #expect(batch.outcomes.map(\.execution.status) == [.queued, .queued])
        #expect(batch.outcomes.first?.execution.details.batchID == batch.id)
        #expect(batch.outcomes.last == .existing(first) && first.details.batchID == nil)
        for run in [first, next] {
            #expect(try await bench.scheduler.execution(run.id) == run)
            #expect(try JSONDecoder().decode(Execution.self, from: JSONEncoder().encode(run)) == run)
        }
    }
}
