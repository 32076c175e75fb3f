import Foundation
import RotaTesting
import Testing

@Suite("Job previews")
struct JobPreviewTests {
    let start = ManualClock().now

    let draft = JobDraft(name: "daily", schedule: .every(.seconds(60)), action: .handler("work"))

    @Test("A preview shows the first occurrences and stores nothing")
    func occurrences() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        var draft = draft
        draft.definition.schedule = Schedule.every(.seconds(60)).limited(toRuns: 3)
        let preview = try await bench.scheduler.preview(draft)
        #expect(preview.warnings.isEmpty && preview.state == .active)
        #expect(try await bench.scheduler.jobs().items.isEmpty)
        try await bench.running { [draft] in
            try await bench.scheduler.create(draft)
            await bench.advance(.seconds(600))
        }
        #expect(try await bench.executions().map(\.scheduledFor) == preview.occurrences.map(\.occurrence.nominal))
        #expect(preview.occurrences.count == 3)
    }

    @Test("A preview shows an immediate occurrence, and one in the past with a warning")
    func oneShots() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let now = bench.clock.now
        var draft = draft
        draft.definition.schedule = .immediately
        let atOnce = try await bench.scheduler.preview(draft)
        #expect(atOnce.occurrences.map(\.occurrence.nominal) == [now] && atOnce.warnings.isEmpty)
        draft.definition.schedule = .once(at: now.addingTimeInterval(-60))
        let past = try await bench.scheduler.preview(draft)
        #expect(past.occurrences.count == 1 && past.warnings.map(\.code) == [.inThePast])
        draft.definition.schedule = Schedule.every(.seconds(60)).ending(at: now.addingTimeInterval(-60))
        #expect(try await bench.scheduler.preview(draft).warnings.map(\.code) == [.neverFires])
    }

    @Test("A preview of a job that counts from the end of an execution shows its next date, also behind a pause")
    func afterCompletion() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        var draft = draft
        draft.definition.schedule = .afterCompletion(.seconds(600))
        let job = try await bench.scheduler.create(draft)
        func dates() async throws -> [Date] {
            let preview = try await bench.scheduler.preview(updating: job.id)
            #expect(!preview.warnings.contains { $0.code == .neverFires })
            return preview.occurrences.map(\.occurrence.nominal)
        }
        bench.clock.set(to: start.addingTimeInterval(180))
        #expect(try await dates() == [start.addingTimeInterval(600)])
        try await bench.scheduler.skipNext(1, of: job.id)
        #expect(try await dates() == [start.addingTimeInterval(1200)])
        try await bench.scheduler.skipNext(0, of: job.id)
        try await bench.scheduler.pause(job.id, until: start.addingTimeInterval(7200))
        let forecast = try await dates()
        #expect(forecast.count == 1)
        try await bench.running {
            await bench.advance(.seconds(7800))
            let fired = try await bench.executions(of: job.id)
            #expect(fired.prefix(1).map(\.scheduledFor) == forecast)
        }
    }

    @Test("An overdue delay after completion that is skipped on request begins again now")
    func overdueDelay() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        var draft = draft
        draft.definition.schedule = .afterCompletion(.seconds(3600))
        let job = try await bench.scheduler.create(draft)
        try await bench.scheduler.skipNext(1, of: job.id)
        bench.clock.set(to: start.addingTimeInterval(5400))
        let forecast = try await bench.scheduler.preview(updating: job.id).occurrences.map(\.occurrence.nominal)
        #expect(forecast == [start.addingTimeInterval(9000)])
        try await bench.running {
            await bench.advance(.seconds(3700))
            let fired = try await bench.executions(of: job.id)
            #expect(fired.map(\.scheduledFor) == forecast)
        }
    }

    @Test("A job whose execution runs, and whose end decides about the next date, is not said to be at its end")
    func runningAfterCompletion() async throws {
        let bench = Bench()
        let clock = bench.clock
        try await bench.scheduler.handle("work") { _ in try await clock.sleep(until: clock.now.addingTimeInterval(300))
        }
        var draft = draft
        draft.definition.schedule = .afterCompletion(.seconds(60))
        try await bench.running { [draft] in
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(70))
            let preview = try await bench.scheduler.preview(updating: job.id)
            #expect(preview.warnings.isEmpty && preview.occurrences.isEmpty)
        }
    }

    @Test("A preview warns of likely mistakes")
    func warnings() async throws {
        let bench = Bench()
        var draft = draft
        draft.state = .paused
        draft.definition.schedule = try .cron("*/45 * * * *")
        draft.definition.limits.window = try ExecutionWindow("* 9-17 * * *")
        draft.definition.limits.rate = RateLimit(1, per: .seconds(86_400))
        let preview = try await bench.scheduler.preview(draft, count: 5)
        #expect(preview.warnings.map(\.code) == [.cron, .inactive, .unknownHandler, .outsideWindow, .rateTooLow])
        #expect(preview.warnings.allSatisfy { !$0.message.isEmpty })
    }

    @Test("A preview warns of a shared rate that another job gives other numbers")
    func differingRates() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        func limited(_ name: String, _ maximum: Int) -> JobDraft {
            var draft = draft
            draft.definition.name = name
            draft.definition.limits.sharedRates = [SharedRateLimit("mail", RateLimit(maximum, per: .seconds(60)))]
            return draft
        }
        let job = try await bench.scheduler.create(limited("digest", 5))
        try await bench.scheduler.create(draft)
        #expect(try await bench.scheduler.preview(limited("digest", 9)).warnings.isEmpty)
        #expect(try await bench.scheduler.preview(limited("alert", 5)).warnings.isEmpty)
        let updated = try await bench.scheduler.preview(updating: job.id) { $0.limits.sharedRates[0].limit.maximum = 8 }
        #expect(updated.warnings.isEmpty)
        let differing = try await bench.scheduler.preview(limited("alert", 9)).warnings
        #expect(differing.map(\.code) == [.differingRates])
        for words in ["\"mail\" is 9 per 1 min in job \"alert\"", "5 per 1 min in job \"digest\""] {
            #expect(differing.first?.message.contains(words) == true, "\(differing)")
        }
    }

    @Test("A preview refuses what creation would refuse, and a count out of range")
    func refusals() async throws {
        let bench = Bench()
        let bad = JobDraft(name: "", schedule: .immediately, action: .handler("work"))
        await #expect(throws: SchedulerError.self) { _ = try await bench.scheduler.preview(bad) }
        await #expect(throws: SchedulerError.self) { _ = try await bench.scheduler.preview(draft, count: 1001) }
    }

    @Test("An update is previewed without being made")
    func change() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        let job = try await bench.scheduler.create(draft)
        let preview = try await bench.scheduler.preview(updating: job.id, count: 2) {
            $0.schedule = .every(.seconds(7))
        }
        let start = bench.clock.now
        #expect(preview.occurrences.map { $0.occurrence.nominal.timeIntervalSince(start) } == [7, 14])
        #expect(try await bench.scheduler.job(job.id) == job)
        let same = try await bench.scheduler.preview(updating: job.id, count: 2)
        #expect(same.occurrences.map { $0.occurrence.nominal.timeIntervalSince(start) } == [60, 120])
        await #expect(throws: SchedulerError.self) {
            _ = try await bench.scheduler.preview(updating: job.id) { $0.name = "" }
        }
    }

    @Test("A preview of a paused job leaves out the occurrences within the pause", arguments: [true, false])
    func pausedPreview(endsByItself: Bool) async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            let end = endsByItself ? start.addingTimeInterval(600) : nil
            try await bench.scheduler.pause(job.id, until: end)
            await bench.advance(.seconds(300))
            let preview = try await bench.scheduler.preview(updating: job.id, count: 3)
            #expect(!preview.warnings.map(\.code).contains(.inThePast))
            let first = endsByItself ? 600.0 : 360
            #expect(
                preview.occurrences.map { $0.occurrence.nominal.timeIntervalSince(start) }
                    == [first, first + 60, first + 120])
            guard endsByItself else { return }
            await bench.advance(.seconds(430))
            let fired = try await bench.executions().map(\.scheduledFor)
            #expect(fired == preview.occurrences.map(\.occurrence.nominal))
        }
    }

    @Test("A preview leaves out occurrences that were asked to be skipped")
    func skippingPreview() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "x", schedule: .every(.seconds(60)), action: .http(.get("https://example.com/"))))
            try await bench.scheduler.skipNext(2, of: job.id)
            let preview = try await bench.scheduler.preview(updating: job.id, count: 2)
            await bench.advance(.seconds(250))
            let fired = try await bench.executions().map(\.scheduledFor)
            #expect(fired == preview.occurrences.map(\.occurrence.nominal))
        }
    }

    @Test("Occurrences that are skipped are no runs of a limited schedule", arguments: [2, 3])
    func limitedAndSkipping(count: Int) async throws {
        let bench = Bench()
        try await bench.scheduler.handle("x") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(
                    name: "j", schedule: Schedule.every(.seconds(60)).limited(toRuns: 3), action: .handler("x")))
            try await bench.scheduler.skipNext(count, of: job.id)
            let preview = try await bench.scheduler.preview(updating: job.id)
            await bench.advance(.seconds(1000))
            let fired = try await bench.executions().map(\.scheduledFor)
            #expect(fired.count == 3 && fired == preview.occurrences.map(\.occurrence.nominal))
        }
    }

    @Test("A draft is previewed as if it were activated now")
    func draftPreview() async throws {
        let bench = Bench()
        let start = bench.clock.now
        var draft = JobDraft(name: "j", schedule: .every(.seconds(60)), action: .http(try .get("https://example.com/")))
        draft.state = .draft
        let job = try await bench.scheduler.create(draft)
        bench.clock.set(to: start.addingTimeInterval(3600))
        let preview = try await bench.scheduler.preview(updating: job.id, count: 2)
        #expect(preview.state == .draft && !preview.warnings.map(\.code).contains(.inThePast))
        #expect(preview.occurrences.map { $0.occurrence.nominal.timeIntervalSince(start) } == [3660, 3720])
        let activated = try await bench.scheduler.resume(job.id)
        #expect(activated.nextRunAt == preview.occurrences.first?.occurrence.nominal)
    }
}
