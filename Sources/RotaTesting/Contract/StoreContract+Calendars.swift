import Foundation
import RotaSchedule
import RotaStore

extension StoreContract {
    /// Calendars are kept once, and the jobs that name them follow their changes.
    static let calendars: [Check] = [
        Check("a calendar is kept under its name, and setting it again changes nothing") { probe in
            let (holidays, nights) = (try minutes("1-9"), try minutes("30-59").union(.weekends))
            try probe.expect(
                await probe.set(holidays, "holidays"), CalendarChange(isChanged: true), "the change of a new calendar")
            try probe.expect(
                await probe.set(nights, "nights"), CalendarChange(isChanged: true), "the change of another calendar")
            let job = try calendarJob(probe)
            try await probe.insert(job)
            try probe.expect(
                await probe.set(holidays, "holidays"), CalendarChange(isChanged: false, jobs: 1),
                "the change of a calendar that is the same")
            try probe.expect(
                await probe.store.calendars(), ["holidays": holidays, "nights": nights], "the calendars")
            try probe.expect(await probe.job(job.id), job, "a job of a calendar that is the same")
        },
        Check("a calendar with a blank name or with names is refused") { probe in
            try await probe.expect(.invalidCalendar, "a blank name") { _ = try await probe.set(.weekends, " ") }
            try await probe.expect(.invalidCalendar, "a calendar that names another") {
                _ = try await probe.set(ScheduleCalendar.named("other").union(.weekends), "holidays")
            }
            try probe.expect(await probe.store.calendars(), [:], "the calendars")
        },
        Check("a schedule that names an unknown calendar is refused") { probe in
            let (job, plain) = (try calendarJob(probe), probe.job())
            try await probe.expect(.calendarNotFound, "a job that names an unknown calendar") {
                try await probe.insert(plain, job)
            }
            try probe.expect(await probe.store.job(plain.id), nil, "another job of the refused batch")
            try await probe.insert(plain)
            try await probe.expect(.calendarNotFound, "a replacement that names an unknown calendar") {
                _ = try await probe.store.replace(probe.change(plain, definition: job.definition))
            }
            try await probe.expect(.calendarNotFound, "a declaration that names an unknown calendar") {
                _ = try await probe.store.declare(
                    JobDeclaration(
                        JobOwner("app", generation: 1, declaredAt: probe.at(0)),
                        insertions: [JobInsertion(try calendarJob(probe))]))
            }
            try probe.expect(await probe.store.jobs(JobQuery()).items, [plain], "the jobs")
        },
        Check("jobs and versions are returned with the calendars that they name") { probe in
            let job = try calendarJob(probe)
            _ = try await probe.set(minutes("1-9"), "holidays")
            let inserted = try await probe.only(probe.store.insert([JobInsertion(job)])).job
            let due = try await probe.store.dueWork(at: probe.at(600), limit: 10).dueJobs
            let listed = try await probe.store.jobs(JobQuery()).items
            let changed = try await probe.store.replace(probe.change(job, definition: job.definition))
            for job in [inserted] + due + listed + [try await probe.job(job.id), changed] {
                try probe.expect(
                    job.definition.schedule.next(after: probe.at(0)), probe.at(600), "the occurrence of a returned job")
            }
            for version in try await probe.store.versions(of: job.id) {
                try probe.expect(
                    version.definition.schedule.next(after: probe.at(0)), probe.at(600), "the occurrence of a version")
            }
        },
        Check("a changed calendar moves the jobs that name it and no others") { probe in
            _ = try await probe.set(minutes("30"), "holidays")
            _ = try await probe.set(minutes("1-9"), "nights")
            let jobs = [
                try calendarJob(probe), try calendarJob(probe, state: .paused), try calendarJob(probe, state: .draft),
            ]
            let (other, plain) = (try calendarJob(probe, "nights", next: 600), probe.job())
            _ = try await probe.store.insert((jobs + [other, plain]).map { JobInsertion($0) })
            let change = try await probe.set(minutes("1-4"), "holidays", at: 30)
            try probe.expect(change.jobs, 3, "the number of jobs")
            try probe.expect(change.rescheduled, 1, "the number of jobs with another occurrence")
            for job in jobs {
                let moved = try await probe.job(job.id)
                try probe.expect(moved.scheduleState.next, probe.at(300), "the next occurrence")
                try probe.expect(moved.scheduleState.state, job.scheduleState.state, "the state")
                try probe.expect(moved.version, 1, "the version")
                try probe.expect(moved.scheduleState.revision, 2, "the revision")
                try probe.expect(
                    moved.definition.schedule.next(after: probe.at(0)), probe.at(300), "the occurrence of the schedule")
                try probe.expect(await probe.store.versions(of: job.id).count, 1, "the number of versions")
            }
            for job in [other, plain] { try probe.expect(await probe.job(job.id), job, "a job that does not name it") }
            let due = try await probe.store.dueWork(at: probe.at(299), limit: 10)
            try probe.expect(due.dueJobs.map(\.id), [plain.id], "the jobs that are due before")
        },
        Check("what is due when a calendar changes stays due if the calendar allows it") { probe in
            _ = try await probe.set(minutes("30"), "holidays")
            let job = try calendarJob(probe)
            try await probe.insert(job)
            let kept = try await probe.set(minutes("20"), "holidays", at: 90)
            try probe.expect(kept.skips, [], "the skips of a calendar that allows what is due")
            try probe.expect(await probe.job(job.id).scheduleState.next, probe.at(60), "the occurrence that is due")
            let dropped = try await probe.set(minutes("1-4"), "holidays", at: 90)
            try probe.expect(dropped.skips.map(\.first), [probe.at(60)], "the skips of a calendar that does not")
            try probe.expect(await probe.job(job.id).scheduleState.next, probe.at(300), "the next occurrence")
            try await probe.expectSkips(of: job, [60: .rescheduled])
        },
        Check("what was planned from another calendar is a conflict") { probe in
            let old = try minutes("30")
            _ = try await probe.set(old, "holidays")
            let (job, late) = (try calendarJob(probe), try calendarJob(probe).binding(["holidays": old]))
            try await probe.insert(job)
            // The next occurrence stays the same, but not the one after it.
            _ = try await probe.set(minutes("2-9"), "holidays", at: 30)
            try probe.expect(await probe.job(job.id).scheduleState.next, probe.at(60), "the next occurrence")
            try probe.expect(
                try await probe.store.fire([probe.fire(job, at: 60)]), [.conflict], "a fire from the old calendar")
            try probe.expect(await probe.executions(), [], "the executions")
            try await probe.expect(.conflict, "an insertion from the old calendar") { try await probe.insert(late) }
            try await probe.expect(.conflict, "a replacement from the old calendar") {
                var replacement = probe.change(try await probe.job(job.id), definition: late.definition)
                replacement.definition?.name = "another name"
                _ = try await probe.store.replace(replacement)
            }
        },
        Check("a calendar is deleted only when no job names it") { probe in
            _ = try await probe.set(.weekends, "holidays")
            let job = try calendarJob(probe)
            try await probe.insert(job)
            try await probe.expect(.calendarInUse, "deleting a calendar that a job names") {
                _ = try await probe.store.deleteCalendar(named: "holidays")
            }
            try probe.expect(await probe.store.calendars(), ["holidays": .weekends], "the calendars")
            _ = try await probe.store.replace(probe.change(job, definition: probe.job().definition))
            try probe.expect(
                await probe.store.deleteCalendar(named: "holidays"), true, "whether the calendar existed")
            try probe.expect(await probe.store.deleteCalendar(named: "holidays"), false, "whether it existed again")
            try probe.expect(await probe.store.calendars(), [:], "the calendars")
        },
    ]

