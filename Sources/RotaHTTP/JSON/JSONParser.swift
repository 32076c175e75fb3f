/// A strict parser of RFC 8259 with a limit on nesting.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func parseDocument() throws(HTTPRequestError) -> JSONValue {
        let value = try parseValue(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error("expected the end of the text") }
        return value
    }

    private func error(_ message: String) -> HTTPRequestError {
        HTTPRequestError(
            .badJSON, field: "json", "\(message) (byte \(position))",
            value: String(decoding: bytes[min(position, bytes.count)...].prefix(20), as: UTF8.self))
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func parseValue(depth: Int) throws(HTTPRequestError) -> JSONValue {
        skipSpace()
        guard let byte = next else { throw error("expected a value, not the end of the text") }
        switch byte {
        case UInt8(ascii: "{"): return try parseObject(depth: depth + 1)
        case UInt8(ascii: "["): return try parseArray(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parse("true", as: .bool(true))
        case UInt8(ascii: "f"): return try parse("false", as: .bool(false))
        case UInt8(ascii: "n"): return try parse("null", as: .null)
        default: return .number(try parseNumber())
        }
    }

    private mutating func parse(_ word: String, as value: JSONValue) throws(HTTPRequestError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw error("expected a value") }
        position += word.utf8.count
        return value
    }

    private mutating func parseNumber() throws(HTTPRequestError) -> JSONValue.Number {
        let slice = bytes[position...].prefix { byte in
            (byte >= 0x30 && byte <= 0x39) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
        }
        guard JSONValue.Number.isNumber(slice) else { throw error("expected a value") }
        position = slice.endIndex
        return JSONValue.Number(unchecked: String(decoding: slice, as: UTF8.self))
    }

    private mutating func parseArray(depth: Int) throws(HTTPRequestError) -> JSONValue {
        try enter(depth)
        var elements: [JSONValue] = []
        skipSpace()
        if next == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        repeat {
            elements.append(try parseValue(depth: depth))
        } while try continues(until: UInt8(ascii: "]"))
        return .array(elements)
    }

    private mutating func parseObject(depth: Int) throws(HTTPRequestError) -> JSONValue {
        try enter(depth)
        var members: [JSONValue.Member] = []
        skipSpace()
        if next == UInt8(ascii: "}") {
            position += 1
            return .object([])
        }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw error("expected a member's name") }
            let name = try parseString()
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("expected a colon") }
            position += 1
            members.append(.init(name, try parseValue(depth: depth)))
        } while try continues(until: UInt8(ascii: "}"))
        return .object(members)
    }

    private mutating func enter(_ depth: Int) throws(HTTPRequestError) {
        guard depth <= JSONValue.deepest else {
            throw error("JSON may be nested at most \(JSONValue.deepest) levels deep")
        }
        position += 1
    }

    /// Consumes a comma, after which more follows, or the closing bracket.
    private mutating func continues(until close: UInt8) throws(HTTPRequestError) -> Bool {
        skipSpace()
        guard let byte = next, byte == close || byte == UInt8(ascii: ",") else {
            throw error("expected a comma or a closing bracket")
        }
        position += 1
        return byte != close
    }

    private mutating func parseString() throws(HTTPRequestError) -> String {
        position += 1
        var out: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                guard let string = String(validating: out, as: UTF8.self) else { throw error("a string is not UTF-8") }
                return string
            case UInt8(ascii: "\\"):
                position += 1
                try parseEscape(into: &out)
            case 0x00...0x1F: throw error("a control character must be escaped")
            default:
                out.append(byte)
                position += 1
            }
        }
        throw error("unterminated string")
    }

    private mutating func parseEscape(into out: inout [UInt8]) throws(HTTPRequestError) {
        guard let byte = next else { throw error("unterminated string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(0x0A)
        case UInt8(ascii: "r"): out.append(0x0D)
        case UInt8(ascii: "t"): out.append(0x09)
        case UInt8(ascii: "u"): out.append(contentsOf: String(try parseScalar()).utf8)
        default: throw error("unknown escape")
        }
    }

    private mutating func parseScalar() throws(HTTPRequestError) -> Unicode.Scalar {
        let high = try parseHex()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, bytes[position...].starts(with: [0x5C, 0x75]) else {
            throw error("unpaired surrogate")
        }
        position += 2
        let low = try parseHex()
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) * 0x400 + (low - 0xDC00))
        else { throw error("unpaired surrogate") }
        return scalar
    }

    private mutating func parseHex() throws(HTTPRequestError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw error("expected four hexadecimal digits")
            }
            value = value * 16 + UInt32(digit)
            position += 1
        }
        return value
    }
}
