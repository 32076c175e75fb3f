import Foundation
import Rota

/// The table of `crond list-timers`.
enum Timers {
    /// A row for each line of a crontab, the next one first.
    ///
    /// - Parameter jobs: The jobs of the daemon, which know when they ran.
    static func table(_ drafts: [JobDraft], jobs: [Job], now: Date) -> String {
        let known = Dictionary(jobs.map { ($0.name, $0) }) { $1 }
        let rows = drafts.map { draft -> (next: Date?, cells: [String]) in
            let job = known[draft.definition.name]
            let next = draft.definition.schedule.next(after: now)
            let last = job?.lastRunAt
            return (
                next,
                [
                    next.map(text) ?? "-", next.map { span(from: now, to: $0) } ?? "-", last.map(text) ?? "-",
                    last.map { span(from: $0, to: now) + " ago" } ?? "-", draft.definition.name,
                ]
            )
        }
        let sorted = rows.sorted { ($0.next ?? .distantFuture) < ($1.next ?? .distantFuture) }.map(\.cells)
        let table = [["NEXT", "LEFT", "LAST", "PASSED", "COMMAND"]] + sorted
        let widths = (0..<4).map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.map { row in
            zip(row, widths + [0]).map { $0.padding(toLength: max($0.count, $1), withPad: " ", startingAt: 0) }
                .joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private static func text(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false))
            + "Z"
    }

    /// The two largest units of a span, such as `3h 5min`.
    static func span(from start: Date, to end: Date) -> String {
        var rest = max(0, Int(end.timeIntervalSince(start)))
        var parts: [String] = []
        for (size, unit) in [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")] where rest >= size {
            parts.append("\(rest / size)\(unit)")
            rest %= size
        }
        return parts.isEmpty ? "0s" : parts.prefix(2).joined(separator: " ")
    }
}
