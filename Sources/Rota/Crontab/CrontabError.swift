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
