import Foundation
import RotaCore

/// Moving occurrences to business days.
///
/// A move keeps the time of day and never changes the order of two days. The occurrences that land on one business day
/// therefore come from a run of consecutive days around it, its *sources*. Both searches visit one business day after
/// another and look through its sources.
extension Schedule {
    /// Returns the first date after another, as moved.
    ///
    /// - Parameters:
    ///   - end: A date from which nothing is looked for.
    ///   - own: What this schedule may still spend of the budget.
    func shiftedNext(
        after date: Date, before end: Date?, own: inout Int, within budget: inout SearchBudget
    ) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.floor(date) else { return nil }
        let lastDay = end.flatMap(WholeSeconds.floor).map(days.day) ?? .max
        var day = days.day(of: second)
        while let target = days.firstBusinessDay(from: day), target <= lastDay {
            let sources = days.sources(of: target)
            guard budget.spend(10 + sources.count + target - day, of: &own) else { return nil }
            var first: Date?
            for source in daysWithDates(in: sources, days, within: &budget) {
                guard let found = firstMoved(from: source, to: target, after: date, days, within: &budget) else {
                    continue
                }
                first = min(found, first ?? found)
            }
            if let first { return budget.isExhausted ? nil : first }
            // Nothing lands here: continue at the day of the rule's next date.
            let end = days.date(of: Int64(sources.upperBound + 1) * 86_400)
            guard let next = ruleNext(after: end.justBefore, within: &budget), let nextSecond = WholeSeconds.floor(next)
            else { return nil }
            guard let nextTarget = days.target(of: days.day(of: nextSecond)) else {
                day = max(target + 1, days.day(of: nextSecond) + 1)
                continue
            }
            day = max(target + 1, nextTarget)
        }
        return nil
    }

    /// Returns the last date before another, as moved.
    ///
    /// - Parameters:
    ///   - start: A date before which nothing is looked for.
    ///   - own: What this schedule may still spend of the budget.
    func shiftedPrevious(
        before date: Date, from start: Date?, own: inout Int, within budget: inout SearchBudget
    ) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.ceiling(date) else { return nil }
        let firstDay = start.flatMap(WholeSeconds.floor).map(days.day) ?? .min
        var day = days.day(of: second)
        while let target = days.lastBusinessDay(upTo: day), target >= firstDay {
            let sources = days.sources(of: target)
            guard budget.spend(10 + sources.count + day - target, of: &own) else { return nil }
            var last: Date?
            for source in daysWithDates(in: sources, days, within: &budget) {
                guard let found = lastMoved(from: source, to: target, before: date, days, within: &budget) else {
                    continue
                }
                last = max(found, last ?? found)
            }
            if let last { return budget.isExhausted ? nil : last }
            let begin = days.date(of: Int64(sources.lowerBound) * 86_400)
            guard let last = rulePrevious(before: begin, within: &budget), let lastSecond = WholeSeconds.floor(last)
            else { return nil }
            guard let lastTarget = days.target(of: days.day(of: lastSecond)) else {
                day = min(target - 1, days.day(of: lastSecond) - 1)
                continue
            }
            day = min(target - 1, lastTarget)
        }
        return nil
    }

    /// Returns the days of a run on which the rule may have dates.
    private func daysWithDates(
        in run: ClosedRange<Int>, _ days: BusinessDays, within budget: inout SearchBudget
    ) -> [Int] {
        guard run.count > 1 else { return [run.lowerBound] }
        var found: [Int] = []
        var day = run.lowerBound
        while day <= run.upperBound,
            let date = ruleNext(after: days.date(of: Int64(day) * 86_400).justBefore, within: &budget),
            let second = WholeSeconds.floor(date), case let first = max(day, days.day(of: second)),
            case let begin = max(day, first - 1), begin <= run.upperBound
        {
            // The day before as well: a clock that is set back soon after midnight returns to it.
            found += begin...min(first, run.upperBound)
            day = first + 1
        }
        return found
    }

    /// Returns the first date of a source day that lands after a given date when moved to the target day.
    private func firstMoved(
        from source: Int, to target: Int, after date: Date, _ days: BusinessDays, within budget: inout SearchBudget
    ) -> Date? {
        var cursor = days.date(of: Int64(source) * 86_400).justBefore
        // Start at the same time of the source day, with a margin for readings that occur twice.
        if let same = days.moved(date, by: source - target) {
            cursor = max(cursor, same.addingTimeInterval(-days.margin(date, same)))
        }
        if source == target { cursor = max(cursor, date.addingTimeInterval(-Self.inexactness)) }
        while let found = ruleNext(after: cursor, within: &budget), let second = WholeSeconds.floor(found),
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
    private func lastMoved(
        from source: Int, to target: Int, before date: Date, _ days: BusinessDays, within budget: inout SearchBudget
    ) -> Date? {
        var cursor = days.date(of: Int64(source + 1) * 86_400)
        if let same = days.moved(date, by: source - target) {
            cursor = min(cursor, same.addingTimeInterval(days.margin(date, same)))
        }
        if source == target { cursor = min(cursor, date.addingTimeInterval(Self.inexactness)) }
        while let found = rulePrevious(before: cursor, within: &budget), let second = WholeSeconds.floor(found),
            days.day(of: second) >= source
        {
            if days.day(of: second) == source, let moved = days.moved(found, by: target - source), moved < date {
                return moved
            }
            cursor = found
        }
        return nil
    }

    /// How far two dates of a rule at the same time of day may be from it, in seconds.
    private static let inexactness = 1e-6

    /// Returns the rule's own date that was moved to another, or `nil` if it was not moved.
    ///
    /// Where a rule counts from a date that is not known, so is its own date.
    func origin(ofMoved date: Date) -> Date? {
        guard !rule.countsFromItsStart, let days = BusinessDays(self), let second = WholeSeconds.floor(date) else {
            return nil
        }
        var budget = SearchBudget()
        let target = days.day(of: second)
        let border = date.addingTimeInterval(Self.inexactness)
        if let plain = ruleNext(after: date.addingTimeInterval(-Self.inexactness), within: &budget), plain < border {
            return nil
        }
        for source in days.sources(of: target) where source != target {
            guard let back = days.moved(date, by: source - target),
                let found = ruleNext(after: back.addingTimeInterval(-7_200), within: &budget),
                found < back.addingTimeInterval(Self.inexactness)
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

        /// Returns the beginning of a day that lies after a second.
        func beginning(of day: Int, after second: Int64) -> Date {
            table.date(of: Int64(day) * 86_400, after: second)
        }

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

        /// Returns the date a number of days later on the wall clock, at the same time of day to the microsecond.
        ///
        /// Dates are less exact the further they are from 2001. Two that move to one day, or are there already, must
        /// become the same.
        func moved(_ date: Date, by days: Int) -> Date? {
            guard let second = WholeSeconds.floor(date), WholeSeconds.supported.contains(second) else { return date }
            let seconds = date.timeIntervalSinceReferenceDate
            let fraction = ((seconds - seconds.rounded(.down)) * 1e6).rounded() / 1e6
            guard days != 0 else { return Date(wholeSeconds: second).addingTimeInterval(fraction) }
            let local = second + table.span(at: second).offset + Int64(days) * 86_400
            guard WholeSeconds.supported.contains(local) else { return nil }
            return self.date(of: local).addingTimeInterval(fraction)
        }
    }
}
