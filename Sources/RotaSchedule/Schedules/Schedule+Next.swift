public import Foundation
import RotaCore

extension Schedule {
    /// How many dates of the rule are tried before a schedule whose calendars refuse all of them counts as exhausted.
    private static let attempts = 10_000

    /// Returns the first nominal date after another, or `nil` if the schedule is exhausted.
    ///
    /// An interval without an anchor counts from `date`, and ``immediately`` without one returns `nil`. ``maximumRuns``
    /// is not taken into account. A schedule whose calendars refuse 10,000 consecutive dates counts as exhausted; if it
    /// moves dates to business days, those of some ten thousand days. So does one with a time zone whose rules cannot
    /// be read; ``validate()`` tells those apart. One with a calendar of ``ScheduleCalendar/named(_:)`` gives no date
    /// outside a scheduler, which alone knows the calendar.
    public func next(after date: Date) -> Date? {
        guard let limits else { return rule.next(after: date) }
        var date = date
        // The start itself may be an occurrence.
        if let start = limits.start, date < start { date = start.justBefore }
        var budget = Self.searchBudget
        for _ in 0..<Self.attempts {
            let next =
                limits.shift == nil
                ? ruleNext(after: date) : shiftedNext(after: date, before: limits.end, budget: &budget)
            guard let found = next,
                limits.end.map({ found < $0 }) ?? true
            else { return nil }
            switch limits.outcome(of: found, forwards: true) {
            case .allowed: return found
            case .refused(let until): date = max(found, until.justBefore)
            case .never: return nil
            }
        }
        return nil
    }

    /// Returns the last nominal date before another, or `nil` if there is none.
    ///
    /// An interval, a delay or ``immediately`` without an anchor returns `nil`.
    public func previous(before date: Date) -> Date? {
        guard let limits else { return rule.previous(before: date) }
        var date = date
        if let end = limits.end, date > end { date = end }
        var budget = Self.searchBudget
        for _ in 0..<Self.attempts {
            let previous =
                limits.shift == nil
                ? rulePrevious(before: date) : shiftedPrevious(before: date, from: limits.start, budget: &budget)
            guard let found = previous,
                limits.start.map({ found >= $0 }) ?? true
            else { return nil }
            switch limits.outcome(of: found, forwards: false) {
            case .allowed: return found
            case .refused(let until): date = min(found, until)
            case .never: return nil
            }
        }
        return nil
    }

    /// Returns the number of nominal dates from one through another, or `nil` if there are more than a limit.
    package func count(from first: Date, through last: Date, limit: Int) -> Int? {
        var count = 1
        var date = first
        while let next = next(after: date), next <= last {
            count += 1
            if count > limit { return nil }
            date = next
        }
        return count
    }

    /// Returns the first occurrence whose nominal date is after another, with the date at which it is meant to start.
    public func nextOccurrence(after date: Date) -> Occurrence? {
        next(after: date).map(occurrence)
    }

    /// Returns the last occurrence whose nominal date is before another, with the date at which it was meant to start.
    public func previousOccurrence(before date: Date) -> Occurrence? {
        previous(before: date).map(occurrence)
    }

    private func occurrence(_ nominal: Date) -> Occurrence {
        Occurrence(nominal: nominal, effective: nominal.addingTimeInterval(smoothingOffset.inSeconds))
    }
}

extension Schedule.Limits {
    /// The decision of the calendars about a date.
    fileprivate enum Outcome {
        case allowed
        /// The date is refused, and so is everything between it and this one.
        case refused(until: Date)
        case never
    }

    fileprivate func outcome(of date: Date, forwards: Bool) -> Outcome {
        guard !filters.isEmpty else { return .allowed }
        guard let second = WholeSeconds.floor(date) else { return .never }
        for filter in filters {
            guard filter.calendar.isBound, let table = TimeZoneDatabase.system.knownTable(filter.zone) else {
                return .never
            }
            if filter.allows(local: second + table.span(at: second).offset) { continue }
            let allowed =
                forwards ? filter.allowed(after: second, in: table) : filter.allowed(before: second, in: table)
            // Searching backwards, the whole of the allowed second counts.
            return allowed.map { .refused(until: Date(wholeSeconds: forwards ? $0 : $0 + 1)) } ?? .never
        }
        return .allowed
    }
}
