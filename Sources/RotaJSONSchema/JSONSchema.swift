public import Foundation
public import RotaHTTP

/// A JSON Schema of the draft 2020-12, which says what a payload must look like.
///
/// ```swift
/// let schema = try JSONSchema([
///     "type": "object", "required": ["order"],
///     "properties": ["order": ["type": "integer", "minimum": 1]],
/// ])
/// for violation in schema.violations(of: ["order": 0]) { print(violation) }
/// // /order: must be at least 1, not 0 (minimum)
/// ```
///
/// Supported are the vocabularies core, applicator, validation and unevaluated, and references within the document: by
/// pointer, `$anchor`, `$dynamicAnchor` and the `$id` of an embedded schema. `format` and the other annotations assert
/// nothing, as the specification has it, and unknown keywords are ignored. A schema that cannot be obeyed is refused
/// when it is created: one with a reference to another document, a pattern that needs lookahead or backreferences, a
/// keyword of an earlier draft, or a reference that leads back to itself.
///
/// A check takes a bounded number of steps, so neither a schema nor a payload can make it hang.
///
/// Source: [JSON Schema: Core](https://json-schema.org/draft/2020-12/json-schema-core) and
/// [Validation](https://json-schema.org/draft/2020-12/json-schema-validation).
public struct JSONSchema: Sendable {
    /// The schema as JSON.
    public let document: JSONValue
    /// The document with sorted members, by which schemas are compared.
    let canonical: ExactText
    let program: SchemaProgram

    /// The draft that is supported.
    static let draft = "https://json-schema.org/draft/2020-12/schema"

    /// Creates a schema.
    ///
    /// - Parameter document: An object, or `true` or `false`. At most 10,000 schemas may be nested in it, and their
    ///   pointers may have at most 16 MiB together.
    /// - Throws: ``JSONSchema/ParseError``, which names the place in the schema and what would be right.
    /// - Complexity: O(*n* log *n*) in the size of the document.
    public init(_ document: JSONValue) throws(JSONSchema.ParseError) {
        var compiler = SchemaCompiler(document)
        program = try compiler.compile()
        self.document = document
        canonical = ExactText(document.canonicalText)
    }

    /// Creates a schema from JSON text.
    ///
    /// - Throws: ``JSONSchema/ParseError`` if the text is not JSON or not a schema that can be obeyed.
    public init(parsing text: String) throws(JSONSchema.ParseError) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: text)
        } catch {
            throw JSONSchema.ParseError(at: "", nil, "The schema is not JSON: \(error.message).")
        }
        try self.init(document)
    }

    /// Returns where a value breaks the schema, in the order of the value; empty if it is valid.
    ///
    /// A member that stands twice in an object is a violation, because two readers may disagree about its value.
    ///
    /// - Parameters:
    ///   - value: The value to check.
    ///   - limit: How many violations to look for, at least 1.
    /// - Complexity: O(*n* · *m*) for a value of *n* parts and *m* schemas that apply to each, and never more than
    ///   twenty million steps, about a second. A value that needs more breaks the schema, by the rule `steps`; one that
    ///   is nested, together with the schemas that apply to it, more than 200 levels deep breaks it by the rule
    ///   `depth`.
    public func violations(of value: JSONValue, limit: Int = 20) -> [Violation] {
        violations(of: value, limit: limit, steps: TextPattern.steps)
    }

    package func violations(of value: JSONValue, limit: Int, steps: Int) -> [Violation] {
        var validation = SchemaValidation(program, limit: max(1, limit), steps: steps)
        return validation.run(value)
    }

    /// Returns whether a value is valid.
    ///
    /// - Complexity: That of ``violations(of:limit:)``.
    public func isValid(_ value: JSONValue) -> Bool {
        violations(of: value, limit: 1).isEmpty
    }
}

extension JSONSchema: Hashable {
    /// Whether two schemas are the same, without regard to the order of members.
    public static func == (left: JSONSchema, right: JSONSchema) -> Bool { left.canonical == right.canonical }

    /// Hashes the schema without regard to the order of members.
    public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}

extension JSONSchema: Codable {
    /// Decodes a schema from its document, or from a string that contains its text.
    ///
    /// - Throws: `DecodingError` with the description of the ``JSONSchema/ParseError``.
    public init(from decoder: any Decoder) throws {
        let document = try JSONValue(from: decoder)
        do {
            if case .string(let text) = document {
                try self.init(parsing: text)
            } else {
                try self.init(document)
            }
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    /// Encodes the document, or its text if an encoder would round its numbers.
    public func encode(to encoder: any Encoder) throws {
        if document.survivesEncoders {
            try document.encode(to: encoder)
        } else {
            var container = encoder.singleValueContainer()
            try container.encode(document.text)
        }
    }
}

extension JSONSchema {
    /// A place in a value that breaks a schema, and the rule it breaks.
    public struct Violation: Sendable, Hashable, CustomStringConvertible {
        /// The JSON Pointer of the place (RFC 6901), such as `/items/3/price`; empty for the value itself.
        public let pointer: String
        /// The keyword that is broken, such as `minimum`.
        public let rule: String
        /// The JSON Pointer of the rule in the schema, such as `/properties/order/minimum`.
        public let schemaPointer: String
        /// The requirement in words.
        public let message: String

        /// The place, what it must be, and the rule, on one line.
        public var description: String {
            "\(pointer.isEmpty ? "the value" : pointer): \(message) (\(rule))"
        }
    }
}

extension JSONSchema {
    /// Why a JSON Schema cannot be obeyed.
    public struct ParseError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The JSON Pointer of the place in the schema (RFC 6901), such as `/properties/order`; empty for the schema
        /// itself.
        public let pointer: String
        /// The keyword, or `nil` if the place itself is wrong.
        public let keyword: String?
        /// The mistake, and what would be right.
        public let message: String

        init(at pointer: String, _ keyword: String?, _ message: String) {
            self.pointer = pointer
            self.keyword = keyword
            self.message = message
        }

        /// The place and what is wrong, on one line.
        public var description: String {
            let place = pointer + (keyword.map { "/" + SchemaPointer.escaped($0) } ?? "")
            return place.isEmpty ? message : "\(place): \(message)"
        }
    }
}

extension JSONSchema.ParseError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The ``message``.
    public var failureReason: String? { message }
}
