import RotaCore

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

extension ScheduleCalendar {
    /// How far a search goes: the calendar of days repeats itself after 400 years.
    private static let reach = 146_097

    /// Whether a whole day, as a number since 1970-01-01, is in the calendar.
    func contains(day: Int) -> Bool {
        if weekdays >> UInt8(CivilDate.weekday(ofDay: day)) & 1 == 1 { return true }
        if !dates.isEmpty, let index = index(ofDateFrom: day), dates[index] == day { return true }
        guard !annual.isEmpty else { return false }
        let date = CivilDate(daysSinceEpoch: day)
        return annual.contains(date.month * 32 + date.day)
    }

    /// Whether a wall-clock reading is in the calendar.
    func contains(local: Int64) -> Bool {
        contains(day: Int(local.floorDivided(by: 86_400))) || expressions.contains { $0.pattern.covers(local: local) }
    }

    /// How many stretches inside the calendar a search for a reading outside looks past before it stops for breath.
    private static let stretches = 100

    /// The first reading at or after one that is in the calendar, or is not.
    ///
    /// A search for one that is not may stop early, at a reading before which all others are in the calendar.
    func nextLocal(from local: Int64, inside: Bool) -> Int64? {
        inside ? nextInside(local) : nextOutside(local)
    }

    /// The last reading at or before one that is in the calendar, or is not.
    ///
    /// A search for one that is not may stop early, at a reading after which all others are in the calendar.
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
        return best
    }

    private func nextOutside(_ local: Int64) -> Int64? {
        var local = local
        for _ in 0..<Self.stretches {
            let day = local.floorDivided(by: 86_400)
            if weekdays == 0x7F {
                return nil
            } else if contains(day: Int(day)) {
                local = (day + 1) * 86_400
            } else if let covering = expressions.first(where: { $0.pattern.covers(local: local) }) {
                local = covering.pattern.nextUncovered(after: local)
            } else {
                return local
            }
        }
        return local
    }

    private func previousOutside(_ local: Int64) -> Int64? {
        var local = local
        for _ in 0..<Self.stretches {
            let day = local.floorDivided(by: 86_400)
            if weekdays == 0x7F {
                return nil
            } else if contains(day: Int(day)) {
                local = day * 86_400 - 1
            } else if let covering = expressions.first(where: { $0.pattern.covers(local: local) }) {
                local = covering.pattern.previousUncovered(before: local)
            } else {
                return local
            }
        }
        return local
    }
}

extension ScheduleCalendar: Codable {
    private enum Key: String, CodingKey {
        case dates, annual, weekdays, cron
    }

    /// Reads an object of `dates`, `annual`, `weekdays` (`SUN` … `SAT`) and `cron`, each a list that may be missing.
    /// - Throws: `DecodingError` that carries the text of the error.
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
            self = calendar
        } catch let error as ScheduleError {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    /// Writes the lists that are not empty.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        if !dates.isEmpty { try container.encode(dateTexts, forKey: .dates) }
        if !annual.isEmpty { try container.encode(annualTexts, forKey: .annual) }
        let names = Weekday.allCases.filter { weekdays >> UInt8($0.rawValue) & 1 == 1 }.map(\.abbreviation)
        if !names.isEmpty { try container.encode(names, forKey: .weekdays) }
        if !expressions.isEmpty { try container.encode(expressions, forKey: .cron) }
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
