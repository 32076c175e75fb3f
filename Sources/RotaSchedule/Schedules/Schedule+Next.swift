public import Foundation
import RotaCore

extension Schedule {
    /// How many instants of the rule are tried before a schedule whose calendars refuse them all counts as exhausted.
    private static let attempts = 10_000

    /// The first nominal instant after another, or `nil` if the schedule is exhausted.
    ///
    /// An interval without an anchor answers as if it were anchored at `instant`; ``immediately`` without one answers
    /// `nil`. ``maximumRuns`` is not counted here. A schedule whose calendars refuse 10,000 instants of its rule one
    /// after another counts as exhausted.
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

    /// The last nominal instant before another, or `nil` if there is none.
    ///
    /// An interval, delay or ``immediately`` without an anchor answers `nil`.
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

    /// The first occurrence whose nominal instant is after another, with the instant at which it is meant to start.
    public func nextOccurrence(after instant: Date) -> Occurrence? {
        next(after: instant).map(occurrence)
    }

    /// The last occurrence whose nominal instant is before another, with the instant at which it was meant to start.
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
        /// Nothing between the instant and this one is allowed.
        case refused(until: Date)
        case never
    }

    fileprivate func verdict(on instant: Date, forwards: Bool) -> Verdict {
        guard !filters.isEmpty else { return .allowed }
        guard let second = WholeSeconds.floor(instant) else { return .never }
        for filter in filters {
            guard let table = try? TimeZoneDatabase.system.table(filter.zone) else { return .never }
            if filter.allows(local: second &+ table.span(at: second).offset) { continue }
            let allowed =
                forwards ? filter.allowed(after: second, in: table) : filter.allowed(before: second, in: table)
            // Backwards, the whole of the allowed second counts.
            return allowed.map { .refused(until: Date(wholeSeconds: forwards ? $0 : $0 &+ 1)) } ?? .never
        }
        return .allowed
    }
}
