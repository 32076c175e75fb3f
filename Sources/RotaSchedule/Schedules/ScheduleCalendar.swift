import RotaCore

/// A set of days and times, such as a country's holidays, to exclude from a schedule or to keep it within.
///
/// A calendar is the union of its parts: dates, days of every year, days of the week and cron expressions. It describes
/// the wall clock of the zone it is used in.
///
/// ```swift
/// let holidays = try ScheduleCalendar.annual(["12-25", "01-01"]).union(.dates(["2026-04-03"]))
/// let lunch = try ScheduleCalendar.cron(CronExpression("* 12 * * *"))  // all of 12:00–12:59
/// let schedule = Schedule.every(.seconds(900))
///     .excluding(holidays.union(.weekends).union(lunch), in: "Europe/Berlin")
/// print(schedule.summary)
/// ```
///
/// A calendar that many jobs use is kept once, by the store, and named by their schedules: see ``named(_:)``.
public struct ScheduleCalendar: Sendable {
    /// Days since 1970-01-01, sorted.
    private(set) var dates: [Int] = []
    /// Days of every year as month × 32 + day, sorted.
    private(set) var annual: [Int] = []
    /// Weekday n is bit n; Sunday is bit 0.
    private(set) var weekdays: UInt8 = 0
    private(set) var expressions: [CronExpression] = []
    /// The names of calendars that a store keeps, sorted.
    private(set) var names: [String] = []
    /// The calendars of the names, in their order, or empty until ``binding(_:)`` has filled them in.
    ///
    /// They are no part of the value: two calendars with the same names are equal, whatever the names stand for.
    private(set) var contents: [ScheduleCalendar] = []

    init() {}

    /// Creates a calendar of single dates.
    ///
    /// - Parameter texts: Dates such as `2026-12-25`.
    /// - Throws: ``ScheduleError`` for a text that is not a date of the years 1–9999.
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

    /// Creates a calendar of days of every year.
    ///
    /// - Parameter texts: Days such as `12-25`. `02-29` occurs in leap years.
    /// - Throws: ``ScheduleError`` for a text that is not a day of any year.
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

    /// Creates a calendar of days of the week.
    public static func weekdays(_ weekdays: Set<Weekday>) -> ScheduleCalendar {
        var calendar = ScheduleCalendar()
        calendar.weekdays = weekdays.reduce(0) { $0 | 1 << UInt8($1.rawValue) }
        return calendar
    }

    /// The calendar of Saturday and Sunday.
    public static var weekends: ScheduleCalendar { .weekdays([.saturday, .sunday]) }

    /// Creates a calendar of the times that a cron expression matches.
    ///
    /// With five fields, each matching minute is included as a whole.
    ///
    /// - Throws: ``ScheduleError`` for `@every`, which has no fields.
    public static func cron(_ expression: CronExpression) throws(ScheduleError) -> ScheduleCalendar {
        guard expression.period == nil else {
            throw ScheduleError(
                .calendar, value: expression.source, message: "A calendar needs cron fields; @every has none.")
        }
        var calendar = ScheduleCalendar()
        calendar.expressions = [expression]
        return calendar
    }

    /// Returns the days and times of a calendar that the scheduler's store keeps, and that any number of jobs share.
    ///
    /// A schedule alone does not know the calendar, so it gives no dates outside a scheduler. There, as the schedule of
    /// a job or of a preview, it does.
    ///
    /// ```swift
    /// let schedule = try Schedule.daily(at: "09:00", in: "Europe/Berlin")
    ///     .excluding(.named("holidays").union(.weekends))
    /// print(schedule.summary)
    /// // At 09:00 (Europe/Berlin), except on Sunday, Saturday and the calendar "holidays"
    /// ```
    ///
    /// - Parameter name: The name, from 1 to 100 characters, not all of them blank.
    /// - Throws: ``ScheduleError`` with code `calendar` for any other name.
    public static func named(_ name: String) throws(ScheduleError) -> ScheduleCalendar {
        guard name.prefix(101).count <= 100, name.contains(where: { !$0.isWhitespace }) else {
            let length = name.prefix(101).count
            throw ScheduleError(
                .calendar, value: String(name.prefix(100)),
                message: "A calendar's name must have 1 to 100 characters, not all of them blank. This one has "
                    + (length > 100 ? "more." : "\(length)."))
        }
        var calendar = ScheduleCalendar()
        calendar.names = [name]
        return calendar
    }