    /// Calendars are there when the store is opened again.
    static let calendarReopenings: [DurabilityCheck] = [
        DurabilityCheck("calendars survive, and jobs are computed with them") { probe in
            _ = try await probe.set(minutes("1-9"), "holidays")
            _ = try await probe.set(.weekends, "gone")
            _ = try await probe.store.deleteCalendar(named: "gone")
            let job = try calendarJob(probe)
            try await probe.insert(job)
            _ = try await probe.set(minutes("1-4"), "holidays", at: 30)
            return StoreProbe.Memory(jobs: [try await probe.job(job.id)])
        } reopened: { probe, memory in
            try probe.expect(await probe.store.calendars(), ["holidays": minutes("1-4")], "the calendars")
            let job = try await probe.job(memory.jobs[0].id)
            try probe.expect(job, memory.jobs[0], "the job")
            try probe.expect(
                job.definition.schedule.next(after: probe.at(0)), probe.at(300), "the occurrence of its schedule")
            try await probe.expect(.calendarInUse, "deleting a calendar that a job names") {
                _ = try await probe.store.deleteCalendar(named: "holidays")
            }
        }
    ]

    /// A calendar of minutes of every hour.
    private static func minutes(_ field: String) throws -> ScheduleCalendar {
        try .cron(CronExpression("\(field) * * * *"))
    }

    /// A job of every minute, except those of a calendar.
    private static func calendarJob(
        _ probe: StoreProbe, _ name: String = "holidays", state: JobState = .active, next: Double = 60
    ) throws -> Job {
        probe.job(
            state: state, next: next,
            schedule: .every(.seconds(60), anchor: probe.at(0)).excluding(try .named(name)))
    }
}

extension StoreProbe {
    fileprivate func set(
        _ calendar: ScheduleCalendar, _ name: String, at seconds: Double = 0
    ) async throws -> CalendarChange {
        try await store.setCalendar(calendar, named: name, at: at(seconds))
    }
}
