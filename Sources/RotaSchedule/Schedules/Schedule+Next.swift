public import Foundation
import RotaCore

extension Schedule {
    /// Returns the first nominal date after another, or `nil` if the schedule is exhausted.
    ///
    /// An interval without an anchor and a delay count from `date`, or from the date at which the schedule allows dates
    /// again (see ``afterCompletion(_:)``). The result is also `nil`
    ///
    /// - for ``immediately`` without an anchor;
    /// - if the search gives up: after 10,000 consecutive dates that calendars refuse, after those of some ten thousand
    ///   days if dates are moved to business days, or in a union after three times as much in all parts together;
    /// - if the rules of a time zone cannot be read, which ``validate()`` reports;
    /// - outside a scheduler, if a calendar is ``ScheduleCalendar/named(_:)``, because only its store has it.
    ///
    /// ``maximumRuns`` is not taken into account.
    public func next(after date: Date) -> Date? {
        var budget = SearchBudget()
        return next(after: date, within: &budget)
    }

    func next(after date: Date, within budget: inout SearchBudget) -> Date? {
        guard let limits else { return rule.next(after: date, within: &budget) }
        if rule.countsFromItsStart { return countedNext(after: date, limits, within: &budget) }
        var date = date
        // The start itself may be an occurrence.
        if let start = limits.start, date < start { date = start.justBefore }
        var own = SearchBudget.ofOneSchedule
        while budget.spend(10, of: &own) {
            let next =
                limits.shift == nil
                ? ruleNext(after: date, within: &budget)
                : shiftedNext(after: date, before: limits.end, own: &own, within: &budget)
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
        var budget = SearchBudget()
        return previous(before: date, within: &budget)
    }

    func previous(before date: Date, within budget: inout SearchBudget) -> Date? {
        guard let limits else { return rule.previous(before: date, within: &budget) }
        var date = date
        if let end = limits.end, date > end { date = end }
        var own = SearchBudget.ofOneSchedule
        while budget.spend(10, of: &own) {
            let previous =
                limits.shift == nil
                ? rulePrevious(before: date, within: &budget)
                : shiftedPrevious(before: date, from: limits.start, own: &own, within: &budget)
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

/// How much work one search for a date may still do before its schedule counts as exhausted.
///
/// A date of a rule that is tried costs 10, and so does a business day; a day that is looked through, and a part of a
/// union, cost 1. The parts of a union share one budget, or each of them could take as long as a whole search: each
/// gets what is left, divided by the number of parts that remain.
struct SearchBudget {
    /// The budget of one schedule, without the parts of its union: 10,000 tries.
    static let ofOneSchedule = 100_000

    private var left = 3 * Self.ofOneSchedule

    /// The least that a part of a union may spend: 100 tries.
    private static let leastShare = 1_000

    /// Whether nothing is left, so that whatever was found may not be the first or last date.
    var isExhausted: Bool { left <= 0 }

    /// Spends an amount, or returns `false` if nothing is left.
    mutating func spend(_ cost: Int) -> Bool {
        guard left > 0 else { return false }
        left -= cost
        return true
    }

    /// Lets one of several searches spend its share of what is left.
    mutating func share(among searches: Int, _ search: (inout SearchBudget) -> Date?) -> Date? {
        var share = SearchBudget()
        share.left = min(left, max(left / searches, Self.leastShare))
        let before = share.left
        let found = search(&share)
        left -= before - share.left
        return found
    }

    /// Spends an amount of both this budget and that of one schedule, or returns `false` if nothing is left of either.
    mutating func spend(_ cost: Int, of own: inout Int) -> Bool {
        guard own > 0, spend(cost) else { return false }
        own -= cost
        return true
    }
}

extension Schedule.Limits {
    /// The decision of the calendars about a date.
    enum Outcome {
        case allowed
        /// The date is refused, and so is everything between it and this one.
        case refused(until: Date)
        case never
    }

    func outcome(of date: Date, forwards: Bool) -> Outcome {
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
