/// The escapes that a text may contain.
enum TextEscapes: Sendable {
    /// Those of JSON: `\/`, `\"`, `\u00e9`, `\ud83d\ude00`.
    case json
    /// Those of a URL: `%2F`.
    case percent
    /// Those of a form: `%2F`, and `+` for a space.
    case form

    /// The piece of a text at a position.
    enum Token {
        /// A byte that stands for itself.
        case plain
        /// An escape of a length, and the bytes that it stands for.
        case escape([UInt8], length: Int)
        /// The beginning of an escape, where the text ends.
        case incomplete
    }

    /// Whether a text can contain these escapes at all.
    func mayOccur(in bytes: [UInt8]) -> Bool {
        switch self {
        case .json: bytes.contains(UInt8(ascii: "\\"))
        case .percent: bytes.contains(UInt8(ascii: "%"))
        case .form: bytes.contains(UInt8(ascii: "+"))
        }
    }

    func token(at position: Int, in bytes: [UInt8]) -> Token {
        switch (self, bytes[position]) {
        case (.json, UInt8(ascii: "\\")): return Self.jsonEscape(at: position, in: bytes)
        case (.percent, UInt8(ascii: "%")), (.form, UInt8(ascii: "%")):
            let digits = bytes[(position + 1)...].prefix(2)
            guard let value = Self.number(digits) else { return .plain }
            return digits.count == 2 ? .escape([UInt8(value)], length: 3) : .incomplete
        case (.form, UInt8(ascii: "+")): return .escape([UInt8(ascii: " ")], length: 1)
        default: return .plain
        }
    }

    private static func jsonEscape(at position: Int, in bytes: [UInt8]) -> Token {
        guard position + 1 < bytes.count else { return .incomplete }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return .escape([bytes[position + 1]], length: 2)
        case UInt8(ascii: "b"): return .escape([0x08], length: 2)
        case UInt8(ascii: "t"): return .escape([0x09], length: 2)
        case UInt8(ascii: "n"): return .escape([0x0A], length: 2)
        case UInt8(ascii: "f"): return .escape([0x0C], length: 2)
        case UInt8(ascii: "r"): return .escape([0x0D], length: 2)
        case UInt8(ascii: "u"): return unicodeEscape(at: position, in: bytes)
        default: return .plain
        }
    }

    /// Reads `\u` and four digits, or two of them for a scalar beyond the first plane.
    private static func unicodeEscape(at position: Int, in bytes: [UInt8]) -> Token {
        let digits = bytes[(position + 2)...].prefix(4)
        guard let unit = number(digits) else { return .plain }
        guard digits.count == 4 else { return .incomplete }
        if let scalar = Unicode.Scalar(unit) { return .escape(Array(Character(scalar).utf8), length: 6) }
        let rest = bytes[(position + 6)...]
        guard unit < 0xDC00, zip(rest, [UInt8(ascii: "\\"), UInt8(ascii: "u")]).allSatisfy({ $0 == $1 }) else {
            return .plain
        }
        let lowDigits = rest.dropFirst(2).prefix(4)
        guard let low = number(lowDigits) else { return .plain }
        guard lowDigits.count == 4 else { return .incomplete }
        guard 0xDC00...0xDFFF ~= low, let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + low - 0xDC00)
        else { return .plain }
        return .escape(Array(Character(scalar).utf8), length: 12)
    }

    /// Returns the value of hexadecimal digits, 0 if there are none, or `nil` if one is something else.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt32(digit - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(digit - 0x37)
            case 0x61...0x66: value = value << 4 | UInt32(digit - 0x57)
            default: return nil
            }
        }
        return value
    }
}

/// A text with its escapes undone, which knows where each of its bytes comes from.
struct EscapedReading {
    private(set) var bytes: [UInt8]
    /// Positions from which on bytes come from successive places, with the first place.
    private var anchors: [(position: Int, source: Int)] = [(0, 0)]

    /// Reads a text as it is.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Undoes the escapes of a reading.
    ///
    /// - Parameter isCut: Whether the text was cut. The beginning of an escape at its end is then left out.
    init(_ base: EscapedReading, undoing escapes: TextEscapes, isCut: Bool) {
        bytes = []
        bytes.reserveCapacity(base.bytes.count)
        var next = 0
        // Where the base continues at another place, so does this reading.
        var jumps = base.anchors.dropFirst()
        while next < base.bytes.count {
            while let jump = jumps.first, jump.position <= next {
                anchors.append((bytes.count, jump.source + next - jump.position))
                jumps.removeFirst()
            }
            switch escapes.token(at: next, in: base.bytes) {
            case .incomplete where isCut: return
            case .plain, .incomplete:
                bytes.append(base.bytes[next])
                next += 1
            case .escape(let meaning, let length):
                bytes += meaning
                next += length
                anchors.append((bytes.count, base.source(of: next)))
            }
        }
        anchors.append((bytes.count, base.source(of: next)))
    }

    /// Returns the place in the original text at which a byte begins, or at which the text ends.
    ///
    /// - Complexity: O(log *n*) in the number of escapes.
    func source(of position: Int) -> Int {
        var (low, high) = (0, anchors.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if anchors[middle].position <= position { low = middle } else { high = middle }
        }
        return anchors[low].source + position - anchors[low].position
    }

    /// Returns every reading of a text that may say something else than the text.
    static func all(of bytes: [UInt8], isCut: Bool) -> [EscapedReading] {
        var plain = [EscapedReading(bytes)]
        // A server that logs JSON inside JSON escapes it twice.
        for _ in 0..<2 {
            guard let last = plain.last, TextEscapes.json.mayOccur(in: last.bytes) else { break }
            plain.append(EscapedReading(last, undoing: .json, isCut: isCut))
        }
        let encoded = plain.flatMap { reading in
            [TextEscapes.percent, .form].filter { $0.mayOccur(in: reading.bytes) }.map {
                EscapedReading(reading, undoing: $0, isCut: isCut)
            }
        }
        return plain + encoded
    }
}
