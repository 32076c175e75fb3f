import Foundation
import Rota
import RotaHTTP
import RotaSchedule
import RotaStore
import RotaTesting
import Testing

/// The mistakes that newcomers make, and what they are told: what is wrong, and what to write instead.
@Suite("Typical mistakes")
struct TypicalMistakesTests {
    /// What a call says when it fails.
    private func message(_ call: () async throws -> Void) async -> String {
        do { try await call() } catch { return "\(error)" }
        return "nothing: the call did not fail"
    }

    private func expect(
        _ message: String, says parts: String..., at location: SourceLocation = #_sourceLocation
    ) {
        for part in parts { #expect(message.contains(part), "\(message)", sourceLocation: location) }
    }

    /// The warnings of a preview, in one text.
    private func warnings(_ bench: Bench, _ draft: JobDraft) async throws -> String {
        try await bench.scheduler.preview(draft, count: 3).warnings.map(\.message).joined(separator: "\n")
    }

    /// A scheduler whose console is recorded.
    private func watched(_ bench: Bench) -> Recorded<String> {
        let lines = Recorded<String>()
        bench.scheduler.observe(ConsoleObserver(zone: .gmt) { lines.add($0) })
        return lines
    }

    // MARK: Schedules

    @Test(
        "A number that a cron field does not have",
        arguments: [
            ("60 * * * *", ["60 is too large", "0–59", "write 0"]),
            ("75 * * * *", ["75 is too large", "0–59", "every 75 minutes", "Schedule.every"]),
            ("*/5 24 * * *", ["24 is too large", "midnight is hour 0"]),
            ("0 25 * * *", ["25 is too large", "0–23", "the hour comes after the minute"]),
            ("0 9 0 * *", ["0 is too small", "1–31", "*"]),
            ("0 9 32 * *", ["32 is too large", "1–31", "L for the last day"]),
            ("0 9 1 0 *", ["0 is too small", "January is 1"]),
            ("0 9 1 13 *", ["13 is too large", "December is 12"]),
            ("0 9 * * 8", ["8 is too large", "Sunday is 0 or 7"]),
            ("60 0 9 * * *", ["60 is too large", "write 0"]),
            ("0 0 9 * * * 26", ["26 is too small", "2026"]),
            ("0 0 9 * * * 3000", ["3000 is too large", "1970–2225", "leave the year out"]),
        ])
    func cronRanges(_ text: String, _ parts: [String]) async {
        let message = await message { _ = try Schedule.cron(text) }
        for part in parts { expect(message, says: part) }
    }

    @Test("The numbers of Quartz, and seconds where the dialect has none")
    func cronDialects() async {
        expect(
            await message { _ = try Schedule.cron("0 0 9 ? * 0", dialect: .quartz) },
            says: "0 is too small", "Sunday is 1")
        expect(
            await message { _ = try Schedule.cron("0 0 9 ? * 8", dialect: .quartz) },
            says: "8 is too large", "Saturday is 7")
        expect(
            await message { _ = try Schedule.cron("0 0 9 * * 1-5", dialect: .vixie) },
            says: "6 fields", "expected 5 fields", ".standard")
    }

    @Test("An interval in words")
    func everyWords() async {
        for text in ["@every 5 minutes", "@every 5 min", "@every 5 mins", "@every five minutes", "@5m", "@every5m"] {
            expect(await message { _ = try Schedule.cron(text) }, says: "@every 5m")
        }
        expect(await message { _ = try Schedule.cron("@every 1 day") }, says: "@every 1d")
        expect(await message { _ = try Schedule.cron("@every 2 hours") }, says: "@every 2h")
        expect(await message { _ = try Schedule.cron("@every day") }, says: "@every 1d", "@daily")
        expect(await message { _ = try Schedule.cron("@dayly") }, says: "@daily")
        expect(await message { _ = try Schedule.cron("every 5 minutes") }, says: "@every 5m", "Schedule.every")
    }

    @Test("A time zone that is an abbreviation, or misspelled")
    func zones() async {
        expect(await message { _ = try Schedule.cron("0 9 * * *", in: "BST") }, says: "BST", "Europe/London")
        expect(
            await message { _ = try Schedule.cron("0 9 * * *", in: "Europe/Berln") }, says: "did you mean",
            "Europe/Berlin")
        expect(await message { _ = try Schedule.cron("0 9 * * *", in: "+02:00") }, says: "+02:00", "Europe/Berlin")
    }

    @Test("A date that no year has")
    func neverMatches() async {
        expect(
            await message { _ = try Schedule.cron("0 0 30 2 *") }, says: "no date ever matches", "February", "29",
            "L for the last day")
        expect(
            await message { _ = try Schedule.cron("0 0 31 4,6 *") }, says: "no date ever matches", "April", "30",
            "L for the last day")
        expect(await message { _ = try Schedule.cron("0 0 0 29 2 * 2027") }, says: "no date ever matches", "2028")
    }

    @Test("An interval of zero, and one that goes backwards", arguments: [Duration.zero, .seconds(-60)])
    func intervals(_ interval: Duration) async {
        let bench = Bench()
        for schedule in [Schedule.every(interval), .afterCompletion(interval)] {
            let draft = JobDraft(name: "j", schedule: schedule, action: .handler("work"))
            expect(
                await message { try await bench.scheduler.create(draft) },
                says: interval == .zero ? "not 0 s" : "not -1 min",
                "1 ms to 100 years",
                "(.minutes(5))`")
        }
    }

    @Test("A date in the past, and a schedule that has ended")
    func past() async throws {
        let bench = Bench()
        let lines = watched(bench)
        try await bench.scheduler.handle("work") { _ in }
        let now = bench.clock.now
        let late = JobDraft(name: "late", schedule: .once(at: now - 3600), action: .handler("work"))
        expect(try await warnings(bench, late), says: "in the past", "fires at once", "later date", ".skip")
        var skipping = late
        skipping.misfire = .skip
        expect(try await warnings(bench, skipping), says: "in the past", "will be skipped", "later date", ".latest")
        let ended = JobDraft(
            name: "ended", schedule: Schedule.every(.hours(1)).ending(at: now - 60), action: .handler("work"))
        expect(try await warnings(bench, ended), says: "no occurrence after", "ends", "later end")
        let exhausted = JobDraft(
            name: "years", schedule: try .cron("0 0 0 1 * * 2020"), action: .handler("work"))
        expect(try await warnings(bench, exhausted), says: "no occurrence after", "2020", ".onDemand")
        try await bench.scheduler.create(ended)
        #expect(lines.all.count == 1)
        expect(lines.all.joined(), says: "ended", "will never fire", "later end", "update")
    }

    @Test("A window that no occurrence falls into, a rate below the schedule's, and a job that is paused")
    func held() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        var draft = JobDraft(name: "j", schedule: try .cron("0 3 * * *"), action: .handler("work"))
        draft.limits.window = try ExecutionWindow("* 9-17 * * *")
        expect(try await warnings(bench, draft), says: "outside the execution window", "`limits.window`")
        draft = JobDraft(name: "j", schedule: .every(.minutes(1)), action: .handler("work"))
        draft.limits.rate = RateLimit(1, per: .hours(1))
        expect(try await warnings(bench, draft), says: "rate limit of 1", "Raise the limit")
        draft = JobDraft(name: "j", schedule: .every(.minutes(1)), action: .handler("work"))
        for state in [JobState.paused, .draft] {
            draft.state = state
            expect(try await warnings(bench, draft), says: "does not fire", "`resume(_:)`")
        }
    }

