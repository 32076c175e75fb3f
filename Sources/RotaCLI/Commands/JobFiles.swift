import Foundation
import Rota
import RotaHTTP

/// `rota jobs apply` and `export`: jobs in files.
enum JobFiles {
    static let apply = Session.command(
        "apply", "Make jobs what a file says, and print what changes",
        details: """
            The file is JSON: {"owner": "web", "jobs": [{"name": "report", "schedule": "30 9 * * 1-5",
            "timezone": "Europe/Berlin", "url": "https://example.com/report"}]}. A job may also be a whole definition, as
            "jobs export" writes it. Jobs are told apart by their slug, or else their name. Those of the owner that the
            file no longer names are left alone, unless --prune deletes them.
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
        let (owner, jobs) = try read(try session.console.readText(name), name)
        let orphans = arguments.text("orphans") ?? (arguments.has("prune") ? "delete" : "keep")
        return try await declare(
            session, owner: arguments.text("owner") ?? owner ?? "rota-apply", jobs, orphans: orphans)
    }

    /// Declares jobs, and prints the differences.
    static func declare(
        _ session: Session, owner: String, _ jobs: [JSONValue], orphans: String
    ) async throws -> ExitCode {
        let body: JSONValue = [
            "owner": .string(owner), "jobs": .array(jobs), "orphans": .string(orphans), "dryRun": true,
        ]
        let plan = try await session.connection.post("declare", body: body)
        var lines: [String] = []
        for job in plan["created"]?.elements ?? [] {
            lines.append("+ \(job["name"]?.string ?? ""): \(job["summary"]?.string ?? "")")
        }
        for update in plan["updated"]?.elements ?? [] {
            let job = update["job"]
            let members = (update["members"]?.elements ?? []).compactMap(\.string)
            lines.append(
                "~ \(job?["name"]?.string ?? ""): \(members.isEmpty ? "adopted or resumed" : members.joined(separator: ", "))"
            )
            lines += try await differences(session, job, members, jobs)
        }
        for job in plan["removed"]?.elements ?? [] {
            lines.append("- \(job["name"]?.string ?? ""): \(orphans == "delete" ? "deleted" : "paused")")
        }
        let isDryRun = session.arguments.has("dry-run")
        let result =
            isDryRun ? plan : try await session.connection.post("declare", body: body.setting([("dryRun", false)]))
        for line in lines { session.printer.remark(line) }
        let text = result["text"]?.string ?? ""
        session.printer.changed(result, isDryRun ? "Would change: \(text)" : text)
        return .done
    }

    private static func differences(
        _ session: Session, _ job: JSONValue?, _ members: [String], _ declared: [JSONValue]
    ) async throws -> [String] {
        guard let id = job?["id"]?.string, !members.isEmpty else { return [] }
        let present = try await session.connection.get("jobs", id)["definition"]
        let new = declared.first { declared in
            let definition = declared["definition"]
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

    private static let short: Set<String> = ["url", "method", "headers", "body", "timezone", "tags", "state"]

    /// The job in the API's form, from that or from the short form.
    private static func whole(_ job: JSONValue) throws -> JSONValue {
        if let definition = job["definition"] {
            return JSONValue.record([("definition", definition), ("state", job["state"].flatMap(declarable))])
        }
        guard case .object(let members) = job else { throw Failure(.refused, "a job must be an object.") }
        var definition = JSONValue.object(members.filter { !short.contains($0.name) })
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
        if let tags = job["tags"] {
            definition = definition.setting([
                ("attributes", (definition["attributes"] ?? .object([])).setting([("tags", tags)]))
            ])
        }
        return JSONValue.record([("definition", definition), ("state", job["state"].flatMap(declarable))])
    }

    /// A job cannot be declared completed: its schedule says whether it is.
    private static func declarable(_ state: JSONValue) -> JSONValue? { state.string == "completed" ? nil : state }

    static let export = Session.command(
        "export", "Write jobs as a file for \"jobs apply\"",
        details: "Credentials that are stored in a job as they are do not leave the server: they read [redacted].",
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
                JSONValue.record([("definition", details["definition"]), ("state", job["state"].flatMap(declarable))]))
        }
        let file = JSONValue.record([
            ("owner", session.arguments.text("owner").map { .string($0) }), ("jobs", .array(exported)),
        ])
        session.printer.line(file.prettyText)
        if file.text.contains("\"[redacted]\"") {
            session.console.writeError("warning: The file holds [redacted] in place of credentials.\n")
        }
        return .done
    }
}