    /// Returns the calendar of the days and times in either calendar.
    public func union(_ other: ScheduleCalendar) -> ScheduleCalendar {
        var calendar = self
        // An array stays shared if the other calendar adds nothing to it.
        if !other.dates.isEmpty {
            calendar.dates = dates.isEmpty ? other.dates : Set(dates).union(other.dates).sorted()
        }
        calendar.annual = Set(annual).union(other.annual).sorted()
        if !other.names.isEmpty {
            calendar.names = Set(names).union(other.names).sorted()
            calendar.contents = []
        }
        calendar.weekdays |= other.weekdays
        for expression in other.expressions where !expressions.contains(expression) {
            calendar.expressions.append(expression)
        }
        return calendar
    }

    /// Whether the calendar contains nothing.
    public var isEmpty: Bool { !hasDays && expressions.isEmpty && names.isEmpty }

    /// Whether the calendar contains whole days.
    var hasDays: Bool { hasOwnDays || contents.contains { $0.hasOwnDays } }

    private var hasOwnDays: Bool { !dates.isEmpty || !annual.isEmpty || weekdays != 0 }

    /// Whether the calendars of all names are known.
    var isBound: Bool { contents.count == names.count }

    /// Returns the calendar with the calendars of its names filled in, or without any if one is unknown.
    ///
    /// The arrays of a calendar are shared by all that are bound to it.
    func binding(_ calendars: [String: ScheduleCalendar]) -> ScheduleCalendar {
        guard !names.isEmpty else { return self }
        var copy = self
        copy.contents = names.compactMap { calendars[$0] }
        if !copy.isBound { copy.contents = [] }
        return copy
    }

    /// Reads numbers of exactly these numbers of digits, separated by hyphens.
    private static func numbers(_ text: String, digits: [Int]) -> [Int]? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == digits, text.utf8.allSatisfy({ $0 == 0x2D || $0 &- 0x30 < 10 }) else {
            return nil
        }
        return parts.compactMap { Int($0) }
    }
}

extension ScheduleCalendar: Hashable {
    /// Whether two calendars have the same parts, and the same names.
    public static func == (lhs: ScheduleCalendar, rhs: ScheduleCalendar) -> Bool {
        lhs.weekdays == rhs.weekdays && lhs.names == rhs.names && lhs.dates == rhs.dates && lhs.annual == rhs.annual
            && lhs.expressions == rhs.expressions
    }

    /// Hashes the parts and the names.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(weekdays)
        hasher.combine(names)
        hasher.combine(dates)
        hasher.combine(annual)
        hasher.combine(expressions)
    }
}

extension ScheduleCalendar {
    /// How far to search, in days: the Gregorian calendar repeats after 400 years.
    private static let reach = 146_097

    /// Whether the calendar contains a whole day, counted from 1970-01-01.
    func contains(day: Int) -> Bool {
        if weekdays >> UInt8(CivilDate.weekday(ofDay: day)) & 1 == 1 { return true }
        if !dates.isEmpty, let index = index(ofDateFrom: day), dates[index] == day { return true }
        if !annual.isEmpty {
            let date = CivilDate(daysSinceEpoch: day)
            if annual.contains(date.month * 32 + date.day) { return true }
        }
        return contents.contains { $0.contains(day: day) }
    }

    /// Whether the calendar contains a reading of the wall clock.
    func contains(local: Int64) -> Bool {
        contains(day: Int(local.floorDivided(by: 86_400))) || pattern(covering: local) != nil
    }

    /// The pattern of an expression that contains a reading of the wall clock.
    private func pattern(covering local: Int64) -> CronPattern? {
        for expression in expressions where expression.pattern.covers(local: local) { return expression.pattern }
        for calendar in contents {
            if let pattern = calendar.pattern(covering: local) { return pattern }
        }
        return nil
    }

    /// Whether the calendar contains every reading, because it has every day of the week or an expression of all
    /// minutes.
    private var hasEverything: Bool {
        contents.reduce(weekdays) { $0 | $1.weekdays } == 0x7F || expressions.contains { $0.pattern.coversEverything }
            || contents.contains { $0.expressions.contains { $0.pattern.coversEverything } }
    }

    /// How many stretches inside the calendar a search for a reading outside it skips before it stops early.
    private static let stretches = 100

    /// Returns the first reading at or after another that is inside the calendar, or outside it.
    ///
    /// A search outside may stop early. All readings before the result are inside the calendar then.
    func nextLocal(from local: Int64, inside: Bool) -> Int64? {
        inside ? nextInside(local) : nextOutside(local)
    }

    /// Returns the last reading at or before another that is inside the calendar, or outside it.
    ///
    /// A search outside may stop early. All readings after the result are inside the calendar then.
    func previousLocal(from local: Int64, inside: Bool) -> Int64? {
        inside ? previousInside(local) : previousOutside(local)
    }

    private func index(ofDateFrom day: Int) -> Int? {
        var (lower, upper) = (0, dates.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if dates[middle] < day { lower = middle + 1 } else { upper = middle }
        }
        return lower < dates.count ? lower : nil
    }

