/// A regular expression that is matched in linear time, so that no pattern can make it hang.
///
/// ```swift
/// let pattern = try TextPattern(#"(?i)error \d{3,}"#)
/// print(pattern.occurs(in: "Error 5031") ?? false)  // true
/// ```
///
/// Supported are literals, `.`, `[a-z]`, `\d \w \s` and their opposites, `^ $ \b \A \z`, groups, `|`, `* + ? {2,5}`,
/// and the flags `(?i)` (ASCII letters), `(?m)` and `(?s)`. Backreferences and lookaround are not supported because
/// they need unbounded work. A match may lie anywhere in the text.
///
/// Three things differ from JavaScript (ECMA-262): `.` leaves out only the line feed, a `]` that comes first in a set
/// belongs to it, as in `[]a]`, and a character is a Unicode scalar, so `.` takes an emoji whole, as with the flag `u`.
public struct TextPattern: Sendable, Hashable, CustomStringConvertible {
    /// The pattern as written.
    public let text: String
    private let program: PatternProgram

    /// The step limit of a search: about a second, far more than an honest pattern needs.
    package static let steps = 20_000_000

    init(text: String, program: PatternProgram) {
        self.text = text
        self.program = program
    }

    /// The pattern as written.
    public var description: String { text }

    /// Returns whether the pattern occurs in a text, or `nil` if twenty million steps did not suffice to tell.
    ///
    /// - Complexity: O(*n* · *m*) for *n* characters of text and *m* of pattern.
    public func occurs(in text: String) -> Bool? {
        var steps = Self.steps
        return occurs(in: text, steps: &steps)
    }

    /// Returns whether the pattern occurs in a text, within a budget of steps that several searches share.
    ///
    /// - Parameter isCut: Whether more followed the text. Then neither its end nor what depends on it is a match.
    package func occurs(in text: String, isCut: Bool = false, steps: inout Int) -> Bool? {
        switch program.search(text, isCut: isCut, steps: &steps) {
        case .found: true
        case .notFound: false
        case .gaveUp: nil
        }
    }

    /// Compares the patterns as written.
    public static func == (left: TextPattern, right: TextPattern) -> Bool { left.text == right.text }

    /// Hashes the pattern as written.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension TextPattern: Codable {
    /// Parses a regular expression.
    ///
    /// - Throws: ``HTTPRequestError`` with `badRule`, which names the position and what is not supported.
    public init(_ text: String) throws(HTTPRequestError) {
        self.init(text: text, program: try PatternCompiler.compile(text))
    }

    /// Decodes a pattern from a string.
    ///
    /// - Throws: ``HTTPRequestError`` if it is not a supported expression.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the pattern as a string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
