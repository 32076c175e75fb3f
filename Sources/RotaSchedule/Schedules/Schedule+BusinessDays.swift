import Foundation
import RotaCore

/// Instants moved to business days.
///
/// A move keeps the time of day and never changes the order of two days, so the instants that are moved to one
/// business day come from a run of days around it: they are what both searches look through.
extension Schedule {
    func shiftedNext(after instant: Date) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.floor(instant) else { return nil }
        var day = days.day(of: second)
        for _ in 0..<1_000 {
            guard let target = days.firstBusinessDay(from: day) else { return nil }
            let sources = days.sources(of: target)
            let found = sources.compactMap { firstMoved(from: $0, to: target, after: instant, days) }.min()
            if let found { return found }
            // Nothing here: the rule's next instant says which day is next.
            let end = days.instant(of: Int64(sources.upperBound + 1) * 86_400)
            guard let next = rule.next(after: end.justBefore), let nextSecond = WholeSeconds.floor(next) else {
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

    func shiftedPrevious(before instant: Date) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.ceiling(instant) else { return nil }
        var day = days.day(of: second)
        for _ in 0..<1_000 {
            guard let target = days.lastBusinessDay(upTo: day) else { return nil }
            let sources = days.sources(of: target)
            let found = sources.compactMap { lastMoved(from: $0, to: target, before: instant, days) }.max()
            if let found { return found }
            let begin = days.instant(of: Int64(sources.lowerBound) * 86_400)
            guard let last = rule.previous(before: begin), let lastSecond = WholeSeconds.floor(last) else { return nil }
            guard let lastTarget = days.target(of: days.day(of: lastSecond)) else {
                day = min(target - 1, days.day(of: lastSecond) - 1)
                continue
            }
            day = min(target - 1, lastTarget)
        }
        return nil
    }

    /// The first instant of a day that, moved to another, comes after a given one.
    private func firstMoved(from source: Int, to target: Int, after instant: Date, _ days: BusinessDays) -> Date? {
        var cursor = days.instant(of: Int64(source) * 86_400).justBefore
        // The same time of that day, with room for readings that come twice.
        if let same = days.moved(instant, by: source - target) {
            cursor = max(cursor, same.addingTimeInterval(-days.margin(instant, same)))
        }
        if source == target { cursor = max(cursor, instant) }
        while let found = rule.next(after: cursor), let second = WholeSeconds.floor(found),
            days.day(of: second) <= source
        {
            if days.day(of: second) == source, let moved = days.moved(found, by: target - source), moved > instant {
                return moved
            }
            cursor = found
        }
        return nil
    }

    /// The last instant of a day that, moved to another, comes before a given one.
    private func lastMoved(from source: Int, to target: Int, before instant: Date, _ days: BusinessDays) -> Date? {
        var cursor = days.instant(of: Int64(source + 1) * 86_400)
        if let same = days.moved(instant, by: source - target) {
            cursor = min(cursor, same.addingTimeInterval(days.margin(instant, same)))
        }
        if source == target { cursor = min(cursor, instant) }
        while let found = rule.previous(before: cursor), let second = WholeSeconds.floor(found),
            days.day(of: second) >= source
        {
            if days.day(of: second) == source, let moved = days.moved(found, by: target - source), moved < instant {
                return moved
            }
            cursor = found
        }
        return nil
    }

    /// Where a moved instant came from: the rule's own instant, or `nil` if it was not moved.
    func origin(ofMoved instant: Date) -> Date? {
        guard let days = BusinessDays(self), let second = WholeSeconds.floor(instant) else { return nil }
        let target = days.day(of: second)
        if let plain = rule.next(after: instant.justBefore), plain == instant { return nil }
        for source in days.sources(of: target) where source != target {
            guard let back = days.moved(instant, by: source - target),
                let found = rule.next(after: back.addingTimeInterval(-7_200)), found <= back
            else { continue }
            return found
        }
        return nil
    }

    /// The business days of a schedule, and the days as its zone counts them.
    struct BusinessDays {
        private let filters: [Schedule.Filter]
        private let shift: BusinessDayShift
        private let table: ZoneTable
        /// How far a business day is looked for, in days.
        private static let reach = 3_660

        /// The business days that a schedule's instants are moved to, or `nil` if it does not move them.
        init?(_ schedule: Schedule) {
            guard let limits = schedule.limits, let shift = limits.shift,
                let table = try? TimeZoneDatabase.system.table(shift.zone)
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

        /// The day, counted from 1970-01-01, that the zone's wall clock shows at an instant.
        func day(of second: Int64) -> Int {
            Int((second &+ table.span(at: second).offset).floorDivided(by: 86_400))
        }

        /// The instant at which the wall clock shows a reading for the first time, or the end of the gap that skips it.
        func instant(of local: Int64) -> Date {
            switch TimeZoneRules(table: table).instants(of: LocalTime(seconds: local)) {
            case .unique(let instant), .gap(end: let instant, _), .overlap(first: let instant, _): instant
            }
        }

        /// How far readings can be out of order at two instants, in seconds: nothing but where an offset changes nearby.
        func margin(_ instants: Date...) -> TimeInterval {
            let steady = instants.allSatisfy { instant in
                guard let second = WholeSeconds.floor(instant) else { return false }
                let span = table.span(at: second)
                return span.start < second &- 100_000 && span.end > second &+ 100_000
            }
            return steady ? 1 : 7_200
        }

        /// An instant some days later by the wall clock, at the same time of day.
        func moved(_ instant: Date, by days: Int) -> Date? {
            guard days != 0, let second = WholeSeconds.floor(instant) else { return instant }
            let fraction = instant.timeIntervalSince1970 - Double(second)
            let local = second &+ table.span(at: second).offset &+ Int64(days) &* 86_400
            guard WholeSeconds.supported.contains(local) else { return nil }
            return self.instant(of: local).addingTimeInterval(fraction)
        }
    }
}
