import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaSchedule

/// Commands about schedules alone, which need no server: `next`, `explain` and `zones`.
enum ScheduleCommands {
    static let dialects = ["standard", "quartz", "vixie"]
    static let expression = CommandArgument(
        "EXPR", help: "A cron expression in quotes, @daily, every_5m or a date")
    private static let options: [CommandOption] = [
        .value("zone", as: "ZONE", .zones, help: "The time zone of the expression; UTC by default"),
        .choice("dialect", of: dialects, help: "How cron expressions are read; standard by default"),
        .value("count", "n", as: "COUNT", help: "How many dates; 10 by default"),
        .value("from", as: "DATE", help: "Only later dates; now by default"),
    ]

    static func dialect(_ arguments: Arguments) -> CronDialect {
        switch arguments.text("dialect") {
        case "quartz": .quartz
        case "vixie": .vixie
        default: .standard
        }
    }

    /// The schedule of an expression, an interval of it counted from a date.
    private static func schedule(_ arguments: Arguments, from date: Date) throws -> Schedule {
        do {
            return try Schedule.parse(
                arguments.argument(0) ?? "", in: arguments.text("zone") ?? "UTC", dialect: dialect(arguments)
            ).anchored(at: date)
        } catch {
            throw Failure(.refused, code: "\(error.code)", error.description)
        }
    }

    /// The printer, which writes dates in the zone of the expression by default.
    private static func printer(_ arguments: Arguments, _ console: Console) throws(Failure) -> Printer {
        let printer = try Printer(arguments, console)
        guard arguments.programText("zone") == nil, !arguments.has("utc"),
            let zone = TimeZone(identifier: arguments.text("zone") ?? "UTC")
        else { return printer }
        return Printer(
            console: console, format: printer.format, times: Times(zone: zone, now: printer.times.now),
            isColored: printer.isColored)
    }

    static let next = Command(
        "next", "List the next dates of an expression", details: "rota next \"30 9 * * 1-5\" --zone Europe/Berlin",
        arguments: [expression],
        options: options + [.value("to", as: "DATE", help: "Only earlier dates")]
    ) { arguments, console in
        let from = try arguments.date("from", now: console.now(), zone: "UTC") ?? console.now()
        let schedule = try schedule(arguments, from: from)
        let to = try arguments.date("to", now: console.now(), zone: "UTC")
        let count = try arguments.int("count", in: 1...10_000) ?? (to == nil ? 10 : 10_000)
        let printer = try printer(arguments, console)
        let all = schedule.preview(from: from, count: count)
        let found = all.filter { occurrence in to.map { occurrence.occurrence.nominal < $0 } ?? true }
        if let to, found.count == count, arguments.text("count") == nil {
            console.writeError("There are more before \(printer.times.text(to)): these are the first \(count).\n")
        }
        printer.remark(schedule.summary)
        JobDrafting.occurrences(found.map(json), printer)
        return found.isEmpty ? .failed : .done
    }

    private static func json(_ occurrence: PreviewedOccurrence) -> JSONValue {
        [
            "nominal": .string(ISO8601.milliseconds(occurrence.occurrence.nominal)),
            "effective": .string(ISO8601.milliseconds(occurrence.occurrence.effective)),
            "notes": .array(occurrence.notes.map { .string($0.message) }),
        ]
    }

    static let explain = Command(
        "explain", "Explain what an expression means, and what is suspicious about it", arguments: [expression],
        options: options
    ) { arguments, console in
        let from = try arguments.date("from", now: console.now(), zone: "UTC") ?? console.now()
        let schedule = try schedule(arguments, from: from)
        let warnings = schedule.warnings(from: from).map(\.description)
        let dates = schedule.preview(from: from, count: try arguments.int("count", in: 1...10_000) ?? 5)
        let printer = try printer(arguments, console)
        let next = dates.map { occurrence in
            let date = occurrence.occurrence.effective
            let notes = occurrence.notes.map(\.message).joined(separator: "; ")
            return "\(printer.times.text(date)) (\(printer.times.relative(date)))" + (notes.isEmpty ? "" : "  \(notes)")
        }
        printer.record(
            [
                "summary": .string(schedule.summary), "warnings": .array(warnings.map { .string($0) }),
                "next": .array(dates.map(json)),
            ],
            [
                ("meaning", schedule.summary), ("zone", schedule.timeZoneIdentifier),
                ("warnings", warnings.isEmpty ? nil : warnings.joined(separator: "\n")),
                ("next", next.isEmpty ? "never" : next.joined(separator: "\n")),
            ])
        return .done
    }

    static var zoneNames: [String] { TimeZoneDatabase.system.identifiers }

    static let zones = Command(
        "zones", "List time zones, or tell about one",
        arguments: [CommandArgument("ZONE", help: "A zone such as Europe/Berlin", optional: true, .zones)]
    ) { arguments, console in
        let printer = try Printer(arguments, console)
        guard let name = arguments.argument(0) else {
            let items = zoneNames.map { JSONValue.record([("id", .string($0))]) }
            printer.list(items, columns: [Column("ZONE", "id")], nothing: "There are no zones.")
            return .done
        }
        let rules: TimeZoneRules
        do throws(TimeZoneError) {
            rules = try TimeZoneDatabase.system.rules(for: name)
        } catch {
            let meant = Spelling.meant(by: name, among: zoneNames).map { " Did you mean \($0)?" } ?? ""
            throw Failure(.notFound, "\(error.message)\(meant)")
        }
        var changes: [(date: Date, before: Int, after: Int)] = []
        var cursor = console.now()
        while changes.count < 4, let change = rules.nextTransition(after: cursor) {
            changes.append((change, rules.secondsFromGMT(for: change.justBefore), rules.secondsFromGMT(for: change)))
            cursor = change
        }
        let offset = Times.offset(rules.secondsFromGMT(for: console.now()))
        let utc = Times(zone: TimeZone(secondsFromGMT: 0) ?? .current, now: console.now())
        let lines = changes.map { "\(utc.text($0.date)): \(Times.offset($0.before)) to \(Times.offset($0.after))" }
        printer.record(
            [
                "id": .string(rules.identifier), "offset": .string(offset),
                "changes": .array(
                    changes.map {
                        [
                            "at": .string(ISO8601.milliseconds($0.date)), "from": .string(Times.offset($0.before)),
                            "to": .string(Times.offset($0.after)),
                        ]
                    }),
            ],
            [
                ("zone", rules.identifier), ("now", rules.localTime(at: console.now()).map { "\($0) \(offset)" }),
                ("changes", lines.isEmpty ? "none" : lines.joined(separator: "\n")),
                ("rules", TimeZoneDatabase.system.version),
            ])
        return .done
    }
}
