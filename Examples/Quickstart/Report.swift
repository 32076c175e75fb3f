import Foundation
import Rota

/// Prints finished executions in columns, and counts them.
struct Report {
    private struct Line {
        var executions = 0
        var succeeded = 0
        var attempts = 0
        var latest = Duration.zero
    }

    private var lines: [String: Line] = [:]
    private let nameWidth: Int

    init(jobs: [Job]) {
        nameWidth = min(40, max(4, jobs.map(\.definition.name.count).max() ?? 4))
        say(row("TIME (UTC)", "JOB", "SOURCE", "STATUS", "LATENESS", "ATTEMPTS"))
    }

    mutating func add(_ execution: Execution) {
        let lateness = execution.lateness ?? .zero
        var line = lines[execution.jobName] ?? Line()
        line.executions += 1
        line.succeeded += execution.status == .succeeded ? 1 : 0
        line.attempts += execution.attempts.count
        line.latest = max(line.latest, lateness)
        lines[execution.jobName] = line
        say(
            row(
                Self.time(execution.scheduledFor), execution.jobName, execution.source.rawValue,
                execution.status.rawValue, "+" + Self.milliseconds(lateness),
                execution.attempts.map(Self.attempt).joined(separator: ", ")))
    }

    func printSummary() {
        say()
        for (name, line) in lines.sorted(by: { $0.key < $1.key }) {
            say(
                "\(pad(name, nameWidth))  \(line.executions) executions, \(line.succeeded) succeeded, \(line.attempts) attempts, "
                    + "at most \(Self.milliseconds(line.latest)) late")
        }
        let count = lines.values.map(\.executions).reduce(0, +)
        say("\(count) executions in total, \(lines.values.map(\.succeeded).reduce(0, +)) succeeded.")
    }

    private func row(_ columns: String...) -> String {
        zip(columns, [12, nameWidth, 8, 9, 9, 0]).map { pad($0, $1) }.joined(separator: "  ")
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func attempt(_ attempt: Attempt) -> String {
        let result = attempt.statusCode.map(String.init) ?? attempt.failure?.kind.rawValue ?? "ok"
        return "\(result) \(milliseconds(attempt.duration))"
    }

    private static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.1f ms", duration / .milliseconds(1))
    }

    private static func time(_ date: Date) -> String {
        let style = Date.VerbatimFormatStyle(
            format: """
                \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\
                \(second: .twoDigits).\(secondFraction: .fractional(3))
                """,
            timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
        return date.formatted(style)
    }
}
