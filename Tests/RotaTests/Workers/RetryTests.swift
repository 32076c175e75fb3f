import Foundation
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Retries")
struct RetryTests {
    @Test("A failed attempt is retried until one succeeds, and every attempt is recorded", .rows("T-78"))
    func retriesUntilSuccess() async throws {
        let calls = Recorded<Int>()
        let bench = Bench { _ in
            calls.add(1)
            return try calls.all.count < 3 ? .status(503, body: "busy") : .status(200, body: "{\"ok\":true}")
        }
        try await bench.running {
            let execution = try await bench.create(retry: .fixed(.seconds(10), maxAttempts: 5)).first
            let first = try #require(execution)
            #expect(first.status == .queued)
            #expect(first.attempts.map(\.statusCode) == [503])
            #expect(first.dueAt == bench.clock.now.addingTimeInterval(10))
            await bench.advance(.seconds(9))
            #expect(calls.all.count == 1)
            await bench.advance(.seconds(11))
            let done = try await bench.scheduler.execution(first.id)
            #expect(done.status == .succeeded)
            #expect(done.attempts.map(\.number) == [1, 2, 3])
            #expect(done.attempts.map(\.statusCode) == [503, 503, 200])
            #expect(done.attempts.map(\.succeeded) == [false, false, true])
            #expect(done.attempts.first?.failure?.kind == .httpStatus)
            #expect(done.attempts.last?.bodyPreview == "{\"ok\":true}")
            #expect(done.failure == nil)
        }
    }

    @Test("An execution without attempts left fails with the last failure", .rows("T-75"))
    func exhausted() async throws {
        let bench = Bench { _ in try .status(500) }
        try await bench.running {
            let first = try #require(try await bench.create(retry: .fixed(.seconds(1), maxAttempts: 3)).first)
            await bench.advance(.seconds(60))
            let done = try await bench.scheduler.execution(first.id)
            #expect(done.status == .failed)
            #expect(done.attempts.count == 3)
            #expect(done.failure?.kind == .httpStatus)
            #expect(try await bench.scheduler.job(first.jobID).lastStatus == .failed)
        }
    }

