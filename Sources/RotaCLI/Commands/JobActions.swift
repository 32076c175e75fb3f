import Foundation
import RotaCore
import RotaHTTP

/// Commands that do something to jobs.
enum JobActions {
    static let pause = Session.command(
        "pause", "Pause jobs, perhaps until a date", arguments: [JobCommands.ids],
        options: JobCommands.filters + [
            .value("until", as: "DATE", help: "When they resume by themselves, such as now+2h"),
            .value("reason", as: "TEXT", help: "Why, for the record"),
        ]
    ) { session in
        let body = JSONValue.record([
            ("reason", session.arguments.text("reason").map { .string($0) }),
            ("until", try session.arguments.dateText("until", now: session.now).map { .string($0) }),
        ])
        return try await change(session, "pause", "Paused", body: body)
    }

    static let resume = Session.command(
        "resume", "Resume jobs", arguments: [JobCommands.ids], options: JobCommands.filters
    ) { session in
        try await change(session, "resume", "Resumed")
    }

    static let delete = Session.command(
        "delete", "Delete jobs with their executions", details: "On a terminal it asks first, unless --yes is given.",
        arguments: [JobCommands.ids], options: JobCommands.filters
    ) { session in
        guard !session.arguments.positional.isEmpty else { return try await change(session, "delete", "Deleted") }
        try session.arguments.refuseFilters(JobCommands.query(session.arguments))
        var deleted = 0
        try await session.changeEach { id in
            let job = try await session.connection.get("jobs", id)
            let name = job["name"]?.string ?? id
            let question = "Delete \(SafeText.line(name)) and all its executions?"
            if session.console.terminal.isInteractive, !session.arguments.has("yes"),
                !session.console.confirms(question)
            {
                throw Failure(
                    .failed, code: "declined",
                    deleted == 0
                        ? "Nothing was deleted."
                        : "Only \(deleted) of the jobs \(deleted == 1 ? "was" : "were") deleted.")
            }
            _ = try await session.connection.send("DELETE", ["jobs", job["id"]?.string ?? id])
            deleted += 1
            return (["id": job["id"] ?? .null, "deleted": true], "Deleted \(name).")
        }
        return .done
    }

    /// Does something to the jobs that are named, or to those that match.
    private static func change(
        _ session: Session, _ action: String, _ done: String, body: JSONValue = .object([])
    ) async throws -> ExitCode {
        guard session.arguments.positional.isEmpty else {
            try session.arguments.refuseFilters(JobCommands.query(session.arguments))
            try await session.changeEach { id in
                let job = try await session.connection.post("jobs", id, action, body: body)
                var text = "\(done) \(job["name"]?.string ?? id)."
                if let next = job["nextRunAt"], next != .null, action == "resume" {
                    text += " Next: \(session.printer.times.both(next))."
                }
                return (job, text)
            }
            return .done
        }
        guard body.members.isEmpty else {
            throw Failure.usage("--until and --reason need jobs that are named, not filters.")
        }
        return try await Bulk.change(
            session, "jobs", action, done, query: JobCommands.query(session.arguments), noun: "job")
    }

