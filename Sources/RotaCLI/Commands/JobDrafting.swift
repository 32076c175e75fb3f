import Foundation
import Rota
import RotaCore
import RotaHTTP
import RotaSchedule
import RotaStore

/// `rota jobs create` and `preview`: a definition from options.
enum JobDrafting {
    static let options: [CommandOption] = [
        .value("name", as: "NAME", help: "The job's name"),
        .value("slug", as: "SLUG", help: "A short name that is unique within the project"),
        .value(
            "kind", as: "KIND", .words(["cron", "every", "once", "on-demand"]),
            help: "cron, every (or recurring), once (or scheduled), on-demand; follows from the schedule's option"),
        .value("cron", as: "EXPR", help: "A cron expression, such as \"30 9 * * 1-5\""),
        .value("every", as: "TIME", help: "An interval, such as 15m"),
        .value("at", as: "DATE", help: "A date, such as 2026-03-15T10:00:00Z, \"2026-03-15 10:00\" or now+2h"),
        .value(
            "zone", as: "ZONE", .zones,
            help: "The time zone of the cron expression, that of the job or else UTC by default; or of --at"),
        .value("url", as: "URL", help: "Where the job's request goes"),
        .value(
            "method", as: "METHOD", .words(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
            help: "The request's method; POST with --data, else GET"),
        .value("header", "H", as: "NAME:VALUE", repeats: true, help: "A header field of the request"),
        .value("data", "d", as: "TEXT|@FILE", help: "The request's body: JSON, or else text"),
        .value("timeout", as: "TIME", help: "How long an attempt may take, such as 30s"),
        .value("attempts", as: "COUNT", help: "How often it is tried at most"),
        .value("tag", as: "NAME=VALUE", repeats: true, help: "A tag"),
        .value("group", as: "GROUP", help: "The job's group"),
        .value("project", as: "PROJECT", help: "The job's project"),
        .value("description", as: "TEXT", help: "The purpose of the job"),
        .value("definition", "f", as: "FILE", .files, help: "A definition in JSON, which the other options change"),
    ]

    private static let kinds: [String: String] = [
        "cron": "cron", "every": "every", "recurring": "every", "interval": "every", "once": "at", "scheduled": "at",
        "one_time": "at", "one-time": "at", "on-demand": "on-demand", "on_demand": "on-demand",
    ]

    static let create = Session.command(
        "create", "Create a job",
        details: """
            rota jobs create --name report --cron "30 9 * * 1-5" --zone Europe/Berlin --url https://example.com/report
            """,
        options: options + [
            .flag("paused", help: "Create it paused"), .flag("draft", help: "Create it as a draft"),
            .value("key", as: "KEY", help: "A key: creating again with it returns the same job"),
            .flag("dry-run", help: "Only tell when it would run, and what is wrong with it"),
        ]
    ) { session in
        let arguments = session.arguments
        guard !arguments.has("draft") || !arguments.has("paused") else {
            throw Failure.usage("--draft and --paused contradict each other.")
        }
        let state = arguments.has("draft") ? "draft" : arguments.has("paused") ? "paused" : nil
        let body = JSONValue.record([
            ("definition", try newDefinition(session)), ("state", state.map { .string($0) }),
            ("idempotencyKey", arguments.text("key").map { .string($0) }),
        ])
        if arguments.has("dry-run") { return try await show(session, preview: body) }
        let job = try await session.connection.post("jobs", body: body)
        let next = session.printer.times.both(job["nextRunAt"])
        var text = "Created \(job["name"]?.string ?? "") (\(job["id"]?.string ?? "")). Next: \(next)."
        if let date = Times.date(job["schedule"]?["once"]), date < session.now, state == nil {
            text += " Its date is past, so it is due at once."
        }
        session.printer.changed(job, text)
        return .done
    }

    static let preview = Session.command(
        "preview", "Show when a job runs, or would run",
        arguments: [
            CommandArgument("JOB", help: "A job; without one, what the options describe", optional: true, .jobs)
        ],
        options: options + [
            .value("count", as: "COUNT", help: "How many dates; 10 by default"),
            .value("from", as: "DATE", help: "Only later dates"), .value("to", as: "DATE", help: "Only earlier dates"),
        ]
    ) { session in
        let arguments = session.arguments
        let count = try arguments.int("count", in: 1...1_000) ?? 10
        let describes = options.contains { arguments.values[$0.name] != nil }
        guard let id = arguments.argument(0), !describes else {
            if let range = ["from", "to"].first(where: { arguments.text($0) != nil }) {
                throw Failure.usage("--\(range) needs a JOB as it is, without options that describe or change one.")
            }
            var definition: JSONValue
            if let id = arguments.argument(0) {
                let present = try await session.connection.get("jobs", id)["definition"] ?? .object([])
                definition = withoutMarks(try Self.definition(session, from: present))
            } else {
                definition = try newDefinition(session, forPreview: true)
            }
            return try await show(session, preview: ["definition": definition, "count": .int(count)])
        }
        let found = try await session.connection.get(
            "jobs", id, "occurrences",
            query: [
                ("count", "\(count)"), ("from", try arguments.dateText("from", now: session.now)),
                ("to", try arguments.dateText("to", now: session.now)),
            ])
        occurrences(found.items, session.printer)
        return .done
    }

    static func show(_ session: Session, preview body: JSONValue) async throws -> ExitCode {
        let preview = try await session.connection.post("jobs", "preview", body: body)
        let printer = session.printer
        if printer.format == .json {
            printer.line(preview.prettyText)
            return .done
        }
        printer.remark(preview["summary"]?.string ?? "")
        occurrences(preview["occurrences"]?.elements ?? [], printer)
        for warning in preview["warnings"]?.elements ?? [] {
            session.console.writeError("warning: \(SafeText.lines(warning.cell))\n")
        }
        return .done
    }

    static func occurrences(_ items: [JSONValue], _ printer: Printer) {
        let times = printer.times
        printer.list(
            items,
            columns: [
                Column("DATE") { times.text($0["effective"]) }, Column("LEFT") { times.relative($0["effective"]) },
                Column("NOMINAL", wide: true) { times.text($0["nominal"]) },
                Column("NOTES") { ($0["notes"]?.elements ?? []).map(\.cell).joined(separator: "; ") },
            ], nothing: "It never runs.", id: "nominal")
    }

    // MARK: The definition

    /// The definition in the file that `--definition` names.
    static func base(_ session: Session) throws -> JSONValue? {
        guard let file = session.arguments.text("definition") else { return nil }
        return try parsed(session.console.readText(file), file)
    }

    /// Reads a definition, or a job with one.
    static func parsed(_ text: String, _ file: String) throws -> JSONValue {
        do {
            let json = try JSONValue(parsing: text)
            return json["definition"] ?? json
        } catch {
            throw Failure.usage("\(file) is not JSON: \(error.message).")
        }
    }

    /// - Parameter isPreview: Whether only the schedule counts, so that a name and a URL need not be given.
    private static func newDefinition(_ session: Session, forPreview isPreview: Bool = false) throws -> JSONValue {
        let base = try base(session) ?? .object([])
        // First, because a missing member may be there under another name.
        let known = Set(JobDefinition.memberNames)
        if let name = base.members.map(\.name).first(where: { !known.contains($0) }) {
            let meant = Spelling.meant(by: name, among: known).map { " Did you mean \($0)?" } ?? ""
            let file = session.arguments.text("definition") ?? "definition"
            throw Failure(
                .refused, code: "validation_error", "\(file): \(name) is no member of a definition.\(meant)")
        }
        var definition = try definition(session, from: base)
        if isPreview {
            let action: JSONValue = ["http": ["method": "GET", "url": "https://example.com/"]]
            definition = definition.setting([
                ("name", definition["name"] ?? "preview"), ("action", definition["action"] ?? action),
            ])
        }
        for (member, option) in [("name", "--name"), ("action", "--url")] where definition[member] == nil {
            throw Failure.usage("\(option) is missing. See \(session.arguments.path.joined(separator: " ")) --help.")
        }
        guard definition["schedule"] != nil else {
            throw Failure.usage("A schedule is missing: give --cron, --every, --at or --kind on-demand.")
        }
        return definition
    }

    /// The definition with what the options change.
    static func definition(_ session: Session, from base: JSONValue) throws -> JSONValue {
        let arguments = session.arguments
        var attributes = base["attributes"] ?? .object([])
        for name in ["slug", "group", "project", "description"] {
            guard let text = arguments.text(name) else { continue }
            // A null takes away what the job has.
            let gone: JSONValue? = base["attributes"]?[name] == nil ? nil : .null
            attributes = attributes.setting([(name, text.isEmpty ? gone : .string(text))])
        }
        let (tags, without) = (try arguments.pairs("tag"), arguments.texts("remove-tag"))
        if !tags.isEmpty || !without.isEmpty {
            let present = attributes["tags"] ?? .object([])
            if let missing = without.first(where: { present[$0] == nil }) {
                throw Failure.usage("--remove-tag: the job has no tag \"\(missing)\".")
            }
            let kept = present.setting(without.map { ($0, JSONValue?.none) })
            let merged = kept.setting(tags.map { ($0.name, .string($0.value)) })
            attributes = attributes.setting([("tags", merged)])
        }
        var retry = base["retry"]
        if let attempts = try arguments.int("attempts", in: 1...100) {
            retry = try (retry ?? encoded(RetryPolicy.default)).setting([("max_attempts", .int(attempts))])
        }
        return base.setting([
            ("name", arguments.text("name").map { .string($0) } ?? base["name"]),
            (
                "schedule",
                try schedule(session, from: base["schedule"], stated: base["attributes"]?["timezone"]?.string)
                    ?? base["schedule"]
            ),
            ("action", try action(session, from: base["action"]) ?? base["action"]), ("retry", retry),
            ("attributes", attributes.members.isEmpty ? nil : attributes),
        ])
    }

    /// The schedule that the options ask for, or `nil` if they ask for none.
    ///
    /// - Parameter stated: The zone that the job keeps without a schedule that has one.
    private static func schedule(
        _ session: Session, from base: JSONValue?, stated: String?
    ) throws -> JSONValue? {
        let arguments = session.arguments
        let given = ["cron", "every", "at"].filter { arguments.text($0) != nil }
        guard given.count <= 1 else {
            throw Failure.usage("Give one of --cron, --every and --at, not \(given.count) of them.")
        }
        var kind = given.first
        if let word = arguments.text("kind") {
            guard let named = kinds[word] else {
                let meant = Spelling.meant(by: word, among: kinds.keys.sorted()).map { " Did you mean \($0)?" } ?? ""
                throw Failure.usage("--kind must be cron, every, once or on-demand, not \(word).\(meant)")
            }
            guard kind == nil || kind == named else {
                throw Failure.usage("--kind \(word) and --\(kind ?? "") contradict each other.")
            }
            guard kind != nil || named == "on-demand" else { throw Failure.usage("--kind \(word) needs --\(named).") }
            kind = named
        }
        // Calendars, a start and all else that no option names stay as they are.
        let present = base.flatMap { try? JSONDecoder().decode(Schedule.self, from: Data($0.text.utf8)) }
        func replacing(by rule: Schedule) throws -> JSONValue {
            try encoded(present?.replacingRule(by: rule) ?? rule)
        }
        do {
            switch kind {
            case "cron":
                var (zone, dialect) = (arguments.text("zone") ?? stated ?? "UTC", CronDialect.standard)
                if case .cron(let expression, let ownZone)? = present?.kind {
                    (zone, dialect) = (arguments.text("zone") ?? ownZone, expression.dialect)
                }
                return try replacing(by: .cron(arguments.text("cron") ?? "", in: zone, dialect: dialect))
            case nil:
                guard let zone = arguments.text("zone") else { return nil }
                guard case .cron? = present?.kind else { throw Failure.usage("--zone needs --cron or --at.") }
                return try present.map { try encoded($0.moved(to: zone)) }
            case "every", "on-demand":
                guard arguments.text("zone") == nil else { throw Failure.usage("--zone needs --cron or --at.") }
                guard kind == "every" else { return try replacing(by: .onDemand) }
                guard let interval = try arguments.duration("every") else { return nil }
                try Schedule.every(interval).validate()
                return try replacing(by: .every(interval))
            case "at":
                guard let date = try arguments.date("at", now: session.now) else { return nil }
                return try replacing(by: .once(at: date))
            default: return nil
            }
        } catch let error as ScheduleError {
            throw Failure(.refused, code: "validation_error", "The schedule is not valid: \(error.description)")
        }
    }

    private static func action(_ session: Session, from base: JSONValue?) throws -> JSONValue? {
        let arguments = session.arguments
        let data = try arguments.content("data", session.console)
        let headers = try arguments.pairs("header", by: [":"], example: "\"Accept: text/plain\"")
        let isAsked =
            ["url", "method", "timeout", "data", "header", "remove-header"].contains { arguments.values[$0] != nil }
        guard isAsked else { return nil }
        var request = base?["http"] ?? .object([])
        guard arguments.text("url") != nil || request["url"] != nil else {
            throw Failure.usage("--url is missing: where should the request go?")
        }
        if let url = arguments.text("url") { request = request.setting([("url", .string(url))]) }
        if let data {
            let json = (try? JSONValue(parsing: data)) != nil
            request = request.setting([("content", [json ? "json" : "text": .string(data)])])
            if arguments.text("method") == nil, request["method"]?.string ?? "GET" == "GET" {
                request = request.setting([("method", "POST")])
            }
        }
        if let method = arguments.text("method") {
            request = request.setting([("method", .string(method.uppercased()))])
        }
        if let timeout = try arguments.duration("timeout") {
            request = request.setting([("timeout_ms", .int(Int(timeout.wholeMilliseconds)))])
        }
        let without = arguments.texts("remove-header").map { $0.lowercased() }
        if !headers.isEmpty || !without.isEmpty {
            let present = (request["headers"]?.elements ?? []).map { $0[0]?.string?.lowercased() ?? "" }
            if let missing = without.first(where: { !present.contains($0) }) {
                throw Failure.usage("--remove-header: the request has no header field \"\(missing)\".")
            }
            let names = Set(headers.map { $0.name.lowercased() } + without)
            let kept = (request["headers"]?.elements ?? []).filter {
                !names.contains($0[0]?.string?.lowercased() ?? "")
            }
            let added: [JSONValue] = headers.map { [.string($0.name), .string($0.value)] }
            request = request.setting([("headers", .array(kept + added))])
        }
        return ["http": request]
    }

    /// The definition without the credentials that the server keeps to itself.
    ///
    /// A preview sends no request, so it lacks nothing without them.
    static func withoutMarks(_ definition: JSONValue) -> JSONValue {
        guard let action = definition["action"], let request = action["http"] else { return definition }
        let headers = (request["headers"]?.elements ?? []).filter { $0[1] != .string(Marks.text) }
        func shown(_ url: JSONValue?) -> JSONValue? {
            url.map { Marks.isIn($0) ? "https://example.com/" : $0 }
        }
        let bare = request.setting([
            ("headers", headers.isEmpty ? nil : .array(headers)), ("url", shown(request["url"])),
            ("fallback_url", shown(request["fallback_url"])),
        ])
        return definition.setting([
            ("action", action.setting([("http", bare)])),
            ("notifications", definition["notifications"].flatMap { Marks.isIn($0) ? nil : $0 }),
        ])
    }

    static func encoded(_ value: some Encodable) throws -> JSONValue {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try JSONValue(parsing: Array(encoder.encode(value)))
    }
}
