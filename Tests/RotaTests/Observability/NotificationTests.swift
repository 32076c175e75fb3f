import Foundation
import RotaHTTP
import RotaStore
import RotaTestSupport
import RotaTesting
import Testing

@Suite("Notifications")
struct NotificationTests {
    private func draft(_ rules: [NotificationRule], action: JobAction, retry: RetryPolicy = .none) -> JobDraft {
        var draft = JobDraft(name: "watched", schedule: .immediately, action: action, retry: retry)
        draft.definition.notifications = rules
        return draft
    }

    @Test(
        "A rule notifies of the results it names, once, after the last attempt", .rows("K-15", "TX-10"),
        arguments: [true, false], NotificationRule.Event.allCases)
    func events(succeeds: Bool, event: NotificationRule.Event) async throws {
        let bench = Bench()
        let told = Recorded<ExecutionNotification>()
        try await bench.scheduler.handle("work") { _ in if !succeeds { throw AttemptFailure(.timeout) } }
        try await bench.scheduler.handle("tell", payload: ExecutionNotification.self) { notification, _ in
            told.add(notification)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                draft(
                    [NotificationRule(on: event, .handler("tell"))], action: .handler("work"),
                    retry: .fixed(.seconds(10), maxAttempts: 3)))
            await bench.advance(.seconds(60))
            let isTold = event == .completion || (event == .success) == succeeds
            #expect(told.all.count == (isTold ? 1 : 0))
            let all = try await bench.executions(of: job.id)
            #expect(all.count == (isTold ? 2 : 1))
            guard let notification = told.all.first, let run = all.first(where: { $0.source == .schedule }) else {
                return
            }
            #expect(notification.executionID == run.id)
            #expect(notification.event == event)
            #expect(notification.status == (succeeds ? .succeeded : .failed))
            #expect(notification.attempts == (succeeds ? 1 : 3))
            #expect(notification.failure?.kind == (succeeds ? nil : .timeout))
            #expect(notification.finishedAt == run.finishedAt)
            // Notifications do not count in the statistics.
            #expect(try await bench.scheduler.job(job.id).statistics.succeeded == (succeeds ? 1 : 0))
            #expect(all.first { $0.source == .notification }?.details.parentID == run.id)
        }
    }

    @Test("A webhook is signed, retried after 1 s and 5 s, and never blocks its execution", .rows("I-27", "SX-16"))
    func webhook() async throws {
        let bodies = Recorded<(Date, HTTPRequest)>()
        let clock = ManualClock()
        let bench = Bench(clock: clock) { request in
            guard request.url.path == "/hook" else { return try .status(500) }
            bodies.add((clock.now, request))
            return try .status(bodies.all.count < 3 ? 503 : 200)
        }
        let begin = clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(
                draft(
                    [
                        NotificationRule(
                            on: .failure, .webhook(url: "https://example.com/hook", secret: "secret://hook"))
                    ], action: try .http(.get("https://example.com/work"))))
            await bench.advance(.seconds(60))
            #expect(bodies.all.map(\.0) == [0, 1, 6].map { begin.addingTimeInterval($0) })
            let all = try await bench.executions(of: job.id)
            let (run, notification) = (try #require(all.first { $0.source != .notification }), try #require(all.last))
            #expect(run.status == .failed)
            #expect(notification.status == .succeeded)
            #expect(notification.attempts.map(\.statusCode) == [503, 503, 200])
            for (date, request) in bodies.all {
                let body = try #require(request.body.data)
                try WebhookSignature.standard.verify(
                    headers: request.headers, body: body, at: date, with: [WebhookSecret(Bench.hookSecret)])
                #expect(request.headers["webhook-id"] == notification.id.description)
                #expect(request.headers["X-Cron-Service-Execution-Id"] == notification.id.description)
                let object = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
                #expect(object["run_id"] as? String == run.id.description)
                #expect(object["job_id"] as? String == job.id.description)
                #expect(object["status"] as? String == "failed")
                #expect(object["attempt"] as? Int == 1)
                #expect(object["error_kind"] as? String == "http_status")
                #expect(object["result"] == nil)
            }
        }
    }

    @Test("A permanent failure is not retried, and a missing secret sends nothing", .rows("S-41"))
    func permanent() async throws {
        let bench = Bench { request in try .status(request.url.path == "/hook" ? 404 : 200) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                draft(
                    [
                        NotificationRule(on: .success, .webhook(url: "https://example.com/hook", secret: nil)),
                        NotificationRule(
                            on: .success, .webhook(url: "https://example.com/other", secret: "secret://absent")),
                    ], action: try .http(.get("https://example.com/work"))))
            await bench.advance(.seconds(60))
            let notifications = try await bench.executions(of: job.id).filter { $0.source == .notification }
            #expect(notifications.count == 2)
            #expect(notifications.allSatisfy { $0.status == .failed && $0.attempts.count == 1 })
            #expect(Set(notifications.compactMap { $0.failure?.kind }) == [.httpStatus, .missingSecret])
            #expect(bench.transport.requests.map(\.url.path).sorted() == ["/hook", "/work"])
        }
    }

    @Test("A webhook's secret of another form sends nothing, and the failure does not quote it")
    func malformedSecret() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                draft(
                    [NotificationRule(on: .success, .webhook(url: "https://example.com/hook", secret: "secret://key"))],
                    action: try .http(.get("https://example.com/work"))))
            await bench.advance(.seconds(60))
            let all = try await bench.executions(of: job.id)
            let notification = try #require(all.first { $0.source == .notification })
            #expect(notification.failure?.kind == .invalidRequest && notification.attempts.count == 1)
            #expect(notification.failure?.message.contains("whsec_") == true)
            #expect(notification.failure?.message.contains("s3cr3t-value") == false)
            #expect(bench.transport.requests.map(\.url.path) == ["/work"])
        }
    }

    @Test("A notification includes the output only if its rule says so", .rows("TX-10"), arguments: [true, false])
    func output(isIncluded: Bool) async throws {
        let bench = Bench()
        let told = Recorded<ExecutionNotification>()
        try await bench.scheduler.handle("work") { _ in ["answer": 42] }
        try await bench.scheduler.handle("tell", payload: ExecutionNotification.self) { notification, _ in
            told.add(notification)
        }
        try await bench.running {
            try await bench.scheduler.create(
                draft(
                    [NotificationRule(on: .completion, .handler("tell"), includesOutput: isIncluded)],
                    action: .handler("work")))
            await bench.advance(.seconds(1))
            #expect(told.all.map(\.output) == [isIncluded ? ["answer": 42] : nil])
        }
    }

    @Test("A failed notification causes no other, and a canceled execution only notifies of its completion")
    func noEcho() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        try await bench.scheduler.handle("tell") { _ in throw AttemptFailure(.invalidRequest) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                draft(
                    NotificationRule.Event.allCases.map { NotificationRule(on: $0, .handler("tell")) },
                    action: .handler("work")))
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).filter { $0.source == .notification }.count == 2)
            let later = bench.clock.now.addingTimeInterval(100)
            let queued = job.execution(
                id: ExecutionID(bits: job.id.bits), source: .manual, scheduledFor: later, createdAt: bench.clock.now)
            try await bench.store.enqueue([queued])
            try await bench.scheduler.cancel(queued.id)
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).filter { $0.details.parentID == queued.id }.count == 1)
        }
    }

    @Test("A crash loses no notification: it is queued in the step that finishes the execution")
    func atomic() async throws {
        let (store, clock) = (InMemoryJobStore(), ManualClock())
        let bench = Bench(clock: clock, store: store)
        let job = try await bench.scheduler.create(
            draft([NotificationRule(on: .completion, .handler("tell"))], action: .handler("work")))
        let claim = try #require(
            await store.claim(
                ClaimRequest(
                    owner: "x", limit: 1, now: clock.now, leaseExpiresAt: clock.now.addingTimeInterval(30))
            ).first)
        _ = await store.finish([
            Completion(
                executionID: claim.execution.id, token: claim.execution.progress.lease?.token ?? 0, attempt: nil,
                next: .succeeded, date: clock.now)
        ])
        // No scheduler has run yet.
        let notifications = try await store.allExecutions(of: job.id).filter { $0.source == .notification }
        #expect(notifications.map(\.status) == [.queued])
        #expect(
            job.notifications(of: try #require(await store.execution(claim.execution.id)), at: clock.now)
                == notifications)
    }

    @Test("Invalid rules are refused when the job is created")
    func validation() async throws {
        let bench = Bench()
        for channel in [
            NotificationRule.Channel.handler(""), .webhook(url: "ftp://example.com/", secret: nil),
            .webhook(url: "https://example.com/", secret: "plain text"),
        ] {
            await #expect(throws: (any Error).self) {
                try await bench.scheduler.create(
                    draft([NotificationRule(on: .failure, channel)], action: .handler("work")))
            }
        }
    }

    @Test("A replayed notification is sent again and is not an execution of the job")
    func replayedNotification() async throws {
        let bench = Bench()
        let (told, calls) = (Recorded<ExecutionNotification>(), Recorded<Int>())
        try await bench.scheduler.handle("work") { _ in calls.add(1) }
        try await bench.scheduler.handle("tell", payload: ExecutionNotification.self) { notification, _ in
            told.add(notification)
        }
        try await bench.running {
            var draft = JobDraft(name: "x", schedule: .immediately, action: .handler("work"))
            draft.definition.notifications = [NotificationRule(on: .success, .handler("tell"))]
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(1))
            let notification = try #require(
                try await bench.executions(of: job.id).first { $0.source == .notification })
            let again = try await bench.scheduler.replay(notification.id)
            await bench.advance(.seconds(1))
            #expect(again.source == .notification && again.replayOf == notification.id)
            #expect(again.details.parentID == notification.details.parentID)
            #expect(told.all.count == 2 && told.all.first == told.all.last)
            #expect(calls.all.count == 1)
            #expect(try await bench.scheduler.job(job.id).statistics.succeeded == 1)
        }
    }
}