    private func nextInside(_ local: Int64) -> Int64? {
        if contains(local: local) { return local }
        let day = Int(local.floorDivided(by: 86_400))
        var best: Int64?
        if weekdays != 0 || !annual.isEmpty {
            let found = (day + 1...day + Self.reach).first { contains(day: $0) }
            best = found.map { Int64($0) * 86_400 }
        } else if let index = index(ofDateFrom: day) {
            best = Int64(dates[index]) * 86_400
        }
        for expression in expressions {
            guard let found = expression.pattern.nextLocal(from: local) else { continue }
            best = min(best ?? found, found)
        }
        for calendar in contents {
            guard let found = calendar.nextInside(local) else { continue }
            best = min(best ?? found, found)
        }
        return best
    }

    private func previousInside(_ local: Int64) -> Int64? {
        if contains(local: local) { return local }
        let day = Int(local.floorDivided(by: 86_400))
        var best: Int64?
        if weekdays != 0 || !annual.isEmpty {
            let found = (1...Self.reach).first { contains(day: day - $0) }
            best = found.map { Int64(day - $0) * 86_400 + 86_399 }
        } else if let last = dates.last(where: { $0 < day }) {
            best = Int64(last) * 86_400 + 86_399
        }
        for expression in expressions {
            guard var found = expression.pattern.previousLocal(from: local) else { continue }
            if !expression.pattern.flags.contains(.hasSeconds) { found += 59 }
            best = max(best ?? found, found)
        }
        for calendar in contents {
            guard let found = calendar.previousInside(local) else { continue }
            best = max(best ?? found, found)
        }
        return best
    }

    private func nextOutside(_ local: Int64) -> Int64? {
        if hasEverything { return nil }
        var local = local
        for _ in 0..<Self.stretches {
            let day = local.floorDivided(by: 86_400)
            if contains(day: Int(day)) {
                local = (day + 1) * 86_400
            } else if let pattern = pattern(covering: local) {
                local = pattern.nextUncovered(after: local)
            } else {
                return local
            }
        }
        return local
    }

    private func previousOutside(_ local: Int64) -> Int64? {
        if hasEverything { return nil }
        var local = local
        for _ in 0..<Self.stretches {
            let day = local.floorDivided(by: 86_400)
            if contains(day: Int(day)) {
                local = day * 86_400 - 1
            } else if let pattern = pattern(covering: local) {
                local = pattern.previousUncovered(before: local)
            } else {
                return local
            }
        }
        return local
    }
}

extension ScheduleCalendar: Codable {
    private enum Key: String, CodingKey {
        case dates, annual, weekdays, cron, named
    }

    /// Decodes an object with the lists `dates`, `annual`, `weekdays` (`SUN` … `SAT`), `cron` and `named`, all of them
    /// optional.
    ///
    /// - Throws: `DecodingError` with the description of the ``ScheduleError``.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        do {
            var calendar = try Self.dates(try container.decodeIfPresent([String].self, forKey: .dates) ?? [])
            calendar = calendar.union(
                try .annual(try container.decodeIfPresent([String].self, forKey: .annual) ?? []))
            let names = try container.decodeIfPresent([String].self, forKey: .weekdays) ?? []
            for name in names {
                guard let weekday = Weekday.allCases.first(where: { $0.abbreviation == name.uppercased() }) else {
                    throw ScheduleError(
                        .calendar, value: name, message: "\"\(name)\" is not a weekday; write SUN, MON … SAT.")
                }
                calendar = calendar.union(.weekdays([weekday]))
            }
            for expression in try container.decodeIfPresent([CronExpression].self, forKey: .cron) ?? [] {
                calendar = calendar.union(try .cron(expression))
            }
            for name in try container.decodeIfPresent([String].self, forKey: .named) ?? [] {
                calendar = calendar.union(try .named(name))
            }
            self = calendar
        } catch let error as ScheduleError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    /// Encodes the lists that are not empty.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if !dates.isEmpty { try container.encode(dateTexts, forKey: .dates) }
        if !annual.isEmpty { try container.encode(annualTexts, forKey: .annual) }
        let names = Weekday.allCases.filter { weekdays >> UInt8($0.rawValue) & 1 == 1 }.map(\.abbreviation)
        if !names.isEmpty { try container.encode(names, forKey: .weekdays) }
        if !expressions.isEmpty { try container.encode(expressions, forKey: .cron) }
        if !self.names.isEmpty { try container.encode(self.names, forKey: .named) }
    }

    private var dateTexts: [String] {
        dates.map { String(LocalTime(seconds: Int64($0) * 86_400).description.prefix(10)) }
    }

    private var annualTexts: [String] {
        annual.map { number in
            [number / 32, number % 32].map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: "-")
        }
    }
}
