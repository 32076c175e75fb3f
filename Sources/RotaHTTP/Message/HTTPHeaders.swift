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

extension HTTPHeaders {
    /// One header field: a name, a value, and whether the value must never be shown.
    public struct Field: Sendable, Hashable {
        /// The name as it was written.
        public let name: String
        /// The value as it is sent.
        public let value: String
        /// Whether the value is left out of every description.
        public let isSensitive: Bool

        /// Makes a field.
        ///
        /// - Parameters:
        ///   - name: a token, such as `Content-Type`.
        ///   - value: the value, without a line break.
        ///   - isSensitive: whether to hide the value; by default true for `Authorization`, `Cookie` and their like.
        public init(_ name: String, _ value: String, isSensitive: Bool? = nil) {
            self.name = name
            self.value = value
            self.isSensitive = isSensitive ?? Self.carriesCredentials(name)
        }

        /// Whether this field has that name, letter case aside.
        ///
        /// - Parameter other: the name to compare with.
        /// - Returns: true if both names are equal when written in lower case ASCII.
        public func isNamed(_ other: String) -> Bool {
            let left = name.utf8
            let right = other.utf8
            guard left.count == right.count else { return false }
            return zip(left, right).allSatisfy { lowercaseASCII($0) == lowercaseASCII($1) }
        }

        /// Names whose values prove who the sender is: hidden from descriptions, dropped when a redirect leaves the host.
        package static func carriesCredentials(_ name: String) -> Bool {
            switch name.lowercased() {
            case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token":
                true
            default: false
            }
        }

        /// Fields are equal if their values are, and their names but for letter case.
        public static func == (left: Field, right: Field) -> Bool {
            left.value == right.value && left.isNamed(right.name)
        }

        /// Hashes the name in lower case, and the value.
        ///
        /// - Parameter hasher: what the field is mixed into.
        public func hash(into hasher: inout Hasher) {
            hasher.combine(name.lowercased())
            hasher.combine(value)
        }
    }
}

extension HTTPHeaders.Field: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// `Name: value`, or `Name: [redacted]` if the value is sensitive.
    public var description: String { "\(name): \(isSensitive ? "[redacted]" : value)" }
    /// The same as the description, so that a debugger shows no secret.
    public var debugDescription: String { description }
    /// A mirror without a sensitive value, so that `dump` shows no secret.
    public var customMirror: Mirror { Mirror(self, children: ["field": description]) }
}

/// The byte with A–Z made a–z.
package func lowercaseASCII(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

extension HTTPHeaders {
    /// The longest value a request may carry, in bytes.
    package static let longestValue = 16_384
    /// The most bytes all names and values together may have.
    package static let longestTotal = 65_536

    /// Names that frame the message or belong to the connection: setting one by hand is request smuggling.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "proxy-connection", "keep-alive", "upgrade", "te",
        "trailer", "expect", "proxy-authorization", "proxy-authenticate", "http2-settings",
    ]

    /// Refuses what could smuggle or is too large (goal S2).
    ///
    /// - Throws: ``HTTPRequestError`` with `badHeader`, `reservedHeader` or `tooLarge`.
    package func check() throws(HTTPRequestError) {
        var total = 0
        for field in fields {
            try Self.check(name: field.name)
            try Self.check(value: field.value, of: field.name)
            total += field.name.utf8.count + field.value.utf8.count
        }
        guard total <= Self.longestTotal else {
            throw HTTPRequestError(
                .tooLarge, field: "headers", "names and values may have \(Self.longestTotal) bytes, these have \(total)"
            )
        }
    }

    package static func check(name: String) throws(HTTPRequestError) {
        guard !name.isEmpty, name.utf8.count <= 256, name.utf8.allSatisfy(isToken) else {
            throw HTTPRequestError(
                .badHeader, field: "headers", "a header name has letters, digits and -_.!#$%&'*+^`|~ (RFC 9110)",
                value: name)
        }
        guard !reserved.contains(name.lowercased()) else {
            throw HTTPRequestError(
                .reservedHeader, field: "headers[\"\(name)\"]", "the transport sets this header itself; leave it out")
        }
    }

    package static func check(value: String, of name: String) throws(HTTPRequestError) {
        guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            throw HTTPRequestError(
                .badHeader, field: "headers[\"\(name)\"]",
                "the value holds a line break or another control character; remove it")
        }
        guard value.utf8.count <= longestValue else {
            throw HTTPRequestError(
                .tooLarge, field: "headers[\"\(name)\"]",
                "a value may have \(longestValue) bytes, this one has \(value.utf8.count)")
        }
    }

    /// `tchar` of RFC 9110 § 5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
