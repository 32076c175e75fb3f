import Foundation
import RotaTesting
import Synchronization
import Testing

// Stand-ins for the packages that the guide "Observability" mentions. The code after them is the
// guide's.

private struct Logger: Sendable {
    enum Level: String { case info, warning, error, critical }
    let lines: Recorded<String>
    func log(level: Level, _ message: String, metadata: [String: String]) { lines.add("\(level) \(message)") }
}

private let counted = Recorded<String>()

private struct Counter {
    let label: String
    let dimensions: [(String, String)]
    func increment() { counted.add("\(label) \(dimensions[0].1)") }
}

private struct Timer {
    let label: String
    func recordSeconds(_ seconds: Double) { counted.add("\(label) \(seconds >= 0)") }
}

private struct Span: Sendable {
    let name: String
    let traceparent: String
    let failures: Recorded<String>
    func fail(_ message: String) { failures.add(message) }
}

private let spans = Recorded<String>()

private func withSpan<Value>(
    _ name: String, continuing parent: String?, _ body: (Span) async -> Value
) async -> Value {
    await body(Span(name: name, traceparent: "\(parent ?? "new")-\(name)", failures: spans))
}

private protocol Service: Sendable { func run() async throws }

private func withGracefulShutdownHandler(
    _ operation: () async throws -> Void, onGracefulShutdown handler: @Sendable () -> Void
) async throws {
    handler()
    try await operation()
}

private struct LogObserver: SchedulerObserver {
    let logger: Logger

    func didFinish(_ execution: Execution, at date: Date) {
        let level: Logger.Level = execution.status == .succeeded ? .info : .error
        logger.log(
            level: level, "\(execution.jobName) \(execution.status)",
            metadata: [
                "execution": "\(execution.id)", "reason": "\(execution.failure?.message ?? "")",
            ])
    }

    func handlerMissing(_ name: String, jobs: [Job], at date: Date) {
        logger.log(level: .warning, "No handler “\(name)” for \(jobs.count) jobs", metadata: [:])
    }

    func didFail(_ error: any Error, at date: Date) {
        logger.log(level: .critical, "The store failed: \(error)", metadata: [:])
    }
}

private struct MetricsObserver: SchedulerObserver {
    func didFinish(_ attempt: Attempt, of execution: Execution, at date: Date) {
        let outcome = attempt.failure?.kind.rawValue ?? "succeeded"
        Counter(label: "rota_attempts", dimensions: [("outcome", outcome)]).increment()
        Timer(label: "rota_attempt_duration").recordSeconds(attempt.duration / .seconds(1))
    }
}

private struct TracingMiddleware: AttemptMiddleware {
    func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome {
        await withSpan(attempt.job.name, continuing: attempt.carrier["traceparent"]) { span in
            var attempt = attempt
            attempt.headers.set(.init("traceparent", span.traceparent))
            let outcome = await next(attempt)
            if let failure = outcome.failure { span.fail(failure.message) }
            return outcome
        }
    }
}

private struct SchedulerService: Service {
    let scheduler: Scheduler

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await scheduler.run()
        } onGracefulShutdown: {
            scheduler.beginShutdown()
        }
    }
}

@Suite("Recipes of the observability guide")
struct RecipeTests {
    @Test("The log, metrics and tracing recipes see a failed execution, and the service stops on request")
    func recipes() async throws {
        let clock = ManualClock()
        let lines = Recorded<String>()
        let transport = ClosureTransport { _ in try .status(404) }
        let scheduler = Scheduler(
            store: InMemoryJobStore(), transport: transport, clock: clock,
            observers: [LogObserver(logger: Logger(lines: lines)), MetricsObserver()],
            middleware: [TracingMiddleware()], carrier: { ["traceparent": "caller"] })
        try await scheduler.running {
            try await scheduler.create(
                .init(name: "j", schedule: .immediately, action: .http(.get("https://example.com/")), retry: .none))
            await clock.advance(by: .seconds(1), driving: [scheduler])
        }
        #expect(lines.all == ["error j failed"])
        #expect(counted.all == ["rota_attempts http_status", "rota_attempt_duration true"])
        #expect(transport.requests.map { $0.headers["traceparent"] } == ["caller-j"])
        #expect(spans.all.count == 1)
        try await SchedulerService(scheduler: scheduler).run()
    }
}
