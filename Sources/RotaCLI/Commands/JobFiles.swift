import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaStore

/// `rota jobs apply` and `export`: jobs in files.
enum JobFiles {
    static let apply = Session.command(
        "apply", "Make jobs what a file says, and print what changes",
        details: """
            The file is JSON: {"owner": "web", "jobs": [{"name": "report", "schedule": "30 9 * * 1-5",
            "timezone": "Europe/Berlin", "url": "https://example.com/report"}]}. A job may also be a whole definition, as
            "jobs export" writes it. Jobs are told apart by their identifier, if the file has it and the server knows it,
            or else by their slug, or else by their name. A job with a "state" gets it, also if it exists; without one it
            keeps its own, such as a pause. A completed job that the server does not have is left out: it would run again.
            Those of the owner that the file no longer names are left alone, unless --prune deletes them. At a terminal
            the command asks before it removes any, and a file without jobs removes none without --yes.
            """,
        options: [
            .value("file", "f", as: "FILE", .files, help: "The file, or - for the standard input"),
            .value("owner", as: "OWNER", help: "The owner of the jobs; that of the file, or else rota-apply"),
            .flag("prune", help: "Delete the owner's jobs that the file does not name"),
            .choice("orphans", of: ["keep", "pause", "delete"], help: "The treatment of those jobs; keep by default"),
            .flag("dry-run", help: "Only print what would change"),
        ]
    ) { session in
        let arguments = session.arguments
        guard let name = arguments.text("file") else { throw Failure.usage("-f FILE is missing.") }
        let wish = arguments.text("orphans")
        guard !arguments.has("prune") || wish == nil || wish == "delete" else {
            throw Failure.usage("--prune and --orphans \(wish ?? "") contradict each other.")
        }
        let (owner, jobs) = try read(try session.console.readText(name), name)
        let orphans = wish ?? (arguments.has("prune") ? "delete" : "keep")
        return try await declare(
            session, owner: arguments.text("owner") ?? owner ?? "rota-apply", jobs, orphans: orphans)
    }

    /// Declares jobs, and prints the differences first.
    static func declare(
        _ session: Session, owner: String, _ jobs: [JSONValue], orphans: String
    ) async throws -> ExitCode {
        let (arguments, isDryRun) = (session.arguments, session.arguments.has("dry-run"))
        if jobs.isEmpty, orphans != "keep", !isDryRun, !arguments.has("yes") {
            throw Failure.usage(
                "There are no jobs in it, so all those of \"\(owner)\" would be \(past(orphans)). Add --yes if that is meant."
            )
        }
        let body: JSONValue = [
            "owner": .string(owner), "jobs": .array(jobs), "orphans": .string(orphans), "dryRun": true,
        ]
        let plan = try await session.connection.post("declare", body: body)
        for line in try await lines(session, plan, jobs, orphans: orphans) { session.printer.remark(line) }
        var result = plan
        if !isDryRun {
            let removed = plan["removed"]?.elements.count ?? 0
            let question =
                "\(orphans.capitalized) \(removed) \(removed == 1 ? "job" : "jobs") that the file does not name?"
            if removed > 0, session.console.terminal.isInteractive, !arguments.has("yes"),
                !session.console.confirms(question)
            {
                throw Failure(.failed, code: "declined", "Nothing was changed.")
            }
            result = try await session.connection.post("declare", body: body.setting([("dryRun", false)]))
        }
        guard session.printer.format != .ids else {
            let changed =
                (result["created"]?.elements ?? []) + (result["updated"]?.elements ?? []).compactMap { $0["job"] }
            session.printer.list(changed, columns: [], nothing: "")
            return .done
        }
        let text = result["text"]?.string ?? ""
        session.printer.changed(result, isDryRun ? "Would change: \(text)" : text)
        return .done
    }

    private static func past(_ orphans: String) -> String { orphans == "delete" ? "deleted" : "paused" }

