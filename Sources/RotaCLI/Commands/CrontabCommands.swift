import Foundation
import Rota
import RotaCore
import RotaHTTP

/// `rota crontab`: jobs as lines of a crontab of URLs.
enum CrontabCommands {
    static let group = Command("crontab", "Import, compare and export crontabs of URLs", [importing, diff, export])

    private static let file = CommandArgument("FILE", help: "The file, or - for the standard input", .files)
    private static let options: [CommandOption] = [
        .value("name", as: "NAME", help: "The crontab's name, which owns its jobs; crontab by default"),
        .value("default-url", as: "URL", help: "The URL of lines without one"),
        .value("zone", as: "ZONE", .zones, help: "The time zone before any CRON_TZ; UTC by default"),
        .choice("removed", of: ["pause", "delete", "keep"], help: "The treatment of jobs whose lines are gone; pause"),
    ]

    private static let importing = Session.command(
        "import", "Create a job for each line, and follow later changes of the file",
        details: """
            A line is "<cron expression> <url> [# name]". Importing the edited file again changes the jobs whose lines
            changed.
            """,
        arguments: [file], options: options + [.flag("dry-run", help: "Only print what would change")]
    ) { session in
        try await declare(session)
    }

    private static let diff = Session.command(
        "diff", "Print what importing a file would change", arguments: [file], options: options
    ) { session in
        var arguments = session.arguments
        arguments.flags.insert("dry-run")
        return try await declare(Session(session, arguments))
    }

    private static func declare(_ session: Session) async throws -> ExitCode {
        let arguments = session.arguments
        let text = try session.console.readText(arguments.argument(0) ?? "")
        let crontab: Crontab
        do {
            crontab = try Crontab(
                text, defaultURL: arguments.text("default-url"), in: arguments.text("zone") ?? "UTC")
        } catch {
            throw Failure(.refused, code: "invalid_crontab", error.description)
        }
        return try await JobFiles.declare(
            session, owner: arguments.text("name") ?? "crontab", jobs(of: crontab),
            orphans: arguments.text("removed") ?? "pause")
    }

    /// One job for each line, with a name of its own.
    static func jobs(of crontab: Crontab) throws -> [JSONValue] {
        var copies: [String: Int] = [:]
        return try crontab.entries.map { entry in
            var draft = entry.draft()
            let name = String(draft.name.prefix(240))
            copies[name, default: 0] += 1
            let copy = copies[name, default: 1]
            draft.name = copy == 1 ? name : "\(name) (\(copy))"
            return ["definition": try JobDrafting.encoded(draft.definition)]
        }
    }

    private static let export = Session.command(
        "export", "Write jobs as a crontab",
        details: """
            A job becomes a line if importing the line makes the same job again. One that sends more than a plain GET
            request, or has settings that a crontab line cannot express, is left out, with a comment that says why. With
            -o json, each job is printed with its line or the reason it has none.
            """,
        options: JobCommands.filters
    ) { session in
        var arguments = session.arguments
        arguments.flags.insert("all")
        let jobs = try await Session(session, arguments).pages(["jobs"], query: JobCommands.query(arguments)).items
        var written: [JSONValue] = []
        var (text, zone) = ("", "UTC")
        for job in jobs {
            let (id, name) = (job["id"]?.string ?? "", SafeText.line(job["name"]?.string ?? ""))
            switch CrontabLine.outcome(of: try await session.connection.get("jobs", id), now: session.now) {
            case .none(let reason):
                text += "# \(name): \(SafeText.line(job["summary"]?.string ?? "")): \(SafeText.line(reason)).\n"
                written.append(["id": .string(id), "name": job["name"] ?? .null, "reason": .string(reason)])
            case .line(let own, let line):
                if let own, own != zone {
                    text += "CRON_TZ=\(own)\n"
                    zone = own
                }
                let state = job["state"]?.string ?? ""
                text += (state == "active" ? "" : "# \(state): ") + line + "\n"
                written.append(
                    JSONValue.record([
                        ("id", .string(id)), ("name", job["name"]), ("state", job["state"]),
                        ("zone", own.map { .string($0) }), ("line", .string(line)),
                    ]))
            }
        }
        switch session.printer.format {
        case .json, .jsonl, .ids: session.printer.list(written, columns: [], nothing: "")
        case .table, .wide, .github: session.console.write(text)
        }
        return .done
    }
}
