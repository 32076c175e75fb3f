public import Foundation
import RotaCore
public import RotaHTTP
public import RotaRetry
public import RotaSchedule
import RotaStore

/// A text with lines `<cron expression> <url> [name]`, each of which becomes a job that sends a GET request.
///
/// ```swift
/// let crontab = try Crontab(
///     """
///     CRON_TZ=Europe/Berlin
///     30 9 * * 1-5  https://api.example.com/report   Daily report
///     @hourly       https://api.example.com/refresh
///     """)
/// for entry in crontab.entries { try await scheduler.create(entry.draft()) }
/// ```
///
/// An expression has five fields, or is a macro such as `@daily` or `@every 5m`. The text after the URL is the job's
/// name, with or without a leading `#`. A line without a URL uses the default URL, and its name must follow a `#`.
/// Blank lines and lines that begin with `#` are ignored.
///
/// A line `NAME=value` is a setting. `CRON_TZ` and `TZ` set the time zone of the following lines; the value may be
/// quoted. Other settings, such as `MAILTO`, have no effect and are listed in ``settings``. A line that sets a time
/// zone that does not exist, or is meant to set one in another notation, is invalid, and so are the lines after it
/// until the next valid setting: no line gets a time zone that its author did not mean.
public struct Crontab: Sendable, Hashable {
    /// A line that defines a job.
    public struct Entry: Sendable, Hashable {
        /// The line number, starting with 1.
        public let line: Int
        /// The job's schedule.
        public let schedule: Schedule
        /// The job's request.
        public let request: RequestTemplate
        /// The name on the line, or `nil`.
        public let name: String?
        /// A key that identifies the line, independent of its position in the text.
        public let key: String

        /// Creates a draft of the job, named by the line or its URL.
        ///
        /// The line's key is its idempotency key.
        public func draft(retry: RetryPolicy = .default) -> JobDraft {
            JobDraft(
                name: (name ?? request.url).prefix(scalars: 255), schedule: schedule, action: .http(request),
                retry: retry, idempotencyKey: key)
        }
    }

    /// A line `NAME=value`.
    public struct Setting: Sendable, Hashable {
        /// The line number, starting with 1.
        public let line: Int
        /// The name.
        public let name: String
        /// The value, without quotes.
        public let value: String

        /// Whether the setting has an effect.
        public var isTimeZone: Bool { name == "CRON_TZ" || name == "TZ" }
    }

    /// The lines that define jobs, in order.
    public let entries: [Entry]
    /// The settings, in order.
    public let settings: [Setting]
    /// The lines that could not be read.
    ///
    /// Empty unless the text was read with ``init(validLinesOf:defaultURL:in:)``.
    public let problems: [ParseError.Problem]

    /// Reads a text, or fails if any line is invalid.
    ///
    /// - Parameters:
    ///   - text: The lines, separated by line feeds, with or without carriage returns.
    ///   - defaultURL: The URL of lines without one, or `nil` if every line must have one.
    ///   - zone: The time zone of the expressions before any setting, as an IANA identifier.
    /// - Throws: ``Crontab/ParseError``, which lists every invalid line.
    public init(_ text: String, defaultURL: String? = nil, in zone: String = "UTC") throws(ParseError) {
        self.init(validLinesOf: text, defaultURL: defaultURL, in: zone)
        guard problems.isEmpty else { throw ParseError(problems: problems) }
    }

    /// Reads the valid lines of a text.
    ///
    /// The others are listed in ``problems``.
    ///
    /// - Parameters:
    ///   - text: The lines, separated by line feeds, with or without carriage returns.
    ///   - defaultURL: The URL of lines without one, or `nil` if every line must have one.
    ///   - zone: The time zone of the expressions before any setting, as an IANA identifier.
    public init(validLinesOf text: String, defaultURL: String? = nil, in zone: String = "UTC") {
        var reader = CrontabReader(defaultURL: defaultURL, zone: zone)
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            reader.read(line, number: index + 1)
        }
        entries = reader.entries
        settings = reader.settings
        problems = reader.problems
    }
}

/// Reads a crontab line by line.
private struct CrontabReader {
    private let defaultURL: String?
    /// The time zone of the following lines.
    private var zone: String
    /// The line that sets a time zone that cannot be used, until another one sets one that can.
    private var invalidZoneLine: Int?
    private(set) var entries: [Crontab.Entry] = []
    private(set) var settings: [Crontab.Setting] = []
    private(set) var problems: [Crontab.ParseError.Problem] = []
    /// How often each line was read, so that two equal lines become two jobs.
    private var copies: [String: Int] = [:]

    init(defaultURL: String?, zone: String) {
        self.defaultURL = defaultURL
        self.zone = zone
    }

    mutating func read(_ line: Substring, number: Int) {
        // Some editors begin a file with a byte order mark, which ends up inside when files are joined.
        let content = line.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        guard let first = content.first, first != "#" else { return }
        do {
            if let setting = Self.setting(content, line: number) {
                settings.append(setting)
                guard setting.isTimeZone || Self.isLikeTimeZone(setting.name) else { return }
                invalidZoneLine = number
                try Self.check(setting)
                invalidZoneLine = nil
                zone = setting.value
            } else {
                if Self.mentionsTimeZone(content) { invalidZoneLine = number }
                entries.append(try entry(content, line: number))
            }
        } catch {
            problems.append(.init(line: number, text: String(line), message: "\(error)"))
        }
    }

