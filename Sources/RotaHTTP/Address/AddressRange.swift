/// Addresses that share their first bits.
struct AddressRange: Sendable, Hashable {
    private let base: IPAddress
    private let length: Int

    /// One address.
    init(_ address: IPAddress) {
        base = address
        length = address.isV4 ? 32 : 128
    }

    /// Reads `10.0.0.0/8` or `fc00::/7`; nil for anything else.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let base = IPAddress(String(parts[0])), (1...3).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let length = Int(parts[1]),
            length <= (base.isV4 ? 32 : 128)
        else { return nil }
        self.base = base
        self.length = length
    }

    /// Compares the first bits; an IPv4 range holds no IPv6 address.
    func contains(_ address: IPAddress) -> Bool {
        guard address.isV4 == base.isV4 else { return false }
        let free = (base.isV4 ? 32 : 128) - length
        return (address.bits ^ base.bits) >> UInt128(free) == 0
    }
}
