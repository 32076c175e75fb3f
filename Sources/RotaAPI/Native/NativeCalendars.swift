import Rota
import RotaHTTP
import RotaSchedule
import RotaStore

/// Rota's own routes for the calendars that the store keeps by name, for all schedules that name them.
enum NativeCalendars {
    private static let calendar = Schema.object([
        ("dates", Schema.array(Schema.text)), ("annual", Schema.array(Schema.text)),
        ("weekdays", Schema.array(Schema.choice(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]))),
        ("cron", Schema.array(Schema.anything)),
    ])
    static let routes: [Route] = [
        Route(
            .get, "/_rota/calendars", "rotaListCalendars", .read, "List the calendars that schedules may name",
            answer: NativeSchema.page(
                of: Schema.object([("name", Schema.text), ("calendar", calendar)], required: ["name", "calendar"]))
        ) { call in
            let calendars = try await call.scheduler.calendars()
            return .json(
                NativeRecord.page(
                    try calendars.sorted { $0.key < $1.key }.map { try record($0.key, $0.value) }, next: nil))
        },
        Route(
            .get, "/_rota/calendars/{name}", "rotaGetCalendar", .read, "Read a calendar",
            answer: Schema.object([("name", Schema.text), ("calendar", calendar)])
        ) { call in
            let name = call.parameter("name")
            return .json(try record(name, try await call.scheduler.calendar(named: name)))
        },
        Route(
            .put, "/_rota/calendars/{name}", "rotaSetCalendar", .write,
            "Set a calendar; all schedules that name it follow at once", body: calendar,
            answer: Schema.object([
                ("name", Schema.text), ("calendar", calendar), ("isChanged", Schema.bool), ("jobs", Schema.integer),
                ("rescheduled", Schema.integer),
            ]), set),
        Route(
            .delete, "/_rota/calendars/{name}", "rotaDeleteCalendar", .write,
            "Delete a calendar that no schedule names", status: 204
        ) { call in
            let name = call.parameter("name")
            // A misspelled name is an error, rather than answered as if something had been deleted.
            _ = try await call.scheduler.calendar(named: name)
            try await call.scheduler.deleteCalendar(named: name)
            return .noContent
        },
    ]

    private static let set: Route.Handler = { call in
        guard let json = call.json else {
            throw APIError.invalid("", "The body must be a calendar, such as {\"dates\": [\"2026-12-25\"]}.")
        }
        try NativeMembers.checkCalendar(json)
        let (name, calendar) = (call.parameter("name"), try json.decode(ScheduleCalendar.self))
        let change = try await call.scheduler.setCalendar(calendar, named: name)
        guard case .object(let shown) = try record(name, calendar) else { return .noContent }
        return .json(
            .object(
                shown + [
                    .init("isChanged", .bool(change.isChanged)), .init("jobs", .int(change.jobs)),
                    .init("rescheduled", .int(change.rescheduled)),
                ]))
    }

    private static func record(_ name: String, _ calendar: ScheduleCalendar) throws -> JSONValue {
        ["name": .string(name), "calendar": try JSONValue(encoding: calendar)]
    }
}
