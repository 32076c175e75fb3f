import Foundation
import RotaProfiles
import RotaTestSupport
import RotaTesting
import Testing

/// The fields of a job, their defaults, and its kinds and states.
@Suite("Jobs")
struct JobTests {
    static let start = ManualClock().now

    func draft(_ schedule: Schedule = .every(.seconds(300))) throws -> JobDraft {
        JobDraft(name: "Health Check", schedule: schedule, action: .http(try .get("https://example.com/health")))
    }

    @Test(
        "A new job has its identity, dates and next occurrence",
        .rows(
            "T-7", "T-27", "T-59", "K-1", "K-2", "K-3", "K-7", "K-18", "K-19", "I-1", "I-2", "I-11", "S-2", "S-18",
            "S-21", "S-52"))
    func created() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft())
        #expect(UUID(uuidString: job.id.description) == job.id.uuid)
        #expect(job.name == "Health Check")
        #expect(job.action.request?.url == "https://example.com/health")
        #expect(job.nextRunAt == Self.start.addingTimeInterval(300))
        #expect(job.createdAt == Self.start && job.updatedAt == Self.start)
        #expect(try await bench.scheduler.job(job.id) == job)
        bench.clock.set(to: Self.start.addingTimeInterval(7))
        let updated = try await bench.scheduler.update(job.id) { $0.name = "renamed" }
        #expect(updated.createdAt == Self.start && updated.updatedAt == Self.start.addingTimeInterval(7))
        #expect(try await bench.scheduler.create(draft()).id > job.id)
    }

    @Test(
        "A new job is enabled, has no notifications, and has not run",
        .rows("K-14", "K-15", "K-16", "K-17", "S-40", "S-51", "C-8", "C-16"))
    func defaults() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft())
        #expect(job.isEnabled && job.state == .active)
        #expect(job.notifications.isEmpty)
        #expect(job.lastStatus == nil && job.lastRunAt == nil && job.lastSucceededAt == nil)
        #expect(job.createdBy == nil && job.updatedBy == nil)
        #expect(job.attributes == .none && job.limits == .none && job.metadata.isEmpty)
        #expect(job.versionPolicy == .pin && !job.isBackwardsCompatible && job.version == 1)
        #expect(job.overlap == .allow && job.misfire == .latest && job.delivery == .atLeastOnce)
    }

    @Test(
        "Only an active job is enabled", .rows("C-8", "K-14", "S-40", "KX-1"),
        arguments: [(JobState.active, true), (.paused, false), (.draft, false)])
    func enabled(state: JobState, isEnabled: Bool) async throws {
        let bench = Bench()
        var draft = try draft(.every(.seconds(60)))
        draft.state = state
        let job = try await bench.scheduler.create(draft)
        #expect(job.isEnabled == isEnabled)
        try await bench.running {
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: job.id).count == (isEnabled ? 1 : 0))
            let once = try await bench.scheduler.create(self.draft(.once(at: bench.clock.now.addingTimeInterval(5))))
            #expect(once.isEnabled)
            await bench.advance(.seconds(5))
            #expect(try await !bench.scheduler.job(once.id).isEnabled)
        }
    }

    @Test("A job keeps its last execution and its result", .rows("K-16", "K-17"))
    func lastRun() async throws {
        let clock = ManualClock()
        let bench = Bench(clock: clock) { _ in
            let isSecond = clock.now > Self.start.addingTimeInterval(300)
            try await clock.sleep(until: clock.now.addingTimeInterval(2))
            return try .status(isSecond ? 404 : 200)
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft())
            await bench.advance(.seconds(301))
            #expect(try await bench.scheduler.job(job.id).lastStatus == nil)
            await bench.advance(.seconds(1))
            let first = try await bench.scheduler.job(job.id)
            #expect(first.lastStatus == .succeeded && first.lastRunAt == Self.start.addingTimeInterval(300))
            #expect(first.lastFinishedAt == Self.start.addingTimeInterval(302))
            await bench.advance(.seconds(300))
            let second = try await bench.scheduler.job(job.id)
            #expect(second.lastStatus == .failed && second.lastRunAt == Self.start.addingTimeInterval(600))
            #expect(first.lastSucceededAt == first.lastFinishedAt && second.lastSucceededAt == first.lastFinishedAt)
            #expect(
                second.lastStatus.flatMap { ServiceProfile.krafter.name(of: $0) } == "failed"
                    && first.lastStatus.flatMap { ServiceProfile.krafter.name(of: $0) } == "success")
        }
    }

    static let kinds: [(String, String, Schedule, [Double])] = [
        (#"{"every_n_minutes":15,"timezone":"UTC"}"#, "every", .every(.seconds(900)), [900, 1800, 2700, 3600]),
        (#"{"cron":"*/30 * * * *"}"#, "cron", (try? .cron("*/30 * * * *")) ?? .immediately, [1800, 3600]),
        (#"{"run_at":"2026-01-01T00:20:00Z"}"#, "once", .once(at: start.addingTimeInterval(1200)), [1200]),
        (#"{"immediately":true}"#, "immediately", .immediately, [0]),
    ]

    @Test(
        "Each kind of schedule is read by its name and fires by its rule",
        .rows("T-2", "T-4", "T-5", "T-6", "T-8", "C-15"), arguments: kinds)
    func kind(json: String, key: String, schedule: Schedule, fires: [Double]) async throws {
        let profile: ServiceProfile = key == "once" ? .infrai : .trigrun
        let read = try profile.schedule(from: Data(json.utf8))
        #expect(read == schedule)
        let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(read)) as? [String: Any]
        #expect(written?[key] != nil)
        for other in Self.kinds where other.1 != key { #expect(written?[other.1] == nil) }
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft(read))
            await bench.advance(.seconds(3600))
            let fired = try await bench.executions(of: job.id).map { $0.scheduledFor.timeIntervalSince(Self.start) }
            #expect(fired == fires)
        }
    }

    @Test("Only an active job has a next occurrence and fires", .rows("T-23", "T-24", "T-25", "T-26"))
    func states() async throws {
        let bench = Bench()
        try await bench.running {
            let active = try await bench.scheduler.create(draft(.every(.seconds(60))))
            #expect(active.state == .active && active.nextRunAt == Self.start.addingTimeInterval(60))
            await bench.advance(.seconds(60))
            #expect(try await bench.executions(of: active.id).map(\.scheduledFor) == [active.nextRunAt])
            let paused = try await bench.scheduler.pause(active.id)
            #expect(paused.state == .paused && paused.nextRunAt == nil)
            var later = try draft(.every(.seconds(60)))
            later.state = .draft
            let drafted = try await bench.scheduler.create(later)
            #expect(drafted.state == .draft && drafted.nextRunAt == nil)
            await bench.advance(.seconds(3600))
            #expect(try await bench.executions().count == 1)
            #expect(try await bench.scheduler.job(active.id).state == .paused)
            #expect(try await bench.scheduler.resume(drafted.id).state == .active)
        }
    }

    @Test("A job without occurrences left is completed with a reason, and no other is", .rows("T-26", "C-27"))
    func completed() async throws {
        let bench = Bench()
        let end = Self.start.addingTimeInterval(150)
        let over: [Schedule] = [
            .immediately, .once(at: Self.start.addingTimeInterval(30)), .every(.seconds(60)).ending(at: end),
            .every(.seconds(60)).limited(toRuns: 2), try .cron("* * * * *").limited(toRuns: 2),
        ]
        let endless: [Schedule] = [.every(.seconds(60)), try .cron("* * * * *")]
        try await bench.running {
            var ids: [JobID] = []
            for schedule in over + endless { ids.append(try await bench.scheduler.create(draft(schedule)).id) }
            await bench.advance(.seconds(600))
            for (number, id) in ids.enumerated() {
                let job = try await bench.scheduler.job(id)
                #expect(job.state == (number < over.count ? .completed : .active))
                #expect((job.reason == nil) == (number >= over.count))
                #expect((job.nextRunAt == nil) == (number < over.count))
            }
            let counts = try await ids.asyncMap { try await bench.executions(of: $0).count }
            #expect(counts == [1, 1, 2, 2, 2, 10, 10])
            let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.resume(ids[0]) }
            #expect(error?.code == .illegalState)
        }
    }

    @Test("Only scheduled executions count toward the limit", .rows("I-24", "I-30"))
    func maximumRuns() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(draft(.every(.seconds(60)).limited(toRuns: 2)))
            for _ in 0..<3 { try await bench.scheduler.trigger(job.id) }
            await bench.advance(.seconds(60))
            #expect(try await bench.scheduler.job(job.id).isEnabled)
            await bench.advance(.seconds(60))
            let ended = try await bench.scheduler.job(job.id)
            #expect(ended.state == .completed && ended.reason?.contains("2 times") == true)
            #expect(try await bench.executions(of: job.id).count == 5)
        }
    }

    @Test(
        "Every fire sends the job's request with its payload and records the response",
        .rows("T-1", "I-7", "I-26", "K-9", "K-11"))
    func savedRequest() async throws {
        let bench = Bench { _ in try .status(201, ["Content-Type": "text/plain"], body: "done") }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "post", schedule: .every(.seconds(60)),
                    action: .http(
                        .post("https://example.com/hook", headers: ["X-Team": "a"], body: .json(["n": 7])))))
            await bench.advance(.seconds(180))
            #expect(bench.transport.requests.count == 3)
            for request in bench.transport.requests {
                #expect(request.method == .post && request.url.absoluteString == "https://example.com/hook")
                #expect(request.headers["X-Team"] == "a")
                #expect(request.body.data == Data(#"{"n":7}"#.utf8))
            }
            let executions = try await bench.executions(of: job.id)
            #expect(executions.map(\.status) == [.succeeded, .succeeded, .succeeded])
            #expect(executions.allSatisfy { $0.attempts.map(\.statusCode) == [201] })
            #expect(executions.allSatisfy { $0.attempts.map(\.bodyPreview) == ["done"] })
        }
    }

    @Test("An action is a request or a handler, and its JSON says which", .rows("I-6"))
    func targets() throws {
        let request = JobAction.http(try .get("https://example.com/"))
        let call = JobAction.handler("work")
        #expect(request.request != nil && request.handler == nil)
        #expect(call.handler?.name == "work" && call.request == nil)
        for (action, key) in [(request, "http"), (call, "handler")] {
            let data = try JSONEncoder().encode(action)
            #expect((try JSONSerialization.jsonObject(with: data) as? [String: Any])?.keys.map(\.self) == [key])
            #expect(try JSONDecoder().decode(JobAction.self, from: data) == action)
        }
        for text in ["{}", #"{"http":{"url":"https://example.com/"},"handler":{"name":"x"}}"#] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(JobAction.self, from: Data(text.utf8)) }
        }
    }
}

extension Sequence {
    func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
