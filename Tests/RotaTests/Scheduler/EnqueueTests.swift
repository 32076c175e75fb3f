import Foundation
import RotaStore
import RotaTesting
import Testing

@Suite("Enqueued work")
struct EnqueueTests {
    private struct Invoice: HandlerPayload, Equatable {
        static let handlerName = "send-invoice"
        var number: Int
    }

    @Test("Work that is enqueued runs once, when it is due, and the queue is made on the way")
    func runsWhenDue() async throws {
        let (bench, done) = (Bench(), Recorded<String>())
        let clock = bench.clock
        try await bench.scheduler.handle(Invoice.self) { invoice, context in
            done.add("\(invoice.number) +\(clock.now.timeIntervalSince(context.execution.createdAt))")
        }
        try await bench.running {
            try await bench.scheduler.enqueue(Invoice(number: 1))
            try await bench.scheduler.enqueue(Invoice(number: 2), after: .minutes(10))
            try await bench.scheduler.enqueue("send-invoice", payload: Invoice(number: 3), TriggerRequest(priority: 9))
            await bench.advance(.seconds(1))
            #expect(Set(done.all) == ["1 +0.0", "3 +0.0"])
            await bench.advance(.minutes(10))
            #expect(done.all.count == 3 && done.all.last == "2 +600.0")
        }
        let job = try await bench.scheduler.job(slug: "send-invoice")
        #expect(job.state == .active && job.nextRunAt == nil && job.schedule.isOnDemand)
        #expect(try await bench.scheduler.jobs().items.count == 1)
    }

    @Test("A declared queue keeps its limits, its retry policy and its work over a restart")
    func declaredQueue() async throws {
        let (clock, store, done) = (ManualClock(), InMemoryJobStore(), Recorded<Int>())
        struct Refusal: Error {}
        let queue = JobDraft(
            queue: "deliver", retry: RetryPolicy(maxAttempts: 3, backoff: .fixed(.seconds(60)), jitter: .none),
            limits: JobLimits(concurrency: 1))
        let first = Bench(clock: clock, store: store)
        _ = try await first.scheduler.declare([queue], owner: "app")
        for number in 1...5 { try await first.scheduler.enqueue("deliver", payload: number) }
        let second = Bench(clock: clock, store: store)
        let again = try await second.scheduler.declare([queue], owner: "app")
        #expect(again.unchanged == 1)
        try await second.scheduler.handle("deliver", payload: Int.self) { number, context in
            if number == 2 && context.attempt == 1 { throw Refusal() }
            done.add(number)
        }
        try await second.running { await second.advance(.minutes(5)) }
        #expect(done.all.sorted() == [1, 2, 3, 4, 5])
        let executions = try await second.executions()
        #expect(executions.allSatisfy { $0.status == .succeeded && $0.source == .manual })
        #expect(executions.map(\.attempts.count).sorted() == [1, 1, 1, 1, 2])
    }

    @Test("The same key enqueues once, and work in bulk is one step")
    func keysAndBulk() async throws {
        let bench = Bench()
        _ = try await bench.scheduler.declare([JobDraft(queue: "q")], owner: "app")
        let one = try await bench.scheduler.enqueue("q", TriggerRequest(idempotencyKey: "order-7"))
        let two = try await bench.scheduler.enqueue("q", TriggerRequest(idempotencyKey: "order-7"))
        #expect(one.id == two.id)
        let bulk = try await bench.scheduler.enqueue(
            "q", (1...3).map { TriggerRequest(payload: try? JSONPayload($0)) })
        #expect(bulk.created == 3)
        #expect(try await bench.executions().count == 4)
    }

