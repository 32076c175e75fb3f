import RotaCore

/// Reads and writes durations such as `90s`, `5m`, `1h30m`, `1d` and `250ms`.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads whole numbers, each followed by `w`, `d`, `h`, `m`, `s` or `ms`, or returns `nil`.
    static func parse(_ text: String) -> Duration? {
        var total: Int64 = 0
        var rest = text.utf8[...]
        guard !rest.isEmpty, rest.count <= 40 else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard !digits.isEmpty, let number = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
            let name = String(decoding: letters, as: UTF8.self).lowercased()
            guard let unit = units.first(where: { $0.name == name }) else { return nil }
            let (product, tooLarge) = number.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !tooLarge, !overflow else { return nil }
            total = sum
            rest = rest.dropFirst(letters.count)
        }
        return .milliseconds(total)
    }

    /// Returns the shortest text of a duration, or `nil` if it is negative, not in whole milliseconds, or too long to
    /// be counted in them.
    static func text(_ duration: Duration) -> String? {
        // `components` traps on durations whose seconds do not fit `Int64`.
        guard duration >= .zero, duration <= .milliseconds(Int64.max) else { return nil }
        let (seconds, attoseconds) = duration.components
        guard attoseconds % 1_000_000_000_000_000 == 0 else { return nil }
        var rest = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        guard rest > 0 else { return "0s" }
        var text = ""
        for unit in units.dropFirst() where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}

extension DurationText {
    /// Returns a duration in words that can follow "every": `15 minutes`, `1 hour and 30 minutes`, `day`.
    static func words(_ duration: Duration) -> String {
        let words = countedWords(duration)
        return words.hasPrefix("1 ") && !words.contains(" and ") ? String(words.dropFirst(2)) : words
    }

    /// Returns a duration in words: `15 minutes`, `1 day`.
    static func countedWords(_ duration: Duration) -> String {
        var rest = duration.wholeMilliseconds
        guard rest > 0 else { return duration.exactText }
        let names: [(unit: String, milliseconds: Int64)] = [
            ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000), ("millisecond", 1),
        ]
        var parts: [String] = []
        for (unit, size) in names where rest >= size {
            parts.append("\(rest / size) \(unit)" + (rest / size == 1 ? "" : "s"))
            rest %= size
        }
        guard parts.count > 1, let last = parts.popLast() else { return parts.first ?? "" }
        return parts.joined(separator: ", ") + " and " + last
    }
}
