import Foundation
import RotaTesting
import Testing

@Suite("Scheduler errors")
struct SchedulerErrorTests {
    let start = ManualClock().now

    @Test(
        "An invalid cron expression is reported with its position",
        arguments: ["61 * * * *", "* * *", "*/0 * * * *", "0 0 30 2 *", "", "a b c d e"])
    func cron(text: String) {
        let error = #expect(throws: ScheduleError.self) { try Schedule.cron(text) }
        #expect(error?.code == .cron)
        #expect(error?.syntax != nil)
        #expect(error?.description.isEmpty == false)
    }

    @Test(
        "An unknown time zone is refused when the schedule is created",
        arguments: ["Mars/Olympus", "", "../../etc/passwd", "America/new york"])
    func zone(name: String) {
        let error = #expect(throws: ScheduleError.self) { try Schedule.cron("0 9 * * *", in: name) }
        #expect(error?.code == .timeZone)
        #expect(error?.value == name)
    }

    @Test(
        "An invalid URL is refused when the request is created",
        arguments: [
            "", "example.com", "ftp://example.com/", "http://", "https://user:pass@example.com/",
            "https://exa\nmple.com/",
        ])
    func url(text: String) {
        #expect(throws: HTTPRequestError.self) { try JobAction.http(.post(text)) }
    }

    @Test("An unknown job is named by every operation that needs one")
    func unknownJob() async {
        let scheduler = Bench().scheduler
        let id = JobID(bits: 42)
        let operations: [@Sendable () async throws -> Void] = [
            { _ = try await scheduler.job(id) },
            { try await scheduler.pause(id) },
            { try await scheduler.resume(id) },
            { try await scheduler.trigger(id) },
            { try await scheduler.update(id) { $0.name = "x" } },
        ]
        for operation in operations {
            let error = await #expect(throws: SchedulerError.self) { try await operation() }
            #expect(error?.code == .jobNotFound)
            #expect(error?.value == id.description)
        }
    }

    @Test("A handler's name can be registered once")
    func duplicateHandler() async throws {
        let scheduler = Bench().scheduler
        try await scheduler.handle("mail") { _ in }
        let error = await #expect(throws: SchedulerError.self) { try await scheduler.handle("mail") { _ in } }
        #expect(error?.code == .duplicateHandler)
        #expect(error?.value == "mail")
    }

    @Test("A draft with an invalid value is refused")
    func drafts() async {
        let scheduler = Bench().scheduler
        let every = Schedule.every(.seconds(60))
        let drafts = [
            JobDraft(name: "", schedule: every, action: .handler("x")),
            JobDraft(name: String(repeating: "x", count: 256), schedule: every, action: .handler("x")),
            JobDraft(name: "zero", schedule: .every(.zero), action: .handler("x")),
            JobDraft(name: "negative", schedule: .every(.seconds(-1)), action: .handler("x")),
            JobDraft(name: "no runs", schedule: every.limited(toRuns: 0), action: .handler("x")),
            JobDraft(name: "no attempts", schedule: every, action: .handler("x"), retry: .exponential(maxAttempts: 0)),
            JobDraft(name: "no name", schedule: every, action: .handler("")),
            JobDraft(name: "no time", schedule: every, action: .handler("x", timeout: .zero)),
            JobDraft(name: "over", schedule: every, action: .handler("x")).with { $0.state = .completed },
        ]
        for draft in drafts {
            await #expect(throws: (any Error).self, "\(draft.definition.name)") { try await scheduler.create(draft) }
        }
    }

