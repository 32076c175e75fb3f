public import RotaHTTP
public import RotaRetry
public import RotaSchedule

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
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            reader.read(line, number: index + 1)
        }
        entries = reader.entries
        settings = reader.settings
        problems = reader.problems
    }
}
