package import Foundation
package import RotaSchedule
package import RotaStore

// Calendars are a table of their own. The schedules of jobs only name them, and what a query returns is bound to them.

extension ReferenceTables {
    package mutating func setCalendar(
        _ calendar: ScheduleCalendar, named name: String, at now: Date
    ) throws(StoreError) -> CalendarChange {
        try StoreError.check(calendar, named: name)
        let users = jobs.indices.filter { jobs[$0].definition.schedule.calendarNames.contains(name) }
        guard calendars[name] != calendar else { return CalendarChange(isChanged: false, jobs: users.count) }
        calendars[name] = calendar
        var change = CalendarChange(isChanged: true, jobs: users.count)
        for index in users.sorted(by: { jobs[$0].id < jobs[$1].id }) {
            let plan = jobs[index].rescheduled(by: calendars, at: now)
            let before = jobs[index].scheduleState.nextWakeup
            jobs[index] = jobs[index].binding(calendars)
            jobs[index].take(plan.scheduleState)
            if jobs[index].scheduleState.nextWakeup != before { change.rescheduled += 1 }
            for skip in plan.skips {
                keep(skip, of: jobs[index], lastFired: jobs[index].scheduleState.lastFired)
            }
            change.skips += plan.skips
        }
        return change
    }

    package mutating func deleteCalendar(named name: String) throws(StoreError) -> Bool {
        guard calendars[name] != nil else { return false }
        let users = jobs.filter { $0.definition.schedule.calendarNames.contains(name) }.sorted { $0.id < $1.id }
        guard users.isEmpty else {
            throw .calendarInUse(name, by: users.prefix(3).map(\.definition.name), count: users.count)
        }
        calendars[name] = nil
        return true
    }
}
