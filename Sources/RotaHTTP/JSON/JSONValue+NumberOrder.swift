extension JSONValue.Number {
    /// Whether this is the same quantity as another, however both are written and however long they are.
    func isEqual(to other: Self) -> Bool {
        if let left = int64, let right = other.int64 { return left == right }
        return double == other.double && Magnitude(text) == Magnitude(other.text)
    }

    /// Whether this is a smaller quantity than another, however both are written.
    func isLess(than other: Self) -> Bool {
        if let left = int64, let right = other.int64 { return left < right }
        // Rounding keeps the order, so only what rounds to the same needs a closer look.
        guard double == other.double else { return double < other.double }
        return Magnitude(text) < Magnitude(other.text)
    }

    /// A number as sign, digits and the place of the point: 0.d₁d₂d₃… · 10^point, no zeros at either end.
    private struct Magnitude: Comparable {
        private var isNegative = false
        private var digits: [UInt8] = []
        private var point: Int128 = 0

        /// Takes apart text in JSON's grammar.
        init(_ text: String) {
            let bytes = Array(text.utf8)
            let exponentAt = bytes.firstIndex { $0 == 0x65 || $0 == 0x45 } ?? bytes.endIndex
            let mantissa = bytes[..<exponentAt]
            let all = mantissa.filter { $0 >= 0x30 && $0 <= 0x39 }
            let fraction = mantissa.firstIndex(of: 0x2E).map { exponentAt - $0 - 1 } ?? 0
            let significant = all.drop { $0 == 0x30 }
            guard !significant.isEmpty else { return }
            isNegative = bytes.first == 0x2D
            point = Int128(significant.count - fraction) + Self.exponent(bytes[exponentAt...].dropFirst())
            digits = Array(significant)
            while digits.last == 0x30 { digits.removeLast() }
        }

        /// The exponent; one of more than 36 digits counts as the largest of 36.
        private static func exponent(_ bytes: ArraySlice<UInt8>) -> Int128 {
            var value: Int128 = 0
            let digits = bytes.drop { $0 == 0x2B || $0 == 0x2D }.drop { $0 == 0x30 }
            for digit in digits.count > 36 ? [UInt8](repeating: 0x39, count: 36)[...] : digits {
                value = value * 10 + Int128(digit - 0x30)
            }
            return bytes.first == 0x2D ? -value : value
        }

        static func < (left: Self, right: Self) -> Bool {
            if left.digits.isEmpty || right.digits.isEmpty || left.isNegative != right.isNegative {
                return left.sign < right.sign
            }
            let (small, large) = left.isNegative ? (right, left) : (left, right)
            guard small.point == large.point else { return small.point < large.point }
            return small.digits.lexicographicallyPrecedes(large.digits)
        }

        private var sign: Int { digits.isEmpty ? 0 : isNegative ? -1 : 1 }
    }
}
