extension JSONValue {
    /// A JSON number as it was written, so that nothing is lost: `1e400` and 30-digit integers stay what they are.
    public struct Number: Sendable, Hashable, CustomStringConvertible {
        /// The number's text, in JSON's grammar.
        public let text: String

        /// Makes a number of its text.
        ///
        /// - Parameter text: a number in the grammar of RFC 8259 § 6, such as `-1.5e3`.
        /// - Returns: nil if the text is no JSON number.
        public init?(_ text: String) {
            guard Self.isNumber(Array(text.utf8)[...]) else { return nil }
            self.text = text
        }

        /// Makes a number of an integer.
        ///
        /// - Parameter value: the integer.
        public init(_ value: Int64) {
            text = String(value)
        }

        /// Makes a number of a floating point value.
        ///
        /// - Parameter value: the value.
        /// - Returns: nil for infinities and not-a-number, which JSON cannot write.
        public init?(_ value: Double) {
            guard value.isFinite else { return nil }
            // 5 and not 5.0, so that a whole number comes back the same from an encoder that knows no difference.
            text = Int64(exactly: value).map { String($0) } ?? "\(value)"
        }

        init(unchecked text: String) {
            self.text = text
        }

        /// The number as a 64-bit integer; nil if it is none or does not fit.
        public var int64: Int64? { Int64(text) }

        /// The nearest floating point value; infinite if the number is too large for one.
        public var double: Double { Double(text) ?? 0 }

        /// The number's text.
        public var description: String { text }

        /// Whether this is the same quantity as another: exactly for integers of 64 bits, else as floating point.
        func isEqual(to other: Number) -> Bool {
            if let left = int64, let right = other.int64 { return left == right }
            return double == other.double
        }

        func isLess(than other: Number) -> Bool {
            if let left = int64, let right = other.int64 { return left < right }
            return double < other.double
        }

        /// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`, the whole slice.
        static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
            var rest = bytes
            func digits() -> Int {
                let count = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }.count
                rest = rest.dropFirst(count)
                return count
            }
            if rest.first == 0x2D { rest = rest.dropFirst() }
            let startsWithZero = rest.first == 0x30
            let whole = digits()
            guard whole > 0, !startsWithZero || whole == 1 else { return false }
            if rest.first == 0x2E {
                rest = rest.dropFirst()
                guard digits() > 0 else { return false }
            }
            if rest.first == 0x65 || rest.first == 0x45 {
                rest = rest.dropFirst()
                if rest.first == 0x2B || rest.first == 0x2D { rest = rest.dropFirst() }
                guard digits() > 0 else { return false }
            }
            return rest.isEmpty
        }
    }
}

extension JSONValue: CustomStringConvertible {
    /// Reads JSON text.
    ///
    /// - Parameter text: one JSON value (RFC 8259), nested at most ``deepest`` levels.
    /// - Throws: ``HTTPRequestError`` with `badJSON`, saying where.
    /// - Complexity: O(n) in the length of the text.
    public init(parsing text: String) throws(HTTPRequestError) {
        try self.init(parsing: Array(text.utf8))
    }

    package init(parsing bytes: [UInt8]) throws(HTTPRequestError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.parseDocument()
    }

    /// The value as compact JSON text.
    public var text: String {
        var out = ""
        write(to: &out)
        return out
    }

    /// The value as compact JSON text.
    public var description: String { text }

    private func write(to out: inout String) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .number(let number): out += number.text
        case .string(let string): Self.quote(string, to: &out)
        case .array(let elements):
            out += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { out += "," }
                element.write(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { out += "," }
                Self.quote(member.name, to: &out)
                out += ":"
                member.value.write(to: &out)
            }
            out += "}"
        }
    }

    private static func quote(_ string: String, to out: inout String) {
        out += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{0}"..."\u{1F}":
                let hex = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
