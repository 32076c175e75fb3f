/// Why a text is not a cron expression, and where in the text.
///
/// Its description is meant for the person who wrote the text:
///
///     minute: 60 is too large; expected 0–59
///       60 * * * *
///       ^^
public struct CronSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake; more kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case emptyText, fieldCount, unexpectedCharacter, unknownName, outOfRange, invalidRange, invalidStep
            case unsupported, missingSeed, macro, dayFields, neverMatches, tooLong
        }

        private let kind: Kind

        /// The text has no fields at all.
        public static let emptyText = Code(kind: .emptyText)
        /// There are too few or too many fields for the dialect.
        public static let fieldCount = Code(kind: .fieldCount)
        /// A character stands where the syntax has no place for it.
        public static let unexpectedCharacter = Code(kind: .unexpectedCharacter)
        /// A word is neither a month nor a weekday where one of these may stand.
        public static let unknownName = Code(kind: .unknownName)
        /// A number is outside the field's range.
        public static let outOfRange = Code(kind: .outOfRange)
        /// The two ends of a range cannot belong together.
        public static let invalidRange = Code(kind: .invalidRange)
        /// A step is zero or not a number.
        public static let invalidStep = Code(kind: .invalidStep)
        /// The syntax is known but the dialect or the field does not have it.
        public static let unsupported = Code(kind: .unsupported)
        /// `H` was used without a seed.
        public static let missingSeed = Code(kind: .missingSeed)
        /// A word after `@` is not known.
        public static let macro = Code(kind: .macro)
        /// The dialect does not allow this pair of day fields.
        public static let dayFields = Code(kind: .dayFields)
        /// The expression is well formed, but no date will ever match it.
        public static let neverMatches = Code(kind: .neverMatches)
        /// The text is longer than any expression needs to be.
        public static let tooLong = Code(kind: .tooLong)

        /// The code's name, such as `outOfRange`.
        public var description: String { kind.rawValue }
    }

    /// What kind of mistake it is.
    public let code: Code
    /// The text that was refused.
    public let text: String
    /// Where in ``text`` the mistake is; empty at its end where something is missing.
    public let range: Range<String.Index>
    /// The field's name, such as `day of month`, or `nil` if the mistake is not inside a field.
    public let field: String?
    /// What stands there.
    public let found: String
    /// What may stand there.
    public let expected: String
    /// What was probably meant, where the mistake is a common one.
    public let hint: String?

    /// The mistake in one line, without the text.
    public var message: String {
        var line = field.map { $0 + ": " } ?? ""
        line += found.isEmpty ? "something is missing" : found
        line += "; expected " + expected
        if let hint { line += " (" + hint + ")" }
        return line
    }

    /// The message, the text, and a caret under the mistake.
    public var description: String {
        let before = text[..<range.lowerBound].count
        let width = max(1, text[range].count)
        return message + "\n  " + text + "\n  " + String(repeating: " ", count: before)
            + String(repeating: "^", count: width)
    }
}

extension CronSyntaxError {
    init(_ failure: CronParser.Failure, in text: String) {
        let utf8 = text.utf8
        func index(_ offset: Int, roundingUp: Bool) -> String.Index {
            let place =
                utf8.index(utf8.startIndex, offsetBy: max(0, offset), limitedBy: utf8.endIndex) ?? utf8.endIndex
            // A caret stands under whole characters.
            let character = text.rangeOfComposedCharacter(at: place)
            return roundingUp && character.lowerBound < place ? character.upperBound : character.lowerBound
        }
        let lower = index(failure.range.lowerBound, roundingUp: false)
        let upper = max(lower, index(failure.range.upperBound, roundingUp: true))
        self.init(
            code: failure.code, text: text, range: lower..<upper, field: failure.field?.name, found: failure.found,
            expected: failure.expected, hint: failure.hint)
    }
}

extension String {
    /// The character that an index lies in, or the empty range at the end.
    fileprivate func rangeOfComposedCharacter(at place: Index) -> Range<Index> {
        guard place < endIndex else { return endIndex..<endIndex }
        var lower = startIndex
        while lower < endIndex {
            let upper = index(after: lower)
            if place < upper { return lower..<upper }
            lower = upper
        }
        return endIndex..<endIndex
    }
}
