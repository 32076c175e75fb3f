/// Addresses that are not for everyone: IANA's special-purpose registries for IPv4 and IPv6, and what clouds add.
///
/// Sources: iana-ipv4-special-registry, iana-ipv6-special-registry, RFC 5771 and RFC 4291 (multicast). Ranges that the
/// registries call globally reachable but that serve the infrastructure (AS112, AMT, PCP) are refused with the rest.
enum SpecialPurpose {
    private static let v4: [(AddressRange?, String)] = [
        ("0.0.0.0/8", "\"this network\" (RFC 791)"),
        ("10.0.0.0/8", "private (RFC 1918)"),
        ("100.64.0.0/10", "shared by carriers and clouds (RFC 6598)"),
        ("127.0.0.0/8", "loopback (RFC 1122)"),
        ("169.254.0.0/16", "link-local, where clouds keep their metadata (RFC 3927)"),
        ("172.16.0.0/12", "private (RFC 1918)"),
        ("192.0.0.0/24", "reserved for IETF protocols (RFC 6890)"),
        ("192.0.2.0/24", "for documentation (RFC 5737)"),
        ("192.31.196.0/24", "AS112 (RFC 7535)"),
        ("192.52.193.0/24", "AMT (RFC 7450)"),
        ("192.88.99.0/24", "the former 6to4 relay (RFC 7526)"),
        ("192.168.0.0/16", "private (RFC 1918)"),
        ("192.175.48.0/24", "AS112 (RFC 7534)"),
        ("198.18.0.0/15", "for benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "for documentation (RFC 5737)"),
        ("203.0.113.0/24", "for documentation (RFC 5737)"),
        ("224.0.0.0/4", "multicast (RFC 5771)"),
        ("240.0.0.0/4", "reserved (RFC 1112)"),
        ("168.63.129.16/32", "Azure's platform service"),
    ].map { (AddressRange($0.0), $0.1) }

    private static let v6: [(AddressRange?, String)] = [
        ("::/128", "unspecified (RFC 4291)"),
        ("::1/128", "loopback (RFC 4291)"),
        ("::ffff:0:0/96", "an IPv4 address in disguise (RFC 4291)"),
        ("::/96", "an IPv4 address in disguise (RFC 4291)"),
        ("64:ff9b:1::/48", "local translation (RFC 8215)"),
        ("100::/64", "discard-only (RFC 6666)"),
        ("100:0:0:1::/64", "a dummy prefix (RFC 9780)"),
        ("2001::/23", "reserved for IETF protocols, Teredo among them (RFC 2928)"),
        ("2001:db8::/32", "for documentation (RFC 3849)"),
        ("2002::/16", "6to4 (RFC 3056)"),
        ("2620:4f:8000::/48", "AS112 (RFC 7534)"),
        ("3fff::/20", "for documentation (RFC 9637)"),
        ("5f00::/16", "for segment routing (RFC 9602)"),
        ("fc00::/7", "private (RFC 4193)"),
        ("fe80::/10", "link-local (RFC 4291)"),
        ("fec0::/10", "the former site-local (RFC 3879)"),
        ("ff00::/8", "multicast (RFC 4291)"),
    ].map { (AddressRange($0.0), $0.1) }

    private static let nat64 = AddressRange("64:ff9b::/96")
    private static let global = AddressRange("2000::/3")

    /// What is special about an address, for a message; nil if it is public.
    static func range(of address: IPAddress) -> String? {
        if address.isV4 {
            return v4.first { $0.0?.contains(address) ?? true }?.1
        }
        // An IPv6-only network reaches every IPv4 host through NAT64, so what counts is the address inside.
        if nat64?.contains(address) == true {
            return range(of: IPAddress(v4: UInt32(truncatingIfNeeded: address.bits))).map { $0 + ", behind NAT64" }
        }
        if let known = v6.first(where: { $0.0?.contains(address) ?? true }) { return known.1 }
        return global?.contains(address) == true ? nil : "not assigned for global use (RFC 4291)"
    }
}

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

/// Names that mean this machine or this site, refused without asking anyone.
enum SpecialNames {
    /// RFC 6761, RFC 6762, RFC 8375, RFC 7686, RFC 9476 and ICANN's reservation of `.internal`.
    private static let domains = [
        "localhost", "local", "internal", "home.arpa", "localdomain", "intranet", "private", "corp", "home", "lan",
        "onion", "alt", "test", "invalid",
    ]

    /// Why a name is refused, for a message; nil if it may be looked up.
    static func reason(_ name: String) -> String? {
        if let domain = domains.first(where: { name == $0 || name.hasSuffix("." + $0) }) {
            return "names in .\(domain) are not public"
        }
        return name.contains(".") ? nil : "a name without a dot is not public"
    }
}

/// Ports that browsers refuse for HTTP because another protocol listens there (WHATWG Fetch § 2.9, "bad port").
enum BlockedPorts {
    private static let ports: Set<Int> = [
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
        110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
        531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190,
        5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
    ]

    static func contains(_ port: Int) -> Bool { ports.contains(port) }
}
