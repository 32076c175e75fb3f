public import RotaHTTP
public import RotaRetry
public import RotaSchedule
public import RotaStore

/// A text of lines `<cron expression> <url> [name]`, each of which is a job that sends a GET request (T-51 to T-54).
///
/// An expression is five fields or a macro such as `@daily` or `@every 5m`. What follows the URL is the job's name; a
/// `#` before it may be left out. A line without a URL uses the default one, and can be named after a `#`. Blank lines
/// and lines that begin with `#` are ignored.
///
/// A line `NAME=value` is a setting: `CRON_TZ` and `TZ` give the time zone of the lines that follow, in quotes or not;
/// others, such as `MAILTO`, change nothing and are listed in ``settings``.
public struct Crontab: Sendable, Hashable {
    /// One line that is a job.
    public struct Entry: Sendable, Hashable {
        /// The number of the line, 1 for the first.
        public let line: Int
        /// When the job fires.
        public let schedule: Schedule
        /// What it sends.
        public let request: RequestTemplate
        /// The name that the line gives, or `nil`.
        public let name: String?
        /// What tells the line from others of the text and stays the same wherever it stands.
        public let key: String

        /// The job, named by the line or else by its URL; the line's key is its idempotency key.
        public func draft(retry: RetryPolicy = .default) -> JobDraft {
            JobDraft(
                name: String((name ?? request.url).prefix(255)), schedule: schedule, action: .http(request),
                retry: retry, idempotencyKey: key)
        }
    }

    /// A line `NAME=value`.
    public struct Setting: Sendable, Hashable {
        /// The number of the line, 1 for the first.
        public let line: Int
        /// The name.
        public let name: String
        /// The value, without its quotes.
        public let value: String

        /// Whether the setting means anything here.
        public var isTimeZone: Bool { name == "CRON_TZ" || name == "TZ" }
    }

    /// The lines that are jobs, in order.
    public let entries: [Entry]
    /// The lines that are settings, in order.
    public let settings: [Setting]
    /// The lines that could not be read; none unless the text was read with ``init(validLinesOf:defaultURL:in:)``.
    public let problems: [CrontabError.Problem]

    /// Reads a text, all of it or nothing.
    ///
    /// - Parameters:
    ///   - text: The lines, separated by line feeds, with or without carriage returns.
    ///   - defaultURL: Where lines without a URL go, or `nil` if every line must have one.
    ///   - zone: The time zone of the expressions before any setting, by its IANA identifier.
    /// - Throws: ``CrontabError``, which names every line that could not be read.
    public init(_ text: String, defaultURL: String? = nil, in zone: String = "UTC") throws(CrontabError) {
        self.init(validLinesOf: text, defaultURL: defaultURL, in: zone)
        guard problems.isEmpty else { throw CrontabError(problems: problems) }
    }

