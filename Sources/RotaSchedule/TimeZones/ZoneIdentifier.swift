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

    /// Returns the offset of `UTC`, `GMT`, or Foundation's names of fixed offsets: `GMT+0530`, `GMT-08:00`.
    static func fixedOffset(_ text: String) -> Int64? {
        if text == "GMT" || text == "UTC" { return 0 }
        guard text.hasPrefix("GMT") || text.hasPrefix("UTC") else { return nil }
        let rest = text.utf8.dropFirst(3)
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let parts = rest.dropFirst().split(separator: UInt8(ascii: ":"), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 1 || 2...3 ~= parts.count && parts.allSatisfy({ $0.count == 2 }) else { return nil }
        let digits = parts.joined()
        guard [2, 4, 6].contains(digits.count), digits.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        var pairs: [Int64] = [0, 0, 0]
        for (index, digit) in digits.enumerated() { pairs[index / 2] = pairs[index / 2] * 10 + Int64(digit - 0x30) }
        guard pairs[0] <= 24, pairs[1] < 60, pairs[2] < 60 else { return nil }
        let seconds = pairs[0] * 3_600 + pairs[1] * 60 + pairs[2]
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    /// Returns the known name most similar to a text: equal except for case and spaces, or at most two letters
    /// different.
    static func nearest(to text: String, among known: [String]) -> String? {
        func plain(_ name: String) -> [UInt8] { name.lowercased().utf8.map { $0 == 0x20 ? 0x5F : $0 } }
        let wanted = plain(String(text.prefix(64)))
        guard wanted.count >= 3 else { return nil }
        var best: (name: String, distance: Int)?
        for name in known {
            let candidate = plain(name)
            // Match "berlin" with "Europe/Berlin".
            if candidate.suffix(wanted.count + 1) == [0x2F] + wanted { return name }
            guard abs(candidate.count - wanted.count) <= 2 else { continue }
            let distance = editDistance(wanted, candidate)
            if distance <= 2, distance < best?.distance ?? 3 { best = (name, distance) }
        }
        return best?.name
    }

    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (line, byte) in left.enumerated() {
            var diagonal = row[0]
            row[0] = line + 1
            for column in 1..<row.count {
                let changed = diagonal + (right[column - 1] == byte ? 0 : 1)
                diagonal = row[column]
                row[column] = min(changed, row[column] + 1, row[column - 1] + 1)
            }
        }
        return row[right.count]
    }
}
