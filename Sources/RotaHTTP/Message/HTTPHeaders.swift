/// Header fields in order, looked up by name without regard to case.
///
/// A name may occur several times.
///
/// The container itself checks nothing, so a literal needs no `try`. ``HTTPRequest`` and ``RequestTemplate`` refuse
/// names and values that could split a message, such as a line break.
public struct HTTPHeaders: Sendable, Hashable {
    /// The fields in order.
    public private(set) var fields: [Field] = []

    /// Creates an empty list.
    public init() {}

    /// Creates a list from fields.
    public init(_ fields: some Sequence<Field>) {
        self.fields = Array(fields)
    }

    /// Creates a list from a dictionary, sorted by name.
    public init(_ dictionary: [String: String]) {
        fields = dictionary.sorted { $0.key < $1.key }.map { Field($0.key, $0.value) }
    }

    /// The value of the first field of a name.
    ///
    /// Setting it replaces every field of that name, and `nil` removes them.
    ///
    /// - Complexity: O(*n*) in the number of fields.
    public subscript(name: String) -> String? {
        get { fields.first { $0.isNamed(name) }?.value }
        set {
            guard let newValue else { return remove(name) }
            set(Field(name, newValue))
        }
    }

    /// Returns every value of a name, in order.
    ///
    /// - Complexity: O(*n*) in the number of fields.
    public func values(_ name: String) -> [String] {
        fields.filter { $0.isNamed(name) }.map(\.value)
    }

    /// Returns whether there is a field of a name.
    public func contains(_ name: String) -> Bool {
        fields.contains { $0.isNamed(name) }
    }

    /// Appends a field and keeps other fields of its name.
    public mutating func append(_ field: Field) {
        fields.append(field)
    }

    /// Replaces every field of the same name by this one, at the position of the first.
    ///
    /// A new name is appended.
    public mutating func set(_ field: Field) {
        guard let index = fields.firstIndex(where: { $0.isNamed(field.name) }) else { return append(field) }
        fields[index] = field
        var later = fields.index(after: index)
        while later < fields.endIndex {
            if fields[later].isNamed(field.name) { fields.remove(at: later) } else { later += 1 }
        }
    }

    /// Removes every field of a name.
    public mutating func remove(_ name: String) {
        fields.removeAll { $0.isNamed(name) }
    }

    /// The fields without spaces and tabs around their values.
    var trimmed: HTTPHeaders {
        guard fields.contains(where: \.isPadded) else { return self }
        return HTTPHeaders(fields.map { Field($0.name, $0.value.trimmingBlanks, isSensitive: $0.isSensitive) })
    }

    /// Returns the fields that have one of the names, in their present order.
    public func selecting(_ names: some Sequence<String>) -> HTTPHeaders {
        let wanted = Set(names.map { $0.lowercased() })
        return HTTPHeaders(fields.filter { wanted.contains($0.name.lowercased()) })
    }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
    /// Creates a list in the order of the literal.
    ///
    /// A name may occur several times.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field($0.0, $0.1) }
    }
}

extension HTTPHeaders: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// One field per line, with sensitive values replaced.
    public var description: String { fields.map(\.description).joined(separator: "\n") }
    /// The same as the description, so that a debugger shows no secret.
    public var debugDescription: String { description }
    /// A mirror of the descriptions, so that `dump` shows no secret.
    public var customMirror: Mirror { Mirror(self, unlabeledChildren: fields.map(\.description)) }
}

extension HTTPHeaders: Codable {
    /// Decodes an array of `[name, value]` pairs, or an object of values by name.
    ///
    /// - Throws: `DecodingError` for anything else.
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

    /// Encodes an array of `[name, value]` pairs.
    ///
    /// A third element marks a field that was made sensitive by hand.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(
            fields.map { field in
                // Fields that are sensitive by their name need no mark.
                let isMarked = field.isSensitive && !Field.carriesCredentials(field.name)
                return [field.name, field.value] + (isMarked ? [Self.sensitiveMark] : [])
            })
    }
}

