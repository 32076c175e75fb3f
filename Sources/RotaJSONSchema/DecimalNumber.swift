import RotaHTTP

/// A JSON number as exact decimal digits and a power of ten, so that 0.1 is 0.1 and 1e400 is not infinite.
struct DecimalNumber: Sendable, Hashable {
    let isNegative: Bool
    /// The digits from the first that is not zero to the last, each 0 to 9; empty for zero.
    let digits: [UInt8]
    /// The power of ten of the last digit.
    let exponent: Int

    init(_ number: JSONValue.Number) {
        var digits: [UInt8] = []
        var (exponent, isFraction) = (0, false)
        var rest = number.text.utf8[...]
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        while let byte = rest.first, byte | 0x20 != UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else {
                digits.append(byte - 0x30)
                if isFraction { exponent -= 1 }
            }
        }
        if !rest.isEmpty {
            let text = String(decoding: rest.dropFirst(), as: UTF8.self)
            // No document has a billion digits, so beyond this all exponents are alike.
            let power = Int(text) ?? (text.hasPrefix("-") ? -1_000_000_000 : 1_000_000_000)
            exponent += min(max(power, -1_000_000_000), 1_000_000_000)
        }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        self.digits = Array(digits.drop { $0 == 0 })
        self.exponent = self.digits.isEmpty ? 0 : exponent
        isNegative = !self.digits.isEmpty && number.text.hasPrefix("-")
    }

    var isZero: Bool { digits.isEmpty }
    var isInteger: Bool { exponent >= 0 }

    /// The number as JSON that equal numbers share: whole numbers of up to 21 digits without an exponent.
    var canonicalText: String {
        guard !isZero else { return "0" }
        let text = (isNegative ? "-" : "") + String(decoding: digits.map { $0 + 0x30 }, as: UTF8.self)
        guard exponent >= 0, digits.count + exponent <= 21 else { return text + "e\(exponent)" }
        return text + String(repeating: "0", count: exponent)
    }

    /// The number as a small integer that is zero or more, or `nil`.
    var count: Int? {
        guard !isNegative, exponent >= 0, digits.count + exponent <= 15 else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) } * (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// The digits as an integer, or `nil` if there are more than 18.
    var significand: UInt64? {
        digits.count <= 18 ? digits.reduce(0) { $0 * 10 + UInt64($1) } : nil
    }

    /// Whether the number is a whole multiple of another, which is not zero and has a ``significand``.
    ///
    /// - Complexity: O(*n*) in the number of digits.
    func isMultiple(of other: DecimalNumber) -> Bool {
        guard !isZero else { return true }
        // The last digit is not zero, so a multiple of a higher power of ten it is not.
        guard let divisor = other.significand, divisor > 0, exponent >= other.exponent else { return false }
        func product(_ left: UInt64, _ right: UInt64) -> UInt64 {
            divisor.dividingFullWidth(left.multipliedFullWidth(by: right)).remainder
        }
        var rest: UInt64 = 0
        for digit in digits { rest = (product(rest, 10 % divisor) + UInt64(digit) % divisor) % divisor }
        var (power, base) = (exponent - other.exponent, 10 % divisor)
        while power > 0, rest > 0 {
            if power & 1 == 1 { rest = product(rest, base) }
            base = product(base, base)
            power >>= 1
        }
        return rest == 0
    }
}

extension DecimalNumber: Comparable {
    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    /// Compares without the signs.
    private func isSmaller(than other: DecimalNumber) -> Bool {
        guard !isZero, !other.isZero else { return isZero && !other.isZero }
        let (size, otherSize) = (digits.count + exponent, other.digits.count + other.exponent)
        return size == otherSize ? digits.lexicographicallyPrecedes(other.digits) : size < otherSize
    }
}

extension JSONValue {
    /// The value as JSON that equal values share: numbers by quantity, members sorted by name, without white space.
    package var canonicalText: String {
        var out = ""
        writeCanonical(to: &out)
        return out
    }

    private func writeCanonical(to out: inout String) {
        switch self {
        case .number(let number): out += DecimalNumber(number).canonicalText
        case .array(let elements):
            out += "["
            for (place, element) in elements.enumerated() {
                if place > 0 { out += "," }
                element.writeCanonical(to: &out)
            }
            out += "]"
        case .object(let members):
            out += "{"
            let sorted = Dictionary(members.map { (ExactText($0.name), $0.value) }) { $1 }
                .sorted { $0.key.text.unicodeScalars.lexicographicallyPrecedes($1.key.text.unicodeScalars) }
            for (place, (name, value)) in sorted.enumerated() {
                out += (place > 0 ? "," : "") + JSONValue.string(name.text).text + ":"
                value.writeCanonical(to: &out)
            }
            out += "}"
        default: out += text
        }
    }

    /// Whether every number is the same after an encoder has written it as an integer of 64 bits or in floating point.
    var survivesEncoders: Bool {
        switch self {
        case .number(let number):
            number.int64 != nil || Number(number.double).map { DecimalNumber($0) == DecimalNumber(number) } ?? false
        case .array(let elements): elements.allSatisfy(\.survivesEncoders)
        case .object(let members): members.allSatisfy(\.value.survivesEncoders)
        default: true
        }
    }
}
