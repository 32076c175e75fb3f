package import Foundation

/// Dates as ISO 8601 text in UTC, such as `2026-03-15T10:00:00Z`, without a formatter or a locale.
package enum ISO8601 {
    /// Returns the date with the shortest fraction that preserves it, or `nil` outside the years 1–9999.
    package static func text(_ date: Date) -> String? {
        guard var second = WholeSeconds.floor(date), WholeSeconds.supported.contains(second) else { return nil }
        // A Date stores seconds since the reference date, so this fraction is exact.
        let held = date.timeIntervalSinceReferenceDate
        var nanosecond = Int(((held - held.rounded(.down)) * 1e9).rounded())
        if nanosecond >= 1_000_000_000 {
            nanosecond = 0
            second &+= 1
        }
        return stamp(second) + fraction(of: nanosecond, in: held) + "Z"
    }

    /// Returns the date for display.
    ///
    /// Unlike `Date.description`, which traps for some dates on Linux, it is always safe.
    package static func description(_ date: Date) -> String {
        text(date) ?? "\(date.timeIntervalSince1970) seconds after 1970"
    }

    /// Returns the date with exactly three fractional digits.
    ///
    /// Dates outside the years 0–9999 are clamped.
    package static func milliseconds(_ date: Date) -> String {
        let seconds = date.timeIntervalSince1970
        // From 0000-01-01 through 9999-12-31T23:59:59.999: years have four digits.
        let clamped = seconds.isNaN ? 0 : min(max(seconds, -62_167_219_200), 253_402_300_799.999)
        let milliseconds = Int64((clamped * 1000).rounded())
        let second = milliseconds.floorDivided(by: 1000)
        return stamp(second) + "." + padded(Int(milliseconds - second * 1000), 3) + "Z"
    }

    /// Returns text that ``exactDate(_:)`` converts back to the identical date.
    ///
    /// The text has milliseconds, and more digits if the date needs them. Other dates, such as those outside the years
    /// 1–9999, become `@` followed by the seconds since 2001.
    package static func exact(_ date: Date) -> String {
        let seconds = date.timeIntervalSinceReferenceDate
        if let second = WholeSeconds.floor(date), WholeSeconds.supported.contains(second) {
            let whole = seconds.rounded(.down)
            let prefix = stamp(second)
            for (digits, unit) in [(3, 1e3), (6, 1e6), (9, 1e9), (12, 1e12), (15, 1e15)] {
                let count = ((seconds - whole) * unit).rounded()
                guard count < unit else { continue }
                let text = prefix + "." + padded(Int(count), digits) + "Z"
                if exactDate(text)?.timeIntervalSinceReferenceDate.bitPattern == seconds.bitPattern { return text }
            }
        }
        return seconds.isNaN ? "@nan" : "@\(seconds)"
    }

    /// Parses the output of ``exact(_:)``.
    ///
    /// Returns `nil` for any other text.
    package static func exactDate(_ text: String) -> Date? {
        if text.hasPrefix("@") {
            return Double(text.dropFirst()).map { Date(timeIntervalSinceReferenceDate: $0) }
        }
        var reader = Reader(bytes: Array(text.utf8.prefix(64)))
        guard let second = reader.second("T") else { return nil }
        var fraction = 0.0
        if reader.skip(".") {
            guard let value = reader.decimalFraction(digits: 18) else { return nil }
            fraction = value
        }
        guard reader.skip("Z"), reader.isAtEnd else { return nil }
        return Date(timeIntervalSinceReferenceDate: Double(second - 978_307_200) + fraction)
    }

    /// Parses a date, `T` or a space, a time with or without a fraction, and `Z` or an offset such as `+02:00`.
    ///
    /// - Returns: `nil` for any other text, for dates and times that do not exist, and outside the years 1–9999.
    package static func parse(_ text: String) -> Date? {
        var reader = Reader(bytes: Array(text.utf8.prefix(64)))
        guard let second = reader.second("Tt ") else { return nil }
        var fraction = 0.0
        if reader.skip(".,") {
            guard let nanoseconds = reader.nanoseconds() else { return nil }
            fraction = nanoseconds / 1e9
        }
        var offset: Int64 = 0
        if !reader.skip("Zz") {
            guard let sign = reader.sign(), let hours = reader.digits(2) else { return nil }
            _ = reader.skip(":")
            guard let minutes = reader.digits(2), hours < 24, minutes < 60 else { return nil }
            offset = Int64(sign * (hours * 3_600 + minutes * 60))
        }
        guard reader.isAtEnd, WholeSeconds.supported.contains(second - offset) else { return nil }
        return Date(timeIntervalSinceReferenceDate: Double(second - offset - 978_307_200) + fraction)
    }

    /// Returns the date and time to the second, without a time zone.
    private static func stamp(_ second: Int64) -> String {
        let day = second.floorDivided(by: WholeSeconds.day)
        let date = CivilDate(daysSinceEpoch: Int(day))
        let time = Int(second &- day &* WholeSeconds.day)
        return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T"
            + padded(time / 3_600, 2) + ":" + padded(time / 60 % 60, 2) + ":" + padded(time % 60, 2)
    }

    /// Returns the shortest fraction of 3, 6 or 9 digits that preserves the date.
    private static func fraction(of nanosecond: Int, in held: Double) -> String {
        guard nanosecond != 0 else { return "" }
        for (digits, unit) in [(3, 1_000_000), (6, 1_000)] {
            let count = (nanosecond + unit / 2) / unit
            if held.rounded(.down) + Double(count * unit) / 1e9 == held { return "." + padded(count, digits) }
        }
        return "." + padded(nanosecond, 9)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private struct Reader {
        let bytes: [UInt8]
        var index = 0

        var isAtEnd: Bool { index == bytes.count }

        /// Parses `yyyy-MM-dd`, a separator and `HH:mm:ss` as seconds since 1970.
        mutating func second(_ separator: StaticString) -> Int64? {
            guard let year = digits(4), skip("-"), let month = digits(2), skip("-"), let day = digits(2),
                skip(separator), let hour = digits(2), skip(":"), let minute = digits(2), skip(":"),
                let second = digits(2), year >= 1, hour < 24, minute < 60, second < 60
            else { return nil }
            let date = CivilDate(year: year, month: month, day: day)
            guard date.exists else { return nil }
            return Int64(date.daysSinceEpoch) * WholeSeconds.day + Int64(hour * 3_600 + minute * 60 + second)
        }

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

        /// Parses one to nine digits after the point as nanoseconds.
        mutating func nanoseconds() -> Double? {
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

        /// Parses digits after the point as the nearest `Double`.
        mutating func decimalFraction(digits limit: Int) -> Double? {
            let start = index
            while index < bytes.count, bytes[index] >= 0x30, bytes[index] <= 0x39 { index += 1 }
            guard index > start, index - start <= limit else { return nil }
            return Double("0." + String(decoding: bytes[start..<index], as: UTF8.self))
        }
    }
}
