public import Foundation

extension Schedule {
    /// The first nominal instant after another, or `nil` if the schedule is exhausted.
    ///
    /// An interval without an anchor answers as if it were anchored at `instant`; ``immediately`` without one answers
    /// `nil`. ``maximumRuns`` is not counted here.
    public func next(after instant: Date) -> Date? {
        var instant = instant
        // The start itself may be an occurrence.
        if let start, instant < start { instant = start.addingTimeInterval(-0.001) }
        guard let found = rule.next(after: instant) else { return nil }
        if let end, found >= end { return nil }
        return found
    }

    /// The last nominal instant before another, or `nil` if there is none.
    ///
    /// An interval, delay or ``immediately`` without an anchor answers `nil`.
    public func previous(before instant: Date) -> Date? {
        var instant = instant
        if let end, instant > end { instant = end }
        guard let found = rule.previous(before: instant) else { return nil }
        if let start, found < start { return nil }
        return found
    }

    /// The first occurrence whose nominal instant is after another.
    public func nextOccurrence(after instant: Date) -> Occurrence? {
        guard let nominal = next(after: instant) else { return nil }
        return Occurrence(nominal: nominal, effective: nominal.addingTimeInterval(smoothingOffset.inSeconds))
    }
}

extension Schedule.Rule {
    fileprivate func next(after instant: Date) -> Date? {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            guard let second = WholeSeconds.floor(instant), let table = try? TimeZoneDatabase.system.table(zone)
            else { return nil }
            return expression.next(from: second &+ 1, in: table, daylightSaving: daylightSaving)
        case .every(let interval, let anchor):
            return Interval(interval, anchor: anchor ?? instant)?.next(after: instant)
        case .afterCompletion(let delay, let anchor):
            return Interval(delay, anchor: max(instant, anchor ?? instant))?.next(after: instant)
        case .once(let due), .immediately(.some(let due)):
            return due > instant ? due : nil
        case .immediately(nil):
            return nil
        case .union(let schedules):
            return schedules.lazy.compactMap { $0.next(after: instant) }.min()
        }
    }

    fileprivate func previous(before instant: Date) -> Date? {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            guard let second = WholeSeconds.ceiling(instant), let table = try? TimeZoneDatabase.system.table(zone)
            else { return nil }
            return expression.previous(from: second &- 1, in: table, daylightSaving: daylightSaving)
        case .every(let interval, let anchor):
            return anchor.flatMap { Interval(interval, anchor: $0)?.previous(before: instant) }
        case .afterCompletion(let delay, let anchor):
            guard let anchor, let first = Interval(delay, anchor: anchor)?.next(after: anchor), first < instant
            else { return nil }
            return first
        case .once(let due), .immediately(.some(let due)):
            return due < instant ? due : nil
        case .immediately(nil):
            return nil
        case .union(let schedules):
            return schedules.lazy.compactMap { $0.previous(before: instant) }.max()
        }
    }
}
