import Foundation
import RotaCore

/// Moving occurrences to business days.
///
/// A move keeps the time of day and never changes the order of two days. The occurrences that land on one business day
/// therefore come from a run of consecutive days around it, its *sources*. Both searches visit one business day after
/// another and look through its sources.
extension Schedule {
    func shiftedNext(after date: Date) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.floor(date) else { return nil }
        var day = days.day(of: second)
        for _ in 0..<1_000 {
            guard let target = days.firstBusinessDay(from: day) else { return nil }
            let sources = days.sources(of: target)
            let found = sources.compactMap { firstMoved(from: $0, to: target, after: date, days) }.min()
            if let found { return found }
            // Nothing lands here: continue at the day of the rule's next date.
            let end = days.date(of: Int64(sources.upperBound + 1) * 86_400)
            guard let next = ruleNext(after: end.justBefore), let nextSecond = WholeSeconds.floor(next) else {
                return nil
            }
            guard let nextTarget = days.target(of: days.day(of: nextSecond)) else {
                day = max(target + 1, days.day(of: nextSecond) + 1)
                continue
            }
            day = max(target + 1, nextTarget)
        }
        return nil
    }

    func shiftedPrevious(before date: Date) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.ceiling(date) else { return nil }
        var day = days.day(of: second)
        for _ in 0..<1_000 {
            guard let target = days.lastBusinessDay(upTo: day) else { return nil }
            let sources = days.sources(of: target)
            let found = sources.compactMap { lastMoved(from: $0, to: target, before: date, days) }.max()
            if let found { return found }
            let begin = days.date(of: Int64(sources.lowerBound) * 86_400)
            guard let last = rulePrevious(before: begin), let lastSecond = WholeSeconds.floor(last) else { return nil }
            guard let lastTarget = days.target(of: days.day(of: lastSecond)) else {
                day = min(target - 1, days.day(of: lastSecond) - 1)
                continue
            }
            day = min(target - 1, lastTarget)
        }
        return nil
    }

    /// Returns the first date of a source day that lands after a given date when moved to the target day.
    private func firstMoved(from source: Int, to target: Int, after date: Date, _ days: BusinessDays) -> Date? {
        var cursor = days.date(of: Int64(source) * 86_400).justBefore
        // Start at the same time of the source day, with a margin for readings that occur twice.
        if let same = days.moved(date, by: source - target) {
            cursor = max(cursor, same.addingTimeInterval(-days.margin(date, same)))
        }
        if source == target { cursor = max(cursor, date) }
        while let found = ruleNext(after: cursor), let second = WholeSeconds.floor(found),
            days.day(of: second) <= source
        {
            if days.day(of: second) == source, let moved = days.moved(found, by: target - source), moved > date {
                return moved
            }
            cursor = found
        }
        return nil
    }

    /// Returns the last date of a source day that lands before a given date when moved to the target day.
    private func lastMoved(from source: Int, to target: Int, before date: Date, _ days: BusinessDays) -> Date? {
        var cursor = days.date(of: Int64(source + 1) * 86_400)
        if let same = days.moved(date, by: source - target) {
            cursor = min(cursor, same.addingTimeInterval(days.margin(date, same)))
        }
        if source == target { cursor = min(cursor, date) }
        while let found = rulePrevious(before: cursor), let second = WholeSeconds.floor(found),
            days.day(of: second) >= source
        {
            if days.day(of: second) == source, let moved = days.moved(found, by: target - source), moved < date {
                return moved
            }
            cursor = found
        }
        return nil
    }

    /// Returns the rule's own date that was moved to another, or `nil` if it was not moved.
    func origin(ofMoved date: Date) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.floor(date) else { return nil }
        let target = days.day(of: second)
        if let plain = ruleNext(after: date.justBefore), plain == date { return nil }
        for source in days.sources(of: target) where source != target {
            guard let back = days.moved(date, by: source - target),
                let found = ruleNext(after: back.addingTimeInterval(-7_200)), found <= back
            else { continue }
            return found
        }
        return nil
    }

    /// The business days of a schedule, in the zone that decides which day it is.
    struct BusinessDays {
        private let filters: [Schedule.Filter]
        private let shift: BusinessDayShift
        private let table: ZoneTable
        /// How far to look for a business day, in days.
        private static let reach = 3_660

        /// Creates the business days of a schedule, or returns `nil` if it does not move occurrences.
        init?(_ schedule: Schedule) {
            guard let limits = schedule.limits, let shift = limits.shift,
                limits.filters.allSatisfy(\.calendar.isBound),
                let table = TimeZoneDatabase.system.knownTable(shift.zone)
            else { return nil }
            filters = limits.filters.filter { $0.calendar.hasDays }
            self.shift = shift.direction
            self.table = table
        }

        func isBusinessDay(_ day: Int) -> Bool {
            guard !filters.isEmpty else { return 1...5 ~= CivilDate.weekday(ofDay: day) }
            return filters.allSatisfy { $0.allows(day: day) }
        }

        func target(of day: Int) -> Int? {
            shift.target(of: day, isBusinessDay: isBusinessDay)
        }

        func sources(of day: Int) -> ClosedRange<Int> {
            shift.sources(of: day, isBusinessDay: isBusinessDay)
        }

        func firstBusinessDay(from day: Int) -> Int? {
            (day...day + Self.reach).first(where: isBusinessDay)
        }

        func lastBusinessDay(upTo day: Int) -> Int? {
            (0...Self.reach).first { isBusinessDay(day - $0) }.map { day - $0 }
        }

        /// Returns the day of a second in the zone, counted from 1970-01-01.
        func day(of second: Int64) -> Int { table.day(of: second) }

        /// Returns the first date at which the wall clock shows a reading, or the end of the gap that skips it.
        func date(of local: Int64) -> Date { table.date(of: local) }

        /// Returns by how many seconds readings near some dates can be out of order: more than 1 only at an offset
        /// change.
        func margin(_ dates: Date...) -> TimeInterval {
            let steady = dates.allSatisfy { date in
                guard let second = WholeSeconds.floor(date) else { return false }
                let span = table.span(at: second)
                return span.start < second - 100_000 && span.end > second + 100_000
            }
            return steady ? 1 : 7_200
        }

        /// Returns the date a number of days later on the wall clock, at the same time of day.
        func moved(_ date: Date, by days: Int) -> Date? {
            guard days != 0, let second = WholeSeconds.floor(date) else { return date }
            let fraction = date.timeIntervalSince1970 - Double(second)
            let local = second + table.span(at: second).offset + Int64(days) * 86_400
            guard WholeSeconds.supported.contains(local) else { return nil }
            return self.date(of: local).addingTimeInterval(fraction)
        }
    }
}
