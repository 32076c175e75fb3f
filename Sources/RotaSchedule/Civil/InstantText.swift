package import Foundation

/// Instants as ISO 8601 text in UTC: `2026-03-15T10:00:00Z`, with a fraction only where there is one.
package enum InstantText {
    /// Writes an instant, to the nanosecond; `nil` outside the years 1–9999.
    static func text(_ instant: Date) -> String? {
        guard var second = WholeSeconds.floor(instant), WholeSeconds.supported.contains(second) else { return nil }
        // The reference date's seconds are what a Date holds: subtracting there loses nothing.
        let held = instant.timeIntervalSinceReferenceDate
        var nanosecond = Int(((held - held.rounded(.down)) * 1e9).rounded())
        if nanosecond >= 1_000_000_000 {
            nanosecond = 0
            second &+= 1
        }
        let day = second.floorDivided(by: WholeSeconds.day)
        let date = CivilDate(daysSinceEpoch: Int(day))
        let time = Int(second &- day &* WholeSeconds.day)
        var text = padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T"
        text += padded(time / 3_600, 2) + ":" + padded(time / 60 % 60, 2) + ":" + padded(time % 60, 2)
        return text + fraction(of: nanosecond, in: held) + "Z"
    }

    /// The shortest fraction, of 3, 6 or 9 digits, that is read back as the same instant.
    private static func fraction(of nanosecond: Int, in held: Double) -> String {
        guard nanosecond != 0 else { return "" }
        for (digits, unit) in [(3, 1_000_000), (6, 1_000)] {
            let count = (nanosecond + unit / 2) / unit
            if held.rounded(.down) + Double(count * unit) / 1e9 == held { return "." + padded(count, digits) }
        }
        return "." + padded(nanosecond, 9)
    }

    /// Writes an instant for a person, whatever it is: `Date.description` traps for some on Linux.
    package static func description(_ instant: Date) -> String {
        text(instant) ?? "\(instant.timeIntervalSince1970) seconds after 1970"
    }

    /// Reads a date, `T` or a space, a time with or without a fraction, and `Z` or an offset such as `+02:00`.
    ///
    /// - Returns: `nil` for every other text, for a day or time that does not exist, and outside the years 1–9999.
    static func parse(_ text: String) -> Date? {
        var reader = Reader(bytes: Array(text.utf8.prefix(64)))
        guard let year = reader.digits(4), reader.skip("-"), let month = reader.digits(2), reader.skip("-"),
            let day = reader.digits(2), reader.skip("Tt "), let hour = reader.digits(2), reader.skip(":"),
            let minute = reader.digits(2), reader.skip(":"), let second = reader.digits(2),
            year >= 1, 1...12 ~= month, 1...CivilDate.days(inMonth: month, of: year) ~= day,
            hour < 24, minute < 60, second < 60
        else { return nil }
        var nanoseconds = 0.0
        if reader.skip(".,") {
            guard let fraction = reader.fraction() else { return nil }
            nanoseconds = fraction
        }
        var offset = 0
        if !reader.skip("Zz") {
            guard let sign = reader.sign(), let hours = reader.digits(2) else { return nil }
            _ = reader.skip(":")
            guard let minutes = reader.digits(2), hours < 24, minutes < 60 else { return nil }
            offset = sign * (hours * 3_600 + minutes * 60)
        }
        guard reader.isAtEnd else { return nil }
        let days = Int64(CivilDate(year: year, month: month, day: day).daysSinceEpoch)
        let seconds = days * WholeSeconds.day + Int64(hour * 3_600 + minute * 60 + second - offset)
        guard WholeSeconds.supported.contains(seconds) else { return nil }
        let reference = Double(seconds) - Date.timeIntervalBetween1970AndReferenceDate
        return Date(timeIntervalSinceReferenceDate: reference + nanoseconds / 1e9)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        mutating func skip(_ characters: StaticString) -> Bool {
            guard index < bytes.count else { return false }
            let found = characters.withUTF8Buffer { $0.contains(bytes[index]) }
            if found { index += 1 }
            return found
        }

        mutating func digits(_ count: Int) -> Int? {
            guard index + count <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[index..<index + count] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            index += count
            return value
        }

        mutating func sign() -> Int? {
            if skip("+") { return 1 }
            return skip("-") ? -1 : nil
        }

        /// Nanoseconds of one to nine digits.
        mutating func fraction() -> Double? {
            var value = 0
            var count = 0
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39, count < 9 {
                value = value * 10 + Int(bytes[index] - 0x30)
                count += 1
                index += 1
            }
            guard count > 0 else { return nil }
            for _ in count..<9 { value *= 10 }
            return Double(value)
        }
    }
}
