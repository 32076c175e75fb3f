/// A JSON value that keeps the order of members and the text of numbers, so that it is sent as it was written.
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
    /// An object: its members in order.
    case object([Member])

    /// One member of an object.
    public struct Member: Sendable, Hashable {
        /// The name.
        public let name: String
        /// The value.
        public let value: JSONValue

        /// Makes a member.
        ///
        /// - Parameters:
        ///   - name: the name.
        ///   - value: the value.
        public init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }
    }

    /// How many arrays and objects may lie inside each other: 128, so that no input exhausts the stack.
    public static let deepest = 128

    /// The value of a member, the last if there are several; nil if this is no object or has no such member.
    ///
    /// - Parameter name: the member's name.
    /// - Complexity: O(n) in the number of members.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// An element of an array; nil if this is no array or has no such element.
    ///
    /// - Parameter index: the position; -1 is the last.
    public subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self else { return nil }
        let position = index < 0 ? index.addingReportingOverflow(elements.count).partialValue : index
        return elements.indices.contains(position) ? elements[position] : nil
    }

    /// Whether arrays and objects nest at most `depth` levels.
    func isNested(within depth: Int) -> Bool {
        switch self {
        case .array(let elements): depth > 0 && elements.allSatisfy { $0.isNested(within: depth - 1) }
        case .object(let members): depth > 0 && members.allSatisfy { $0.value.isNested(within: depth - 1) }
        default: true
        }
    }

    /// The name of the kind of value, such as "object".
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
    /// Makes a string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// Makes a number.
    public init(integerLiteral value: Int64) { self = .number(JSONValue.Number(value)) }
    /// Makes a number; `null` for what JSON cannot write.
    public init(floatLiteral value: Double) { self = JSONValue.Number(value).map { .number($0) } ?? .null }
    /// Makes a boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// Makes an array.
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    /// Makes an object in the order of the literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(elements.map { Member($0.0, $0.1) })
    }
}