    @Test("A completed job cannot be paused or resumed, and the error has a remedy")
    func illegalState() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(.init(name: "once", schedule: .immediately, action: .handler("x")))
        let pause = await #expect(throws: SchedulerError.self) { try await bench.scheduler.pause(job.id) }
        #expect(pause?.code == .illegalState)
        let resume = await #expect(throws: SchedulerError.self) { try await bench.scheduler.resume(job.id) }
        #expect(resume?.code == .illegalState)
        #expect(resume?.message.contains("update") == true)
    }

    @Test("run() refuses a configuration out of range")
    func configuration() async {
        for change: (inout SchedulerConfiguration) -> Void in [
            { $0.maximumConcurrency = 0 }, { $0.batchSize = -1 }, { $0.leaseDuration = .zero },
            { $0.misfireThreshold = .seconds(-1) }, { $0.shutdownGrace = .seconds(-1) },
        ] {
            let bench = Bench(configuration: Bench.configuration(change))
            let error = await #expect(throws: SchedulerError.self) { try await bench.scheduler.run() }
            #expect(error?.code == .invalidConfiguration)
        }
    }

    @Test("Huge dates and durations do not trap")
    func absurdTimes() async throws {
        let bench = Bench(clock: ManualClock(now: .distantPast))
        for date in [
            Date.distantPast, .distantFuture, Date(timeIntervalSince1970: 1e300), Date(timeIntervalSince1970: -1e300),
        ] {
            _ = try? await bench.scheduler.create(
                .init(name: "once", schedule: .once(at: date), action: .handler("x")))
        }
        _ = try? await bench.scheduler.create(
            .init(name: "rare", schedule: .every(.seconds(Int64.max)), action: .handler("x"), retry: .none))
        try await bench.running { await bench.advance(.seconds(10)) }
        bench.clock.set(to: .distantFuture)
        let second = Bench(clock: bench.clock, store: InMemoryJobStore())
        try await second.running { await second.advance(.seconds(10)) }
    }

    @Test("Invalid dates are refused by every call that takes a date", arguments: [Double.nan, .infinity, 1e300])
    func dates(seconds: Double) async throws {
        let bench = Bench()
        let date = Date(timeIntervalSince1970: seconds)
        let job = try await bench.scheduler.create(
            .init(name: "x", schedule: .every(.seconds(60)), action: .handler("work")))
        let scheduler = bench.scheduler
        let calls: [@Sendable () async throws -> Void] = [
            { try await scheduler.pause(job.id, until: date) },
            { try await scheduler.trigger(job.id, at: date) },
            { _ = try await scheduler.explain(job.id, at: date) },
            { try await scheduler.create(.init(name: "y", schedule: .once(at: date), action: .handler("work"))) },
            { try await scheduler.update(job.id) { $0.schedule = .every(.seconds(60), anchor: date) } },
            { try await scheduler.update(job.id) { $0.schedule = Schedule.every(.seconds(60)).starting(at: date) } },
        ]
        for (index, call) in calls.enumerated() {
            await #expect(throws: (any Error).self, "call \(index)") { try await call() }
        }
        // Queries may find nothing, but must not trap.
        _ = try? await scheduler.executions(ExecutionQuery(jobID: job.id, from: date, to: date))
        try await bench.running { await bench.advance(.seconds(1)) }
        #expect(try await scheduler.job(job.id).nextRunAt == start.addingTimeInterval(60))
    }

    @Test("Schedules at the ends of time are accepted or refused, and never trap", arguments: 0..<6)
    func farAway(index: Int) async throws {
        let schedules: [Schedule] = [
            .once(at: Date(timeIntervalSince1970: 253_402_300_799)), .once(at: .distantFuture),
            .once(at: .distantPast), .every(.seconds(Int64.max)), .every(.nanoseconds(1)),
            Schedule.every(.seconds(60)).starting(at: .distantFuture),
        ]
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        guard
            let job = try? await bench.scheduler.create(
                .init(name: "x", schedule: schedules[index], action: .handler("work")))
        else { return }
        try await bench.running {
            await bench.advance(.zero)
            _ = try await bench.scheduler.preview(updating: job.id)
            let seen = try await bench.scheduler.job(job.id)
            #expect(seen.state == .completed || seen.nextRunAt.map { $0 > start } == true)
        }
    }
}
