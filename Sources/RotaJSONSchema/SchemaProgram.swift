import RotaHTTP

/// A compiled schema: nodes that refer to each other by index.
///
/// The first is the schema itself.
final class SchemaProgram: Sendable {
    let rules: [SchemaRule]
    /// For each resource (the document, or an embedded schema with an `$id`), the nodes of its dynamic anchors.
    let dynamicAnchors: [[ExactText: Int]]
    /// Whether any schema asks which members or elements the others have evaluated.
    let tracksEvaluation: Bool

    init(nodes: [SchemaNode], dynamicAnchors: [[ExactText: Int]]) {
        rules = nodes.map { SchemaRule($0) }
        self.dynamicAnchors = dynamicAnchors
        tracksEvaluation = nodes.contains { $0.unevaluatedItems != nil || $0.unevaluatedProperties != nil }
    }
}

/// A node behind one reference, because a copy of it would count thirty of them.
final class SchemaRule: Sendable {
    let node: SchemaNode

    init(_ node: SchemaNode) {
        self.node = node
    }
}

/// A schema with its keywords read, and its subschemas as indices of nodes.
struct SchemaNode: Sendable {
    /// A limit with the text its author gave it.
    struct Bound: Sendable {
        let number: DecimalNumber
        let text: String
    }

    struct DynamicReference: Sendable {
        /// Where the reference leads if no schema on the way here has the anchor.
        let node: Int
        /// The name to look for on the way, or `nil` for a reference that is as static as any.
        let anchor: ExactText?
    }

    /// The place in the document.
    let pointer: String
    /// The resource that the schema belongs to.
    let resource: Int
    /// `false` if nothing is valid: the schema `false`.
    var isSatisfiable = true

    // Another schema, for the same value
    var reference: Int?
    var dynamicReference: DynamicReference?
    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?
    var condition: Int?
    var consequence: Int?
    var alternative: Int?
    var dependentSchemas: [(name: ExactText, node: Int)] = []

    // Any value
    var types: JSONTypes?
    /// The allowed values in canonical text.
    var enumeration: Set<ExactText>?
    /// The only allowed value, in canonical text.
    var constant: ExactText?
    /// The allowed values in the author's words, for messages.
    var choices = ""

    // Numbers
    var multipleOf: Bound?
    var minimum: Bound?
    var exclusiveMinimum: Bound?
    var maximum: Bound?
    var exclusiveMaximum: Bound?

    // Strings
    var minimumLength: Int?
    var maximumLength: Int?
    var pattern: TextPattern?

    // Arrays
    var minimumItems: Int?
    var maximumItems: Int?
    var requiresUniqueItems = false
    var prefixItems: [Int] = []
    var items: Int?
    var contains: Int?
    var minimumContains: Int?
    var maximumContains: Int?
    var unevaluatedItems: Int?

    // Objects
    var minimumProperties: Int?
    var maximumProperties: Int?
    var required: [ExactText] = []
    var dependentRequired: [(name: ExactText, others: [ExactText])] = []
    var properties: [ExactText: Int] = [:]
    var patternProperties: [(pattern: TextPattern, node: Int)] = []
    var additionalProperties: Int?
    var propertyNames: Int?
    var unevaluatedProperties: Int?

    /// Whether the schema looks at the digits of numbers.
    var readsNumbers: Bool {
        if let types, types.contains(.integer), !types.contains(.number) { return true }
        return multipleOf != nil || minimum != nil || exclusiveMinimum != nil || maximum != nil
            || exclusiveMaximum != nil
    }

    init(pointer: String, resource: Int) {
        self.pointer = pointer
        self.resource = resource
    }

    /// The schemas that apply to the same value, so that a circle of them would never end.
    ///
    /// A dynamic reference can lead to others too.
    var sameValue: [Int] {
        [reference, dynamicReference?.node, not, condition, consequence, alternative].compactMap(\.self)
            + allOf + anyOf + oneOf + dependentSchemas.map(\.node)
    }
}

/// A set of JSON's types.
struct JSONTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = JSONTypes(rawValue: 1)
    static let boolean = JSONTypes(rawValue: 2)
    static let object = JSONTypes(rawValue: 4)
    static let array = JSONTypes(rawValue: 8)
    static let number = JSONTypes(rawValue: 16)
    static let string = JSONTypes(rawValue: 32)
    /// A number without a fraction, such as `7` and `7.0`.
    static let integer = JSONTypes(rawValue: 64)

    static let names: [(name: String, type: JSONTypes)] = [
        ("null", .null), ("boolean", .boolean), ("object", .object), ("array", .array), ("number", .number),
        ("string", .string), ("integer", .integer),
    ]

    /// The names, such as `string or null`.
    var words: String {
        Self.names.filter { contains($0.type) }.map(\.name).joined(separator: " or ")
    }
}

extension JSONTypes {
    /// The type of a value, where an integer is a number.
    init(of value: JSONValue) {
        self =
            switch value {
            case .null: .null
            case .bool: .boolean
            case .object: .object
            case .array: .array
            case .string: .string
            case .number: .number
            }
    }
}
