import Foundation
import Rota
import RotaHTTP
import RotaSchedule
import RotaStore

/// A job as a line of a crontab, if a line can say all that matters about it.
///
/// Whether one can is decided by reading the line back: the job that an import would make must be the same.
enum CrontabLine {
    /// The line of a job, or why it has none.
    enum Outcome: Sendable, Equatable {
        /// The time zone that must be in force, if the schedule has one, and the line.
        case line(zone: String?, String)
        /// Why no line can say it, as the end of a sentence.
        case none(String)
    }

    /// - Parameter job: The job with its definition, as the server shows it.
    static func outcome(of job: JSONValue, now: Date) -> Outcome {
        guard let json = job["definition"],
            let definition = try? JSONDecoder().decode(JobDefinition.self, from: Data(json.text.utf8))
        else { return .none("this program cannot read its definition") }
        guard let request = definition.action.request else { return .none("it sends no request") }
        guard !request.url.contains(Marks.text) else { return .none("its URL is not shown to this token") }
        let schedule = json["schedule"]
        var expression = schedule?["cron"]?.string
        if expression == nil, let every = schedule?["every"]?.string { expression = "@every \(every)" }
        guard let expression else { return .none("its schedule is not a cron expression") }
        let zone = schedule?["timezone"]?.string
        let line = "\(expression) \(request.url) # \(SafeText.line(definition.name))"
        let differences = differences(of: definition, from: line, in: zone ?? "UTC", now)
        guard let differences else { return .none("a crontab has five fields and a plain URL") }
        guard differences.isEmpty else { return .none("no line can say its \(differences.joined(separator: " and "))") }
        return .line(zone: zone, line)
    }

    /// The members that an import of the line would lose, or `nil` if it cannot be imported.
    ///
    /// Names and labels do not count: they change nothing about what runs.
    private static func differences(
        of definition: JobDefinition, from line: String, in zone: String, _ now: Date
    ) -> [String]? {
        // A character that a terminal must not get, such as a line break, ends or changes the line too.
        guard SafeText.line(line) == line, let crontab = try? Crontab(line, in: zone), crontab.entries.count == 1 else {
            return nil
        }
        var read = crontab.entries[0].draft().definition
        // A line says the length of an interval and not its phase, which begins with the import.
        read.schedule = read.schedule.anchored(like: definition.schedule, at: now)
        return definition.changedMembers(from: read).filter { $0 != "name" && $0 != "attributes" }
    }
}

/// The mark in place of text that the server does not show.
enum Marks {
    static let text = "[redacted]"

    /// Whether a value holds the mark in a text anywhere.
    static func isIn(_ value: JSONValue) -> Bool {
        switch value {
        case .string(let text): text.contains(Self.text)
        case .array(let elements): elements.contains(where: isIn)
        case .object(let members): members.contains { isIn($0.value) }
        default: false
        }
    }
}
