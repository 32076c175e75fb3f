import Foundation
import RotaHTTP
import RotaProfiles
import RotaTestSupport
import RotaTesting
import Testing

/// The fields of a job's definition in the store, in its versions, and in JSON.
@Suite("Job definitions")
struct JobDefinitionTests {
    /// A definition without default values.
    static func definition() throws -> JobDefinition {
        var definition = JobDefinition(
            name: "full", schedule: try .cron("30 9 * * 1-5", in: "Europe/Paris"),
            action: .http(
                try .post("https://example.com/", headers: ["X-A": "b"], body: .json([1]), timeout: .seconds(77))),
            retry: RetryPolicy(maxAttempts: 7, backoff: .delays([.seconds(5), .seconds(50)]), jitter: .none),
            misfire: .all(limit: 3, maximumLateness: .seconds(600)), overlap: .queue(limit: 4),
            retention: Retention(maximumCount: 9, maximumAge: .seconds(86_400), ages: [.failed: .seconds(172_800)]),
            metadata: ["team": "a"])
        definition.attributes = JobAttributes(
            slug: "full", description: "All of it", project: "p", group: "g", environment: "production",
            tags: ["tier": "1"])
        definition.limits = JobLimits(
            concurrency: 2, concurrencyPerKey: 1, rate: RateLimit(10, per: .seconds(60)),
            sharedRates: [SharedRateLimit("api", RateLimit(100, per: .seconds(3600)))],
            window: try ExecutionWindow("* 8-17 * * 1-5", in: "Europe/Paris"), timeToLive: .seconds(900))
        definition.priority = 3
        definition.delivery = .atMostOnce
        definition.breaker = CircuitBreakerPolicy()
        definition.notifications = [
            NotificationRule(on: .failure, .webhook(url: "https://example.com/hook", secret: "secret://key"))
        ]
        definition.versionPolicy = .minor
        definition.isBackwardsCompatible = true
        definition.payloadSchema = try JSONSchema(["type": ["object", "null"], "maxProperties": 9])
        definition.deduplicationWindow = .seconds(90)
        definition.chain = [ChainRule(on: .completed, slug: "next", payload: ["a": try JSONPath("$.b")])]
        definition.adaptiveTimeout = AdaptiveTimeout(within: .seconds(5) ... .seconds(300))
        return definition
    }

    private struct Note: HandlerPayload {
        static let handlerName = "note"
        var text: String
    }

