import Foundation
import RotaProfiles
import RotaTestSupport
import RotaTesting
import Testing

/// The request that an endpoint receives, and the parts of its response that are kept.
@Suite("Delivery")
struct DeliveryTests {
    @Test(
        "Each attempt sends its identity headers and its execution's variables",
        .rows("T-94", "T-95", "TX-1", "TX-4", "TX-9"))
    func identity() async throws {
        let clock = ManualClock(now: Date(timeIntervalSince1970: 1_773_568_740.25))
        let bench = Bench(clock: clock) { request in
            try .status(request.headers["X-Cron-Service-Attempt"] == "2" ? 200 : 503)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(60)),
                    action: .http(
                        .post(
                            "https://example.com/{{execution_id}}",
                            headers: [
                                "X-At": "{{timestamp}}", "X-For": "{{scheduled_for}}",
                                "X-Cron-Service-Execution-Id": "forged",
                            ],
                            body: .json(["id": "{{uuid}}"]))),
                    retry: .fixed(.seconds(7), maxAttempts: 3)))
            await bench.advance(.seconds(110))
            let run = try #require(try await bench.executions(of: job.id).first)
            let requests = bench.transport.requests
            #expect(requests.count == 2)
            for (index, request) in requests.enumerated() {
                #expect(request.headers["X-Cron-Service-Execution-Id"] == run.id.description)
                #expect(request.headers["X-Cron-Service-Job-Id"] == job.id.description)
                #expect(request.headers["X-Cron-Service-Scheduled-For"] == "2026-03-15T10:00:00.250Z")
                #expect(request.headers["X-Cron-Service-Attempt"] == "\(index + 1)")
                #expect(request.url.lastPathComponent == run.id.description)
                #expect(request.headers["X-At"] == "2026-03-15T10:00:00.250Z")
                #expect(request.headers["X-For"] == "2026-03-15T10:00:00.250Z")
                let body = try JSONDecoder().decode([String: UUID].self, from: request.body.data ?? Data())
                #expect(body["id"].map { $0 != run.id.uuid } == true)
            }
            #expect(requests.first?.body == requests.last?.body)
        }
    }

    @Test(
        "A response keeps its timing, 64 KiB of its body, and the selected headers",
        .rows("T-86", "T-87", "T-88", "K-25", "K-28"))
    func answer() async throws {
        let clock = ManualClock()
        let body = String(repeating: "ü", count: 40_000)
        let configuration = Bench.configuration { $0.keptResponseHeaders = ["X-Request-Id"] }
        let bench = Bench(clock: clock, configuration: configuration) { request in
            try await clock.sleep(until: clock.now.addingTimeInterval(1.5))
            let isLong = request.url.path == "/long"
            return try .status(200, ["x-request-id": "7", "Set-Cookie": "a=b"], body: isLong ? body : "short")
        }
        try await bench.running {
            for path in ["/long", "/short"] {
                try await bench.scheduler.create(
                    .init(
                        name: path, schedule: .immediately,
                        action: .http(.get("https://example.com" + path, timeout: .seconds(60)))))
            }
            await bench.advance(.seconds(2))
            let attempts = try await bench.executions().compactMap(\.attempts.first)
            #expect(attempts.map(\.duration) == [.milliseconds(1500), .milliseconds(1500)])
            #expect(attempts.map(\.responseHeaders) == [["x-request-id": "7"], ["x-request-id": "7"]])
            #expect(attempts.map(\.bodyPreview) == [String(body.prefix(32_768)), "short"])
            #expect(attempts.first?.bodyPreview?.utf8.count == Attempt.maximumPreviewBytes)
            #expect(attempts.map(\.bodyWasTruncated) == [true, false])
        }
    }

    @Test(
        "Any 2xx status succeeds; other statuses and timeouts fail",
        .rows("KX-6", "C-5", "K-23", "K-24"))
    func krafter() async throws {
        let bench = Bench { request in
            guard let status = Int(request.url.lastPathComponent) else { throw TransportError(.dns, "nobody") }
            return try .status(status)
        }
        let cases: [(String, String, Int?)] = [
            ("200", "success", 200), ("206", "success", 206), ("299", "success", 299), ("304", "failed", 304),
            ("404", "failed", 404), ("500", "failed", 500), ("silence", "failed", nil),
        ]
        try await bench.running {
            for (path, _, _) in cases {
                try await bench.scheduler.create(
                    .init(
                        name: path, schedule: .immediately,
                        action: .http(
                            RequestTemplate(method: .get, url: "https://example.com/" + path, success: .any2xx)),
                        retry: .none))
            }
            await bench.advance(.seconds(60))
            let runs = try await bench.executions()
            #expect(runs.map { ServiceProfile.krafter.name(of: $0, at: bench.clock.now) } == cases.map(\.1))
            #expect(runs.map { $0.attempts.last?.statusCode } == cases.map(\.2))
            for run in runs {
                #expect(try await bench.scheduler.job(run.jobID).lastStatus == run.status)
                #expect((run.failure == nil) == (run.status == .succeeded))
            }
        }
    }

    @Test(
        "An execution due outside its window waits for the next minute inside it, in the window's zone",
        .rows("S-32", "S-33", "SX-3"))
    func window() async throws {
        let bench = Bench(clock: ManualClock(now: try Date(utc: "2026-01-01T12:00:00Z")))
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(3600)), action: .handler("work"),
                    // From 8 to 8:30 in New York, which is 13:00 to 13:30 by UTC.
                    limits: JobLimits(window: try ExecutionWindow("0-29 8 * * *", in: "America/New_York"))))
            await bench.advance(.seconds(1800))
            let run = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1799))
            #expect(try await bench.scheduler.execution(run.id).status == .queued)
            await bench.advance(.seconds(1))
            let inside = try Date(utc: "2026-01-01T13:00:00Z")
            #expect(try await bench.executions(of: job.id).map(\.startedAt) == [inside, inside])
            await bench.advance(.seconds(3600))
            #expect(try await bench.executions(of: job.id).map(\.status) == [.succeeded, .succeeded, .queued])
        }
    }

    @Test(
        "An execution not started by its expiry date expires", .rows("S-43", "S-66")
    )
    func expiry() async throws {
        let bench = Bench()
        let clock = bench.clock
        let start = clock.now
        try await bench.scheduler.handle("work") { _ in try await clock.sleep(until: clock.now.addingTimeInterval(300))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "x", schedule: .every(.seconds(86_400)), action: .handler("work"),
                    limits: JobLimits(concurrency: 1, timeToLive: .seconds(60))))
            let first = try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(1))
            let second = try await bench.scheduler.trigger(job.id)
            let third = try await bench.scheduler.trigger(job.id, TriggerRequest(timeToLive: .seconds(600)))
            let later = try await bench.scheduler.trigger(job.id, at: start.addingTimeInterval(100))
            #expect(
                second.expiresAt == start.addingTimeInterval(61) && third.expiresAt == start.addingTimeInterval(601))
            #expect(later.expiresAt == start.addingTimeInterval(160))
            await bench.advance(.seconds(59))
            #expect(try await bench.scheduler.execution(second.id).status == .queued)
            await bench.advance(.seconds(1))
            let expired = try await bench.scheduler.execution(second.id)
            #expect(expired.status == .expired && expired.attempts.isEmpty && expired.startedAt == nil)
            await bench.advance(.seconds(700))
            let ends = try await [first, second, third, later].asyncMap {
                try await bench.scheduler.execution($0.id).status
            }
            #expect(ends == [.succeeded, .expired, .succeeded, .expired])
        }
    }
}
