import Foundation
import RotaTestSupport
import RotaTesting
import Testing

/// The kinds of notifications, each as a rule of the job.
@Suite("Notification rules")
struct NotificationRuleTests {
    static let hook = "https://example.com/hook"

    /// The rules, and the results that each of them notifies of.
    static let ways: [(String, [NotificationRule], tellsOfSuccess: Bool, tellsOfFailure: Bool)] = [
        ("failure_notify: false", [], false, false),
        ("failure_notify: true", [NotificationRule(on: .failure, .handler("tell"))], false, true),
        (
            "on_failure_webhook", [NotificationRule(on: .failure, .webhook(url: hook, secret: nil))], false, true
        ),
        ("on_success", [NotificationRule(on: .success, .handler("tell"))], true, false),
        (
            "webhook_url and webhook_secret",
            [NotificationRule(on: .completion, .webhook(url: hook, secret: "secret://hook"))], true, true
        ),
    ]

    @Test(
        "Each kind of notification is a rule, delivered once for the result it names",
        .rows("C-22", "K-15", "I-27", "S-41", "S-42", "T-58", "TX-10")
    )
    func ways() async throws {
        for (name, rules, tellsOfSuccess, tellsOfFailure) in Self.ways {
            for succeeds in [true, false] {
                let bench = Bench { request in try .status(request.url.path == "/hook" || succeeds ? 200 : 503) }
                let told = Recorded<ExecutionNotification>()
                try await bench.scheduler.handle("tell", payload: ExecutionNotification.self) { notification, _ in
                    told.add(notification)
                }
                try await bench.running {
                    var draft = JobDraft(
                        name: name, schedule: .immediately, action: try .http(.get("https://example.com/work")),
                        retry: .fixed(.seconds(1), maxAttempts: 2))
                    // Another job has its own rules.
                    try await bench.scheduler.create(draft)
                    draft.definition.notifications = rules
                    let job = try await bench.scheduler.create(draft)
                    await bench.advance(.seconds(30))
                    let hooks = bench.transport.requests.filter { $0.url.path == "/hook" }
                    for request in hooks {
                        let body = try #require(request.body.data)
                        told.add(try JSONDecoder().decode(ExecutionNotification.self, from: body))
                        let isSigned = request.headers["webhook-signature"] != nil
                        #expect(isSigned == (name == "webhook_url and webhook_secret"))
                    }
                    let expected = (succeeds ? tellsOfSuccess : tellsOfFailure) ? 1 : 0
                    #expect(told.all.count == expected, "\(name)")
                    #expect(told.all.allSatisfy { $0.jobID == job.id && $0.jobName == name })
                    #expect(told.all.allSatisfy { $0.attempts == (succeeds ? 1 : 2) && $0.output == nil })
                    // The stored job has the reference, never the secret.
                    let seen = try await bench.scheduler.job(job.id)
                    let text = String(decoding: try JSONEncoder().encode(seen), as: UTF8.self)
                    #expect(!text.contains(Bench.hookSecret) && !"\(seen)".contains(Bench.hookSecret))
                }
            }
        }
    }

    @Test("A notification names its execution, job and project", .rows("S-53"), arguments: ["p", nil])
    func project(project: String?) async throws {
        let bench = Bench()
        let told = Recorded<ExecutionNotification>()
        try await bench.scheduler.handle("work") { _ in }
        try await bench.scheduler.handle("tell", payload: ExecutionNotification.self) { notification, _ in
            told.add(notification)
        }
        try await bench.running {
            var draft = JobDraft(name: "x", schedule: .immediately, action: .handler("work"))
            draft.definition.attributes.project = project
            draft.definition.notifications = [NotificationRule(on: .success, .handler("tell"))]
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(1))
            let run = try #require(try await bench.executions(of: job.id).first)
            #expect(told.all.map(\.executionID) == [run.id] && told.all.map(\.jobID) == [job.id])
            #expect(told.all.map(\.projectID) == [project])
        }
    }
}
