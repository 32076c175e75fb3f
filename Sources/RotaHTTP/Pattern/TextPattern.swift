/// A regular expression that cannot hang, whoever wrote it.
///
/// Supported: literals, `.`, `[a-z]`, `\d \w \s` and their opposites, `^ $ \b \A \z`, groups, `|`, `* + ? {2,5}`, and the
/// flags `(?i)` (ASCII letters), `(?m)`, `(?s)`. Not supported, because they need unbounded work: references to groups
/// and looking around. A match may lie anywhere in the text.
public struct TextPattern: Sendable, Hashable, CustomStringConvertible {
    /// The pattern as written.
    public let text: String
    private let program: PatternProgram

    /// How many instructions a search may carry out: a second or so, far more than an honest pattern needs.
    package static let steps = 20_000_000

    init(text: String, program: PatternProgram) {
        self.text = text
        self.program = program
    }

    /// The pattern as written.
    public var description: String { text }

    /// Whether the pattern occurs in a text.
    ///
    /// - Parameter text: the text to search.
    /// - Returns: true if it occurs; nil if that could not be told within twenty million steps.
    /// - Complexity: O(n · m), n characters of text and m of pattern.
    public func occurs(in text: String) -> Bool? {
        var steps = Self.steps
        return occurs(in: text, steps: &steps)
    }

    /// Whether the pattern occurs in a text, out of an allowance of steps that several searches share.
    package func occurs(in text: String, steps: inout Int) -> Bool? {
        switch program.search(text, steps: &steps) {
        case .found: true
        case .notFound: false
        case .gaveUp: nil
        }
    }

    /// Patterns are equal if they are written alike.
    public static func == (left: TextPattern, right: TextPattern) -> Bool { left.text == right.text }

    /// Hashes the text.
    ///
    /// - Parameter hasher: what the pattern is mixed into.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension TextPattern: Codable {
    /// Reads a regular expression.
    ///
    /// - Parameter text: the expression.
    /// - Throws: ``HTTPRequestError`` with `badRule`, saying where and what is not supported.
    public init(_ text: String) throws(HTTPRequestError) {
        self.init(text: text, program: try PatternCompiler.compile(text))
    }

    /// Decodes an expression's text.
    ///
    /// - Parameter decoder: where the text is read from.
    /// - Throws: ``HTTPRequestError`` if it is no expression.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Encodes the expression's text.
    ///
    /// - Parameter encoder: where the text is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
