import RotaCore

/// The syntax of time zone identifiers.
enum ZoneIdentifier {
    /// Whether a text can be an identifier and, appended to a folder's path, cannot leave that folder.
    static func isSound(_ text: String) -> Bool {
        guard (1...255).contains(text.utf8.count) else { return false }
        var startsPart = true
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "/"):
                if startsPart { return false }
                startsPart = true
            case UInt8(ascii: "."), UInt8(ascii: "-"):
                // Refuse hidden files, "..", and names that a tool would take for an option.
                if startsPart { return false }
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"):
                startsPart = false
            default:
                return false
            }
        }
        return !startsPart
    }

    /// Whether a file of this name belongs to the machine, not to IANA: its own zone, and copies with other rules.
    static func isOfSystem(_ identifier: String) -> Bool {
        ["localtime", "posixrules"].contains(identifier) || identifier.hasPrefix("posix/")
            || identifier.hasPrefix("right/")
    }

    /// Returns the text without white space and byte order marks around it, and without the colon of POSIX's `TZ`.
    static func plain(_ text: String) -> String {
        let trimmed = text.trimmingInvisible
        return trimmed.hasPrefix(":") ? String(trimmed.dropFirst()) : trimmed
    }

    /// Returns the offset of `UTC`, `GMT`, or Foundation's names of fixed offsets: `GMT+0530`, `GMT-08:00`, `GMT+1`.
    static func fixedOffset(_ text: String) -> Int64? {
        if text == "GMT" || text == "UTC" { return 0 }
        guard text.hasPrefix("GMT") || text.hasPrefix("UTC") else { return nil }
        let rest = text.utf8.dropFirst(3)
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let parts = rest.dropFirst().split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 1 || 2...3 ~= parts.count && parts.allSatisfy({ $0.count == 2 }) else { return nil }
        var digits = parts.joined().map(\.self)
        if digits.count == 1 { digits.insert(0x30, at: 0) }
        guard [2, 4, 6].contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        var pairs: [Int64] = [0, 0, 0]
        for (index, digit) in digits.enumerated() { pairs[index / 2] = pairs[index / 2] * 10 + Int64(digit - 0x30) }
        guard pairs[0] <= 24, pairs[1] < 60, pairs[2] < 60 else { return nil }
        let seconds = pairs[0] * 3_600 + pairs[1] * 60 + pairs[2]
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    /// Returns the names that a text that is none of them probably means, the most probable one first.
    ///
    /// They are those of a common abbreviation, or else the one most similar name: equal except for a folder before it,
    /// for case or for spaces, or at most two letters different, one if the text is short.
    static func meant(by text: String, among known: [String]) -> [String] {
        if let names = abbreviations[text.uppercased()] { return names }
        if let slash = text.firstIndex(of: "/"), case let rest = String(text[text.index(after: slash)...]),
            known.contains(rest)
        {
            return [rest]
        }
        func plain(_ name: String) -> [UInt8] { name.lowercased().utf8.map { $0 == 0x20 ? 0x5F : $0 } }
        let wanted = plain(String(text.prefix(64)))
        guard wanted.count >= 3 else { return [] }
        if let same = known.first(where: { plain($0) == wanted }) { return [same] }
        var best: (name: String, distance: Int)?
        let limit = wanted.count <= 4 ? 1 : 2
        for name in known {
            let candidate = plain(name)
            // Match "berlin" with "Europe/Berlin".
            if candidate.suffix(wanted.count + 1) == [0x2F] + wanted { return [name] }
            guard abs(candidate.count - wanted.count) <= limit else { continue }
            let distance = Spelling.distance(wanted, candidate)
            if distance <= limit, distance < best?.distance ?? 3 { best = (name, distance) }
        }
        return best.map { [$0.name] } ?? []
    }

    /// The zones that an abbreviation may mean, for error messages.
    private static let abbreviations: [String: [String]] = [
        "ACT": ["Australia/Darwin", "America/Rio_Branco"], "AET": ["Australia/Sydney"],
        "AGT": ["America/Argentina/Buenos_Aires"], "ART": ["America/Argentina/Buenos_Aires", "Africa/Cairo"],
        "AST": ["America/Halifax", "Asia/Riyadh"], "BET": ["America/Sao_Paulo"],
        "BST": ["Europe/London", "Asia/Dhaka"], "CAT": ["Africa/Maputo"], "CNT": ["America/St_Johns"],
        "CST": ["America/Chicago", "Asia/Shanghai"], "CTT": ["Asia/Shanghai"], "EAT": ["Africa/Nairobi"],
        "ECT": ["America/Guayaquil", "Europe/Paris"], "IET": ["America/Indiana/Indianapolis"],
        "IST": ["Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"], "JST": ["Asia/Tokyo"], "MIT": ["Pacific/Apia"],
        "NET": ["Asia/Yerevan"], "NST": ["America/St_Johns", "Pacific/Auckland"], "PLT": ["Asia/Karachi"],
        "PNT": ["America/Phoenix"], "PRT": ["America/Puerto_Rico"], "PST": ["America/Los_Angeles", "Asia/Manila"],
        "SST": ["Pacific/Guadalcanal", "Pacific/Pago_Pago"], "VST": ["Asia/Ho_Chi_Minh"],
        // Foundation does not accept these, but people write them.
        "ACST": ["Australia/Adelaide"], "ADT": ["America/Halifax"], "AEDT": ["Australia/Sydney"],
        "AEST": ["Australia/Sydney", "Australia/Brisbane"], "AKDT": ["America/Anchorage"],
        "AKST": ["America/Anchorage"], "AWST": ["Australia/Perth"], "BRT": ["America/Sao_Paulo"],
        "CDT": ["America/Chicago"], "CEST": ["Europe/Paris"], "EDT": ["America/New_York"], "EEST": ["Europe/Athens"],
        "GST": ["Asia/Dubai"], "HKT": ["Asia/Hong_Kong"], "ICT": ["Asia/Bangkok"], "KST": ["Asia/Seoul"],
        "MDT": ["America/Denver"], "MSK": ["Europe/Moscow"], "NZDT": ["Pacific/Auckland"],
        "NZST": ["Pacific/Auckland"], "PDT": ["America/Los_Angeles"], "PKT": ["Asia/Karachi"],
        "SAST": ["Africa/Johannesburg"], "SGT": ["Asia/Singapore"], "WAT": ["Africa/Lagos"], "WEST": ["Europe/Lisbon"],
        "WIB": ["Asia/Jakarta"], "Z": ["UTC"],
    ]
}
