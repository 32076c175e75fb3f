import Foundation
import RotaTesting
import Testing

@Suite("Notices")
struct NotificationTests {
    private func draft(_ rules: [NotificationRule], action: JobAction, retry: RetryPolicy = .none) -> JobDraft {
        var draft = JobDraft(name: "watched", schedule: .immediately, action: action, retry: retry)
        draft.definition.notifications = rules
        return draft
    }

    @Test(
        "K-15 TX-10 A rule tells of the ends it names, once, after the last attempt",
        arguments: [true, false], NotificationRule.Event.allCases)
    func events(succeeds: Bool, event: NotificationRule.Event) async throws {
        let bench = Bench()
        let told = Tally<RunNotice>()
        try await bench.scheduler.handle("work") { _ in if !succeeds { throw AttemptFailure(.timeout) } }
        try await bench.scheduler.handle("tell", payload: RunNotice.self) { notice, _ in told.add(notice) }
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
            guard let notice = told.all.first, let run = all.first(where: { $0.source == .schedule }) else { return }
            #expect(notice.executionID == run.id)
            #expect(notice.event == event)
            #expect(notice.status == (succeeds ? .succeeded : .failed))
            #expect(notice.attempts == (succeeds ? 1 : 3))
            #expect(notice.failure?.kind == (succeeds ? nil : .timeout))
            #expect(notice.finishedAt == run.finishedAt)
            // A notice is no run: the tally does not know it.
            #expect(try await bench.scheduler.job(job.id).tally.succeeded == (succeeds ? 1 : 0))
            #expect(all.first { $0.source == .notification }?.details.parentID == run.id)
        }
    }

    @Test("I-27 SX-16 A webhook is signed, retried on its own after 1 s and 5 s, and never blocks the run")
    func webhook() async throws {
        let bodies = Tally<(Date, HTTPRequest)>()
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
                            on: .failure, .webhook(url: "https://example.com/hook", secret: "secret://key"))
                    ], action: try .http(.get("https://example.com/work"))))
            await bench.advance(.seconds(60))
            #expect(bodies.all.map(\.0) == [0, 1, 6].map { begin.addingTimeInterval($0) })
            let all = try await bench.executions(of: job.id)
            let (run, notice) = (try #require(all.first { $0.source != .notification }), try #require(all.last))
            #expect(run.status == .failed)
            #expect(notice.status == .succeeded)
            #expect(notice.attempts.map(\.statusCode) == [503, 503, 200])
            for (instant, request) in bodies.all {
                let body = try #require(request.body.data)
                try WebhookSignature.standard.verify(
                    headers: request.headers, body: body, at: instant, with: [WebhookSecret("s3cr3t-value")])
                #expect(request.headers["webhook-id"] == notice.id.description)
                #expect(request.headers["X-Cron-Service-Execution-Id"] == notice.id.description)
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

    @Test("S-41 What will not pass is not tried again, and a missing secret sends nothing")
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
            let notices = try await bench.executions(of: job.id).filter { $0.source == .notification }
            #expect(notices.count == 2)
            #expect(notices.allSatisfy { $0.status == .failed && $0.attempts.count == 1 })
            #expect(Set(notices.compactMap { $0.failure?.kind }) == [.httpStatus, .missingSecret])
            #expect(bench.transport.requests.map(\.url.path).sorted() == ["/hook", "/work"])
        }
    }

    @Test("TX-10 The output goes along only if the rule says so", arguments: [true, false])
    func output(isIncluded: Bool) async throws {
        let bench = Bench()
        let told = Tally<RunNotice>()
        try await bench.scheduler.handle("work") { _ in ["answer": 42] }
        try await bench.scheduler.handle("tell", payload: RunNotice.self) { notice, _ in told.add(notice) }
        try await bench.running {
            try await bench.scheduler.create(
                draft(
                    [NotificationRule(on: .completion, .handler("tell"), includesOutput: isIncluded)],
                    action: .handler("work")))
            await bench.advance(.seconds(1))
            #expect(told.all.map(\.output) == [isIncluded ? ["answer": 42] : nil])
        }
    }

    @Test("A notice that fails is the subject of no notice, and a canceled run is one of completion alone")
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

    @Test("A crash between the end of a run and its notice loses none: both are one step of the store")
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
        // No scheduler has run.
        let notices = try await store.allExecutions(of: job.id).filter { $0.source == .notification }
        #expect(notices.map(\.status) == [.queued])
        #expect(job.notices(of: try #require(await store.execution(claim.execution.id)), at: clock.now) == notices)
    }

    @Test("Rules that cannot work are refused when the job is made")
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
}
