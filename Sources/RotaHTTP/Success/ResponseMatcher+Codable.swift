extension ResponseMatcher: Codable {
    private enum Key: String, CodingKey {
        case all, any, not
        case subject = "on"
        case name, path
        case condition = "is"
        case value
    }

    /// The deepest allowed nesting of combinations.
    static let deepest = 32

    /// Decodes `{"all": […]}`, `{"any": […]}`, `{"not": …}` or an assertion.
    ///
    /// An assertion looks like `{"on": "json", "path": "$.status", "is": "equals", "value": "ok"}`. `on` may also be
    /// `status`, `text`, or `header` with a `name`. `is` is the name of a ``Condition``.
    ///
    /// - Throws: `DecodingError` for anything else, and ``HTTPRequestError`` for an invalid path or pattern, or nesting
    ///   too deep.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let parts = try container.decodeIfPresent([ResponseMatcher].self, forKey: .all) {
            self = .all(parts)
        } else if let parts = try container.decodeIfPresent([ResponseMatcher].self, forKey: .any) {
            self = .any(parts)
        } else if let part = try container.decodeIfPresent(ResponseMatcher.self, forKey: .not) {
            self = .not(part)
        } else {
            self.init(node: .assertion(try Self.subject(in: container), try Self.condition(in: container)))
        }
        guard depth <= Self.deepest else {
            throw HTTPRequestError(
                .badRule, field: "success", "matchers may be nested at most \(Self.deepest) levels deep")
        }
    }

    private static func subject(in container: KeyedDecodingContainer<Key>) throws -> Subject {
        let name = try container.decode(String.self, forKey: .subject)
        switch name {
        case "status": return .status
        case "text", "body": return .text
        case "header": return .header(try container.decode(String.self, forKey: .name))
        case "json": return .json(try container.decode(JSONPath.self, forKey: .path))
        default:
            throw HTTPRequestError(
                .badRule, field: "success", "an assertion must be on status, header, text or json", value: name)
        }
    }

    private static func condition(in container: KeyedDecodingContainer<Key>) throws -> Condition {
        let name = try container.decode(String.self, forKey: .condition)
        guard let kind = Condition.Kind(rawValue: name) else {
            let known = Condition.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw HTTPRequestError(.badRule, field: "success", "a condition must be one of \(known)", value: name)
        }
        switch kind {
        case .exists: return .exists
        case .regex: return .regex(try container.decode(TextPattern.self, forKey: .value))
        default:
            let operand = try container.decode(JSONValue.self, forKey: .value)
            if kind == .isIn, case .array = operand {
            } else if kind == .isIn {
                throw HTTPRequestError(.badRule, field: "success", "the value of \"in\" must be an array")
            }
            return Condition(kind: kind, operand: operand)
        }
    }

    /// Encodes the matcher in the form that ``init(from:)`` reads.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch node {
        case .all(let parts): try container.encode(parts, forKey: .all)
        case .any(let parts): try container.encode(parts, forKey: .any)
        case .not(let part): try container.encode(part, forKey: .not)
        case .assertion(let subject, let condition):
            switch subject {
            case .status: try container.encode("status", forKey: .subject)
            case .text: try container.encode("text", forKey: .subject)
            case .header(let name):
                try container.encode("header", forKey: .subject)
                try container.encode(name, forKey: .name)
            case .json(let path):
                try container.encode("json", forKey: .subject)
                try container.encode(path, forKey: .path)
            }
            try container.encode(condition.kind, forKey: .condition)
            if condition.kind != .exists { try container.encode(condition.operand, forKey: .value) }
        }
    }
}
