extension CronExpression: Codable {
    private enum Key: String, CodingKey {
        case cron, dialect, hashSeed
    }

    /// Reads a text, or an object of `cron`, `dialect` and `hashSeed`.
    /// - Throws: `DecodingError` that carries the syntax error's text.
    public init(from decoder: any Decoder) throws {
        let text: String
        var dialect = CronDialect.standard
        var seed: String?
        if let plain = try? decoder.singleValueContainer().decode(String.self) {
            text = plain
        } else {
            let container = try decoder.container(keyedBy: Key.self)
            text = try container.decode(String.self, forKey: .cron)
            dialect = try container.decodeIfPresent(CronDialect.self, forKey: .dialect) ?? .standard
            seed = try container.decodeIfPresent(String.self, forKey: .hashSeed)
        }
        do {
            try self.init(text, dialect: dialect, hashSeed: seed)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\(error)", underlyingError: error))
        }
    }

    /// Writes the text alone in the standard dialect without a seed, and an object otherwise.
    public func encode(to encoder: any Encoder) throws {
        if dialect == .standard, hashSeed == nil {
            var container = encoder.singleValueContainer()
            try container.encode(source)
            return
        }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(source, forKey: .cron)
        if dialect != .standard { try container.encode(dialect, forKey: .dialect) }
        try container.encodeIfPresent(hashSeed, forKey: .hashSeed)
    }
}
