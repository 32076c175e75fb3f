/// Why a schedule cannot be used.
public struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake; more kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case cron, timeZone, interval, instant, limit, calendar, smoothing, empty, text, ambiguous
        }

        private let kind: Kind

        /// The cron text is not an expression; ``ScheduleError/syntax`` says where.
        public static let cron = Code(kind: .cron)
        /// The time zone is not known.
        public static let timeZone = Code(kind: .timeZone)
        /// An interval or delay is zero, negative, too short or too long.
        public static let interval = Code(kind: .interval)
        /// An instant is not a number, outside the years 1–9999, or its text is not ISO 8601.
        public static let instant = Code(kind: .instant)
        /// A limit is smaller than one, or the end is not after the start.
        public static let limit = Code(kind: .limit)
        /// A calendar is empty or names a day that does not exist.
        public static let calendar = Code(kind: .calendar)
        /// A smoothing window is zero, negative or too long.
        public static let smoothing = Code(kind: .smoothing)
        /// There is nothing that says when.
        public static let empty = Code(kind: .empty)
        /// The text is in none of the forms a schedule can have.
        public static let text = Code(kind: .text)
        /// More than one thing says when.
        public static let ambiguous = Code(kind: .ambiguous)

        /// The code's name, such as `timeZone`.
        public var description: String { kind.rawValue }
    }

    /// What went wrong.
    public let code: Code
    /// The value that was refused, as text.
    public let value: String
    /// What went wrong and what to do about it.
    public let message: String
    /// The place of the mistake in a cron text, if it is one.
    public let syntax: CronSyntaxError?

    /// The message, with a caret under the mistake where there is one.
    public var description: String { syntax?.description ?? message }

    init(_ code: Code, value: String, message: String) {
        self.code = code
        self.value = value
        self.message = message
        syntax = nil
    }

    init(_ syntax: CronSyntaxError) {
        code = .cron
        value = syntax.text
        message = syntax.message
        self.syntax = syntax
    }
}
