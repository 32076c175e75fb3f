/// An IPv4 or IPv6 address.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// The bits: an IPv4 address in the low 32.
    package let bits: UInt128
    /// Whether it is an IPv4 address.
    public let isV4: Bool

    /// Makes an IPv4 address.
    ///
    /// - Parameter bits: the 32 bits, the first octet highest.
    public init(v4 bits: UInt32) {
        self.bits = UInt128(bits)
        isV4 = true
    }

    /// Makes an IPv6 address.
    ///
    /// - Parameter bits: the 128 bits, the first byte highest.
    public init(v6 bits: UInt128) {
        self.bits = bits
        isV4 = false
    }

    /// Reads an address in its usual form.
    ///
    /// - Parameter text: four decimal octets without leading zeros, or IPv6 text (RFC 4291 § 2.2) without a zone.
    /// - Returns: nil if it is neither.
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
            return stride(from: 24, through: 0, by: -8).map { String((bits >> UInt128($0)) & 0xFF) }
                .joined(separator: ".")
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

    /// The IPv4 address inside an IPv4-mapped one (`::ffff:a.b.c.d`), else the address itself.
    package var unmapped: IPAddress {
        guard !isV4, bits >> 32 == 0xFFFF else { return self }
        return IPAddress(v4: UInt32(truncatingIfNeeded: bits))
    }
}
