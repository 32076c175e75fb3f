import Foundation
import RotaCore
import RotaHTTP

/// `rota calendars`: the days that a store keeps by a name, for all schedules that name them.
enum CalendarCommands {
    static let group = Command(
        "calendars", "List, set and delete calendars that schedules name",
        details: """
            A schedule names a calendar in its definition: "calendars": [{"exclude": {"named": ["holidays"]},
            "timezone": "Europe/Berlin"}], or "within" in place of "exclude". When the calendar changes, all of them follow.
            """,
        aliases: ["calendar"], [list, get, set, delete])

    private static let name = CommandArgument("NAME", help: "The calendar's name, such as holidays")

    private static let list = Session.command("list", "List calendars") { session in
        let found = try await session.connection.get("calendars")
        session.printer.list(
            found.items, columns: [Column("NAME", "name"), Column("DAYS") { days($0["calendar"]) }],
            nothing: "There are no calendars.", id: "name")
        return .done
    }

    private static let get = Session.command("get", "Show a calendar", arguments: [name]) { session in
        let found = try await session.connection.get("calendars", session.arguments.argument(0) ?? "")
        let calendar = found["calendar"]
        var fields: [(String, String?)] = [("name", found["name"]?.string)]
        for member in ["dates", "annual", "weekdays", "cron"] { fields.append((member, calendar?[member]?.cell)) }
        session.printer.record(found, id: "name", fields)
        return .done
    }

    /// The days of a calendar in a cell of a table.
    private static func days(_ calendar: JSONValue?) -> String {
        let parts = (calendar?.members ?? []).map { "\($0.name) \($0.value.cell)" }
        return parts.isEmpty ? "none" : parts.joined(separator: "; ")
    }

    private static let set = Session.command(
        "set", "Set a calendar, in place of what it was",
        details: "rota calendars set holidays --annual 12-25 --annual 01-01 --date 2026-04-03",
        arguments: [name],
        options: [
            .value("date", as: "DATE", repeats: true, help: "A day, such as 2026-04-03"),
            .value("annual", as: "DAY", repeats: true, help: "A day of every year, such as 12-25"),
            .value("weekday", as: "DAY", repeats: true, help: "A day of every week: SUN, MON … SAT"),
            .value("cron", as: "EXPR", repeats: true, help: "All times that a cron expression names"),
            .value("file", "f", as: "FILE", .files, help: "A calendar in JSON, to which the other options add"),
        ]
    ) { session in
        let arguments = session.arguments
        var calendar = JSONValue.object([])
        if let file = arguments.text("file") {
            do {
                calendar = try JSONValue(parsing: try session.console.readText(file))
            } catch let error as HTTPRequestError {
                throw Failure(.refused, code: "invalid_file", "\(file) is not JSON: \(error.message).")
            }
            calendar = calendar["calendar"] ?? calendar
        }
        for (option, member) in [("date", "dates"), ("annual", "annual"), ("weekday", "weekdays"), ("cron", "cron")] {
            let added = arguments.texts(option).map { JSONValue.string($0) }
            guard !added.isEmpty else { continue }
            calendar = calendar.setting([(member, .array((calendar[member]?.elements ?? []) + added))])
        }
        guard !calendar.members.isEmpty || arguments.text("file") != nil else {
            throw Failure.usage("Which days? Give --date, --annual, --weekday, --cron or -f FILE.")
        }
        let name = arguments.argument(0) ?? ""
        let result = try await session.connection.send("PUT", ["calendars", name], body: calendar)
        session.printer.changed(
            result, id: "name",
            result["isChanged"]?.bool == true
                ? "Set \(name). Jobs that name it: \(result["jobs"]?.cell ?? "0"). Of those, run next at another date: "
                    + "\(result["rescheduled"]?.cell ?? "0")."
                : "\(name) is so already.")
        return .done
    }

    private static let delete = Session.command(
        "delete", "Delete a calendar that no schedule names", arguments: [name]
    ) { session in
        let name = session.arguments.argument(0) ?? ""
        _ = try await session.connection.send("DELETE", ["calendars", name])
        session.printer.changed(["name": .string(name), "deleted": true], id: "name", "Deleted \(name).")
        return .done
    }
}