    @Test("A failure says which limit allowed no other attempt, where the number of attempts does not tell")
    func limits() async throws {
        let bench = Bench { _ in HTTPResponse(status: 503, headers: ["Retry-After": "7200"]) }
        try await bench.running {
            let hasty = RetryPolicy.fixed(.seconds(60), maxAttempts: 100)
            let first = try #require(try await bench.create(retry: hasty).first)
            #expect(first.failure?.message.hasSuffix(" than the 1 h that the retry policy allows.") == true)
            #expect(first.attempts.last?.failure?.message.contains("allows") == false)
        }
        let failing = Bench { _ in try .status(503) }
        try await failing.running {
            let short = RetryPolicy.exponential(
                maxAttempts: 100, initial: .seconds(30), jitter: .none, timeLimit: .seconds(10))
            let first = try #require(try await failing.create(retry: short).first)
            #expect(first.status == .failed && first.attempts.count == 1)
            #expect(
                first.failure?.message.hasSuffix(
                    ". Another attempt would start after the retry policy's time limit of 10 s.") == true)
            let explanation = try await failing.scheduler.explain(first.id).description
            #expect(explanation.contains("time limit of 10 s"))
        }
    }

    @Test("A status that is not retried fails at once", .rows("T-38"), arguments: [404, 501, 206])
    func notRetried(status: Int) async throws {
        let bench = Bench { _ in try .status(status) }
        try await bench.running {
            let first = try #require(try await bench.create(retry: .default).first)
            #expect(first.status == .failed)
            #expect(first.attempts.count == 1)
        }
    }

    @Test(
        "Timeouts and connection errors are always retried", .rows("T-79"),
        arguments: [TransportError.Code.timeout, .connectionRefused])
    func transportErrors(code: TransportError.Code) async throws {
        let bench = Bench { _ in throw TransportError(code, "no answer") }
        try await bench.running {
            let first = try #require(try await bench.create(retry: .fixed(.seconds(1), maxAttempts: 2)).first)
            await bench.advance(.seconds(5))
            let done = try await bench.scheduler.execution(first.id)
            #expect(done.status == .failed)
            #expect(done.attempts.count == 2)
        }
    }

    @Test("Retry-After delays the next attempt")
    func retryAfter() async throws {
        let bench = Bench { _ in try .status(503, ["Retry-After": "120"]) }
        try await bench.running {
            let first = try #require(try await bench.create(retry: .fixed(.seconds(1), maxAttempts: 2)).first)
            #expect(first.dueAt == bench.clock.now.addingTimeInterval(120))
        }
    }

    @Test("A retry is a due date in the store: another scheduler makes it after a restart", .rows("S-65"))
    func survivesRestart() async throws {
        let clock = ManualClock()
        let store = InMemoryJobStore()
        let first = Bench(clock: clock, store: store) { _ in try .status(503) }
        let execution = try await first.running {
            try #require(try await first.create(retry: .fixed(.seconds(3600), maxAttempts: 2)).first)
        }
        clock.set(to: clock.now.addingTimeInterval(1800))
        let second = Bench(clock: clock, store: store)
        try await second.running {
            await second.advance(.seconds(1799))
            #expect(second.transport.requests.isEmpty)
            await second.advance(.seconds(1))
            #expect(second.transport.requests.count == 1)
            let done = try await second.scheduler.execution(execution.id)
            #expect(done.status == .succeeded)
        }
    }

    @Test("Variables, execution id and idempotency key stay the same on every attempt", .rows("TX-4", "T-94"))
    func sameVariables() async throws {
        let bench = Bench { _ in try .status(503) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "templated", schedule: .immediately,
                    action: .http(
                        .post("https://example.com/{{uuid}}?at={{timestamp}}", headers: ["X-Key": "secret://key"])),
                    retry: .fixed(.seconds(5), maxAttempts: 3)))
            await bench.advance(.seconds(60))
            let requests = bench.transport.requests
            #expect(requests.count == 3)
            #expect(Set(requests.map(\.url)).count == 1)
            let execution = try #require(try await bench.executions(of: job.id).first)
            #expect(
                requests.allSatisfy { $0.headers["X-Cron-Service-Execution-Id"] == execution.id.description })
            #expect(requests.allSatisfy { $0.headers["X-Key"] == "s3cr3t-value" })
            #expect(requests.map { $0.headers["X-Cron-Service-Attempt"] } == ["1", "2", "3"])
            #expect(Set(requests.map { $0.headers["Idempotency-Key"] }).count == 1)
            #expect(!"\(execution) \(job)".contains("s3cr3t-value"))
        }
    }

    @Test("A secret echoed by the endpoint is in no record, event or error")
    func echoedSecret() async throws {
        let bench = Bench { request in
            let echo = request.headers["X-Key"] ?? ""
            if request.headers["X-Cron-Service-Attempt"] == "2" { throw TransportError(.other, "refused \(echo)") }
            return try .status(503, ["Content-Type": echo], body: "you sent \(echo)")
        }
        let events = bench.scheduler.events()
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "echo", schedule: .immediately,
                    action: .http(.get("https://example.com/", headers: ["X-Key": "secret://key"])),
                    retry: .fixed(.seconds(1), maxAttempts: 3)))
            await bench.advance(.seconds(10))
        }
        #expect(bench.transport.requests.first?.headers["X-Key"] == "s3cr3t-value")
        var told: [SchedulerEvent] = []
        for await event in events { told.append(event) }
        let executions = try await bench.executions()
        let jobs = try await bench.scheduler.jobs().items
        #expect(executions.first?.attempts.count == 3)
        for text in ["\(told)", "\(executions)", "\(jobs)", String(reflecting: executions)] {
            #expect(!text.contains("s3cr3t"))
        }
        #expect(try !String(decoding: JSONEncoder().encode(executions), as: UTF8.self).contains("s3cr3t"))
    }

    @Test("A missing secret fails the attempt before anything is sent", .rows("TX-8"))
    func missingSecret() async throws {
        let bench = Bench()
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "secretive", schedule: .immediately,
                    action: .http(.get("https://example.com/", headers: ["Authorization": "Bearer secret://nobody"]))))
            await bench.advance(.seconds(60))
            let execution = try #require(try await bench.executions().first)
            #expect(execution.status == .failed)
            #expect(execution.failure?.kind == .missingSecret)
            #expect(bench.transport.requests.isEmpty)
        }
    }

    @Test("An update between two attempts does not change what an execution sends", .rows("TX-4"))
    func updateBetweenAttempts() async throws {
        let bench = Bench { _ in try .status(503) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .immediately,
                    action: .http(.post("https://example.com/", body: .text("old"))),
                    retry: .fixed(.seconds(10), maxAttempts: 2)))
            await bench.advance(.seconds(1))
            try await bench.scheduler.update(job.id) {
                $0.action = .http(try .post("https://example.com/", body: .text("new")))
            }
            await bench.advance(.seconds(30))
            #expect(bench.transport.requests.count == 2)
            #expect(Set(bench.transport.requests.map(\.body)).count == 1)
        }
    }
}

extension Bench {
    /// Creates an immediate job, and returns its executions after the first attempt.
    func create(retry: RetryPolicy) async throws -> [Execution] {
        let job = try await scheduler.create(
            .init(name: "once", schedule: .immediately, action: .http(.get("https://example.com/")), retry: retry))
        await advance(.zero)
        return try await executions(of: job.id)
    }
}