    // MARK: Handlers and payloads

    private struct Order: Codable { var id: Int }

    @Test("A handler that is not registered, or under another spelling")
    func missingHandler() async throws {
        let bench = Bench()
        let lines = watched(bench)
        try await bench.scheduler.handle("send-invoice") { _ in }
        let draft = JobDraft(name: "j", schedule: .every(.minutes(5)), action: .handler("sendInvoice"))
        expect(
            try await warnings(bench, draft), says: "\"sendInvoice\"", "not registered", "handle(\"sendInvoice\")",
            "before `run()`", "did you mean \"send-invoice\"?")
        let job = try await bench.scheduler.create(draft)
        try await bench.running { await bench.advance(.zero) }
        expect(
            lines.all.joined(), says: "\"sendInvoice\"", "handle(\"sendInvoice\")", "did you mean \"send-invoice\"?")
        let execution = try await bench.scheduler.trigger(job.id)
        expect(
            "\(try await bench.scheduler.explain(execution.id))", says: "no handler \"sendInvoice\"",
            "handle(\"sendInvoice\")", "did you mean \"send-invoice\"?")
        var notified = JobDraft(name: "k", schedule: .every(.minutes(5)), action: .handler("send-invoice"))
        notified.notifications = [.init(on: .failure, .handler("pager"))]
        expect(try await warnings(bench, notified), says: "A notification", "handle(\"pager\")")
    }

