import Foundation
import Rota
import RotaTesting

/// The jobs of the tour: an interval, a cron expression with seconds, an endpoint that fails twice, and a Swift
/// handler.
struct Tour {
    struct Greeting: Codable, Sendable {
        var name: String
    }

    let server: LoopbackServer

    func drafts() throws -> [JobDraft] {
        let quickly = RetryPolicy.exponential(maxAttempts: 3, initial: .milliseconds(200))
        return try [
            JobDraft(
                name: "heartbeat", schedule: .every(.seconds(1)),
                action: .http(.get(server.address("/health"))), idempotencyKey: "tour/heartbeat"),
            JobDraft(
                name: "report", schedule: .cron("*/3 * * * * *"),
                action: .http(.post(server.address("/report"), body: .text("{{scheduled_for}}"))),
                idempotencyKey: "tour/report"),
            JobDraft(
                name: "flaky", schedule: .cron("*/4 * * * * *"), action: .http(.get(server.address("/flaky"))),
                retry: quickly, idempotencyKey: "tour/flaky"),
            JobDraft(
                name: "greeter", schedule: .every(.milliseconds(2500)),
                action: .handler("greet", payload: Greeting(name: "Rota")), idempotencyKey: "tour/greeter"),
        ]
    }

    /// Registers the handler, and creates the jobs or continues with those of an earlier start.
    func prepare(_ scheduler: Scheduler) async throws -> [Job] {
        try await scheduler.handle("greet", payload: Greeting.self) { greeting, context in
            guard !greeting.name.isEmpty else { throw AttemptFailure(.invalidRequest) }
        }
        var jobs: [Job] = []
        for draft in try drafts() {
            let job = try await scheduler.create(draft)
            // The receiver's port is different each time.
            jobs.append(try await scheduler.update(job.id) { $0.action = draft.definition.action })
        }
        return jobs
    }
}
