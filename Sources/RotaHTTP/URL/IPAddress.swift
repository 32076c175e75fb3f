/// An IPv4 or IPv6 address.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The bits of the address.
    ///
    /// An IPv4 address occupies the low 32.
    package let bits: UInt128
    /// Whether it is an IPv4 address.
    public let isV4: Bool

    /// Creates an IPv4 address from 32 bits, the first octet highest.
    public init(v4 bits: UInt32) {
        self.bits = UInt128(bits)
        isV4 = true
    }

    /// Creates an IPv6 address from 128 bits, the first byte highest.
    public init(v6 bits: UInt128) {
        self.bits = bits
        isV4 = false
    }

    /// Parses an address in its usual form.
    ///
    /// - Parameter text: Four decimal octets without leading zeros, or IPv6 text (RFC 4291 § 2.2) without a zone.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        if let v4 = Self.dottedQuad(bytes[...]) {
            self.init(v4: v4)
        } else if let v6 = Self.v6(bytes) {
            self.init(v6: v6)
        } else {
            return nil
        }
    }

    /// The address in canonical form: dotted decimal, or RFC 5952.
    public var description: String {
        if isV4 {
            let bits = UInt32(truncatingIfNeeded: bits)
            return "\(bits >> 24).\(bits >> 16 & 0xFF).\(bits >> 8 & 0xFF).\(bits & 0xFF)"
        }
        let groups = stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: bits >> UInt128($0)) }
        var best = 0..<0
        var start = 0
        while start < 8 {
            let length = groups[start...].prefix { $0 == 0 }.count
            if length > 1, length > best.count { best = start..<(start + length) }
            start += max(1, length)
        }
        func hex(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return best.isEmpty
            ? hex(groups[...]) : hex(groups[..<best.lowerBound]) + "::" + hex(groups[best.upperBound...])
    }

    /// The IPv4 address inside an IPv4-mapped one (`::ffff:a.b.c.d`), otherwise the address itself.
    package var unmapped: IPAddress {
        guard !isV4, bits >> 32 == 0xFFFF else { return self }
        return IPAddress(v4: UInt32(truncatingIfNeeded: bits))
    }
}

extension IPAddress {
    /// Parses exactly four decimal octets without leading zeros.
    static func dottedQuad(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0"),
                let octet = number(part, radix: 10), octet < 256
            else { return nil }
            value = value << 8 | UInt32(octet)
        }
        return value
    }

    /// Parses what `inet_aton`, and so `getaddrinfo`, accepts: one to four decimal, octal (`0…`) or hex (`0x…`) parts.
    ///
    /// The last part fills the remaining bytes, so `127.1`, `0x7f000001` and `017700000001` are all 127.0.0.1.
    package static func numericHost(_ text: String) -> UInt32? {
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...4).contains(parts.count) else { return nil }
        var value: UInt64 = 0
        for (index, part) in parts.enumerated() {
            guard let number = numericPart(part) else { return nil }
            if index < parts.count - 1 {
                guard number < 256 else { return nil }
                value |= number << UInt64(24 - 8 * index)
            } else {
                guard number < 1 << UInt64(32 - 8 * index) else { return nil }
                value |= number
            }
        }
        return UInt32(exactly: value)
    }

    private static func numericPart(_ part: ArraySlice<UInt8>) -> UInt64? {
        guard let first = part.first else { return nil }
        guard first == UInt8(ascii: "0"), part.count > 1 else { return number(part, radix: 10) }
        let rest = part.dropFirst()
        if rest.first == UInt8(ascii: "x") || rest.first == UInt8(ascii: "X") {
            return number(rest.dropFirst(), radix: 16)
        }
        return number(rest, radix: 8)
    }

    /// Parses digits without a sign.
    ///
    /// Returns `nil` if there are none or the value exceeds 32 bits.
    private static func number(_ digits: ArraySlice<UInt8>, radix: UInt64) -> UInt64? {
        guard !digits.isEmpty else { return nil }
        var value: UInt64 = 0
        for byte in digits {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            guard UInt64(digit) < radix else { return nil }
            value = value * radix + UInt64(digit)
            guard value <= UInt64(UInt32.max) else { return nil }
        }
        return value
    }

    /// Parses IPv6 text: eight groups, at most one `::`, and optionally an IPv4 tail.
    static func v6(_ bytes: [UInt8]) -> UInt128? {
        guard bytes.count >= 2, bytes.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var rest = bytes[...]
        if rest.starts(with: [0x3A, 0x3A]) {
            gap = 0
            rest = rest.dropFirst(2)
        }
        while !rest.isEmpty {
            let part = rest.prefix { $0 != 0x3A }
            if part.contains(0x2E) {
                guard part.count == rest.count, groups.count <= 6, let v4 = dottedQuad(part) else { return nil }
                groups += [UInt16(truncatingIfNeeded: v4 >> 16), UInt16(truncatingIfNeeded: v4)]
                rest = rest.dropFirst(part.count)
                break
            }
            guard (1...4).contains(part.count), groups.count < 8, let value = number(part, radix: 16) else {
                return nil
            }
            groups.append(UInt16(truncatingIfNeeded: value))
            rest = rest.dropFirst(part.count)
            guard !rest.isEmpty else { break }
            rest = rest.dropFirst()
            if rest.first == 0x3A {
                guard gap == nil else { return nil }
                gap = groups.count
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                return nil
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: [UInt16](repeating: 0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        return groups.reduce(0) { $0 << 16 | UInt128($1) }
    }
}
