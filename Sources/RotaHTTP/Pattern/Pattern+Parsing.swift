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
