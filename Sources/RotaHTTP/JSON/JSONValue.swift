/// A JSON value that preserves the order of members and the text of numbers.
public indirect enum JSONValue: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number.
    case number(JSONValue.Number)
    /// A string.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object with its members in order.
    case object([Member])

    /// A member of an object.
    public struct Member: Sendable, Hashable {
        /// The name.
        public let name: String
        /// The value.
        public let value: JSONValue

        /// Creates a member.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// The limit on nested arrays and objects, 128, which keeps hostile input from exhausting the stack.
    public static let deepest = 128

    /// The value of a member, the last of several.
    ///
    /// Names are compared byte for byte.
    ///
    /// `nil` if this is not an object or has no such member.
    ///
    /// - Complexity: O(*n*) in the number of members.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name.isExactly(name) }?.value
    }

    /// The element at a position, where -1 is the last.
    ///
    /// `nil` if this is not an array or has no such element.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self else { return nil }
        let position = index < 0 ? index.addingReportingOverflow(elements.count).partialValue : index
        return elements.indices.contains(position) ? elements[position] : nil
    }

    /// Returns whether arrays and objects are nested at most `depth` levels.
    package func isNested(within depth: Int) -> Bool {
        switch self {
        case .array(let elements): depth > 0 && elements.allSatisfy { $0.isNested(within: depth - 1) }
        case .object(let members): depth > 0 && members.allSatisfy { $0.value.isNested(within: depth - 1) }
        default: true
        }
    }

    /// The kind of value, such as "object".
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// Creates a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Creates a number.
    public init(integerLiteral value: Int64) { self = .number(JSONValue.Number(value)) }
    /// Creates a number, or `null` for infinities and NaN.
    public init(floatLiteral value: Double) { self = JSONValue.Number(value).map { .number($0) } ?? .null }
    /// Creates a boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Creates an array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Creates an object in the order of the literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}

extension JSONValue: Codable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Decodes any JSON.
    ///
    /// Members are sorted by name, because a decoder does not tell their order.
    ///
    /// Parse the text with ``init(parsing:)`` to keep the order and the text of numbers.
    ///
    /// - Throws: `DecodingError` for what is not JSON, and ``HTTPRequestError`` if it is nested too deeply.
    public init(from decoder: any Decoder) throws {
        guard decoder.codingPath.count <= 4 * Self.deepest else {
            throw HTTPRequestError(.badJSON, field: "json", "JSON may be nested at most \(Self.deepest) levels deep")
        }
        if let container = try? decoder.container(keyedBy: Name.self) {
            let names = container.allKeys.sorted { $0.stringValue < $1.stringValue }
            self = .object(
                try names.map { Member($0.stringValue, try container.decode(JSONValue.self, forKey: $0)) })
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSONValue] = []
            while !container.isAtEnd { elements.append(try container.decode(JSONValue.self)) }
            self = .array(elements)
        } else {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let bool = try? container.decode(Bool.self) {
                self = .bool(bool)
            } else if let integer = try? container.decode(Int64.self) {
                self = .number(Number(integer))
            } else if let double = try? container.decode(Double.self), let number = Number(double) {
                self = .number(number)
            } else {
                self = .string(try container.decode(String.self))
            }
        }
    }

    /// Encodes the value.
    ///
    /// Numbers outside 64-bit integers go through floating point.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .object(let members):
            var container = encoder.container(keyedBy: Name.self)
            for member in members { try container.encode(member.value, forKey: Name(stringValue: member.name)) }
        case .array(let elements):
            var container = encoder.unkeyedContainer()
            for element in elements { try container.encode(element) }
        default:
            var container = encoder.singleValueContainer()
            switch self {
            case .bool(let bool): try container.encode(bool)
            case .string(let string): try container.encode(string)
            case .number(let number):
                if let integer = number.int64 {
                    try container.encode(integer)
                } else {
                    try container.encode(number.double)
                }
            default: try container.encodeNil()
            }
        }
    }
}

extension JSONValue {
    /// Returns whether two values are equivalent: numbers by quantity, strings byte for byte, objects without
    /// regard to the order of members.
    public func isEquivalent(to other: JSONValue) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)): return left.isEqual(to: right)
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEquivalent(to: $1) }
        case (.object(let left), .object(let right)):
            let leftByName = Dictionary(left.map { (ExactText($0.name), $0.value) }) { $1 }
            let rightByName = Dictionary(right.map { (ExactText($0.name), $0.value) }) { $1 }
            return leftByName.count == rightByName.count
                && leftByName.allSatisfy { rightByName[$0]?.isEquivalent(to: $1) ?? false }
        case (.string(let left), .string(let right)): return left.isExactly(right)
        default: return self == other
        }
    }

    /// The value as a number, also if it is a string that spells one.
    var quantity: Number? {
        switch self {
        case .number(let number): number
        case .string(let text): Number(text)
        default: nil
        }
    }

}
