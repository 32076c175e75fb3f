import Foundation
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Synchronization
import Testing

@Suite("Observers and middleware")
struct ObserverTests {
    @Test("An observer sees every step in order", .rows("T-70"))
    func steps() async throws {
        let count = Recorded<Int>()
        let bench = Bench { _ in
            count.add(1)
            return try .status(count.all.count < 2 ? 503 : 200)
        }
        let log = ObserverLog()
        bench.scheduler.observe(log)
        try await bench.running {
            try await bench.scheduler.create(
                .init(
                    name: "j", schedule: .once(at: bench.clock.now.addingTimeInterval(10)),
                    action: .http(.get("https://example.com/")), retry: .fixed(.seconds(5), maxAttempts: 2)))
            await bench.advance(.seconds(60))
        }
        #expect(
            log.all.filter { $0 != "asleep" && $0 != "awake" } == [
                "queued schedule", "started 1", "attempt 1 http_status", "started 2", "attempt 2 ok", "ended succeeded",
            ])
        #expect(log.all.contains("asleep") && log.all.contains("awake"))
    }

    private struct Layer: AttemptMiddleware {
        let name: String
        let log: Recorded<String>

        func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome {
            log.add("\(name) in \(attempt.number) \(attempt.carrier["trace"] ?? "-")")
            var attempt = attempt
            attempt.headers.set(.init("X-Layer-\(name)", attempt.carrier["trace"] ?? "-"))
            attempt.headers.set(.init("X-Cron-Service-Attempt", "99"))
            let outcome = await next(attempt)
            log.add("\(name) out \(outcome.failure?.kind.rawValue ?? "ok") \(outcome.statusCode ?? 0)")
            return outcome
        }
    }

    @Test("Middleware wraps every attempt from the outside in and passes the carrier on")
    func middleware() async throws {
        let log = Recorded<String>()
        let requests = Recorded<HTTPRequest>()
        let trace = Mutex("t1")
        let clock = ManualClock()
        let scheduler = Scheduler(
            store: InMemoryJobStore(),
            transport: ClosureTransport { request in
                requests.add(request)
                return try .status(requests.all.count == 1 ? 503 : 200)
            }, clock: clock, random: SeededGenerator(seed: 1),
            middleware: [Layer(name: "A", log: log), Layer(name: "B", log: log)],
            carrier: { ["trace": trace.withLock(\.self), "who": "carrier"] })
        try await scheduler.running {
            let job = try await scheduler.create(
                .init(
                    name: "j", schedule: .every(.seconds(86_400)), action: .http(.get("https://example.com/")),
                    retry: .fixed(.seconds(5), maxAttempts: 2), metadata: ["who": "job"]))
            trace.withLock { $0 = "t2" }
            let run = try await scheduler.trigger(job.id)
            #expect(run.metadata == ["trace": "t2", "who": "job"])
            await clock.advance(by: .seconds(60), driving: [scheduler])
        }
        #expect(
            log.all == [
                "A in 1 t2", "B in 1 t2", "B out http_status 503", "A out http_status 503",
                "A in 2 t2", "B in 2 t2", "B out ok 200", "A out ok 200",
            ])
        #expect(requests.all.map { $0.headers["X-Layer-B"] } == ["t2", "t2"])
        // Middleware cannot replace the identity headers.
        #expect(requests.all.map { $0.headers["X-Cron-Service-Attempt"] } == ["1", "2"])
    }

    private struct Refusing: AttemptMiddleware {
        func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome {
            .failed(AttemptFailure(.budget), "the budget is used up")
        }
    }

    @Test("Middleware can refuse an attempt")
    func refusal() async throws {
        let clock = ManualClock()
        let transport = ClosureTransport { _ in try .status(200) }
        let scheduler = Scheduler(
            store: InMemoryJobStore(), transport: transport, clock: clock, middleware: [Refusing()])
        try await scheduler.running {
            let job = try await scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/")), retry: .none))
            await clock.advance(by: .seconds(1), driving: [scheduler])
            let execution = try #require(try await scheduler.store.allExecutions(of: job.id).first)
            #expect(execution.failure == ExecutionFailure(kind: .budget, message: "the budget is used up"))
            #expect(transport.requests.isEmpty)
        }
    }

    @Test(
        "An attempt's trace has the time of each phase", .rows("S-78", "S-79", "S-80", "S-81", "S-82", "S-83", "S-84"))
    func trace() async throws {
        let clock = ManualClock()
        let bench = Bench(clock: clock) { _ in
            try await clock.sleep(until: clock.now.addingTimeInterval(6))
            return HTTPResponse(
                status: 200,
                timings: HTTPTimings(
                    connect: .seconds(1), firstByte: .seconds(3), transfer: .seconds(2), total: .seconds(6)))
        }
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/"))))
        // No worker starts it for four seconds.
        clock.set(to: clock.now.addingTimeInterval(4))
        try await bench.running {
            await bench.advance(.seconds(60))
            let trace = try #require(try await bench.executions(of: job.id).first?.trace)
            #expect(trace.queueWait == .seconds(4))
            #expect(trace.dequeue == .zero)
            #expect(trace.connect == .seconds(1))
            #expect(trace.firstByte == .seconds(3))
            #expect(trace.transfer == .seconds(2))
            #expect(trace.total == .seconds(10))
            #expect(trace.dispatch == .seconds(6))
        }
    }
}
