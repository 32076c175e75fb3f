extension SuccessRule: Codable {
    private enum Key: String, CodingKey {
        case statuses, matcher
    }

    /// Decodes an object with `statuses` and `matcher`, or the statuses alone.
    ///
    /// - Parameter decoder: where the rule is read from.
    /// - Throws: `DecodingError` for what is no rule.
    public init(from decoder: any Decoder) throws {
        if let statuses = try? StatusSet(from: decoder) {
            self.init(statuses: statuses)
            return
        }
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            statuses: try container.decodeIfPresent(StatusSet.self, forKey: .statuses) ?? Self.default.statuses,
            matching: try container.decodeIfPresent(ResponseMatcher.self, forKey: .matcher))
    }

    /// Encodes an object.
    ///
    /// - Parameter encoder: where the rule is written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(statuses, forKey: .statuses)
        try container.encodeIfPresent(matcher, forKey: .matcher)
    }
}
