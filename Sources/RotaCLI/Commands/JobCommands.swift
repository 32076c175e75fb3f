import Foundation
import RotaCore
import RotaHTTP

/// `rota jobs`: the group, and the commands that read.
enum JobCommands {
    static let group = Command(
        "jobs", "List, create, change and delete jobs", aliases: ["job"],
        [
            list, get, JobDrafting.create, JobEditing.command, JobActions.pause, JobActions.resume, JobActions.run,
            JobActions.delete, JobDrafting.preview, JobActions.skip, JobActions.clone, JobInsight.history,
            JobInsight.explain, JobInsight.versions, JobInsight.health, JobDependencies.command, JobActions.backfill,
            JobFiles.apply, JobFiles.export,
        ])

    static let id = CommandArgument("JOB", help: "An identifier, the beginning of one, a slug or a name", .jobs)
    static let ids = CommandArgument(
        "JOB", help: "Identifiers, slugs or names; without any, all that match the filters", optional: true,
        repeats: true, .jobs)

    static let states = ["active", "paused", "draft", "completed"]
    static let filters: [CommandOption] = [
        .value("search", as: "TEXT", help: "Only jobs whose name contains this"),
        .value("state", as: "STATE", .words(states), help: "Only jobs in these states, separated by commas"),
        .value("tag", as: "NAME=VALUE", repeats: true, help: "Only jobs with this tag"),
        .value("group", as: "GROUP", help: "Only jobs of this group"),
        .value("project", as: "PROJECT", help: "Only jobs of this project"),
    ].map(openChoice)

    /// A list of words may be given where one may: the server checks them.
    static func openChoice(_ option: CommandOption) -> CommandOption {
        CommandOption(
            name: option.name, aliases: option.aliases, value: option.value, help: option.help,
            isRepeatable: option.isRepeatable,
            completion: option.name == "state" || option.name == "status" ? .nothing : option.completion)
    }

    static func query(_ arguments: Arguments) throws -> [(String, String?)] {
        [
            ("search", try arguments.filter("search")), ("state", try arguments.filter("state")),
            ("group", try arguments.filter("group")), ("project", try arguments.filter("project")),
        ] + (try arguments.pairs("tag").map { ("tag", "\($0.name):\($0.value)") })
    }

    static func columns(_ times: Times) -> [Column] {
        [
            Column("ID", "id"), Column("NAME", "name"), Column("STATE", "state", status: true),
            Column("SCHEDULE", "summary"), Column("NEXT") { times.relative(next($0)) + skips($0) },
            Column("NEXT AT", wide: true) { times.text(next($0)) },
            // The end, as the status beside it: executions may end in another order than they begin.
            Column("LAST") { times.relative($0["lastFinishedAt"] ?? $0["lastRunAt"]) },
            Column("STATUS", "lastStatus", status: true),
            Column("OK", wide: true) { $0["counts"]?["succeeded"]?.cell ?? "-" },
            Column("FAILED", wide: true) { $0["counts"]?["failed"]?.cell ?? "-" },
            Column("TARGET", wide: true) { target($0) }, Column("TAGS", "tags", wide: true),
        ]
    }

    /// When a job runs next: behind the occurrences that are to be skipped.
    static func next(_ job: JSONValue) -> JSONValue? {
        job["skipsRemaining"] == nil ? job["nextRunAt"] ?? job["next"] : job["nextAfterSkips"]
    }

    /// How many occurrences come before that date, and are to be skipped.
    static func skips(_ job: JSONValue) -> String { job["skipsRemaining"]?.int.map { " (skips \($0))" } ?? "" }

    static func target(_ job: JSONValue) -> String {
        let action = job["action"]
        return [action?["method"]?.string ?? action?["kind"]?.string, action?["target"]?.string]
            .compactMap(\.self).joined(separator: " ")
    }

    private static let list = Session.command(
        "list", "List jobs",
        options: filters + [
            .choice("sort", of: ["created", "name", "next"], help: "By what to sort; by creation if absent"),
            .choice("order", of: ["asc", "desc"], help: "In which order"),
        ] + Session.pageOptions
    ) { session in
        let arguments = session.arguments
        let page = try await session.pages(
            ["jobs"],
            query: query(arguments) + [("sort", arguments.text("sort")), ("order", arguments.text("order"))])
        session.printer.list(
            page.items, next: page.next, columns: columns(session.printer.times), nothing: "There are no such jobs.")
        return .done
    }

    private static let get = Session.command("get", "Show a job", arguments: [id]) { session in
        let job = try await session.connection.get("jobs", session.arguments.argument(0) ?? "")
        show(job, session.printer)
        return .done
    }

    /// The schedule as its author wrote it, as far as there is a text for it.
    static func expression(_ schedule: JSONValue?) -> String? {
        guard let schedule else { return nil }
        let zone = schedule["timezone"]?.string.map { " (\($0))" } ?? ""
        if let cron = schedule["cron"]?.string { return cron + zone }
        for name in ["every", "afterCompletion", "once"] {
            if let text = schedule[name]?.cell { return "\(name) \(text)" }
        }
        return schedule["onDemand"] == .bool(true) ? "onDemand" : schedule.text
    }

    private static func skipped(_ job: JSONValue, _ times: Times) -> String? {
        job["skipsRemaining"]?.int.map { count in
            let beginning = job["nextRunAt"].flatMap { Times.date($0) }.map { ", from \(times.text($0)) on" } ?? ""
            return Printer.count(count, "occurrence") + beginning
        }
    }

    static func show(_ job: JSONValue, _ printer: Printer) {
        let (times, definition) = (printer.times, job["definition"])
        let counts = job["counts"].map { counts in
            "\(counts["succeeded"]?.cell ?? "0") succeeded, \(counts["failed"]?.cell ?? "0") failed, "
                + "\(counts["canceledOrExpired"]?.cell ?? "0") canceled or expired"
        }
        printer.record(
            job,
            [
                ("id", job["id"]?.string), ("name", job["name"]?.string), ("slug", job["slug"]?.string),
                ("state", job["state"]?.string), ("reason", job["reason"]?.string),
                ("resumes", job["resumesAt"].map(times.both)), ("description", job["description"]?.string),
                ("schedule", expression(job["schedule"])), ("in words", job["summary"]?.string),
                ("zone", job["schedule"]?["timezone"] == nil ? job["timezone"]?.string : nil),
                ("action", target(job)),
                ("retry", definition?["retry"]?["max_attempts"].map { "up to \($0.cell) attempts" }),
                ("next", times.both(next(job))), ("skips", skipped(job, times)),
                ("last", times.both(job["lastFinishedAt"] ?? job["lastRunAt"])),
                ("last status", job["lastStatus"]?.string), ("executions", counts), ("tags", job["tags"]?.cell),
                ("group", job["group"]?.string), ("project", job["project"]?.string),
                ("declared by", job["declaredBy"]?.string), ("version", job["version"]?.cell),
                ("created", job["createdAt"].map(times.both)), ("updated", job["updatedAt"].map(times.both)),
            ])
    }
}