    static let run = Session.command(
        "run", "Run a job now or at a date", arguments: [JobCommands.id],
        options: [
            .value("data", "d", as: "JSON|@FILE", help: "The payload"),
            .value("at", as: "DATE", help: "When, such as now+10m"),
            .value("key", as: "KEY", help: "A key: running again with it returns the same execution"),
            .value("tag", as: "NAME=VALUE", repeats: true, help: "A tag of the execution"),
            .flag("wait", "w", help: "Wait until the execution has ended; exit 1 if it did not succeed"),
            .value("timeout", as: "TIME", help: "How long to wait at most; exit 124 after it"),
        ]
    ) { session in
        let arguments = session.arguments
        let tags = try arguments.pairs("tag")
        if arguments.has("wait") {
            try session.connection.requireServer(for: "--wait", "a folder alone runs no executions")
        } else if arguments.text("timeout") != nil {
            throw Failure.usage("--timeout needs --wait: it says how long to wait.")
        }
        let body = JSONValue.record([
            ("payload", try arguments.json("data", session.console)),
            ("at", try arguments.dateText("at", now: session.now).map { .string($0) }),
            ("idempotencyKey", arguments.text("key").map { .string($0) }),
            ("tags", tags.isEmpty ? nil : JSONValue.record(tags.map { ($0.name, .string($0.value)) })),
        ])
        let id = arguments.argument(0) ?? ""
        let execution = try await session.connection.post("jobs", id, "run", body: body)
        guard arguments.has("wait") else {
            session.printer.changed(
                execution, "Queued \(execution["jobName"]?.string ?? id): \(execution["id"]?.string ?? "").")
            return .done
        }
        return try await ExecutionWaiting.wait(session, for: execution["id"]?.string ?? "")
    }

    static let skip = Session.command(
        "skip", "Skip the next occurrences of a job",
        arguments: [
            JobCommands.id, CommandArgument("COUNT", help: "How many; 1 by default, 0 skips none", optional: true),
        ]
    ) { session in
        let text = session.arguments.argument(1) ?? "1"
        guard let count = Int(text), (0...10_000).contains(count) else {
            throw Failure.usage("COUNT must be a number from 0 to 10000, not \(text).")
        }
        let id = session.arguments.argument(0) ?? ""
        let job = try await session.connection.post("jobs", id, "skip", body: ["count": .int(count)])
        let name = job["name"]?.string ?? id
        session.printer.changed(
            job,
            count == 0 ? "\(name) skips nothing." : "\(name) skips its next \(count == 1 ? "run" : "\(count) runs").")
        return .done
    }

    static let clone = Session.command(
        "clone", "Create a job like another one", arguments: [JobCommands.id],
        options: [
            .value("name", as: "NAME", help: "The new job's name"),
            .value("slug", as: "SLUG", help: "The new job's slug; from the name by default"),
        ]
    ) { session in
        guard let name = session.arguments.text("name") else { throw Failure.usage("--name is missing.") }
        let slug = session.arguments.text("slug") ?? Self.slug(name)
        let job = try await session.connection.post(
            "jobs", session.arguments.argument(0) ?? "", "clone",
            body: ["name": .string(name), "slug": .string(slug)])
        session.printer.changed(job, "Created \(name) (\(job["id"]?.string ?? "")).")
        return .done
    }

    private static func slug(_ name: String) -> String {
        let words = name.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        return words.isEmpty ? "job" : words.joined(separator: "-")
    }

    static let backfill = Session.command(
        "backfill", "Run the occurrences of a job in a past range", arguments: [JobCommands.id],
        options: [
            .value("from", as: "DATE", help: "The first date, such as now-7d"),
            .value("to", as: "DATE", help: "The date behind the last one; now by default"),
            .choice("overlap", of: ["serial", "parallel"], help: "Whether they run one after the other; serial"),
            .value("limit", as: "COUNT", help: "At most so many"),
        ]
    ) { session in
        let arguments = session.arguments
        guard let from = try arguments.dateText("from", now: session.now) else {
            throw Failure.usage("--from is missing.")
        }
        let result = try await session.connection.post(
            "jobs", arguments.argument(0) ?? "", "backfill",
            body: JSONValue.record([
                ("from", .string(from)),
                ("to", .string(try arguments.dateText("to", now: session.now) ?? ISO8601.milliseconds(session.now))),
                ("overlap", arguments.text("overlap").map { .string($0) }),
                ("limit", try arguments.int("limit", in: 1...1_000_000).map { .int($0) }),
            ]))
        if session.printer.format == .ids || session.printer.format == .jsonl {
            session.printer.list(result.items, columns: [], nothing: "")
        } else {
            session.printer.changed(
                result, id: "batchID", "Queued \(Printer.count(result["created"]?.int ?? 0, "execution")).")
        }
        return .done
    }
}
