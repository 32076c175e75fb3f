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
