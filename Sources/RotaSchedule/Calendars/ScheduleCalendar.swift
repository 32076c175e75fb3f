/// A set of days and times, such as the holidays of a country, to leave out of a schedule or to keep it within.
///
/// It is the union of its parts: dates, days of every year, days of the week, and cron expressions (of which one with
/// five fields covers each matching minute whole). It is read on a zone's wall clock.
public struct ScheduleCalendar: Sendable, Hashable {
    /// Days as numbers since 1970-01-01, sorted.
    private(set) var dates: [Int] = []
    /// Month × 32 + day, sorted.
    private(set) var annual: [Int] = []
    /// Bit n: weekday n.
    private(set) var weekdays: UInt8 = 0
    private(set) var expressions: [CronExpression] = []

    init() {}

    /// Single dates.
    /// - Parameter texts: dates such as `2026-12-25`.
    /// - Throws: ``ScheduleError`` for a text that is no date of the years 1–9999.
    public static func dates(_ texts: [String]) throws(ScheduleError) -> ScheduleCalendar {
        var days: Set<Int> = []
        for text in texts {
            guard let numbers = Self.numbers(text, digits: [4, 2, 2]), numbers[0] >= 1, 1...12 ~= numbers[1],
                1...CivilDate.days(inMonth: numbers[1], of: numbers[0]) ~= numbers[2]
            else {
                throw ScheduleError(
                    .calendar, value: text, message: "\"\(text)\" is not a date; write one such as 2026-12-25.")
            }
            days.insert(CivilDate(year: numbers[0], month: numbers[1], day: numbers[2]).daysSinceEpoch)
        }
        var calendar = ScheduleCalendar()
        calendar.dates = days.sorted()
        return calendar
    }

    /// Days that come every year.
    /// - Parameter texts: days such as `12-25`; `02-29` comes in leap years.
    /// - Throws: ``ScheduleError`` for a text that is no day of any year.
    public static func annual(_ texts: [String]) throws(ScheduleError) -> ScheduleCalendar {
        var days: Set<Int> = []
        for text in texts {
            guard let numbers = Self.numbers(text, digits: [2, 2]), 1...12 ~= numbers[0],
                1...CivilDate.days(inMonth: numbers[0], of: 2000) ~= numbers[1]
            else {
                throw ScheduleError(
                    .calendar, value: text, message: "\"\(text)\" is not a day of the year; write one such as 12-25.")
            }
            days.insert(numbers[0] * 32 + numbers[1])
        }
        var calendar = ScheduleCalendar()
        calendar.annual = days.sorted()
        return calendar
    }

    /// Days of every week.
    public static func weekdays(_ weekdays: Set<Weekday>) -> ScheduleCalendar {
        var calendar = ScheduleCalendar()
        calendar.weekdays = weekdays.reduce(0) { $0 | 1 << UInt8($1.rawValue) }
        return calendar
    }

    /// Saturday and Sunday.
    public static var weekends: ScheduleCalendar { .weekdays([.saturday, .sunday]) }

    /// The times that a cron expression names; with five fields each matching minute whole.
    /// - Throws: ``ScheduleError`` for `@every`, which names instants but no times of a clock.
    public static func cron(_ expression: CronExpression) throws(ScheduleError) -> ScheduleCalendar {
        guard expression.period == nil else {
            throw ScheduleError(
                .calendar, value: expression.source, message: "A calendar needs cron fields; @every has none.")
        }
        var calendar = ScheduleCalendar()
        calendar.expressions = [expression]
        return calendar
    }

    /// The days and times of either calendar.
    public func union(_ other: ScheduleCalendar) -> ScheduleCalendar {
        var calendar = self
        calendar.dates = Set(dates).union(other.dates).sorted()
        calendar.annual = Set(annual).union(other.annual).sorted()
        calendar.weekdays |= other.weekdays
        for expression in other.expressions where !expressions.contains(expression) {
            calendar.expressions.append(expression)
        }
        return calendar
    }

    /// Whether the calendar has nothing in it.
    public var isEmpty: Bool { !hasDays && expressions.isEmpty }

    /// Whether the calendar has whole days in it.
    var hasDays: Bool { !dates.isEmpty || !annual.isEmpty || weekdays != 0 }

    /// Numbers of exactly so many digits with hyphens between them.
    private static func numbers(_ text: String, digits: [Int]) -> [Int]? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == digits, text.utf8.allSatisfy({ $0 == 0x2D || $0 &- 0x30 < 10 }) else {
            return nil
        }
        return parts.compactMap { Int($0) }
    }
}
