import Foundation
import RotaCore
import RotaStore
import RotaTesting
import Testing

@Suite("Occurrence explanations")
struct OccurrenceExplanationTests {
    let start = ManualClock().now

    let draft = JobDraft(name: "minutely", schedule: .every(.seconds(60)), action: .handler("work"), retry: .none)

    @Test("Every occurrence in a job's life is explained, and so are dates that are not occurrences")
    func life() async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { context in
            if context.execution.scheduledFor == start.addingTimeInterval(60) { throw AttemptFailure(.timeout) }
        }
        func finding(_ id: JobID, _ seconds: Double) async throws -> OccurrenceExplanation {
            try await bench.scheduler.explain(id, at: start.addingTimeInterval(seconds))
        }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(125))
            try await bench.scheduler.pause(job.id, reason: "holiday")
            await bench.advance(.seconds(60))
            try await bench.scheduler.resume(job.id)
            try await bench.scheduler.skipNext(1, of: job.id)
            await bench.advance(.seconds(120))

            let failed = try await finding(job.id, 60)
            guard case .fired(let run) = failed.outcome else { Issue.record("\(failed)"); return }
            #expect(run.status == .failed && run.scheduledFor == start.addingTimeInterval(60))
            #expect(failed.description.contains("failed") && failed.description.contains("timeout"))
            #expect(failed.description.contains(" failed; it started 0 s late; attempts: "))
            guard case .fired = try await finding(job.id, 120).outcome else { Issue.record("not fired"); return }
            guard case .skipped(let paused) = try await finding(job.id, 180).outcome else { Issue.record("x"); return }
            #expect(paused.reason == .paused)
            let requested = try await finding(job.id, 240)
            guard case .skipped(let skip) = requested.outcome else { Issue.record("x"); return }
            #expect(skip.reason == .requested && requested.description.contains("on request"))
            guard case .fired = try await finding(job.id, 300).outcome else { Issue.record("not fired"); return }
            #expect(try await finding(job.id, 360).outcome == .future)
            #expect(try await finding(job.id, -60).outcome == .beforeCreation)
            let none = try await finding(job.id, 90)
            #expect(none.outcome == .notDue(.notNamed))
            #expect(none.previous == start.addingTimeInterval(60) && none.next == start.addingTimeInterval(120))
            try await bench.scheduler.pause(job.id)
            #expect(try await finding(job.id, 360).outcome == .inactive(.paused))
        }
        let job = try #require(try await bench.scheduler.jobs().items.first)
        try await bench.scheduler.resume(job.id)
        bench.clock.set(to: start.addingTimeInterval(400))
        #expect(try await finding(job.id, 360).outcome == .undecided)
    }

    @Test("An occurrence is found by its date as it is written, whatever the clock showed when the job was created")
    func written() async throws {
        for fraction in [0.0, 0.000_3, 0.000_499, 0.000_6, 0.123_456_7, 0.999_9] {
            let clock = ManualClock(now: ManualClock().now.addingTimeInterval(fraction))
            let bench = Bench(clock: clock)
            let job = try await bench.scheduler.create(draft)
            let next = try #require(job.nextRunAt)
            #expect(ISO8601.parse(ISO8601.milliseconds(next)) == next)
            let told = try await bench.scheduler.explain(job.id, at: next)
            #expect(told.outcome == .future && !told.description.contains(#/\.\d{4}/#), "\(told)")
            // Jobs of earlier versions have anchors as fine as the clock.
            var fine = draft
            fine.definition.schedule = .every(.seconds(60), anchor: clock.now)
            let old = try await bench.scheduler.create(fine)
            let date = try #require(old.nextRunAt)
            let printed = try #require(ISO8601.parse(ISO8601.milliseconds(date)))
            #expect(try await bench.scheduler.explain(old.id, at: printed).outcome == .future, "\(fraction)")
        }
    }

    @Test("An occurrence that will be skipped on request says so, with the number")
    func toBeSkipped() async throws {
        let bench = Bench()
        let job = try await bench.scheduler.create(draft)
        try await bench.scheduler.skipNext(2, of: job.id)
        for (minute, skips) in [(1, 2), (2, 2), (3, 0)] {
            let told = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(Double(minute) * 60))
            #expect(told.outcome == .future && told.requestedSkips == skips)
            #expect(
                told.description.contains("it will be skipped on request, as will all of the next 2") == (skips > 0))
        }
        try await bench.scheduler.skipNext(1, of: job.id)
        let told = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(60))
        #expect(told.description.hasSuffix("it is not due yet; it will be skipped on request."))
        #expect(try await bench.scheduler.job(job.id).nextAfterSkips == start.addingTimeInterval(120))
    }

    @Test("What was past when a draft was activated was not in force, and is not said to be removed")
    func activatedDraft() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        var draft = draft
        draft.state = .draft
        let job = try await bench.scheduler.create(draft)
        bench.clock.set(to: start.addingTimeInterval(7200))
        try await bench.scheduler.resume(job.id)
        let told = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(3600))
        #expect(told.outcome == .beforeSchedule && told.description.contains("not in force then"))
        #expect(
            try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(7200)).outcome == .beforeSchedule)
        let next = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(7260))
        #expect(next.outcome == .future)
    }

    @Test("The only date of a draft that was activated later fired, and is not said to have been out of force")
    func activatedOneShot() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        var draft = draft
        let date = start.addingTimeInterval(3600)
        draft.definition.schedule = .once(at: date)
        draft.definition.misfire = .latest
        draft.definition.retention = .last(1)
        draft.state = .draft
        let job = try await bench.scheduler.create(draft)
        bench.clock.set(to: start.addingTimeInterval(7200))
        try await bench.scheduler.resume(job.id)
        try await bench.running {
            await bench.advance(.seconds(10))
            #expect(try await bench.executions(of: job.id).map(\.scheduledFor) == [date])
            try await bench.scheduler.trigger(job.id)
            await bench.advance(.seconds(10))
            #expect(try await bench.scheduler.explain(job.id, at: date).outcome == .pruned)
        }
    }

    @Test("What passed while a job was completed was not in force, and what it fired before is told apart")
    func rescheduledAfterCompletion() async throws {
        let bench = Bench()
        try await bench.scheduler.handle("work") { _ in }
        var draft = draft
        draft.definition.schedule = Schedule.every(.seconds(60)).limited(toRuns: 3)
        draft.definition.retention = .last(1)
        try await bench.running { [draft] in
            let job = try await bench.scheduler.create(draft)
            func outcome(_ seconds: Double) async throws -> OccurrenceExplanation.Outcome {
                try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(seconds)).outcome
            }
            await bench.advance(.seconds(180))
            #expect(try await bench.scheduler.job(job.id).state == .completed)
            #expect(try await outcome(1800) == .inactive(.completed))
            await bench.advance(.seconds(3420))
            try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(60)) }
            #expect(try await outcome(1800) == .beforeSchedule)
            #expect(try await outcome(60) == .pruned)
            #expect(try await outcome(3660) == .future)
        }
    }

    @Test("An occurrence behind the schedule's limit of executions says so")
    func beyondLimit() async throws {
        let bench = Bench()
        var draft = draft
        draft.definition.schedule = Schedule.every(.seconds(60)).limited(toRuns: 3)
        let job = try await bench.scheduler.create(draft)
        for (minute, limit) in [(1, nil), (3, nil), (4, 3), (10, 3)] as [(Double, Int?)] {
            let told = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(minute * 60))
            #expect(told.outcome == .future && told.limitReachedBefore == limit)
            #expect(told.description.contains("because its schedule is limited to 3 executions") == (limit != nil))
        }
        // Those that are skipped do not count.
        try await bench.scheduler.skipNext(1, of: job.id)
        let fourth = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(240))
        #expect(fourth.limitReachedBefore == nil)
        let fifth = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(300))
        #expect(fifth.limitReachedBefore == 3)
    }

    @Test("Occurrences removed by retention differ from those that never existed")
    func pruned() async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            var draft = draft
            draft.definition.retention = .last(1)
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(180))
            #expect(try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(60)).outcome == .pruned)
        }
    }

    @Test(
        "An explanation names daylight saving, calendar exclusions and smoothing")
    func notes() async throws {
        let clock = ManualClock(now: try Date(utc: "2026-03-01T00:00:00Z"))
        let bench = Bench(clock: clock)
        var draft = draft
        draft.definition.schedule = try .cron("30 2 * * *", in: "America/New_York")
        let job = try await bench.scheduler.create(draft)
        let moved = try await bench.scheduler.explain(job.id, at: Date(utc: "2026-03-08T07:00:00Z"))
        #expect(moved.notes.map(\.code) == [.shiftedByGap])
        #expect(moved.outcome == .future && moved.description.contains("02:30:00 does not exist on 2026-03-08"))

        let christmas = try ScheduleCalendar.dates(["2026-12-25"])
        draft.definition.schedule = try .cron("0 9 * * *").excluding(christmas)
        let second = try await bench.scheduler.create(draft)
        let excluded = try await bench.scheduler.explain(second.id, at: Date(utc: "2026-12-25T09:00:00Z"))
        #expect(excluded.outcome == .notDue(.excluded))
        #expect(excluded.description.contains("a calendar of its schedule leaves it out"))
    }

    @Test("A date is explained by the definition the job had at that time")
    func versions() async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(150))
            try await bench.scheduler.update(job.id) { $0.schedule = .every(.seconds(7)) }
            let old = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(120))
            guard case .fired = old.outcome else { Issue.record("\(old)"); return }
            #expect(old.version == 1)
            #expect(
                try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(150)).outcome
                    == .notDue(.notNamed))
            let new = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(154))
            #expect(new.version == 2 && new.outcome == .future)
        }
    }

    @Test(
        "History pages merge executions and skips, the latest first, without gaps",
        arguments: [1, 2, 3, 50])
    func history(limit: Int) async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            for _ in 0..<3 {
                await bench.advance(.seconds(120))
                try await bench.scheduler.skipNext(2, of: job.id)
                await bench.advance(.seconds(120))
            }
            var entries: [Scheduler.HistoryPage.Entry] = []
            var cursor: Scheduler.HistoryPage.Cursor?
            repeat {
                let page = try await bench.scheduler.history(of: job.id, limit: limit, after: cursor)
                entries += page.entries
                cursor = page.next
            } while cursor != nil
            #expect(entries.map { Int($0.date.timeIntervalSince(start)) / 60 } == [12, 10, 9, 8, 6, 5, 4, 2, 1])
            #expect(Set(entries).count == entries.count)
        }
    }

    @Test("A smoothed occurrence is in the future until its effective date")
    func smoothedExplanation() async throws {
        let bench = Bench()
        try await bench.running {
            let job = try await bench.scheduler.create(
                .init(name: "smooth", schedule: .smoothedHourly(), action: .http(.get("https://example.com/"))))
            await bench.advance(.seconds(3700))
            let verdict = try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(3600))
            #expect(verdict.outcome == .future)
            let preview = try await bench.scheduler.preview(updating: job.id)
            #expect(preview.warnings.map(\.code) == [])
            #expect(preview.occurrences.first?.occurrence.nominal == start.addingTimeInterval(3600))
        }
    }

    @Test("An explanation speaks about the given date, not about an occurrence near it", arguments: [1, 60])
    func nearby(seconds: Int) async throws {
        let bench = Bench()
        let start = bench.clock.now
        try await bench.scheduler.handle("work") { _ in }
        var draft = draft
        draft.definition.schedule = .every(.seconds(seconds))
        let period = Double(seconds)
        try await bench.running {
            let job = try await bench.scheduler.create(draft)
            await bench.advance(.seconds(3 * seconds))
            for distance in [-0.5, -0.002, -0.001_5, 0.001, 0.001_5, 0.5, 0.999] {
                let date = start.addingTimeInterval(period + distance)
                let explanation = try await bench.scheduler.explain(job.id, at: date)
                #expect(explanation.outcome == .notDue(.notNamed), "\(distance): \(explanation)")
                #expect(explanation.date == date && explanation.occurrence == nil)
                let isBefore = distance < 0
                if !isBefore { #expect(explanation.previous == start.addingTimeInterval(period)) }
                #expect(explanation.next == start.addingTimeInterval(isBefore ? period : 2 * period))
                #expect(explanation.description.contains("is not an occurrence"))
                #expect(explanation.description.contains("The next is"))
            }
            // A store may keep dates to the millisecond.
            for distance in [0, 0.000_001, 0.000_9] {
                let explanation = try await bench.scheduler.explain(
                    job.id, at: start.addingTimeInterval(period + distance))
                guard case .fired(let execution) = explanation.outcome else {
                    Issue.record("\(distance): \(explanation)")
                    continue
                }
                #expect(execution.scheduledFor == start.addingTimeInterval(period))
                #expect(explanation.occurrence?.nominal == start.addingTimeInterval(period))
                #expect(explanation.next == start.addingTimeInterval(2 * period))
            }
        }
    }

    @Test("Requested skips are counted from the end of a pause")
    func requestedSkipsAfterPause() async throws {
        let bench = Bench()
        let start = bench.clock.now
        let job = try await bench.scheduler.create(
            .init(name: "j", schedule: .every(.seconds(60)), action: .handler("x")))
        try await bench.scheduler.pause(job.id, until: start.addingTimeInterval(600))
        try await bench.scheduler.skipNext(2, of: job.id)
        var skips: [Int] = []
        for seconds in [600.0, 660, 720] {
            skips.append(
                try await bench.scheduler.explain(job.id, at: start.addingTimeInterval(seconds)).requestedSkips)
        }
        #expect(skips == [2, 2, 0])
    }
}
