import Foundation
import RotaRetry
import RotaStore
import RotaTesting
import Testing

@testable import Rota

@Suite("Metrics")
struct MetricsTests {
    @Test("A snapshot counts executions, attempts, retries, skips and the store's records")
    func counts() async throws {
        let count = Recorded<Int>()
        let bench = Bench { _ in
            count.add(1)
            return try .status(count.all.count.isMultiple(of: 3) ? 503 : 200)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/")),
                    retry: .fixed(.seconds(5), maxAttempts: 2)))
            await bench.advance(.seconds(606))
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(6))
            let metrics = try await bench.scheduler.metrics()
            // Eleven executions. Every third attempt fails and is retried.
            #expect(metrics.queued == [.schedule: 10, .manual: 1])
            #expect(metrics.ended == [.succeeded: 11])
            #expect(metrics.attemptsSucceeded == 11)
            #expect(metrics.attemptsFailed == [.httpStatus: metrics.retries])
            #expect(metrics.retries == count.all.count - 11)
            #expect(metrics.executions[.succeeded] == 11)
            #expect(metrics.jobs == [.active: 1])
            #expect(metrics.queueDepth == 0)
            #expect(metrics.lateness.count == 11)
            #expect(metrics.attemptDurations.count == count.all.count)
            #expect(metrics.lateness.p99 == .zero)
        }
    }

    @Test("What was late before its job existed, and a backfill, say nothing about lateness")
    func lateness() async throws {
        let bench = Bench { _ in try .status(200) }
        let past = bench.clock.now.addingTimeInterval(-86_400 * 365)
        try await bench.running {
            try await bench.scheduler.create(
                .init(name: "past", schedule: .once(at: past), action: .http(.get("https://example.com/"))))
            let job = try await bench.scheduler.create(
                .init(name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(61))
            try await bench.scheduler.backfill(job.id, bench.clock.now.addingTimeInterval(-61)..<bench.clock.now)
            await bench.advance(.seconds(1))
            let metrics = try await bench.scheduler.metrics()
            #expect(metrics.ended == [.succeeded: 3])
            #expect(metrics.lateness.count == 2 && metrics.lateness.p99 == .zero)
        }
    }

    @Test("A strict reader accepts the OpenMetrics text and finds every number")
    func openMetrics() async throws {
        let bench = Bench { _ in try .status(503) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/")),
                    retry: .none))
            let odd = ExecutionSource(rawValue: "a \"b\" \\ c\nd")
            await bench.advance(.seconds(61))
            try await bench.scheduler.trigger(job.id, source: odd)
            await bench.advance(.seconds(1))
            let metrics = try await bench.scheduler.metrics()
            let read = try OpenMetricsReader(metrics.openMetrics)
            func value(_ name: String, _ attributes: [String: String] = [:]) -> Double? {
                read.samples.first { $0.name == name && $0.attributes == attributes }?.value
            }
            #expect(value("rota_jobs", ["state": "active"]) == 1)
            #expect(value("rota_stored_executions", ["status": "failed"]) == 2)
            #expect(value("rota_queued_executions_total", ["source": "schedule"]) == 1)
            #expect(value("rota_queued_executions_total", ["source": odd.rawValue]) == 1)
            #expect(value("rota_attempts_total", ["outcome": "http_status"]) == 2)
            #expect(value("rota_attempts_total", ["outcome": "succeeded"]) == 0)
            #expect(value("rota_ended_executions_total", ["status": "failed"]) == 2)
            #expect(value("rota_lateness_seconds_count") == 2)
            #expect(read.units == ["rota_lateness_seconds": "seconds", "rota_attempt_duration_seconds": "seconds"])
        }
    }

    @Test(
        "The strict reader refuses text that is not OpenMetrics",
        arguments: [
            "# TYPE a counter\na_total 1\n", "# TYPE a counter\na 1\n# EOF\n", "# TYPE a gauge\na 1\na 2\n# EOF\n",
            "# TYPE a gauge\na{b=\"c\\d\"} 1\n# EOF\n", "# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n",
            "# TYPE a gauge\na{b=\"c\",} 1\n# EOF\n",
        ])
    func strict(text: String) {
        #expect(throws: OpenMetricsReader.Mistake.self) { try OpenMetricsReader(text) }
    }

    @Test("Canceled and externally completed executions count as finished")
    func endedElsewhere() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("park") { _ in throw WaitForCompletion() }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .immediately, action: .handler("park")))
            await bench.advance(.seconds(1))
            let run = try #require(try await bench.executions(of: job.id).first)
            try await bench.scheduler.complete(run.id, as: .succeeded)
            let later = try await bench.scheduler.trigger(job.id, at: bench.clock.now.addingTimeInterval(100))
            try await bench.scheduler.cancel(later.id)
            let metrics = try await bench.scheduler.metrics()
            #expect(metrics.ended == [.succeeded: 1, .canceled: 1])
        }
    }

    @Test("Successes are counted after many kinds of failures")
    func manyKinds() {
        let recorder = MetricsRecorder()
        let job = Job(
            id: JobID(bits: 1),
            definition: JobDefinition(name: "x", schedule: .immediately, action: .handler("x")),
            createdAt: .distantPast,
            scheduleState: ScheduleState(state: .active, decidedThrough: .distantPast, next: nil))
        let run = job.execution(
            id: ExecutionID(bits: 1), source: .manual, scheduledFor: .distantPast, createdAt: .distantPast)
        func record(_ kind: String?) {
            let failure = kind.map { ExecutionFailure(kind: FailureKind(rawValue: $0), message: "") }
            let attempt = Attempt(number: 1, startedAt: .distantPast, duration: .zero, failure: failure)
            let lease = Lease(owner: "x", token: 1, expiresAt: .distantFuture)
            let completion = Completion(
                executionID: run.id, token: 1, attempt: attempt, next: .succeeded, date: .distantPast)
            recorder.finished(
                [.recorded(run)],
                of: [
                    PlannedCompletion(
                        work: ClaimedWork(Claim(execution: run, lease: lease, job: job), slot: nil),
                        completion: completion, stopReason: nil)
                ])
        }
        for number in 0..<100 { record("kind \(number)") }
        record("succeeded")
        record(nil)
        let metrics = SchedulerMetrics(recorder.snapshot, store: StoreCounts(), at: .distantPast)
        #expect(metrics.attemptsSucceeded == 1)
        #expect(metrics.attemptsFailed.values.reduce(0, +) == 101)
    }
}