    /// Reads the lines of a text that can be read; the others are listed in ``problems``.
    ///
    /// - Parameters:
    ///   - text: The lines, separated by line feeds, with or without carriage returns.
    ///   - defaultURL: Where lines without a URL go, or `nil` if every line must have one.
    ///   - zone: The time zone of the expressions before any setting, by its IANA identifier.
    public init(validLinesOf text: String, defaultURL: String? = nil, in zone: String = "UTC") {
        var reader = CrontabReader(defaultURL: defaultURL, zone: zone)
        // Editors of some systems begin a file with a byte order mark.
        let text = text.first == "\u{FEFF}" ? text.dropFirst() : text[...]
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
    /// The time zone of the lines to come.
    private var zone: String
    private(set) var entries: [Crontab.Entry] = []
    private(set) var settings: [Crontab.Setting] = []
    private(set) var problems: [CrontabError.Problem] = []
    /// How often each line was read, so that two equal ones are two jobs.
    private var copies: [String: Int] = [:]

    init(defaultURL: String?, zone: String) {
        self.defaultURL = defaultURL
        self.zone = zone
    }

    mutating func read(_ line: Substring, number: Int) {
        let content = line.drop(while: \.isWhitespace)
        guard let first = content.first, first != "#" else { return }
        do {
            if let setting = Self.setting(content, line: number) {
                settings.append(setting)
                guard setting.isTimeZone else { return }
                zone = setting.value
                // A zone that is unknown is reported where it is set, and by every line that would be read by it.
                _ = try Schedule.cron("@daily", in: zone)
            } else {
                entries.append(try entry(content, line: number))
            }
        } catch {
            problems.append(.init(line: number, text: String(line), message: "\(error)"))
        }
    }

    private mutating func entry(_ content: Substring, line: Int) throws -> Crontab.Entry {
        let parts = Self.split(content)
        guard let url = parts.url ?? defaultURL else {
            throw SchedulerError(
                .invalidJob,
                "The line has no URL, and there is no default one; it should read "
                    + "“<minute> <hour> <day> <month> <weekday> <url>”.")
        }
        let schedule = try Schedule.cron(parts.cron, in: zone)
        let text = ["crontab", zone, parts.cron, url, parts.name ?? ""].joined(separator: "|")
        guard text.utf8.count <= 4000 else {
            throw SchedulerError(
                .invalidJob, "The line's URL and name have \(text.utf8.count) bytes together; at most 4,000 fit a key.",
                value: "\(text.utf8.count)")
        }
        copies[text, default: 0] += 1
        let copy = copies[text, default: 1]
        return Crontab.Entry(
            line: line, schedule: schedule, request: try .get(url), name: parts.name,
            key: copy == 1 ? text : "\(copy)|\(text)")
    }

    /// Reads `NAME=value`, with blanks around the sign and quotes around the value or not; `nil` if it is no setting.
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

    /// Divides a line into its expression, its URL and its name.
    private static func split(_ line: Substring) -> (cron: String, url: String?, name: String?) {
        let words = line.split(whereSeparator: \.isWhitespace)
        let count = words.first == "@every" ? 2 : words.first?.first == "@" ? 1 : 5
        // A short line may still end in a URL; its expression is then reported as too short, not the URL as a field.
        let end = words.prefix(count).firstIndex { $0.contains("://") } ?? min(count, words.count)
        var rest = words[end...]
        // Without the sign, a word that is no URL is one that was mistyped, not a name.
        let url = rest.first?.first == "#" ? nil : rest.popFirst()
        var name = rest.joined(separator: " ")[...]
        if name.first == "#" { name = name.dropFirst().drop(while: \.isWhitespace) }
        return (words[..<end].joined(separator: " "), url.map(String.init), name.isEmpty ? nil : String(name))
    }
}

/// Why a crontab could not be read.
public struct CrontabError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line that could not be read.
    public struct Problem: Sendable, Hashable {
        /// The number of the line, 1 for the first.
        public let line: Int
        /// The line.
        public let text: String
        /// What was wrong and what would be right.
        public let message: String
    }

    /// The lines that could not be read, in order; at least one.
    public let problems: [Problem]

    /// Every problem under the number of its line.
    public var description: String {
        problems.map { "line \($0.line): \($0.text)\n\($0.message)" }.joined(separator: "\n")
    }
}

/// What came of a crontab that was imported.
public struct CrontabImport: Sendable {
    /// What to do with a text of which some lines cannot be read.
    public enum Policy: Sendable, Hashable {
        /// Import nothing, and name the lines.
        case allOrNothing
        /// Import the lines that can be read, and name the others.
        case validLines
    }

    /// The jobs of the lines that were read, in order, whether they are new or were imported before.
    public let jobs: [Job]
    /// How many of them are new.
    public let added: Int
    /// The lines that could not be read.
    public let problems: [CrontabError.Problem]
    /// The settings, of which only the time zones mean anything.
    public let settings: [Crontab.Setting]
}
