import Foundation
import RotaHTTP

/// `rota executions`.
enum ExecutionCommands {
    static let group = Command(
        "executions", "List, wait for, replay and cancel executions", aliases: ["execution", "runs"],
        [list, get, explain, replay, cancel, ExecutionWaiting.command, approve, reject, ExecutionWaiting.tail])

    static let id = CommandArgument("EXECUTION", help: "An identifier", .executions)
    static let ids = CommandArgument(
        "EXECUTION", help: "Identifiers; without any, all that match the filters", optional: true, repeats: true,
        .executions)

    static let filters: [CommandOption] = [
        .value("job", as: "JOB", .jobs, help: "Only executions of this job"),
        .value("status", as: "STATUS", help: "Only these, such as queued,running or failed"),
        .value("source", as: "SOURCE", help: "Only of these sources, such as schedule or manual"),
        .value("from", as: "DATE", help: "Only those scheduled for this date or later, such as now-1d"),
        .value("to", as: "DATE", help: "Only those scheduled for an earlier date"),
        .value("search", as: "TEXT", help: "Only those of jobs whose name contains this"),
        .value("tag", as: "NAME=VALUE", repeats: true, help: "Only with this tag"),
        .flag("dead", help: "Only dead letters: failures that wait to be dealt with"),
    ]

    static func query(_ session: Session) throws -> [(String, String?)] {
        let arguments = session.arguments
        return [
            ("job", try arguments.filter("job")), ("status", try arguments.filter("status")),
            ("source", try arguments.filter("source")), ("from", try arguments.dateText("from", now: session.now)),
            ("to", try arguments.dateText("to", now: session.now)), ("search", try arguments.filter("search")),
            ("dead", arguments.has("dead") ? "true" : nil),
        ] + (try arguments.pairs("tag").map { ("tag", "\($0.name):\($0.value)") })
    }

    static func columns(_ times: Times) -> [Column] {
        [
            Column("ID", "id"), Column("JOB", "jobName"), Column("STATUS", "status", status: true),
            Column("SOURCE", "source"), Column("SCHEDULED") { times.text($0["scheduledFor"]) },
            Column("TOOK") { JobInsight.took($0) }, Column("ATTEMPTS") { attempts($0) },
            Column("STARTED", wide: true) { times.text($0["startedAt"]) },
            Column("FINISHED", wide: true) { times.text($0["finishedAt"]) },
            Column("FAILURE", wide: true) { $0["failure"]?["message"]?.string ?? "-" },
        ]
    }

    private static func attempts(_ execution: JSONValue) -> String {
        execution["attempts"]?.int.map { "\($0)" } ?? "\(execution["attempts"]?.elements.count ?? 0)"
    }

    private static let list = Session.command(
        "list", "List executions, the latest first",
        options: filters + [
            .choice("sort", of: ["created_at", "scheduled_for"], help: "By what to sort; created_at by default"),
            .choice("order", of: ["asc", "desc"], help: "In which order; desc by default"),
        ] + Session.pageOptions
    ) { session in
        let page = try await session.pages(
            ["executions"],
            query: query(session) + [
                ("sort", session.arguments.text("sort")), ("order", session.arguments.text("order")),
            ])
        session.printer.list(
            page.items, next: page.next, columns: columns(session.printer.times),
            nothing: "There are no such executions.")
        return .done
    }

    private static let get = Session.command("get", "Show an execution with its attempts", arguments: [id]) { session in
        show(try await session.connection.get("executions", session.arguments.argument(0) ?? ""), session.printer)
        return .done
    }

    private static let explain = Session.command(
        "explain", "Explain what an execution is waiting for, or how it ended", arguments: [id]
    ) { session in
        let told = try await session.connection.get("executions", session.arguments.argument(0) ?? "", "explain")
        session.printer.changed(told, session.printer.times.text(in: told["text"]?.string ?? ""))
        return .done
    }

