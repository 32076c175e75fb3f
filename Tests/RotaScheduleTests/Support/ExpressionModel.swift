/// The meaning of a cron expression, as plain sets and day rules, with a text that should have that meaning.
///
/// It is written from the specification and shares no code with the parser or the search.
struct ExpressionModel {
    /// A rule about one day: year, month, day, weekday (Sunday is 0), days in the month.
    typealias DayRule = (_ day: Day) -> Bool

    struct Day {
        var year, month, day, weekday, length: Int
    }

    struct Field {
        var text: String
        var values: Set<Int>
        var rules: [DayRule] = []
        var isStar: Bool { text.hasPrefix("*") || text.hasPrefix("?") }
    }

    var text: String
    var seconds: Set<Int> = [0]
    var minutes: Set<Int>
    var hours: Set<Int>
    var days: Field
    var months: Set<Int>
    var weekdays: Field
    var years: Set<Int>?
    var bothDays = false
    var isWildcard: Bool
    var hasSeconds: Bool

    func matches(_ day: Day) -> Bool {
        guard months.contains(day.month), years?.contains(day.year) ?? true else { return false }
        let inMonth = days.values.contains(day.day) || days.rules.contains { $0(day) }
        let inWeek = weekdays.values.contains(day.weekday) || weekdays.rules.contains { $0(day) }
        return days.isStar || weekdays.isStar || bothDays ? inMonth && inWeek : inMonth || inWeek
    }

    /// Returns the day of a reading, by counting years and months from 1970.
    static func day(ofReading reading: Int) -> Day {
        var rest = floorDivide(reading, 86_400)
        let weekday = ((rest + 4) % 7 + 7) % 7
        var year = 1970
        // 146,097 days are 400 years.
        let cycles = floorDivide(rest, 146_097)
        year += cycles * 400
        rest -= cycles * 146_097
        // Never overshoots, because no year has more than 366 days.
        year += rest / 366
        rest -= (cycles * 400 + 1970..<year).isEmpty ? 0 : rest / 366 * 365 + leapYears(from: 1970, to: year, cycles)
        while rest >= (isLeap(year) ? 366 : 365) {
            rest -= isLeap(year) ? 366 : 365
            year += 1
        }
        var month = 1
        while true {
            let length = days(inMonth: month, of: year)
            if rest < length { return Day(year: year, month: month, day: rest + 1, weekday: weekday, length: length) }
            rest -= length
            month += 1
        }
    }

    private static func leapYears(from first: Int, to last: Int, _ cycles: Int) -> Int {
        func before(_ year: Int) -> Int { (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 }
        return before(last - cycles * 400) - before(first)
    }

    static func isLeap(_ year: Int) -> Bool {
        year % 400 == 0 || year % 4 == 0 && year % 100 != 0
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}

/// Returns the quotient, rounded toward minus infinity.
func floorDivide(_ number: Int, _ divisor: Int) -> Int {
    let quotient = number / divisor
    return number % divisor < 0 ? quotient - 1 : quotient
}
