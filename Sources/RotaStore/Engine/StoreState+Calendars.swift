package import Foundation
package import RotaSchedule

// Calendars are kept once. Jobs refer to them by name in the files, and share their contents in memory.

extension StoreState {
    package mutating func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at now: Date, log: inout ChangeLog
    ) throws(StoreError) -> CalendarChange {
        try StoreError.check(calendar, named: name)
        let users = calendarJobs[name] ?? []
        guard calendars[name] != calendar else { return CalendarChange(isChanged: false, jobs: users.count) }
        var after = calendars
        after[name] = calendar
        // The old calendar says which occurrences are due, so plan before the jobs are bound to the new one.
        let plans = users.sorted().compactMap { id in jobs.read(id) { $0.rescheduled(by: after, at: now) } }
        record(.putCalendar(name, calendar), log: &log)
        var change = CalendarChange(isChanged: true, jobs: plans.count)
        for plan in plans {
            guard var job = jobs[plan.id] else { continue }
            let wake = job.scheduleState.nextWakeup
            job.move(to: plan.scheduleState)
            record(job.scheduleState, of: job.id, log: &log)
            if job.scheduleState.nextWakeup != wake { change.rescheduled += 1 }
            for skip in plan.skips { recordSkip(skip, job: job, lastFired: job.scheduleState.lastFired, log: &log) }
            change.skips += plan.skips
        }
        return change
    }

    package mutating func deleteCalendar(named name: String, log: inout ChangeLog) throws(StoreError) -> Bool {
        guard calendars[name] != nil else { return false }
        if let users = calendarJobs[name] {
            let names = users.sorted().prefix(3).compactMap { jobs[$0]?.name }
            throw .calendarInUse(name, by: names, count: users.count)
        }
        record(.removeCalendar(name), log: &log)
        return true
    }

    /// Keeps a calendar, or removes it, and binds the jobs that use it.
    ///
    /// Their schedule states are changes of their own. In recovery, a job may come before a calendar that it uses: the
    /// snapshot was written while both were made.
    ///
    /// - Complexity: O(n) in the number of jobs that use it.
    mutating func put(_ calendar: ScheduleCalendar?, named name: String) {
        calendars[name] = calendar
        for id in calendarJobs[name] ?? [] {
            jobs.modify(id) { $0 = $0.binding(calendars) }
        }
    }

    /// Keeps the index of the jobs that use each calendar in step with a job that was put or removed.
    mutating func indexCalendars(of old: Job?, _ new: Job?) {
        if let old, old.schedule.namesCalendars {
            for name in old.schedule.calendarNames {
                calendarJobs[name]?.remove(old.id)
                if calendarJobs[name]?.isEmpty ?? false { calendarJobs[name] = nil }
            }
        }
        if let new, new.schedule.namesCalendars {
            for name in new.schedule.calendarNames { calendarJobs[name, default: []].insert(new.id) }
        }
    }
}