    /// The lines of a plan, for people.
    private static func lines(
        _ session: Session, _ plan: JSONValue, _ jobs: [JSONValue], orphans: String
    ) async throws -> [String] {
        var lines: [String] = []
        for job in plan["created"]?.elements ?? [] {
            lines.append("+ \(job["name"]?.string ?? ""): \(job["summary"]?.string ?? "")")
        }
        for update in plan["updated"]?.elements ?? [] {
            let job = update["job"]
            let members = (update["members"]?.elements ?? []).compactMap(\.string)
            var changes = members
            if let before = update["stateBefore"]?.string {
                changes.append("\(before) becomes \(job?["state"]?.string ?? "")")
            }
            let text = changes.isEmpty ? "adopted" : changes.joined(separator: ", ")
            lines.append("~ \(job?["name"]?.string ?? ""): \(text)")
            lines += try await differences(session, job, members, jobs)
        }
        for job in plan["removed"]?.elements ?? [] {
            lines.append("- \(job["name"]?.string ?? ""): \(past(orphans))")
        }
        return lines
    }

    private static func differences(
        _ session: Session, _ job: JSONValue?, _ members: [String], _ declared: [JSONValue]
    ) async throws -> [String] {
        guard let id = job?["id"]?.string, !members.isEmpty else { return [] }
        let present = try await session.connection.get("jobs", id)["definition"]
        let new = declared.first { declared in
            if let named = declared["id"], named == job?["id"] { return true }
            let definition = declared["definition"]
            guard definition?["attributes"]?["project"]?.string == job?["project"]?.string else { return false }
            let slug = definition?["attributes"]?["slug"]?.string
            return slug != nil ? slug == job?["slug"]?.string : definition?["name"] == job?["name"]
        }?["definition"].map(complete)
        return members.flatMap { member in
            Difference.lines(member, present?[member] ?? .null, new?[member] ?? .null).map { "    " + $0 }
        }
    }

    /// The definition with the members that it leaves at their defaults.
    private static func complete(_ definition: JSONValue) -> JSONValue {
        guard let read = try? JSONDecoder().decode(JobDefinition.self, from: Data(definition.text.utf8)),
            let whole = try? JobDrafting.encoded(read)
        else { return definition }
        return whole
    }

