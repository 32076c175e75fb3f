/// Header fields in the order given, found by name without regard to letter case.
///
/// A name may occur several times. This is a plain container: a name or value that could smuggle (a line break, a
/// NUL) is refused by the ``HTTPRequest`` or ``RequestTemplate`` made of it, so a literal needs no `try`.
public struct HTTPHeaders: Sendable, Hashable {
    /// The fields, in order.
    public private(set) var fields: [Field] = []

    /// Makes an empty list.
    public init() {}

    /// Makes a list from fields.
    ///
    /// - Parameter fields: the fields in their order.
    public init(_ fields: some Sequence<Field>) {
        self.fields = Array(fields)
    }

    /// Makes a list from a dictionary, sorted by name so that the order is always the same.
    ///
    /// - Parameter dictionary: values by name.
    public init(_ dictionary: [String: String]) {
        fields = dictionary.sorted { $0.key < $1.key }.map { Field($0.key, $0.value) }
    }

    /// The value of the first field of that name; setting replaces every field of that name, nil removes them.
    ///
    /// - Parameter name: the name, in any letter case.
    /// - Complexity: O(n) in the number of fields.
    public subscript(name: String) -> String? {
        get { fields.first { $0.isNamed(name) }?.value }
        set {
            guard let newValue else { return remove(name) }
            set(Field(name, newValue))
        }
    }

    /// Every value of that name, in order.
    ///
    /// - Parameter name: the name, in any letter case.
    /// - Returns: the values; empty if the name does not occur.
    /// - Complexity: O(n) in the number of fields.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.isNamed(name) }.map(\.value)
    }

    /// Whether a field of that name is there.
    ///
    /// - Parameter name: the name, in any letter case.
    /// - Returns: true if there is at least one.
    public func contains(_ name: String) -> Bool {
        fields.contains { $0.isNamed(name) }
    }

    /// Adds a field behind the others, leaving fields of the same name.
    ///
    /// - Parameter field: the field to add.
    public mutating func append(_ field: Field) {
        fields.append(field)
    }

    /// Puts a field in the place of the first of its name and removes the others of that name.
    ///
    /// - Parameter field: the field; it is added behind the others if its name is new.
    public mutating func set(_ field: Field) {
        guard let index = fields.firstIndex(where: { $0.isNamed(field.name) }) else { return append(field) }
        fields[index] = field
        var later = fields.index(after: index)
        while later < fields.endIndex {
            if fields[later].isNamed(field.name) { fields.remove(at: later) } else { later += 1 }
        }
    }

    /// Removes every field of that name.
    ///
    /// - Parameter name: the name, in any letter case.
    public mutating func remove(_ name: String) {
        fields.removeAll { $0.isNamed(name) }
    }

    /// The fields whose names are wanted, in their own order: what a record keeps of a response (row T-88).
    ///
    /// - Parameter names: the names to keep, in any letter case.
    /// - Returns: a shorter list.
    public func selecting(_ names: some Sequence<String>) -> HTTPHeaders {
        let wanted = Set(names.map { $0.lowercased() })
        return HTTPHeaders(fields.filter { wanted.contains($0.name.lowercased()) })
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    /// Makes a list in the order of the literal, in which a name may occur twice.
    ///
    /// - Parameter elements: names and values.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field($0.0, $0.1) }
    }
}

extension HTTPHeaders: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// One field a line, sensitive values replaced.
    public var description: String { fields.map(\.description).joined(separator: "\n") }
    /// The same as the description, so that a debugger shows no secret.
    public var debugDescription: String { description }
    /// A mirror of the descriptions, so that `dump` shows no secret.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: fields.map(\.description)) }
}

extension HTTPHeaders: Codable {
    /// Decodes an array of `[name, value]` pairs, or an object of values by name.
    ///
    /// - Parameter decoder: where the fields are read from.
    /// - Throws: `DecodingError` if it is neither.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let dictionary = try? container.decode([String: String].self) {
            self.init(dictionary)
            return
        }
        self.init(
            try container.decode([[String]].self).map { pair in
                guard pair.count == 2 || (pair.count == 3 && pair[2] == Self.sensitiveMark) else {
                    throw DecodingError.dataCorruptedError(
                        in: container, debugDescription: "A header is a pair of name and value.")
                }
                return Field(pair[0], pair[1], isSensitive: pair.count == 3 ? true : nil)
            })
    }

    private static let sensitiveMark = "sensitive"

    /// Encodes an array of `[name, value]` pairs, which keeps the order; a field that was marked sensitive has the mark third.
    ///
    /// - Parameter encoder: where the fields are written to.
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            fields.map { field in
                // What the name tells already needs no mark.
                let isMarked = field.isSensitive && !Field.carriesCredentials(field.name)
                return [field.name, field.value] + (isMarked ? [Self.sensitiveMark] : [])
            })
    }
}
