extension JSONValue: Codable {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Decodes any JSON; a decoder does not tell the order of members, so they are sorted by name.
    ///
    /// To keep order and the text of numbers, read the text with ``init(parsing:)``.
    ///
    /// - Parameter decoder: where the value is read from.
    /// - Throws: `DecodingError` for what is no JSON, ``HTTPRequestError`` for what nests too deeply.
    public init(from decoder: any Decoder) throws {
        guard decoder.codingPath.count <= 4 * Self.deepest else {
            throw HTTPRequestError(.badJSON, field: "json", "JSON may nest \(Self.deepest) levels deep")
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

    /// Encodes the value; a number outside 64-bit integers goes through floating point.
    ///
    /// - Parameter encoder: where the value is written to.
    /// - Throws: what the encoder throws.
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
