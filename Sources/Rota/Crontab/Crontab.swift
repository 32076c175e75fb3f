public import RotaHTTP
public import RotaRetry
public import RotaSchedule

/// A text of lines `<cron expression> <url>`, each of which is a job that sends a GET request (T-51 to T-54).
///
/// An expression is five fields or a macro such as `@daily` or `@every 5m`. Blank lines and lines that begin with `#`
/// are ignored. A line without a URL uses the default one.
public struct Crontab: Sendable, Hashable {
    /// One line that is a job.
    public struct Entry: Sendable, Hashable {
        /// The number of the line, 1 for the first.
        public let line: Int
        /// When the job fires.
        public let schedule: Schedule
        /// What it sends.
        public let request: RequestTemplate

        /// The job, named by its URL.
        public func draft(retry: RetryPolicy = .default) -> JobDraft {
            JobDraft(name: String(request.url.prefix(255)), schedule: schedule, action: .http(request), retry: retry)
        }
    }

    /// The lines that are jobs, in order.
    public let entries: [Entry]

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - text: The lines, separated by line feeds, with or without carriage returns.
    ///   - defaultURL: Where lines without a URL go, or `nil` if every line must have one.
    ///   - zone: The time zone of the expressions, by its IANA identifier.
    /// - Throws: ``CrontabError``, which names every line that could not be read.
    public init(_ text: String, defaultURL: String? = nil, in zone: String = "UTC") throws(CrontabError) {
        var entries: [Entry] = []
        var problems: [CrontabError.Problem] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let content = line.drop(while: \.isWhitespace)
            guard let first = content.first, first != "#" else { continue }
            do {
                let (cron, url) = Self.split(content)
                guard let url = url ?? defaultURL else {
                    throw SchedulerError(
                        .invalidJob,
                        "The line has no URL, and there is no default one; it should read "
                            + "“<minute> <hour> <day> <month> <weekday> <url>”.")
                }
                entries.append(
                    Entry(line: index + 1, schedule: try .cron(cron, in: zone), request: try .get(url)))
            } catch {
                problems.append(.init(line: index + 1, text: String(line), message: "\(error)"))
            }
        }
        guard problems.isEmpty else { throw CrontabError(problems: problems) }
        self.entries = entries
    }

    /// Divides a line into its expression and what follows it.
    private static func split(_ line: Substring) -> (cron: String, url: String?) {
        let words = line.split(whereSeparator: \.isWhitespace)
        let count = words.first == "@every" ? 2 : words.first?.first == "@" ? 1 : 5
        // A short line may still end in a URL; its expression is then reported as too short, not the URL as a field.
        let end = words.prefix(count).firstIndex { $0.contains("://") } ?? min(count, words.count)
        let rest = words[end...].joined(separator: " ")
        return (words[..<end].joined(separator: " "), rest.isEmpty ? nil : rest)
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