    @Test("Many first calls at once make one queue")
    func oneQueue() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { try await bench.scheduler.enqueue("work") } }
            try await group.waitForAll()
        }
        #expect(try await bench.scheduler.jobs().items.count == 1)
        #expect(try await bench.executions().count == 50)
    }

    @Test("A name without queue or handler is an error that says what to do")
    func unknown() async throws {
        let bench = Bench()
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.enqueue("typo") }
        #expect(error?.code == .jobNotFound && error?.description.contains("JobDraft(queue:)") == true)
        #expect(try await bench.scheduler.jobs().items.isEmpty)
    }

    @Test("A handler whose name is not a slug gets no queue of its own, and the error says how to declare one")
    func nameThatIsNoSlug() async throws {
        let scheduler = Bench().scheduler
        try await scheduler.handle("send mail") { _ in }
        let error = await #expect(throws: SchedulerError.self) { try await scheduler.enqueue("send mail") }
        #expect(error?.code == .invalidRequest && error?.value == "send mail")
        #expect(error?.description.contains("JobDraft(queue:") == true)
        _ = try await scheduler.declare([JobDraft(queue: "mail", action: .handler("send mail"))], owner: "app")
        #expect(try await scheduler.enqueue("mail").status == .queued)
    }

    @Test("A job on demand without a slug gets the work of its name, whether or not a handler has that name too")
    func queueByName() async throws {
        for handler in ["push", "deliver"] {
            let (bench, done) = (Bench(), Recorded<Int>())
            try await bench.scheduler.handle(handler, payload: Int.self) { number, _ in done.add(number) }
            let job = try await bench.scheduler.create(
                JobDraft(name: "push", schedule: .onDemand, action: .handler(handler)))
            try await bench.scheduler.create(
                JobDraft(name: "push to all", schedule: .onDemand, action: .handler(handler)))
            try await bench.running {
                try await bench.scheduler.enqueue("push", payload: 7)
                try await bench.scheduler.enqueue("push", [TriggerRequest(payload: JSONPayload(8))])
                await bench.advance(.seconds(1))
            }
            #expect(done.all.sorted() == [7, 8])
            #expect(try await bench.executions().allSatisfy { $0.jobID == job.id })
            #expect(try await bench.scheduler.jobs().items.count == 2)
        }
    }

    @Test("A slug comes before a name, and a name that several queues have or that a schedule runs is an error")
    func queueByNameRefused() async throws {
        let bench = Bench()
        func draft(_ name: String, slug: String? = nil, project: String? = nil) -> JobDraft {
            var draft = JobDraft(name: name, schedule: .onDemand, action: .handler("work"))
            (draft.attributes.slug, draft.attributes.project) = (slug, project)
            return draft
        }
        try await bench.scheduler.create(draft("push"))
        let slugged = try await bench.scheduler.create(draft("other", slug: "push"))
        #expect(try await bench.scheduler.enqueue("push").jobID == slugged.id)

        let twins = try await bench.scheduler.create([draft("twin"), draft("twin"), draft("twin", project: "p")])
        try await bench.scheduler.handle("twin") { _ in }
        let several = await #expect(throws: SchedulerError.self) { try await bench.scheduler.enqueue("twin") }
        #expect(several?.code == .invalidRequest)
        for words in ["Several", "\"twin\"", "slug", "\(twins[0].id)", "\(twins[1].id)"] {
            #expect(several?.message.contains(words) == true, "\(several?.message ?? "")")
        }

        try await bench.scheduler.create(
            JobDraft(name: "daily", schedule: .every(.hours(24)), action: .handler("work")))
        let scheduled = await #expect(throws: SchedulerError.self) { try await bench.scheduler.enqueue("daily") }
        #expect(scheduled?.code == .jobNotFound)
        for words in ["named \"daily\" has a schedule", "`trigger(_:_:)`"] {
            #expect(scheduled?.message.contains(words) == true, "\(scheduled?.message ?? "")")
        }
    }

    @Test("A queue that was given another slug does not get the work of its old name")
    func renamed() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let first = try await bench.scheduler.enqueue("work")
        _ = try await bench.scheduler.update(first.jobID) { $0.attributes.slug = "other" }
        let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.enqueue("work") }
        #expect(error?.code == .jobNotFound)
        #expect(try await bench.executions().count == 1)
    }

    @Test("A negative delay and a delay beside a date are refused")
    func delays() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        for (delay, request) in [
            (Duration.seconds(-1), TriggerRequest()), (.seconds(1), TriggerRequest(at: bench.clock.now)),
        ] {
            let error = await #expect(throws: SchedulerError.self) {
                try await bench.scheduler.enqueue("work", after: delay, request)
            }
            #expect(error?.code == .invalidRequest)
        }
    }

    @Test("A job on demand stays active through pauses and updates, and never seems to have ended")
    func staysActive() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(JobDraft(queue: "work"))
        #expect(try await bench.scheduler.preview(JobDraft(queue: "other", action: .handler("work"))).warnings.isEmpty)
        try await bench.running {
            await bench.advance(.days(2))
            _ = try await bench.scheduler.pause(job.id)
            let resumed = try await bench.scheduler.resume(job.id)
            #expect(resumed.state == .active && resumed.nextRunAt == nil)
            let scheduled = try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(60)) }
            #expect(scheduled.nextRunAt != nil)
            await bench.advance(.seconds(60))
            let back = try await bench.scheduler.update(job.id) { $0.schedule = .onDemand }
            #expect(back.state == .active && back.nextRunAt == nil)
            await bench.advance(.days(1))
            try await bench.scheduler.enqueue("work")
            await bench.advance(.zero)
        }
        let sources = try await bench.executions().map(\.source)
        #expect(sources == [.schedule, .manual])
    }
}
