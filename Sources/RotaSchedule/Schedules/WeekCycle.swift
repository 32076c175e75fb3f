import Foundation
import RotaCore

extension Schedule {
    /// Returns the schedule in every second week, every third, and so on, without the occurrences of the weeks between.
    ///
    /// Weeks begin on Monday. The weeks are chosen before ``onBusinessDays(_:in:)`` moves an occurrence, which may
    /// therefore land in another week.
    ///
    /// ```swift
    /// let payday = try Schedule.weekly(on: .friday, at: "16:00", in: "Europe/Berlin")
    ///     .everyWeeks(2, from: "2026-01-09")
    /// print(payday.summary)  // At 16:00, on Friday (Europe/Berlin), every 2 weeks from 2026-01-05
    /// ```
    ///
    /// - Parameters:
    ///   - count: The number of weeks from one to the next, from 1 to 520.
    ///   - day: A day of the first of the weeks, such as `2026-01-09`. The cycle extends before it, too.
    ///   - zone: The IANA identifier of the zone whose wall clock decides which week it is. The default is the
    ///     schedule's own zone, or UTC.
    /// - Throws: ``ScheduleError`` with code `calendar` if the text is not a date, or `limit` if the number is out of
    ///   its range.
    public func everyWeeks(
        _ count: Int, from day: String, in zone: String? = nil
    ) throws(ScheduleError) -> Schedule {
        let cycle = WeekCycle(
            length: count, anyDay: try ScheduleCalendar.dates([day]).dates[0],
            zone: zone ?? timeZoneIdentifier ?? "UTC")
        try cycle.validate()
        return with { $0.weeks = count == 1 ? nil : cycle }
    }

    /// Returns the first date of the rule after another, in the chosen weeks.
    func ruleNext(after date: Date, within budget: inout SearchBudget) -> Date? {
        guard let weeks = limits?.weeks else { return rule.next(after: date, within: &budget) }
        return weeks.next(after: date, of: rule, within: &budget)
    }

    /// Returns the last date of the rule before another, in the chosen weeks.
    func rulePrevious(before date: Date, within budget: inout SearchBudget) -> Date? {
        guard let weeks = limits?.weeks else { return rule.previous(before: date, within: &budget) }
        return weeks.previous(before: date, of: rule, within: &budget)
    }
}

/// Every nth week, on the wall clock of a zone.
struct WeekCycle: Sendable, Hashable {
    /// The number of weeks from one to the next.
    let length: Int
    /// The Monday of one of the weeks, in days since 1970-01-01.
    let monday: Int
    /// The zone's identifier.
    let zone: String

    /// The seconds to look further if a reading near the border of two weeks can occur twice.
    private static let margin: TimeInterval = 7_200

    init(length: Int, anyDay day: Int, zone: String) {
        self.length = length
        monday = day - (CivilDate.weekday(ofDay: day) + 6) % 7
        self.zone = zone
    }

    func validate() throws(ScheduleError) {
        guard 1...520 ~= length else {
            throw ScheduleError(
                .limit, value: "\(length)", message: "A cycle of weeks must have 1 to 520 of them, not \(length).")
        }
    }

    /// The Monday of one of the weeks, such as `2026-01-05`.
    var mondayText: String { String(LocalTime(seconds: Int64(monday) * 86_400).description.prefix(10)) }

    func next(after date: Date, of rule: Schedule.Rule, within budget: inout SearchBudget) -> Date? {
        guard let table = TimeZoneDatabase.system.knownTable(zone) else { return nil }
        var date = date
        var own = SearchBudget.ofOneSchedule
        while budget.spend(10, of: &own) {
            guard let found = rule.next(after: date, within: &budget), let week = week(of: found, in: table) else {
                return nil
            }
            guard let missing = weeksUntilNext(week) else { return found }
            let start = table.date(of: Int64(monday + (week + missing) * 7) * 86_400)
            date = max(found, table.isSteady(at: start) ? start.justBefore : start.addingTimeInterval(-Self.margin))
        }
        return nil
    }

    func previous(before date: Date, of rule: Schedule.Rule, within budget: inout SearchBudget) -> Date? {
        guard let table = TimeZoneDatabase.system.knownTable(zone) else { return nil }
        var date = date
        var own = SearchBudget.ofOneSchedule
        while budget.spend(10, of: &own) {
            guard let found = rule.previous(before: date, within: &budget), let week = week(of: found, in: table) else {
                return nil
            }
            guard let missing = weeksUntilNext(week) else { return found }
            let end = table.date(of: Int64(monday + (week + missing - length + 1) * 7) * 86_400)
            date = min(found, table.isSteady(at: end) ? end : end.addingTimeInterval(Self.margin))
        }
        return nil
    }

    /// Returns the beginning of the next chosen week after a second, or `nil` if the second is in one.
    func beginning(after second: Int64, in table: ZoneTable) -> Date? {
        let week = Int(Int64(table.day(of: second) - monday).floorDivided(by: 7))
        return weeksUntilNext(week).map {
            table.date(of: Int64(monday + (week + $0) * 7) * 86_400, after: second)
        }
    }

    /// Returns the week of a date, counted from that of ``monday``.
    private func week(of date: Date, in table: ZoneTable) -> Int? {
        guard let second = WholeSeconds.floor(date) else { return nil }
        return Int(Int64(table.day(of: second) - monday).floorDivided(by: 7))
    }

    /// Returns in how many weeks the next one of the cycle is, or `nil` if the week itself is one.
    private func weeksUntilNext(_ week: Int) -> Int? {
        let over = week - Int(Int64(week).floorDivided(by: Int64(length))) * length
        return over == 0 ? nil : length - over
    }
}

extension ZoneTable {
    /// Returns the day of a second on the zone's wall clock, counted from 1970-01-01.
    func day(of second: Int64) -> Int {
        Int((second + span(at: second).offset).floorDivided(by: 86_400))
    }

    /// Whether the offset from UTC stays the same for hours before and after a date.
    func isSteady(at date: Date) -> Bool {
        guard let second = WholeSeconds.floor(date) else { return false }
        let span = span(at: second)
        return span.start < second - 10_000 && span.end > second + 10_000
    }

    /// Returns a date at which the wall clock shows a reading that is later than that of a second, and is after it.
    ///
    /// It is the first one, unless the clock was set back between that and the second.
    func date(of local: Int64, after second: Int64) -> Date {
        let first = date(of: local)
        guard first <= Date(wholeSeconds: second) else { return first }
        return Date(wholeSeconds: local - span(at: second).offset)
    }

    /// Returns the first date at which the wall clock shows a reading, or the end of the gap that skips it.
    func date(of local: Int64) -> Date {
        switch TimeZoneRules(table: self).dates(of: LocalTime(seconds: local)) {
        case .unique(let date), .gap(end: let date, _), .overlap(first: let date, _): date
        }
    }
}