    static func show(_ execution: JSONValue, _ printer: Printer) {
        let times = printer.times
        printer.record(
            execution,
            [
                ("id", execution["id"]?.string),
                ("job", execution["jobName"].map { "\($0.cell) (\(execution["jobID"]?.cell ?? ""))" }),
                ("status", execution["status"]?.string), ("source", execution["source"]?.string),
                ("scheduled", times.both(execution["scheduledFor"])), ("due", execution["dueAt"].map(times.both)),
                ("started", times.both(execution["startedAt"])), ("finished", times.both(execution["finishedAt"])),
                ("took", JobInsight.took(execution)),
                (
                    "failure",
                    execution["failure"].map { "\($0["kind"]?.cell ?? ""): \($0["message"]?.cell ?? "")" }
                ),
                (
                    "cancel requested",
                    execution["status"] == "canceled" ? nil : execution["cancelRequestedAt"].map(times.both)
                ),
                ("reason", execution["cancelReason"]?.string), ("replay of", execution["replayOf"]?.string),
                ("payload", execution["payload"]?.text),
                ("output", execution["output"]?.text), ("tags", execution["tags"]?.cell),
            ])
        let attempts = execution["attempts"]?.elements ?? []
        guard !attempts.isEmpty, printer.format == .table || printer.format == .wide else { return }
        printer.line()
        printer.list(
            attempts,
            columns: [
                Column("ATTEMPT", "number"), Column("STARTED") { times.text($0["startedAt"]) },
                Column("TOOK") { $0["milliseconds"]?.int.map { Times.span(.milliseconds($0)) } ?? "-" },
                Column("RESULT", status: true) { $0["succeeded"] == .bool(true) ? "succeeded" : "failed" },
                Column("HTTP") { $0["statusCode"]?.cell ?? "-" },
                Column("FAILURE") { $0["failure"]?["message"]?.string ?? "-" },
                Column("BODY", wide: true) { $0["bodyPreview"]?.string ?? "-" },
            ], nothing: "", id: "number")
    }

    private static let replay = Session.command(
        "replay", "Run executions again", arguments: [ids],
        options: filters + [
            .value("key", as: "KEY", help: "An idempotency key: repeating the command with it replays nothing twice")
        ]
    ) { session in
        try await change(session, "replay", "Replayed") {
            "Queued \($0["jobName"]?.cell ?? ""): \($0["id"]?.cell ?? "")."
        }
    }

    private static let cancel = Session.command(
        "cancel", "Cancel executions", arguments: [ids],
        options: filters + [.value("reason", as: "TEXT", help: "Why, for the record")]
    ) { session in
        try await change(session, "cancel", "Canceled") { execution in
            let status = execution["status"]?.cell ?? ""
            return "\(execution["id"]?.cell ?? "") "
                + (status == "canceled" ? "is canceled." : "is \(status), and its cancellation is requested.")
        }
    }

    private static func change(
        _ session: Session, _ action: String, _ done: String, _ sentence: (JSONValue) -> String
    ) async throws -> ExitCode {
        guard !session.arguments.positional.isEmpty else {
            return try await Bulk.change(
                session, "executions", action, done, query: query(session), noun: "execution",
                reason: session.arguments.text("reason"))
        }
        let arguments = session.arguments
        try arguments.refuseFilters(query(session))
        try await session.changeEach { id in
            let body = JSONValue.record([
                ("reason", arguments.text("reason").map { .string($0) }),
                ("idempotencyKey", arguments.text("key").map { .string("\($0.prefix(200))/\(id)") }),
            ])
            let execution = try await session.connection.post("executions", id, action, body: body)
            return (execution, sentence(execution))
        }
        return .done
    }

    private static let approve = Session.command(
        "approve", "Complete a waiting execution as succeeded", arguments: [id],
        options: [.value("data", "d", as: "JSON|@FILE", help: "Its output")]
    ) { session in
        try await answer(
            session, [("outcome", "succeeded"), ("output", session.arguments.json("data", session.console))])
    }

    private static let reject = Session.command(
        "reject", "Complete a waiting execution as failed", arguments: [id],
        options: [.value("reason", as: "TEXT", help: "Why")]
    ) { session in
        try await answer(
            session, [("outcome", "failed"), ("message", session.arguments.text("reason").map { .string($0) })])
    }

    private static func answer(_ session: Session, _ members: [(String, JSONValue?)]) async throws -> ExitCode {
        let execution = try await session.connection.post(
            "executions", session.arguments.argument(0) ?? "", "answer", body: .record(members))
        session.printer.changed(execution, "\(execution["id"]?.cell ?? "") is \(execution["status"]?.cell ?? "").")
        return .done
    }
}
