public import Foundation
import RotaCore

extension Schedule {
    /// How many dates of the rule are tried before a schedule whose calendars refuse all of them counts as exhausted.
    private static let attempts = 10_000

    /// Returns the first nominal date after another, or `nil` if the schedule is exhausted.
    ///
    /// An interval without an anchor counts from `instant`, and ``immediately`` without one returns `nil`.
    /// ``maximumRuns`` is not taken into account. A schedule whose calendars refuse 10,000 consecutive dates counts as
    /// exhausted.
    public func next(after instant: Date) -> Date? {
        guard let limits else { return rule.next(after: instant) }
        var instant = instant
        // The start itself may be an occurrence.
        if let start = limits.start, instant < start { instant = start.justBefore }
        for _ in 0..<Self.attempts {
            guard let found = limits.shift == nil ? rule.next(after: instant) : shiftedNext(after: instant),
                limits.end.map({ found < $0 }) ?? true
            else { return nil }
            switch limits.verdict(on: found, forwards: true) {
            case .allowed: return found
            case .refused(let until): instant = max(found, until.justBefore)
            case .never: return nil
            }
        }
        return nil
    }

    /// Returns the last nominal date before another, or `nil` if there is none.
    ///
    /// An interval, a delay or ``immediately`` without an anchor returns `nil`.
    public func previous(before instant: Date) -> Date? {
        guard let limits else { return rule.previous(before: instant) }
        var instant = instant
        if let end = limits.end, instant > end { instant = end }
        for _ in 0..<Self.attempts {
            guard let found = limits.shift == nil ? rule.previous(before: instant) : shiftedPrevious(before: instant),
                limits.start.map({ found >= $0 }) ?? true
            else { return nil }
            switch limits.verdict(on: found, forwards: false) {
            case .allowed: return found
            case .refused(let until): instant = min(found, until)
            case .never: return nil
            }
        }
        return nil
    }

    /// Returns the first occurrence whose nominal date is after another, with the date at which it is meant to start.
    public func nextOccurrence(after instant: Date) -> Occurrence? {
        next(after: instant).map(occurrence)
    }

    /// Returns the last occurrence whose nominal date is before another, with the date at which it was meant to start.
    public func previousOccurrence(before instant: Date) -> Occurrence? {
        previous(before: instant).map(occurrence)
    }

    private func occurrence(_ nominal: Date) -> Occurrence {
        Occurrence(nominal: nominal, effective: nominal.addingTimeInterval(smoothingOffset.inSeconds))
    }
}

extension Schedule.Limits {
    fileprivate enum Verdict {
        case allowed
        /// The date is refused, and so is everything between it and this one.
        case refused(until: Date)
        case never
    }

    fileprivate func verdict(on instant: Date, forwards: Bool) -> Verdict {
        guard !filters.isEmpty else { return .allowed }
        guard let second = WholeSeconds.floor(instant) else { return .never }
        for filter in filters {
            guard let table = try? TimeZoneDatabase.system.table(filter.zone) else { return .never }
            if filter.allows(local: second + table.span(at: second).offset) { continue }
            let allowed =
                forwards ? filter.allowed(after: second, in: table) : filter.allowed(before: second, in: table)
            // Searching backwards, the whole of the allowed second counts.
            return allowed.map { .refused(until: Date(wholeSeconds: forwards ? $0 : $0 + 1)) } ?? .never
        }
        return .allowed
    }
}
