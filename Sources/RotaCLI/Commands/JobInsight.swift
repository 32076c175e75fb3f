import Foundation
import RotaCore
import RotaHTTP

/// Commands that tell about one job: what became of it, and why.
enum JobInsight {
    static let history = Session.command(
        "history", "List what became of a job's occurrences, skipped ones with the reason",
        arguments: [JobCommands.id], options: Session.pageOptions
    ) { session in
        let page = try await session.pages(["jobs", session.arguments.argument(0) ?? "", "history"], query: [])
        // A page of the API has as many executions as it is asked for, and the skips among them besides.
        let limit = session.arguments.has("all") ? Int.max : try session.arguments.int("limit", in: 1...1_000_000) ?? 50
        // A program continues behind the whole page.
        let isWhole = session.printer.format == .json || session.printer.format == .jsonl
        let items = isWhole ? page.items : Array(page.items.prefix(limit))
        let isCut = items.count < page.items.count
        let times = session.printer.times
        session.printer.list(
            items, next: page.next, isCut: isCut,
            columns: [
                Column("DATE") { times.text($0["scheduledFor"] ?? $0["first"]) },
                Column("KIND", "kind"),
                Column("STATUS", status: true) { $0["status"]?.string ?? "skipped" },
                Column("SOURCE") { $0["source"]?.cell ?? "-" }, Column("TOOK") { took($0) },
                Column("REMARK") { remark($0, times) }, Column("ID", "id", wide: true),
            ], nothing: "Nothing has happened yet.")
        return .done
    }

    /// How long an execution ran.
    static func took(_ execution: JSONValue) -> String {
        guard let start = Times.date(execution["startedAt"]), let end = Times.date(execution["finishedAt"]) else {
            return "-"
        }
        return Times.span(end.elapsed(since: start))
    }

    private static func remark(_ entry: JSONValue, _ times: Times) -> String {
        guard entry["kind"]?.string == "skip" else { return entry["failure"]?["message"]?.string ?? "" }
        let count = entry["count"]?.int ?? 1
        let range = count > 1 ? "\(count) occurrences until \(times.text(entry["last"])): " : ""
        return range + (entry["reason"]?.string ?? "")
    }

    static let explain = Session.command(
        "explain", "Explain why a job did or did not run at a date", arguments: [JobCommands.id],
        options: [.value("at", as: "DATE", help: "The date, such as now-1h; now by default")]
    ) { session in
        let told = try await session.connection.get(
            "jobs", session.arguments.argument(0) ?? "", "explain",
            query: [("at", try session.arguments.dateText("at", now: session.now))])
        session.printer.changed(told, session.printer.times.text(in: told["text"]?.string ?? ""))
        return .done
    }

    static let versions = Session.command(
        "versions", "List the versions of a job, or compare two of them", arguments: [JobCommands.id],
        options: [
            .value("diff", as: "FROM..TO", help: "Two versions, such as 1..3")
        ]
    ) { session in
        let id = session.arguments.argument(0) ?? ""
        let times = session.printer.times
        guard let range = session.arguments.text("diff") else {
            let versions = try await session.connection.get("jobs", id, "versions")
            session.printer.list(
                versions.items,
                columns: [
                    Column("VERSION", "version"), Column("CREATED") { times.both($0["createdAt"]) },
                    Column("BY", "createdBy"),
                    Column("SCHEDULE") { version in
                        JobCommands.expression(version["definition"]?["schedule"]) ?? "-"
                    },
                ], nothing: "There are no versions.")
            return .done
        }
        let numbers = range.split(separator: ".", omittingEmptySubsequences: true).map(String.init)
        guard numbers.count == 2, numbers.allSatisfy({ Int($0) != nil }) else {
            throw Failure.usage("--diff must be two versions, such as 1..3, not \(range).")
        }
        let diff = try await session.connection.get("jobs", id, "versions", numbers[0], "diff", numbers[1])
        let lines = (diff["changes"]?.elements ?? []).flatMap { change in
            Difference.lines(change["member"]?.string ?? "", change["from"] ?? .null, change["to"] ?? .null)
        }
        session.printer.changed(diff, lines.isEmpty ? "They are equal." : lines.joined(separator: "\n"))
        return .done
    }

    static let health = Session.command(
        "health", "Show a job's health", arguments: [JobCommands.id],
        options: [.choice("window", of: ["1h", "1d", "7d", "30d"], help: "How far to look back; 7d by default")]
    ) { session in
        let health = try await session.connection.get(
            "jobs", session.arguments.argument(0) ?? "", "health",
            query: [("window", session.arguments.text("window"))])
        func span(_ name: String) -> String? {
            health[name]?.int.map { Times.span(.milliseconds($0)) }
        }
        session.printer.record(
            health,
            [
                ("score", health["score"]?.cell), ("window", health["window"]?.cell),
                ("executions", health["total"]?.cell), ("succeeded", health["succeeded"]?.cell),
                ("failed", health["failed"]?.cell), ("timed out", health["timedOut"]?.cell),
                ("crashed", health["crashed"]?.cell), ("canceled", health["canceled"]?.cell),
                ("expired", health["expired"]?.cell), ("success", health["successRate"].map { $0.cell + " %" }),
                ("average", span("averageMilliseconds")), ("95th percentile", span("p95Milliseconds")),
            ])
        return .done
    }
}

/// The differences between two values of JSON, for people.
enum Difference {
    /// Lines such as `- schedule.cron: "0 9 * * *"` and `+ schedule.cron: "0 10 * * *"`.
    static func lines(_ path: String, _ from: JSONValue, _ to: JSONValue) -> [String] {
        guard !from.isEquivalent(to: to) else { return [] }
        if case .object(let before) = from, case .object(let after) = to {
            var names = before.map(\.name)
            names += after.map(\.name).filter { !names.contains($0) }
            return names.flatMap { name in
                lines(path.isEmpty ? name : "\(path).\(name)", from[name] ?? .null, to[name] ?? .null)
            }
        }
        return [("-", from), ("+", to)].compactMap { sign, value in
            value == .null ? nil : "\(sign) \(path): \(value.safeText)"
        }
    }
}