    /// Reads the owner and the jobs of a file.
    static func read(_ text: String, _ file: String) throws -> (owner: String?, jobs: [JSONValue]) {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: text)
        } catch {
            throw Failure(.refused, code: "invalid_file", "\(file) is not JSON: \(error.message).")
        }
        let jobs: [JSONValue]
        switch (json, json["jobs"], json["items"]) {
        case (.array(let elements), _, _): jobs = elements
        case (_, .array(let elements)?, _), (_, _, .array(let elements)?): jobs = elements
        default:
            throw Failure(
                .refused, code: "invalid_file", "\(file) must hold an array of jobs, or an object with \"jobs\".")
        }
        let read = try jobs.enumerated().map { place, job in
            do {
                return try whole(job)
            } catch let error as ScheduleError {
                throw Failure(.refused, code: "validation_error", "\(file), jobs[\(place)]: \(error.description)")
            } catch let failure as Failure {
                throw Failure(.refused, code: failure.code, "\(file), jobs[\(place)]: \(failure.message)")
            }
        }
        return (json["owner"]?.string, read)
    }

    private static let short: Set<String> = [
        "id", "url", "method", "headers", "body", "timezone", "state",
    ]
    /// The members that a definition has among its attributes.
    private static let attributes: Set<String> = ["slug", "description", "project", "group", "environment", "tags"]

    /// The job in the API's form, from that or from the short form.
    private static func whole(_ job: JSONValue) throws -> JSONValue {
        if let definition = job["definition"] {
            if let other = job.members.map(\.name).first(where: { !["id", "definition", "state"].contains($0) }) {
                throw Failure(
                    .refused, code: "validation_error",
                    "Remove \(other): next to definition only id and state are allowed.")
            }
            return JSONValue.record([("id", job["id"]), ("definition", definition), ("state", job["state"])])
        }
        guard case .object(let members) = job else { throw Failure(.refused, "a job must be an object.") }
        // Before what else is wrong, which may follow from it.
        let known = short.union(attributes).union(JobDefinition.memberNames)
        if let name = members.map(\.name).first(where: { !known.contains($0) }) {
            let meant = Spelling.meant(by: name, among: known).map { " Did you mean \($0)?" } ?? ""
            throw Failure(.refused, code: "validation_error", "\(name) is no member of a job.\(meant)")
        }
        var definition = JSONValue.object(members.filter { !short.contains($0.name) && !attributes.contains($0.name) })
        if let alone = ["method", "headers", "body"].first(where: { job[$0] != nil }), job["url"] == nil {
            throw Failure(.refused, code: "validation_error", "\(alone) needs url.")
        }
        if job["timezone"] != nil, job["schedule"]?.string == nil {
            throw Failure(.refused, code: "validation_error", "timezone needs a schedule that is a text.")
        }
        if let text = job["schedule"]?.string {
            let schedule = try Schedule.parse(text, in: job["timezone"]?.string ?? "UTC")
            definition = definition.setting([("schedule", try JobDrafting.encoded(schedule))])
        }
        if let url = job["url"] {
            let body = job["body"]
            var content: JSONValue?
            if let body, body != .null {
                content = body.string.map { ["text": .string($0)] } ?? ["json": .string(body.text)]
            }
            let headers = job["headers"]?.members.map { member -> JSONValue in [.string(member.name), member.value] }
            let request = JSONValue.record([
                ("url", url), ("method", job["method"] ?? (content == nil ? nil : "POST")), ("content", content),
                ("headers", headers.map { .array($0) }),
            ])
            definition = definition.setting([("action", ["http": request])])
        }
        let own = members.filter { attributes.contains($0.name) }.map { ($0.name, Optional($0.value)) }
        if !own.isEmpty {
            definition = definition.setting([
                ("attributes", (definition["attributes"] ?? .object([])).setting(own))
            ])
        }
        return JSONValue.record([("id", job["id"]), ("definition", definition), ("state", job["state"])])
    }

    static let export = Session.command(
        "export", "Write jobs as a file for \"jobs apply\"",
        details: """
            Applied to the same server, the file changes nothing, but that its owner takes over the jobs that have none. It
            names the owner if all jobs have the same one.
            Credentials that are stored in a job as they are do not leave the server: they read [redacted]. To a token that
            may only read, so do user names and queries in URLs; such a file cannot be applied.
            """,
        options: JobCommands.filters + [.value("owner", as: "OWNER", help: "The owner to name in the file")]
    ) { session in
        var arguments = session.arguments
        arguments.flags.insert("all")
        let all = Session(session, arguments)
        let jobs = try await all.pages(["jobs"], query: JobCommands.query(arguments)).items
        var exported: [JSONValue] = []
        for job in jobs {
            let details = try await session.connection.get("jobs", job["id"]?.string ?? "")
            exported.append(
                JSONValue.record([("id", job["id"]), ("state", job["state"]), ("definition", details["definition"])]))
        }
        let owners = Set(jobs.map { $0["declaredBy"]?.string })
        let owner = session.arguments.text("owner") ?? (owners.count == 1 ? owners.first ?? nil : nil)
        let file = JSONValue.record([
            ("owner", owner.map { .string($0) }), ("jobs", .array(exported)),
        ])
        session.printer.line(file.prettyText)
        if owners.contains(nil) {
            session.console.writeError(
                "note: No owner declared some of these jobs. The one that applies the file takes them over.\n")
        } else if owners.count > 1 {
            session.console.writeError(
                "note: These jobs have \(owners.count) owners, and a file is applied for one. Export them by --owner.\n"
            )
        }
        if Marks.isIn(file) {
            session.console.writeError(
                "warning: The file holds \(Marks.text) in place of credentials, which stay as they are in the jobs of this "
                    + "server. A URL that holds it was not shown to the token whole, and \"jobs apply\" refuses it.\n")
        }
        return .done
    }
}
