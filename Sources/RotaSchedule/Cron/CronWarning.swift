/// Something in a cron text that is allowed but seldom meant.
public struct CronWarning: Sendable, Hashable, CustomStringConvertible {
    /// The kind of warning; more kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case unevenStep, stepTooLarge, eitherDay, everyMinuteOfHour, everyValue, missingTime
        }

        private let kind: Kind

        /// A step does not divide its field, so the last gap is shorter than the others.
        public static let unevenStep = Code(kind: .unevenStep)
        /// A step is so large that only the first value is left.
        public static let stepTooLarge = Code(kind: .stepTooLarge)
        /// Both day fields are given, and either is enough.
        public static let eitherDay = Code(kind: .eitherDay)
        /// Every minute of some hours, where once was probably meant.
        public static let everyMinuteOfHour = Code(kind: .everyMinuteOfHour)
        /// Every value of a field spelled out.
        public static let everyValue = Code(kind: .everyValue)
        /// A time that the zone's daylight saving removes from a day.
        public static let missingTime = Code(kind: .missingTime)

        /// The code's name, such as `unevenStep`.
        public var description: String { kind.rawValue }
    }

    /// What kind of warning it is.
    public let code: Code
    /// The part of the expression's source that it is about.
    public let range: Range<String.Index>
    /// What happens, and what was probably meant.
    public let message: String
    /// A whole expression that says what was probably meant, where there is one.
    public let suggestion: String?

    /// The message and, where there is one, the better text.
    public var description: String {
        message + (suggestion.map { " Better: " + $0 } ?? "")
    }
}