    @Test("A handler that is registered twice")
    func duplicateHandler() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        expect(
            await message { try await bench.scheduler.handle("work") { _ in } }, says: "\"work\"",
            "already registered", "another name")
    }

    @Test("A payload that the handler cannot decode")
    func payload() async throws {
        let bench = Bench()
        let lines = watched(bench)
        try await bench.scheduler.handle("charge", payload: Order.self) { _, _ in }
        let draft = JobDraft(
            name: "j", schedule: .immediately, action: try .handler("charge", payload: ["number": 7]), retry: .none)
        expect(
            try await warnings(bench, draft), says: "Order", "\"charge\"", "id", "Change the payload", "optional")
        try await bench.scheduler.create(draft)
        try await bench.scheduler.create(
            JobDraft(name: "k", schedule: .immediately, action: .handler("charge"), retry: .none))
        try await bench.running { await bench.advance(.seconds(1)) }
        let text = lines.all.filter { !$0.contains("will fail") }.joined(separator: "\n")
        expect(text, says: "j: failed", "k: failed", "has a payload", "payload:")
        expect(text, says: "Change the payload", "optional")
    }

    // MARK: Requests

    @Test(
        "An address that the transport refuses",
        arguments: [
            ("http://localhost:8080/hook", "localhost"), ("http://127.0.0.1/", "127.0.0.1"),
            ("http://[::1]/{{execution_id}}", "[::1]"), ("http://169.254.169.254/latest/", "169.254.169.254"),
            ("https://10.0.0.1/?at={{timestamp}}", "10.0.0.1"), ("http://2130706433/", "127.0.0.1"),
            ("https://example.com:25/", "example.com"),
        ])
    func blockedAddress(_ url: String, _ host: String) async throws {
        let mend = "addressPolicy: .publicInternet.adding(hosts: [\"\(host)\"])"
        func found(_ scheduler: Scheduler, _ draft: JobDraft) async throws -> String {
            try await scheduler.preview(draft).warnings.map(\.message).joined(separator: "\n")
        }
        let draft = JobDraft(name: "j", schedule: .every(.minutes(5)), action: .http(try .post(url)))
        var hooked = JobDraft(
            name: "k", schedule: .every(.minutes(5)), action: .http(try .post("https://example.com/")))
        let hook = url.replacing("{{execution_id}}", with: "").replacing("{{timestamp}}", with: "")
        hooked.notifications = [.init(on: .failure, .webhook(url: hook))]
        var doubled = draft
        doubled.action = .http(try .post("https://example.com/", fallback: url))
        let schedulers = [
            Scheduler(store: InMemoryJobStore(), clock: ManualClock()),
            Scheduler(store: InMemoryJobStore(), transport: URLSessionTransport(), clock: ManualClock()),
        ]
        for scheduler in schedulers {
            expect(try await found(scheduler, draft), says: "will be refused", host, mend)
            expect(try await found(scheduler, doubled), says: "The fallback", "will be refused", host, mend)
            expect(try await found(scheduler, hooked), says: "webhook", "will be refused", host, mend)
            let job = try await scheduler.create(
                JobDraft(name: "l", schedule: .every(.minutes(5)), action: .http(try .post("https://example.com/"))))
            let change = try await scheduler.preview(updating: job.id) { $0.action = draft.action }
            expect(change.warnings.map(\.message).joined(), says: mend)
        }
        let allowing = Scheduler(
            store: InMemoryJobStore(), transport: .automatic(addressPolicy: .publicInternet.adding(hosts: [host])),
            clock: ManualClock())
        #expect(try await found(allowing, draft).isEmpty)
        #expect(try await found(allowing, hooked).isEmpty)
    }

    @Test("An address that is not known before the execution is not warned of, nor one that is allowed")
    func addressNotKnown() async throws {
        let scheduler = Scheduler(store: InMemoryJobStore(), clock: ManualClock())
        let queue = JobDraft(queue: "hooks", action: .http(try .post("{{payload.url}}")))
        #expect(try await scheduler.preview(queue).warnings.isEmpty)
        let plain = JobDraft(
            name: "j", schedule: .every(.minutes(5)), action: .http(try .post("https://example.com/{{uuid}}")))
        #expect(try await scheduler.preview(plain).warnings.isEmpty)
    }

    @Test("A URL without its scheme, an unknown placeholder, and a timeout that is too long")
    func templates() async throws {
        expect(
            await message { _ = try RequestTemplate.get("example.com/report") }, says: "http://", "https://",
            "write https://example.com/report")
        expect(
            await message { _ = try RequestTemplate.get("//example.com/report") }, says: "https://example.com/report")
        expect(
            await message { _ = try RequestTemplate.get("ftp://example.com/report") }, says: "http://", "https://",
            "ftp://example.com/report")
        expect(
            await message { _ = try RequestTemplate.get("https://example.com/{{execution}}") }, says: "execution",
            "no such variable", "execution_id", "did you mean {{execution_id}}?")
        expect(
            await message { _ = try RequestTemplate.post("https://example.com/", timeout: .hours(2)) },
            says: "between 1 ms and 1 hour", "2 h", "handler")
    }

    @Test("A secret that is missing, and one in the wrong place")
    func secrets() async throws {
        let bench = Bench()
        let lines = watched(bench)
        let template = try RequestTemplate.post(
            "https://example.com/", headers: ["Authorization": "Bearer secret://tokn"])
        try await bench.scheduler.create(
            JobDraft(name: "j", schedule: .immediately, action: .http(template), retry: .none))
        let signed = try RequestTemplate.post("https://example.com/", signature: "secret://absent")
        try await bench.scheduler.create(
            JobDraft(name: "k", schedule: .immediately, action: .http(signed), retry: .none))
        try await bench.running { await bench.advance(.seconds(1)) }
        for line in lines.all { expect(line, says: "no secret", "secrets:") }
        expect(lines.all.joined(), says: "tokn", "absent")
        #expect(lines.all.count == 2)
        expect(
            await message { _ = try RequestTemplate.get("https://example.com/?key=secret://key") },
            says: "header values only", "headers:")
    }

    @Test("A webhook secret that is not a reference, or not of the scheme's form")
    func webhookSecret() async throws {
        let bench = Bench()
        var draft = JobDraft(name: "j", schedule: .every(.minutes(5)), action: .handler("work"))
        draft.notifications = [.init(on: .failure, .webhook(url: "https://example.com/", secret: "whsec_abc"))]
        let text = await message { try await bench.scheduler.create(draft) }
        expect(text, says: "secret://hook", "must not be stored")
        #expect(!text.contains("whsec_abc"))
        expect(await message { _ = try WebhookSecret("my password") }, says: "whsec_", "Base64")
        expect(await message { _ = try WebhookSecret(" whsec_AAAA") }, says: "remove what precedes whsec_")
    }

    // MARK: Jobs

    @Test("Two declared jobs of one name")
    func sameName() async throws {
        let bench = Bench()
        let draft = JobDraft(name: "report", schedule: .every(.minutes(5)), action: .handler("work"))
        expect(
            await message { _ = try await bench.scheduler.declare([draft, draft], owner: "app") },
            says: "Job 1", "job 2", "\"report\"", "a name or a slug of its own")
    }

    @Test("A job that is created again with its key and another definition")
    func changedDefinition() async throws {
        let bench = Bench()
        let lines = watched(bench)
        let first = JobDraft(
            name: "report", schedule: .every(.minutes(5)), action: .handler("work"), idempotencyKey: "report")
        let job = try await bench.scheduler.create(first)
        bench.clock.set(to: bench.clock.now + 60)
        #expect(try await bench.scheduler.create(first).id == job.id)
        #expect(lines.all.isEmpty, "\(lines.all)")
        var changed = first
        changed.definition.schedule = try .cron("0 9 * * *")
        changed.definition.overlap = .skip
        #expect(try await bench.scheduler.create(changed).schedule == job.schedule)
        #expect(lines.all.count == 1)
        expect(
            lines.all.joined(), says: "report", "idempotency key", "schedule, overlap", "unchanged",
            "update(_:_:)", "declare(_:owner:)")
        // Whoever changed the job by hand meant it.
        try await bench.scheduler.update(job.id) { $0.overlap = .queue }
        try await bench.scheduler.create(changed)
        #expect(lines.all.count == 1)
    }

    @Test("Work for a queue that does not exist")
    func missingQueue() async throws {
        let bench = Bench()
        for name in ["send-mail", "resize-images", "send-invoice"] {
            try await bench.scheduler.create(JobDraft(queue: name))
        }
        try await bench.scheduler.create(
            JobDraft(name: "sendinvoices", schedule: .every(.minutes(5)), action: .handler("work")))
        try await bench.scheduler.handle("clean-up") { _ in }
        let text = await message { try await bench.scheduler.enqueue("send-invoices") }
        expect(
            text, says: "no queue \"send-invoices\"",
            "There are \"send-invoice\", \"send-mail\", \"resize-images\" and \"clean-up\"", "JobDraft(queue:)")
        for number in 1...20 { try await bench.scheduler.create(JobDraft(queue: "tenant-\(number)")) }
        let many = await message { try await bench.scheduler.enqueue("tenant-21") }
        expect(many, says: "There are \"tenant-1\", ", " and others")
        #expect(many.count < 600, "\(many)")
        expect(await message { try await Bench().scheduler.enqueue("x") }, says: "There is no queue yet")
    }

    @Test("A job that was deleted, or is looked up by a name that it does not have")
    func missingJob() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(
            JobDraft(name: "daily-report", schedule: .every(.minutes(5)), action: .handler("work")))
        try await bench.scheduler.create(
            JobDraft(name: "weekly-report", schedule: .every(.minutes(5)), action: .handler("work")))
        expect(
            await message { _ = try await bench.scheduler.job(named: "dailyreport") }, says: "\"dailyreport\"",
            "did you mean \"daily-report\"?", "jobs()")
        try await bench.scheduler.delete(job.id)
        expect(
            await message { try await bench.scheduler.update(job.id) { $0.name = "other" } },
            says: "\(job.id)", "deleted", "jobs()")
    }

    // MARK: Running

    @Test("run() is never called, or called twice")
    func running() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(
            JobDraft(name: "j", schedule: .every(.minutes(5)), action: .handler("work")))
        let execution = try await bench.scheduler.trigger(job.id)
        expect(
            "\(try await bench.scheduler.explain(execution.id))", says: "this scheduler is not running", "call `run()`")
        let due = bench.clock.now + 300
        bench.clock.set(to: due + 60)
        expect("\(try await bench.scheduler.explain(job.id, at: due))", says: "undecided", "`run()`")
        try await bench.running {
            await bench.advance(.zero)
            expect(await message { try await bench.scheduler.run() }, says: "already running", "Call `run()` once")
        }
    }

    @Test("A folder that another store has open, and one that cannot be written")
    func folders() async throws {
        let files = FaultyFileSystem()
        let environment = FileStoreEnvironment.inMemory(files)
        let store = try await FileJobStore(path: "/jobs", environment: environment)
        expect(
            await message { _ = try await FileJobStore(path: "/jobs", environment: environment) },
            says: "/jobs", "another process, or another store in this one", "close it first", "another folder")
        try await store.close()
        expect(
            await message { _ = try await FileJobStore(path: "/dev/null/jobs", environment: FileStoreEnvironment()) },
            says: "/dev/null/jobs", "cannot be created", "check who owns", "choose another folder")
        // Wherever permission is refused while a folder is opened.
        for operation in 1...6 {
            files.fault = FileFault(at: operation, .fail(SystemErrno(EACCES)), persists: true)
            let text = await message { _ = try await FileJobStore(path: "/jobs", environment: environment) }
            files.fault = nil
            expect(text, says: "check")
        }
    }
}