extension HTTPHeaders {
    /// A header field: a name, a value, and whether the value is secret.
    public struct Field: Sendable, Hashable {
        /// The name as written.
        public let name: String
        /// The value.
        public let value: String
        /// Whether the value is left out of every description.
        public let isSensitive: Bool

        /// Creates a field.
        ///
        /// - Parameters:
        ///   - name: A token, such as `Content-Type`.
        ///   - value: The value, without line breaks.
        ///    - isSensitive: Whether to hide the value. By default only credentials such as `Authorization` and
        ///     `Cookie` are hidden.
        public init(_ name: String, _ value: String, isSensitive: Bool? = nil) {
            self.name = name
            self.value = value
            self.isSensitive = isSensitive ?? Self.carriesCredentials(name)
        }

        /// Returns whether this field has a name, without regard to the case of ASCII letters.
        public func isNamed(_ other: String) -> Bool {
            let left = name.utf8
            let right = other.utf8
            guard left.count == right.count else { return false }
            return zip(left, right).allSatisfy { lowercaseASCII($0) == lowercaseASCII($1) }
        }

        /// Whether the value begins or ends with a space or a tab.
        fileprivate var isPadded: Bool {
            guard let first = value.utf8.first, let last = value.utf8.last else { return false }
            return isBlank(first) || isBlank(last)
        }

        /// Returns whether fields of this name carry credentials: hidden in descriptions, dropped by a redirect to
        /// another host.
        package static func carriesCredentials(_ name: String) -> Bool {
            // Most fields have another length, and lowercasing each of a response costs more than reading it.
            switch name.utf8.count {
            case 6, 7, 9, 10, 12, 13, 19: break
            default: return false
            }
            return switch name.lowercased() {
            case "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "api-key", "x-auth-token":
                true
            default: false
            }
        }

        /// Compares values exactly and names without regard to case.
        public static func == (left: Field, right: Field) -> Bool {
            left.value == right.value && left.isNamed(right.name)
        }

        /// Hashes the lowercased name and the value.
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
    /// A mirror without sensitive values, so that `dump` shows no secret.
    public var customMirror: Mirror { Mirror(self, children: ["field": description]) }
}

extension String {
    /// The text without spaces and tabs at its beginning and end.
    var trimmingBlanks: String {
        String(decoding: utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed(), as: UTF8.self)
    }
}

/// Returns whether the byte is a space or a tab.
private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

/// Returns the byte with A–Z mapped to a–z.
package func lowercaseASCII(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

extension HTTPHeaders {
    /// The size limit of one value in bytes.
    package static let longestValue = 16_384
    /// The size limit of all names and values together in bytes.
    package static let longestTotal = 65_536

    /// Names that frame the message or belong to the connection.
    ///
    /// Setting one by hand allows request smuggling.
    private static let reserved: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "proxy-connection", "keep-alive", "upgrade", "te",
        "trailer", "expect", "proxy-authorization", "proxy-authenticate", "http2-settings",
    ]

    /// Throws if a field could split the message or is too large.
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
                .tooLarge, field: "headers",
                "names and values may have at most \(Self.longestTotal) bytes, not \(total)"
            )
        }
    }

    package static func check(name: String) throws(HTTPRequestError) {
        guard !name.isEmpty, name.utf8.count <= 256, name.utf8.allSatisfy(isToken) else {
            throw HTTPRequestError(
                .badHeader, field: "headers",
                "a header name consists of letters, digits and -_.!#$%&'*+^`|~ (RFC 9110)",
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
                "the value contains a line break or another control character; remove it")
        }
        guard value.utf8.count <= longestValue else {
            throw HTTPRequestError(
                .tooLarge, field: "headers[\"\(name)\"]",
                "a value may have at most \(longestValue) bytes, not \(value.utf8.count)")
        }
    }

    /// Returns whether the byte is a `tchar` (RFC 9110 § 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E...0x60, 0x7C, 0x7E: true
        default: false
        }
    }
}
