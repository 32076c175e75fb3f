public import Foundation

extension Schedule {
    /// The schedule without the instants before one.
    public func starting(at instant: Date) -> Schedule {
        with { $0.start = instant }
    }

    /// The schedule without the instants at or after one.
    public func ending(at instant: Date) -> Schedule {
        with { $0.end = instant }
    }

    /// The schedule for a number of runs; the scheduler counts them.
    /// - Parameter runs: at least 1; ``validate()`` refuses others.
    public func limited(toRuns runs: Int) -> Schedule {
        with { $0.maximumRuns = runs }
    }

    /// The schedule without the instants that a calendar contains.
    ///
    /// - Parameters:
    ///   - calendar: what to leave out, such as holidays.
    ///   - zone: the IANA identifier of the zone whose wall clock the calendar is read on; the schedule's own, or UTC,
    ///     if left out.
    public func excluding(_ calendar: ScheduleCalendar, in zone: String? = nil) -> Schedule {
        let zone = zone ?? timeZoneIdentifier ?? "UTC"
        return with { $0.filters.append(Schedule.Filter(calendar: calendar, excludes: true, zone: zone)) }
    }

    /// The schedule without the instants that a calendar does not contain.
    ///
    /// - Parameters:
    ///   - calendar: what to keep within, such as opening hours.
    ///   - zone: the IANA identifier of the zone whose wall clock the calendar is read on; the schedule's own, or UTC,
    ///     if left out.
    public func within(_ calendar: ScheduleCalendar, in zone: String? = nil) -> Schedule {
        let zone = zone ?? timeZoneIdentifier ?? "UTC"
        return with { $0.filters.append(Schedule.Filter(calendar: calendar, excludes: false, zone: zone)) }
    }

    /// The schedule with each instant of another day moved to the same time of a business day.
    ///
    /// Business days are those that the days of all calendars given with ``excluding(_:in:)`` and ``within(_:in:)``
    /// allow; Monday to Friday if no calendar has days. Instants that meet on a business day count once. One with no
    /// business day within a year is dropped.
    ///
    /// - Parameters:
    ///   - shift: where an instant goes.
    ///   - zone: the IANA identifier of the zone whose wall clock decides which day it is; the schedule's own, or UTC,
    ///     if left out.
    public func onBusinessDays(_ shift: BusinessDayShift, in zone: String? = nil) -> Schedule {
        let zone = zone ?? timeZoneIdentifier ?? "UTC"
        return with { $0.shift = Shift(direction: shift, zone: zone) }
    }

    /// The schedule with each occurrence starting later by an amount that depends on a key alone.
    ///
    /// The nominal instants stay; ``nextOccurrence(after:)`` gives both.
    ///
    /// - Parameters:
    ///   - window: the amounts lie in `0 ..< window`, in whole milliseconds; up to 7 days.
    ///   - key: what tells this job from others, such as its name; the same key always gives the same amount.
    public func smoothed(over window: Duration, key: String) -> Schedule {
        with { $0.smoothing = Smoothing(window: window, key: key) }
    }

    /// How much later than its nominal instant each occurrence starts.
    public var smoothingOffset: Duration {
        guard let smoothing = limits?.smoothing, let window = smoothing.window.wholeMilliseconds, window > 0 else {
            return .zero
        }
        return .milliseconds(Int64(StableHash.hash(smoothing.key) % UInt64(window)))
    }
}
