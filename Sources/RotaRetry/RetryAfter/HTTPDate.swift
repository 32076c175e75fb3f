import RotaCore

/// A date in one of the three formats of HTTP (RFC 9110 §5.6.7): IMF-fixdate, RFC 850 or asctime.
///
/// Names may be in any case, and the weekday may be wrong, because it is redundant. Everything else must follow the
/// grammar. A leap second (23:59:60) is the first second of the next day.
struct HTTPDate {
    let secondsSince1970: Int64

    /// Parses a date.
    ///
    /// - Parameters:
    ///   - text: The date, without surrounding spaces.
    ///   - now: The current time in seconds since 1970, which decides the century of a two-digit year. Without it,
    ///     such a year is malformed.
    init?(_ text: Substring.UTF8View, now: Double?) {
        var reader = HTTPDateReader(text)
        guard let weekday = reader.weekday() else { return nil }
        let isDelimited = reader.take(",")
        let fields: HTTPDateReader.Fields?
        switch weekday {
        case .short: fields = isDelimited ? reader.fixdate() : reader.asctime()
        case .long: fields = isDelimited ? reader.rfc850() : nil
        }
        guard let fields, reader.isAtEnd else { return nil }
        if weekday == .short {
            guard Self.isDay(fields, of: fields.year) else { return nil }
            secondsSince1970 = Self.seconds(fields, year: fields.year)
        } else {
            guard let now, let year = Self.year(ending: fields, now: now) else { return nil }
            secondsSince1970 = Self.seconds(fields, year: year)
        }
    }

    /// Returns the latest year with these last two digits that puts the date at most 50 years in the future.
    private static func year(ending fields: HTTPDateReader.Fields, now: Double) -> Int64? {
        // Clamp to the years 1–9999, so that no clock can overflow the arithmetic.
        let years = WholeSeconds.supported
        let second = Int64(
            max(Double(years.lowerBound), min(now.isNaN ? 0 : now, Double(years.upperBound))).rounded(.down))
        let current = Int64(CivilDate(daysSinceEpoch: Int(second.floorDivided(by: WholeSeconds.day))).year)
        let century = current - current % 100
        for year in [century + 100 + fields.year, century + fields.year, century - 100 + fields.year]
        where isDay(fields, of: year) && seconds(fields, year: year - 50) <= second {
            return year
        }
        return nil
    }

    private static func isDay(_ fields: HTTPDateReader.Fields, of year: Int64) -> Bool {
        CivilDate(year: Int(year), month: Int(fields.month), day: Int(fields.day)).exists
    }

    private static func seconds(_ fields: HTTPDateReader.Fields, year: Int64) -> Int64 {
        let day = CivilDate(year: Int(year), month: Int(fields.month), day: Int(fields.day)).daysSinceEpoch
        return Int64(day) * WholeSeconds.day + fields.secondOfDay
    }
}

/// A cursor over the bytes of an HTTP date.
struct HTTPDateReader {
    enum Weekday {
        case short
        case long
    }

    struct Fields {
        var year: Int64
        var month: Int64
        var day: Int64
        /// From 0 to 86,400, where 86,400 is a leap second.
        var secondOfDay: Int64
    }

    private var rest: Substring.UTF8View

    init(_ text: Substring.UTF8View) {
        rest = text
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Parses `Sun` or `Sunday`.
    mutating func weekday() -> Weekday? {
        for (short, tail) in Self.weekdays where take(short) {
            return take(tail) ? .long : .short
        }
        return nil
    }

    /// Parses the part of `Sun, 06 Nov 1994 08:49:37 GMT` after the comma.
    mutating func fixdate() -> Fields? {
        guard take(" "), let day = number(digits: 2), take(" "), let month = month(), take(" "),
            let year = number(digits: 4), take(" "), let second = time(), take(" GMT")
        else { return nil }
        return Fields(year: year, month: month, day: day, secondOfDay: second)
    }

    /// Parses the part of `Sunday, 06-Nov-94 08:49:37 GMT` after the comma.
    ///
    /// The year has two digits.
    mutating func rfc850() -> Fields? {
        guard take(" "), let day = number(digits: 2), take("-"), let month = month(), take("-"),
            let year = number(digits: 2), take(" "), let second = time(), take(" GMT")
        else { return nil }
        return Fields(year: year, month: month, day: day, secondOfDay: second)
    }

    /// Parses the part of `Sun Nov  6 08:49:37 1994` after the weekday.
    mutating func asctime() -> Fields? {
        guard take(" "), let month = month(), take(" "), let day = take(" ") ? number(digits: 1) : number(digits: 2),
            take(" "), let second = time(), take(" "), let year = number(digits: 4)
        else { return nil }
        return Fields(year: year, month: month, day: day, secondOfDay: second)
    }

    /// Skips a text if it comes next, ignoring case.
    mutating func take(_ text: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        var ahead = rest
        for byte in expected {
            guard let found = ahead.popFirst(), Self.lowercase(found) == Self.lowercase(byte) else { return false }
        }
        rest = ahead
        return true
    }

    private mutating func month() -> Int64? {
        var number: Int64 = 0
        for name in Self.months {
            number += 1
            if take(name) { return number }
        }
        return nil
    }

    private mutating func time() -> Int64? {
        guard let hour = number(digits: 2), take(":"), let minute = number(digits: 2), take(":"),
            let second = number(digits: 2), hour < 24, minute < 60
        else { return nil }
        // Leap seconds are only added at the end of a UTC day.
        guard second < 60 || (second == 60 && hour == 23 && minute == 59) else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    private mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let byte = rest.popFirst(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static let weekdays: [(StaticString, StaticString)] = [
        ("Mon", "day"), ("Tue", "sday"), ("Wed", "nesday"), ("Thu", "rsday"), ("Fri", "day"), ("Sat", "urday"),
        ("Sun", "day"),
    ]

    private static let months: [StaticString] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
