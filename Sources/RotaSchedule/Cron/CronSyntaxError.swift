public import Foundation

/// A mistake in a cron text, with its position.
///
/// The description is meant for the person who wrote the text:
///
/// ```
/// minute: 60 is too large; expected 0–59
///   60 * * * *
///   ^^
/// ```
///
/// ```swift
/// do {
///     _ = try CronExpression("0 9 * * MOX")
/// } catch {
///     print(error.text[error.range], "in", error.field ?? "the text")  // MOX in day of week
/// }
/// ```
public struct CronSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case emptyText, fieldCount, unexpectedCharacter, unknownName, outOfRange, invalidRange, invalidStep
            case unsupported, missingSeed, macro, dayFields, neverMatches, tooLong
        }

        private let kind: Kind

        /// The text has no fields.
        public static let emptyText = Code(kind: .emptyText)
        /// The text has too few or too many fields for the dialect.
        public static let fieldCount = Code(kind: .fieldCount)
        /// A character is not allowed at its position.
        public static let unexpectedCharacter = Code(kind: .unexpectedCharacter)
        /// A word is not the name of a month or weekday.
        public static let unknownName = Code(kind: .unknownName)
        /// A number is outside the field's range.
        public static let outOfRange = Code(kind: .outOfRange)
        /// The start of a range is after its end, where the dialect or field does not wrap around.
        public static let invalidRange = Code(kind: .invalidRange)
        /// A step is zero or not a number.
        public static let invalidStep = Code(kind: .invalidStep)
        /// The dialect or the field does not support this syntax.
        public static let unsupported = Code(kind: .unsupported)
        /// The text contains `H`, but no seed was given.
        public static let missingSeed = Code(kind: .missingSeed)
        /// The word after `@` is not a macro, or its duration is invalid.
        public static let macro = Code(kind: .macro)
        /// The dialect does not allow this combination of day fields.
        public static let dayFields = Code(kind: .dayFields)
        /// The expression is well formed, but no date can ever match it.
        public static let neverMatches = Code(kind: .neverMatches)
        /// The text is longer than 4,096 bytes.
        public static let tooLong = Code(kind: .tooLong)

        /// The code's name, such as `outOfRange`.
        public var description: String { kind.rawValue }
    }

    /// The kind of mistake.
    public let code: Code
    /// The text that was refused.
    public let text: String
    /// The position of the mistake in ``text``.
    ///
    /// It is empty, at the end, if something is missing.
    public let range: Range<String.Index>
    /// The name of the field, such as `day of month`, or `nil` if the mistake is not inside a field.
    public let field: String?
    /// A description of the invalid part.
    public let found: String
    /// A description of what is allowed instead.
    public let expected: String
    /// A suggestion, if the mistake is a common one.
    public let hint: String?

    /// The mistake in one line, without the text it occurred in.
    public var message: String {
        var line = field.map { $0 + ": " } ?? ""
        line += found.isEmpty ? "something is missing" : found
        line += "; expected " + expected
        if let hint { line += " (" + hint + ")" }
        return line
    }

    /// The message, the text and a caret under the mistake.
    public var description: String {
        let before = text[..<range.lowerBound].count
        let width = max(1, text[range].count)
        return message + "\n  " + text + "\n  " + String(repeating: " ", count: before)
            + String(repeating: "^", count: width)
    }
}

extension CronSyntaxError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The mistake in one line.
    public var failureReason: String? { message }
    /// The ``hint``, if there is one.
    public var recoverySuggestion: String? { hint }
}

extension CronSyntaxError {
    init(_ failure: CronParser.Failure, in text: String) {
        let utf8 = text.utf8
        func index(_ offset: Int, roundingUp: Bool) -> String.Index {
            let place =
                utf8.index(utf8.startIndex, offsetBy: max(0, offset), limitedBy: utf8.endIndex) ?? utf8.endIndex
            // The parser counts bytes, the caret marks whole characters.
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
    /// Returns the range of the character that contains an index, or the empty range at the end.
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
