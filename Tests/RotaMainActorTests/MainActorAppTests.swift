import Foundation
import Rota
import RotaTesting
import Testing

/// An app whose code is on the main actor unless it says otherwise, as Xcode's templates make it.
///
/// That it compiles without a warning is the test of Rota's interface; that its work is done, and where, is the rest.
final class ReportModel {
    let scheduler: Scheduler
    private(set) var sent: [String] = []
    private(set) var lines: [String] = []
    var subject = "sales"

    init(clock: ManualClock) {
        var configuration = SchedulerConfiguration()
        configuration.maximumConcurrency = 4
        scheduler = Scheduler(
            store: InMemoryJobStore(), transport: CannedTransport(), secrets: InMemorySecrets(["key": "value"]),
            configuration: configuration, clock: clock, observers: [FailureLog()], middleware: [Stopwatch()])
    }

    /// Registers the handlers, and declares the jobs.
    func prepare() async throws {
        // Work for the main actor says so.
        try await scheduler.handle("refresh") { @MainActor context in
            self.sent.append("refreshed \(self.subject), attempt \(context.attempt)")
        }
        // Work that does not say so is done elsewhere, and may visit.
        try await scheduler.handle("import") { context in
            let subject = await self.subject
            await self.note("imported \(subject) for \(context.execution.jobName)")
        }
        try await scheduler.handle("charge", payload: Order.self) { order, context in
            Receipt(order: order.id, attempt: context.attempt)
        }
        try await scheduler.handle(Invoice.self) { invoice, _ in
            await self.note("invoice \(invoice.number)")
        }
        try await scheduler.handle(Backup.self)
        let declared = try await scheduler.declare(
            [
                .init(name: "refresh", schedule: .every(.minutes(5)), action: .handler("refresh")),
                .init(name: "import", schedule: .cron("0 * * * *"), action: .handler("import")),
                .init(Backup(bucket: subject), schedule: .daily(at: "03:00")),
                .init(
                    name: "ping", schedule: .every(.hours(1)), action: .http(.get("https://example.com/"))),
                .init(
                    name: "charge-daily", schedule: .daily(at: "04:00"),
                    action: .handler("charge", payload: Draft(id: 1))),
                .init(queue: "charge"),
            ], owner: "app")
        note("\(declared.created.count) declared")
    }

    func note(_ line: String) {
        sent.append(line)
    }

    /// Creates, changes and lists a job with values of the main actor.
    func edit() async throws -> Job {
        let job = try await scheduler.create(
            JobDraft(name: subject, schedule: .every(.minutes(10)), action: .handler("refresh")).with {
                $0.metadata = ["subject": subject]
            })
        let updated = try await scheduler.update(job.id) { definition in
            definition.name = "\(subject) report"
            definition.overlap = .skip
        }
        _ = try await scheduler.preview(updating: job.id) { $0.name = subject }
        _ = try await scheduler.clone(job.id, name: "copy", slug: "copy") { $0.metadata["subject"] = subject }
        lines = try await scheduler.jobs().items.map { describe($0) }
        return updated
    }

    private func describe(_ job: Job) -> String { "\(job.name): \(job.schedule.summary)" }

    func charge() async throws -> Execution {
        try await scheduler.enqueue(Invoice(number: 7))
        return try await scheduler.enqueue("charge", payload: Draft(id: 3))
    }

    /// Follows what happens, on the main actor.
    func follow(_ events: SchedulerEvent.Stream) async {
        for await event in events where event.kind == .executionFinished {
            note("finished \(event.jobName)")
        }
    }
}

/// A value of the main actor can be enqueued there.
struct Draft: Codable { var id: Int }

/// What a handler takes and returns belongs to no actor.
nonisolated struct Order: Codable { var id: Int }

nonisolated struct Receipt: Codable, Equatable {
    var order: Int
    var attempt: Int
}

struct Invoice: HandlerPayload {
    static let handlerName = "invoice"
    var number: Int
}

struct Backup: ScheduledJob {
    static let handlerName = "backup"
    var bucket: String

    func run(_ context: HandlerContext) async throws {
        await Journal.shared.add("backup of \(bucket), attempt \(context.attempt)")
    }
}

/// What happened, on the main actor like everything else.
final class Journal {
    static let shared = Journal()
    private(set) var lines: [String] = []
    func add(_ line: String) { lines.append(line) }
}

struct FailureLog: SchedulerObserver {
    func didFinish(_ execution: Execution, at date: Date) {
        let line = "\(execution.jobName) \(execution.status)"
        Task { @MainActor in Journal.shared.add(line) }
    }
}

struct CannedTransport: HTTPTransport {
    func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        await Journal.shared.add("sent \(request.url.absoluteString)")
        return HTTPResponse(status: 200, headers: [:], body: Data())
    }
}

struct Stopwatch: AttemptMiddleware {
    func around(_ attempt: RunningAttempt, next: Next) async -> AttemptOutcome {
        let outcome = await next(attempt)
        await Journal.shared.add("\(attempt.job.name) \(outcome.isSuccess ? "succeeded" : "failed")")
        return outcome
    }
}

@Suite("An app on the main actor")
struct MainActorAppTests {
    @Test("It creates, changes, enqueues, handles and observes without leaving its actor")
    func app() async throws {
        let clock = ManualClock()
        let model = ReportModel(clock: clock)
        try await model.prepare()
        #expect(model.sent == ["6 declared"])
        #expect(try await model.edit().name == "sales report")
        #expect(model.lines.contains { $0.hasPrefix("sales report: Every 10 minutes") })
        let events = Task { await model.follow(model.scheduler.events()) }
        let running = Task { try await model.scheduler.run() }
        await clock.advance(by: .seconds(1), driving: [model.scheduler])
        let charge = try await model.charge()
        await clock.advance(by: .minutes(61), driving: [model.scheduler])
        let ended = try await model.scheduler.execution(charge.id)
        #expect(try ended.progress.output?.decode(Receipt.self) == Receipt(order: 3, attempt: 1))
        model.scheduler.beginShutdown()
        await clock.advance(by: .seconds(1), driving: [model.scheduler])
        try await running.value
        await events.value
        #expect(model.sent.contains("refreshed sales, attempt 1"))
        #expect(model.sent.contains("imported sales for import"))
        #expect(model.sent.contains("invoice 7"))
        #expect(model.sent.contains("finished charge"))
        #expect(Journal.shared.lines.contains("refresh succeeded"))
        #expect(Journal.shared.lines.contains("sent https://example.com/"))
    }
}
