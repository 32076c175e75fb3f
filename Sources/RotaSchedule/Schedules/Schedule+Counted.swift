import Foundation
import RotaCore

// A rule that counts from the date it is asked from has one date only. Where that is refused, the rule counts again
// from the border at which dates are allowed again.

extension Schedule {
    /// Returns the first date after another, for a rule that counts from there.
    func countedNext(after date: Date, _ limits: Limits, within budget: inout SearchBudget) -> Date? {
        guard let borders = Borders(self, limits) else { return nil }
        let origin = limits.start.map { max($0, date) } ?? date
        guard let own = rule.next(after: origin, within: &budget) else { return nil }
        var found = borders.allowed(own, after: origin)
        if found == nil, let border = borders.first(from: own, within: &budget) {
            // Without the border itself, a delay that is longer than the time between two refusals would never pass.
            found =
                rule.next(after: border, within: &budget).flatMap { borders.allowed($0, after: border) } ?? border
        }
        guard let found, limits.end.map({ found < $0 }) ?? true else { return nil }
        return found
    }

    /// The dates that a schedule refuses, and those from which it allows them again.
    private struct Borders {
        private let limits: Limits
        private let weeks: (cycle: WeekCycle, table: ZoneTable)?
        private let days: BusinessDays?

        /// Creates the borders of a schedule, or returns `nil` if they cannot be computed now.
        init?(_ schedule: Schedule, _ limits: Limits) {
            self.limits = limits
            if let cycle = limits.weeks {
                guard let table = TimeZoneDatabase.system.knownTable(cycle.zone) else { return nil }
                weeks = (cycle, table)
            } else {
                weeks = nil
            }
            days = BusinessDays(schedule)
            if limits.shift != nil, days == nil { return nil }
        }

        /// Returns a date of the rule as it is moved to a business day, or `nil` if it is refused.
        ///
        /// - Parameter origin: The date that the rule counted from. A date that would be moved before it goes to the
        ///   next business day.
        func allowed(_ own: Date, after origin: Date) -> Date? {
            guard let second = WholeSeconds.floor(own) else { return nil }
            if let weeks, weeks.cycle.beginning(after: second, in: weeks.table) != nil { return nil }
            guard let moved = moved(own, at: second, after: origin),
                case .allowed = limits.outcome(of: moved, forwards: true)
            else { return nil }
            return moved
        }

        private func moved(_ own: Date, at second: Int64, after origin: Date) -> Date? {
            guard let days else { return own }
            let day = days.day(of: second)
            guard let target = days.target(of: day), let moved = days.moved(own, by: target - day) else { return nil }
            if moved > origin { return moved }
            return days.firstBusinessDay(from: day + 1).flatMap { days.moved(own, by: $0 - day) }
        }

        /// Returns the first allowed date that is not before another.
        func first(from date: Date, within budget: inout SearchBudget) -> Date? {
            var border = date
            var own = SearchBudget.ofOneSchedule
            while budget.spend(10, of: &own) {
                guard let second = WholeSeconds.floor(border), WholeSeconds.supported.contains(second) else {
                    return nil
                }
                if let weeks, let later = weeks.cycle.beginning(after: second, in: weeks.table) {
                    border = later
                } else if let days, case let day = days.day(of: second), !days.isBusinessDay(day) {
                    guard let later = days.firstBusinessDay(from: day), budget.spend(later - day, of: &own) else {
                        return nil
                    }
                    border = days.beginning(of: later, after: second)
                } else {
                    switch limits.outcome(of: border, forwards: true) {
                    case .allowed: return border
                    case .refused(let until): border = until
                    case .never: return nil
                    }
                }
            }
            return nil
        }
    }
}

extension Schedule.Rule {
    /// Whether the rule's date depends on the one that it is asked from: a delay, or an interval without an anchor.
    var countsFromItsStart: Bool {
        switch self {
        case .afterCompletion, .every(_, anchor: nil): true
        case .cron, .every, .once, .immediately, .union, .onDemand: false
        }
    }
}
