extension String {
    /// Returns the string, truncated to a number of UTF-8 bytes and followed by `…` if it is longer.
    ///
    /// - Parameter bytes: The maximum number of bytes, not counting the `…`. No Unicode scalar is split. The default,
    ///   16 KiB, is the limit for messages in records.
    package func clipped(to bytes: Int = 16_384) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end]) + "…"
    }
}

extension StringProtocol {
    /// Returns the beginning of the text, up to a number of Unicode scalars.
    ///
    /// Limits of length count scalars, as JSON Schema does: a single character may hold any number of combining marks.
    package func prefix(scalars count: Int) -> String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}

extension BidirectionalCollection<UInt8> {
    /// The bytes without the beginning of a UTF-8 sequence at their end, where a limit cut a character.
    package var droppingCutCharacter: SubSequence {
        var index = endIndex
        var count = 0
        while index > startIndex, count < 3 {
            formIndex(before: &index)
            count += 1
            let length =
                switch self[index] {
                case 0x80...0xBF: 0
                case 0xC2...0xDF: 2
                case 0xE0...0xEF: 3
                case 0xF0...0xF4: 4
                default: 1
                }
            if length > 0 { return length > count ? self[..<index] : self[...] }
        }
        return self[...]
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is white space, a byte order mark, or another one without a width.
    package var isInvisible: Bool {
        switch self {
        case "\u{FEFF}", "\u{200B}"..."\u{200F}", "\u{2060}", "\u{AD}": true
        default: properties.isWhitespace
        }
    }
}

extension String {
    /// Returns the text without white space and byte order marks around it.
    package var trimmingInvisible: String {
        var scalars = unicodeScalars[...]
        while let first = scalars.first, first.isInvisible { scalars.removeFirst() }
        while let last = scalars.last, last.isInvisible { scalars.removeLast() }
        return String(scalars)
    }
}

extension Sequence<UInt8> {
    /// Two lowercase hexadecimal digits for each byte.
    package var hexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

/// Percent-encoding (RFC 3986 §2.1).
package enum PercentEncoding {
    /// Returns `%` and two hexadecimal digits.
    package static func escape(_ byte: UInt8) -> [UInt8] {
        let hex = Array("0123456789ABCDEF".utf8)
        return [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
    }

    /// Encodes all but the unreserved characters, as a path segment or a query value needs it.
    package static func encode(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.append(byte)
            default: out += escape(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Returns a URL that is safe to show and store: without user name, password, query and fragment.
    package static func redact(url: String) -> String {
        let bytes = Array(url.utf8)
        let end = bytes.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? bytes.endIndex
        let shown = bytes[..<end]
        let tail = end == bytes.endIndex ? "" : "?[redacted]"
        guard let at = shown.lastIndex(of: UInt8(ascii: "@")) else {
            return String(decoding: shown, as: UTF8.self) + tail
        }
        return "[redacted]@" + String(decoding: shown[(at + 1)...], as: UTF8.self) + tail
    }
}

/// Finds the name that a misspelled one probably means, for error messages.
///
/// Case, hyphens, underscores, dots and spaces do not count: `sendInvoice` means `send-invoice`.
package enum Spelling {
    /// The most bytes of a name that are compared.
    private static let longest = 64

    /// Returns names by their likeness to a text, the most similar one first, and equally similar ones as they were.
    package static func nearest(to text: String, among names: [String]) -> [String] {
        let wanted = letters(of: text)
        return names.enumerated()
            .map { (place: $0.offset, name: $0.element, distance: distance(wanted, letters(of: $0.element))) }
            .sorted { ($0.distance, $0.place) < ($1.distance, $1.place) }
            .map(\.name)
    }

    /// Returns the name that a text probably means: one with at most two other letters, or one if the text is short.
    ///
    /// - Returns: `nil` if no name is similar enough.
    package static func meant(by text: String, among names: some Sequence<String>) -> String? {
        let wanted = letters(of: text)
        let limit = wanted.count <= 4 ? 1 : 2
        var best: (name: String, distance: Int)?
        for name in names {
            let candidate = letters(of: name)
            guard abs(candidate.count - wanted.count) <= limit else { continue }
            let distance = distance(wanted, candidate)
            // Two short names differ in two letters however little they have in common.
            guard distance <= limit, distance < wanted.count else { continue }
            if distance < best?.distance ?? .max { best = (name, distance) }
        }
        return best?.name
    }

    /// Returns how many letters must be changed, added or removed to make one text the other.
    package static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (line, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in right.indices {
                let changed = diagonal + (right[column] == byte ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(changed, row[column + 1] + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }

    private static func letters(of name: String) -> [UInt8] {
        name.utf8.lazy.filter { !"-_. ".utf8.contains($0) }.prefix(longest)
            .map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}

// Durations in messages for people. Texts that are read again, such as `1h30m` in a schedule, are `RotaSchedule`'s.

extension Duration {
    /// The duration for people, rounded: `0 s`, `250 ms`, `1.98 s`, `2 min 5 s`, `1 h 30 min`, `3 d 4 h`.
    ///
    /// Below a minute it has three significant digits, and above it the two largest units.
    package var text: String {
        guard !isEndless else { return sign + Self.endless }
        let total = attosecondMagnitude
        let rounded = Self.rounded(total)
        guard rounded >= Self.minute else { return sign + Self.decimal(rounded) }
        let step = total < Self.hour ? Self.second : total < Self.day ? Self.minute : Self.hour
        return sign + Self.parts((total + step / 2) / step * step)
    }

    /// The duration for people in full, such as `1 h 1 ms`, for errors that refuse it or name a limit.
    package var exactText: String { sign + (isEndless ? Self.endless : Self.parts(attosecondMagnitude)) }

    private static var endless: String { "10,000 years or more" }
    private var isEndless: Bool { abs(inSeconds) >= 3.2e11 }

    private static var second: UInt128 { 1_000_000_000_000_000_000 }
    private static var minute: UInt128 { 60 * second }
    private static var hour: UInt128 { 60 * minute }
    private static var day: UInt128 { 24 * hour }

    private var sign: String { self < .zero ? "-" : "" }

    private var attosecondMagnitude: UInt128 {
        let (seconds, attoseconds) = clampedComponents
        return UInt128(seconds.magnitude) * Self.second + UInt128(attoseconds.magnitude)
    }

    /// The number with its three most significant digits, rounded half up.
    private static func rounded(_ total: UInt128) -> UInt128 {
        var step: UInt128 = 1
        while total / step >= 1000 { step *= 10 }
        return (total + step / 2) / step * step
    }

    /// Days, hours and minutes, as far as there are any, and then the rest.
    private static func parts(_ total: UInt128) -> String {
        var rest = total
        var parts: [String] = []
        for (unit, size) in [("d", day), ("h", hour), ("min", minute)] where rest >= size {
            parts.append("\(rest / size) \(unit)")
            rest %= size
        }
        if rest > 0 || parts.isEmpty { parts.append(decimal(rest)) }
        return parts.joined(separator: " ")
    }

    /// Less than a minute as a decimal number of its largest unit.
    private static func decimal(_ total: UInt128) -> String {
        let units: [(name: String, size: UInt128)] = [
            ("s", second), ("ms", second / 1000), ("µs", second / 1_000_000), ("ns", second / 1_000_000_000),
        ]
        guard total > 0, let unit = units.first(where: { total >= $0.size }) ?? units.last else { return "0 s" }
        // The digits of the fraction follow the leading one.
        var fraction = "\(unit.size + total % unit.size)".dropFirst()
        while fraction.last == "0" { fraction.removeLast() }
        return "\(total / unit.size)\(fraction.isEmpty ? "" : "." + fraction) \(unit.name)"
    }
}
