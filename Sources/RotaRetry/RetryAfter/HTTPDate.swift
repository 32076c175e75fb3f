/// A date as HTTP writes it (RFC 9110 §5.6.7): IMF-fixdate, RFC 850, or asctime.
///
/// Names are read in any case, and the day's name may be the wrong one, since it says nothing that the date does
/// not; all else is held to the grammar. A leap second (23:59:60) is the first instant of the next day.
struct HTTPDate {
    let secondsSince1970: Int64

    /// - Parameters:
    ///   - text: The date, without spaces around it.
    ///   - now: Seconds since 1970 that decide the century of a two-digit year.
    init?(_ text: Substring.UTF8View, now: Double) {
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
            guard let year = Self.year(ending: fields, now: now) else { return nil }
            secondsSince1970 = Self.seconds(fields, year: year)
        }
    }

    /// The latest year with these two last digits that puts the date at most 50 years ahead.
    private static func year(ending fields: HTTPDateReader.Fields, now: Double) -> Int64? {
        // NaN and what lies outside the years 1 to 9999 cannot be the time of a response; the nearest year stands in.
        let held = Int64(max(-62_135_596_800, min(now.isNaN ? 0 : now, 253_402_300_799)).rounded(.down))
        let current = CivilDay.year(of: (held >= 0 ? held : held - 86_399) / 86_400)
        let century = current - current % 100
        for year in [century + 100 + fields.year, century + fields.year, century - 100 + fields.year]
        where isDay(fields, of: year) && seconds(fields, year: year - 50) <= held {
            return year
        }
        return nil
    }

    private static func isDay(_ fields: HTTPDateReader.Fields, of year: Int64) -> Bool {
        fields.day >= 1 && fields.day <= CivilDay.count(year: year, month: fields.month)
    }

    private static func seconds(_ fields: HTTPDateReader.Fields, year: Int64) -> Int64 {
        CivilDay.number(year: year, month: fields.month, day: fields.day) * 86_400 + fields.secondOfDay
    }
}
