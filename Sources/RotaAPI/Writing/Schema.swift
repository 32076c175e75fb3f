import RotaHTTP

/// Builds the JSON Schemas (2020-12) with which `openapi.json` describes bodies and answers.
enum Schema {
    static let text: JSONValue = ["type": "string"]
    static let date: JSONValue = ["type": "string", "format": "date-time"]
    /// The number of characters that an idempotency key may have: those that Strait allows.
    static let longestKey = 256
    /// A key that makes a request repeatable.
    static let key = text(1...longestKey)
    static let bool: JSONValue = ["type": "boolean"]
    static let integer: JSONValue = ["type": "integer"]
    static let number: JSONValue = ["type": "number"]
    static let anything: JSONValue = [:]
    static let texts: JSONValue = ["type": "object", "additionalProperties": ["type": "string"]]
    static let object: JSONValue = ["type": "object"]

    static func text(_ length: ClosedRange<Int>) -> JSONValue {
        ["type": "string", "minLength": .int(length.lowerBound), "maxLength": .int(length.upperBound)]
    }

    static func integer(_ range: ClosedRange<Int>) -> JSONValue {
        ["type": "integer", "minimum": .int(range.lowerBound), "maximum": .int(range.upperBound)]
    }

    static func choice(_ words: [String]) -> JSONValue {
        ["type": "string", "enum": .array(words.map { .string($0) })]
    }

    static func array(_ element: JSONValue) -> JSONValue { ["type": "array", "items": element] }

    static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    static func object(_ properties: [(String, JSONValue)], required: [String] = []) -> JSONValue {
        .record([
            ("type", "object"), ("properties", .record(properties.map { ($0.0, $0.1) })),
            ("required", required.isEmpty ? nil : .array(required.map { .string($0) })),
        ])
    }
}

/// A parameter of a query.
struct QueryParameter: Sendable, Hashable {
    var name: String
    var summary: String
    var schema: JSONValue

    init(_ name: String, _ summary: String, _ schema: JSONValue = ["type": "string"]) {
        self.name = name
        self.summary = summary
        self.schema = schema
    }
}

extension QueryParameter {
    static func limit(_ range: ClosedRange<Int>, else standard: Int) -> QueryParameter {
        QueryParameter("limit", "How many to return at most, \(standard) if absent", Schema.integer(range))
    }

    static func choice(_ name: String, _ summary: String, _ words: [String]) -> QueryParameter {
        QueryParameter(name, summary, Schema.choice(words))
    }

    /// Several words, separated by commas.
    static func choices(_ name: String, _ summary: String, _ words: [String]) -> QueryParameter {
        QueryParameter(name, summary + ": " + words.joined(separator: ", ") + "; several separated by commas")
    }

    static func date(_ name: String, _ summary: String) -> QueryParameter {
        QueryParameter(name, summary + ", in ISO 8601 or relative, such as now-1d")
    }
}