    @Test("A draft takes its slug and its delivery in one expression, and has the defaults without them")
    func shortDrafts() throws {
        let short = JobDraft(
            name: "j", slug: "a-slug", schedule: .onDemand, action: .handler("x"), delivery: .atMostOnce)
        let typed = try JobDraft(Note(text: "a"), slug: "a-slug", schedule: .onDemand, delivery: .atMostOnce)
        for draft in [short, typed] { #expect(draft.attributes.slug == "a-slug" && draft.delivery == .atMostOnce) }
        let plain = [
            JobDraft(name: "j", schedule: .onDemand, action: .handler("x")),
            try JobDraft(Note(text: "a"), schedule: .onDemand),
        ]
        for draft in plain { #expect(draft.attributes == .none && draft.delivery == .atLeastOnce) }
    }

    @Test(
        "Every field survives the store, JSON and the job's versions",
        .rows("S-19 to S-24", "S-26 to S-27", "S-29 to S-38", "S-41 to S-51", "C-28"))
    func kept() async throws {
        let bench = Bench()
        let definition = try Self.definition()
        let job = try await bench.scheduler.create(JobDraft(definition, author: "ann"))
        #expect(try await bench.scheduler.job(job.id).definition == definition)
        let data = try JSONEncoder().encode(job)
        let read = try JSONDecoder().decode(Job.self, from: data)
        #expect(read == job)
        #expect(read.definition == definition)
        // No field was read back as its default.
        let plain = JobDefinition(name: "x", schedule: .immediately, action: .handler("y"))
        let attributes = [\JobAttributes.slug, \.description, \.project, \.group, \.environment]
        #expect(
            attributes.allSatisfy { read.definition.attributes[keyPath: $0] != nil }
                && read.attributes.tags == ["tier": "1"])
        #expect(read.limits.concurrency == 2 && read.limits.concurrencyPerKey == 1 && read.priority == 3)
        #expect(read.limits.rate == RateLimit(10, per: .seconds(60)) && read.limits.timeToLive == .seconds(900))
        #expect(read.limits.sharedRates.map(\.name) == ["api"] && read.limits.window == definition.limits.window)
        #expect(read.definition.retry.maxAttempts == 7 && read.action.request?.timeout == .seconds(77))
        #expect(read.schedule.timeZoneIdentifier == "Europe/Paris" && read.metadata == ["team": "a"])
        #expect(read.delivery != plain.delivery)
        #expect(read.versionPolicy == .minor && read.isBackwardsCompatible && read.definition.breaker != nil)
        #expect(read.misfire != plain.misfire && read.overlap != plain.overlap && read.retention != plain.retention)
        #expect(job.createdBy == "ann" && job.version == 1)

        let changed = try await bench.scheduler.update(job.id, author: "bob") {
            $0 = JobDefinition(name: "plain", schedule: .every(.seconds(60)), action: .handler("work"))
        }
        #expect(changed.version == 2 && changed.versionID != job.versionID && changed.updatedBy == "bob")
        #expect(changed.createdBy == "ann" && changed.attributes == .none && changed.limits == .none)
        let first = try await bench.scheduler.version(job.versionID)
        #expect(first.definition == definition && first.createdBy == "ann" && first.createdAt == job.createdAt)
        #expect(try await bench.scheduler.versions(of: job.id).map(\.id) == [changed.versionID, job.versionID])
    }

    @Test(
        "A queued execution keeps the definition it was created with",
        .rows("C-28", "S-49", "S-70", "S-71"))
    func snapshot() async throws {
        let bench = Bench { _ in try .status(503) }
        let job = try await bench.scheduler.create(
            .init(
                name: "pinned", schedule: .every(.seconds(86_400)),
                action: .http(.get("https://old.example.com/", timeout: .seconds(11))),
                retry: .fixed(.seconds(1), maxAttempts: 3)))
        let run = try await bench.scheduler.trigger(job.id)
        #expect(run.jobVersion == 1 && run.versionID == job.versionID)
        let updated = try await bench.scheduler.update(job.id) {
            $0.action = .http(try .get("https://new.example.com/"))
            $0.retry = .none
        }
        try await bench.running {
            await bench.advance(.seconds(60))
            #expect(bench.transport.requests.map { $0.url.host() } == Array(repeating: "old.example.com", count: 3))
            #expect(bench.transport.requests.allSatisfy { $0.timeout == .seconds(11) })
            let ended = try await bench.scheduler.execution(run.id)
            #expect(ended.versionID == job.versionID && updated.version == 2)
            let later = try await bench.scheduler.trigger(job.id)
            #expect(later.jobVersion == 2 && later.versionID == updated.versionID)
            await bench.advance(.seconds(60))
            #expect(bench.transport.requests.count == 4)
            #expect(bench.transport.requests.last?.url.host() == "new.example.com")
        }
    }

    @Test(
        "Attempts and timeouts are the job's own, by default three of thirty seconds",
        .rows("S-29", "S-30", "T-37", "K-13"))
    func attempts() async throws {
        let bench = Bench { _ in try .status(503) }
        try await bench.running {
            let standard = try await bench.scheduler.create(
                .init(name: "a", schedule: .immediately, action: .http(.get("https://example.com/a"))))
            let other = try await bench.scheduler.create(
                .init(
                    name: "b", schedule: .immediately,
                    action: .http(.get("https://example.com/b", timeout: .seconds(300))),
                    retry: RetryPolicy(maxAttempts: 5)
                ))
            await bench.advance(.seconds(300))
            #expect(try await bench.executions(of: standard.id).map(\.attempts.count) == [3])
            #expect(try await bench.executions(of: other.id).map(\.attempts.count) == [5])
            let timeouts = Dictionary(grouping: bench.transport.requests, by: \.url.path).mapValues {
                Set($0.map(\.timeout))
            }
            #expect(timeouts == ["/a": [.seconds(30)], "/b": [.seconds(300)]])
        }
    }

    @Test(
        "A rate limit admits its maximum in any sliding window, and the rest follow",
        .rows("S-34", "S-35"))
    func rate() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let begin = bench.clock.now
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "slow", schedule: .every(.seconds(86_400)), action: .handler("work"),
                    limits: JobLimits(rate: RateLimit(2, per: .seconds(10)))))
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(4))
            for _ in 0..<4 { try await bench.scheduler.trigger(job.id) }
            await bench.advance(.seconds(60))
            let starts = try await bench.executions(of: job.id).compactMap { $0.startedAt?.timeIntervalSince(begin) }
            #expect(starts.sorted() == [0, 4, 10, 14, 20])
        }
    }

    @Test("An execution's metadata overrides the job's, key by key", .rows("S-38", "S-58"))
    func metadata() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            .init(
                name: "x", schedule: .every(.seconds(60)), action: .handler("work")
            ).with { $0.metadata = ["team": "a", "tier": "1"] })
        let run = try await bench.scheduler.trigger(
            job.id, TriggerRequest().with { $0.metadata = ["tier": "2", "new": "3"] })
        #expect(run.metadata == ["team": "a", "tier": "2", "new": "3"])
        #expect(try await bench.scheduler.trigger(job.id).metadata == ["team": "a", "tier": "1"])
    }

    @Test("A profile's defaults are read from its own JSON", .rows("IX-1"))
    func infrai() async throws {
        let schedule = try ServiceProfile.infrai.schedule(from: Data(#"{"cron_expr":"0 9 * * *"}"#.utf8))
        let retry = try ServiceProfile.infrai.retryPolicy(from: Data(#"{"retry":3}"#.utf8))
        let request = try ServiceProfile.infrai.request(
            from: Data(#"{"task_url":"https://example.com/","payload":{"a":1},"timeout_seconds":300}"#.utf8))
        #expect(schedule.timeZoneIdentifier == "UTC" && retry.maxAttempts == 4)
        let bench = Bench { _ in try .status(503) }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "i", schedule: schedule, action: .http(request), retry: retry))
            #expect(job.nextRunAt == bench.clock.now.addingTimeInterval(9 * 3600))
            await bench.advance(.seconds(10 * 3600))
            #expect(bench.transport.requests.map(\.timeout) == Array(repeating: .seconds(300), count: 4))
            #expect(bench.transport.requests.allSatisfy { $0.method == .post })
        }
    }

    @Test("A UTF-16 payload survives encoding and decoding")
    func payloadUTF16() throws {
        let data = try #require(#"{"a":"ü"}"#.data(using: .utf16))
        guard let payload = try? JSONPayload(json: data) else { return }
        let copy = try JSONDecoder().decode(JSONPayload.self, from: JSONEncoder().encode(payload))
        #expect(try copy.decode([String: String].self) == ["a": "ü"])
    }
}