    private mutating func entry(_ content: Substring, line: Int) throws -> Crontab.Entry {
        if let culprit = invalidZoneLine {
            throw SchedulerError(
                .invalidJob,
                culprit == line
                    ? "The line is meant to set a time zone. Write it as CRON_TZ=Europe/Berlin, without anything else."
                    : "Line \(culprit) does not set a valid time zone, so the time zone of this line is unknown. Correct "
                        + "line \(culprit), or set another time zone before this line.",
                value: "\(culprit)")
        }
        let parts = Self.split(content)
        guard let url = parts.url ?? defaultURL else {
            throw SchedulerError(
                .invalidJob,
                "The line has no URL, and there is no default URL. Write it as "
                    + "\"<minute> <hour> <day> <month> <weekday> <url>\".")
        }
        let schedule = try Schedule.cron(parts.cron, in: zone)
        let text = ["crontab", zone, parts.cron, url, parts.name ?? ""].joined(separator: "|")
        guard text.utf8.count <= 4000 else {
            throw SchedulerError(
                .invalidJob, "The line's URL and name can have at most 4,000 bytes together, not \(text.utf8.count).",
                value: "\(text.utf8.count)")
        }
        copies[text, default: 0] += 1
        let copy = copies[text, default: 1]
        return Crontab.Entry(
            line: line, schedule: schedule, request: try .get(url), name: parts.name,
            key: copy == 1 ? text : "\(copy)|\(text)")
    }

    /// Whether a setting's name is another spelling of `CRON_TZ` or `TZ`.
    private static func isLikeTimeZone(_ name: String) -> Bool {
        ["CRONTZ", "TZ", "TIMEZONE", "CRONTIMEZONE"].contains(name.uppercased().filter { $0 != "_" })
    }

    /// Whether a line that is not a setting begins like one of a time zone: `export TZ=UTC`, `CRON_TZ: UTC`.
    private static func mentionsTimeZone(_ line: Substring) -> Bool {
        line.split(maxSplits: 2, whereSeparator: \.isWhitespace).prefix(2).contains { word in
            let name = word.prefix { $0.isASCII && ($0.isLetter || "_-".contains($0)) }
            return isLikeTimeZone(name.filter { $0 != "-" })
        }
    }

    /// Checks that a setting sets a time zone that can be used.
    private static func check(_ setting: Crontab.Setting) throws {
        guard setting.isTimeZone else {
            throw SchedulerError(
                .invalidJob, "\(setting.name) sets no time zone. Write CRON_TZ=\(setting.value), in capitals.",
                value: setting.name)
        }
        let words = setting.value.split(whereSeparator: \.isWhitespace)
        if words.count > 1, TimeZoneDatabase.system.contains(String(words[0])) {
            throw SchedulerError(
                .invalidJob,
                "A \(setting.name) line has only a time zone, for all lines after it. Write \(setting.name)=\(words[0]), "
                    + "and the rest on a line of its own.", value: setting.value)
        }
        _ = try Schedule.cron("@daily", in: setting.value)
    }

    /// Reads `NAME=value`, with optional blanks around the sign and quotes around the value; `nil` if it is not a
    /// setting.
    private static func setting(_ line: Substring, line number: Int) -> Crontab.Setting? {
        let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = line[name.endIndex...].drop(while: \.isWhitespace)
        guard let first = name.first, !first.isNumber, rest.first == "=" else { return nil }
        var value = rest.dropFirst().drop(while: \.isWhitespace)
        while value.last?.isWhitespace == true { value.removeLast() }
        if value.count >= 2, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
            value = value.dropFirst().dropLast()
        }
        return Crontab.Setting(line: number, name: String(name), value: String(value))
    }

    /// Splits a line into its expression, URL and name.
    private static func split(_ line: Substring) -> (cron: String, url: String?, name: String?) {
        let words = line.split(whereSeparator: \.isWhitespace)
        let count = words.first?.lowercased() == "@every" ? 2 : words.first?.first == "@" ? 1 : 5
        // A short line may still end in a URL. Report the short expression, not the URL as an invalid field.
        let end = words.prefix(count).firstIndex { $0.contains("://") } ?? min(count, words.count)
        var rest = words[end...]
        // Without a `#`, a word that is not a URL is a mistyped URL, not a name.
        let url = rest.first?.first == "#" ? nil : rest.popFirst()
        var name = rest.joined(separator: " ")[...]
        if name.first == "#" { name = name.dropFirst().drop(while: \.isWhitespace) }
        return (words[..<end].joined(separator: " "), url.map(String.init), name.isEmpty ? nil : String(name))
    }
}

extension Crontab {
    /// The error of a crontab with invalid lines.
    public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
        /// A line that could not be read.
        public struct Problem: Sendable, Hashable {
            /// The line number, starting with 1.
            public let line: Int
            /// The text of the line.
            public let text: String
            /// A sentence for people: what was wrong, and what would be right.
            public let message: String
        }

        /// The invalid lines, in order.
        ///
        /// There is at least one.
        public let problems: [Problem]

        /// Every problem, with its line number.
        public var description: String {
            problems.map { "line \($0.line): \($0.text)\n\($0.message)" }.joined(separator: "\n")
        }
    }
}

extension Crontab.ParseError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
}
