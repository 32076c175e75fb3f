import Foundation
import RotaSchedule
import RotaStore
import RotaTesting

extension StoreFault {
    static let calendars: [StoreFault] = [
        StoreFault(
            "says that every calendar is new",
            "a calendar is kept under its name, and setting it again changes nothing"
        ) { store in
            store.setCalendarHook = { base, call in
                var change = try await base.setCalendar(call.calendar, named: call.name, at: call.date)
                change.isChanged = true
                return change
            }
        },
        StoreFault(
            "keeps one calendar", "a calendar is kept under its name, and setting it again changes nothing"
        ) { store in
            store.calendarsHook = { base, _ in
                try await base.calendars().filter { $0.key < "i" }
            }
        },
        StoreFault("accepts every calendar", "a calendar with a blank name or with names is refused") { store in
            store.setCalendarHook = { base, call in
                do {
                    return try await base.setCalendar(call.calendar, named: call.name, at: call.date)
                } catch let error as StoreError where error.code == .invalidCalendar {
                    return CalendarChange(isChanged: true)
                }
            }
        },
        StoreFault(
            "creates the calendars that schedules name", "a schedule that names an unknown calendar is refused"
        ) { store in
            store.insertHook = { base, all in
                for name in all.flatMap(\.job.definition.schedule.calendarNames) {
                    _ = try await base.setCalendar(.weekdays([]), named: name, at: all[0].job.createdAt)
                }
                return try await base.insert(all)
            }
        },
        StoreFault(
            "returns jobs without their calendars", "jobs and versions are returned with the calendars that they name"
        ) { store in
            store.jobHook = { base, id in try await base.job(id)?.binding([:]) }
        },
        StoreFault(
            "returns versions without their calendars",
            "jobs and versions are returned with the calendars that they name"
        ) { store in
            store.versionsHook = { base, id in try await base.versions(of: id).map { $0.binding([:]) } }
        },
        StoreFault(
            "does not move jobs when a calendar changes",
            "a changed calendar moves the jobs that name it and no others",
            "what is due when a calendar changes stays due if the calendar allows it"
        ) { store in
            store.setCalendarHook = { base, call in
                guard try await base.calendars()[call.name] == nil else { return CalendarChange(isChanged: true) }
                return try await base.setCalendar(call.calendar, named: call.name, at: call.date)
            }
        },
        StoreFault(
            "skips what is due when a calendar changes",
            "what is due when a calendar changes stays due if the calendar allows it"
        ) { store in
            store.setCalendarHook = { base, call in
                let change = try await base.setCalendar(call.calendar, named: call.name, at: call.date)
                for job in try await base.jobs(JobQuery()).items {
                    guard var next = job.scheduleState.next, next <= call.date else { continue }
                    while let later = job.definition.schedule.next(after: next), next <= call.date { next = later }
                    var scheduleState = job.scheduleState
                    scheduleState.next = next
                    _ = try await base.replace(
                        JobReplacement(
                            id: job.id, expectedRevision: job.scheduleState.revision, scheduleState: scheduleState,
                            date: call.date))
                }
                return change
            }
        },
        StoreFault("fires from an old calendar", "what was planned from another calendar is a conflict") { store in
            store.fireHook = { base, fires in
                var fires = fires
                for place in fires.indices {
                    fires[place].expectedRevision =
                        try await base.job(fires[place].jobID)?.scheduleState.revision ?? 0
                }
                return try await base.fire(fires)
            }
        },
        StoreFault("inserts from an old calendar", "what was planned from another calendar is a conflict") { store in
            store.insertHook = { base, all in
                let calendars = try await base.calendars()
                return try await base.insert(
                    all.map {
                        var insertion = $0
                        insertion.job = insertion.job.binding(calendars)
                        return insertion
                    })
            }
        },
        StoreFault(
            "deletes calendars that are in use", "a calendar is deleted only when no job names it"
        ) { store in
            store.deleteCalendarHook = { base, name in
                do {
                    return try await base.deleteCalendar(named: name)
                } catch let error as StoreError where error.code == .calendarInUse {
                    return true
                }
            }
        },
    ]
}
