public import Foundation
import RotaCore

extension Schedule {
    /// Returns the schedule without the occurrences before a date.
    ///
    /// - Parameter date: The date of the earliest possible occurrence, inclusive.
    public func starting(at date: Date) -> Schedule {
        with { $0.start = date }
    }

    /// Returns the schedule without the occurrences at or after a date.
    ///
    /// - Parameter date: The end, exclusive, after the start if there is one, which ``validate()`` checks.
    public func ending(at date: Date) -> Schedule {
        with { $0.end = date }
    }

    /// Returns the schedule for a limited number of executions, which the scheduler counts.
    ///
    /// - Parameter runs: At least 1, which ``validate()`` checks.
    public func limited(toRuns runs: Int) -> Schedule {
        with { $0.maximumRuns = runs }
    }

    /// Returns the schedule without the occurrences that are in a calendar.
    ///
    /// - Parameters:
    ///   - calendar: The calendar of the days and times to leave out, such as holidays.
    ///   - zone: The IANA identifier of the zone whose wall clock the calendar describes. The default is the schedule's
    ///     own zone, or UTC.
    public func excluding(_ calendar: ScheduleCalendar, in zone: String? = nil) -> Schedule {
        let zone = zone ?? timeZoneIdentifier ?? "UTC"
        return with { $0.filters.append(Schedule.Filter(calendar: calendar, excludes: true, zone: zone)) }
    }

    /// Returns the schedule without the occurrences that are not in a calendar.
    ///
    /// - Parameters:
    ///   - calendar: The calendar of the days and times to keep, such as opening hours.
    ///   - zone: The IANA identifier of the zone whose wall clock the calendar describes. The default is the schedule's
    ///     own zone, or UTC.
    public func within(_ calendar: ScheduleCalendar, in zone: String? = nil) -> Schedule {
        let zone = zone ?? timeZoneIdentifier ?? "UTC"
        return with { $0.filters.append(Schedule.Filter(calendar: calendar, excludes: false, zone: zone)) }
    }

    /// Returns the schedule with each occurrence moved to the same time on a business day.
    ///
    /// Business days are the days that all calendars of ``excluding(_:in:)`` and ``within(_:in:)`` allow, or Monday to
    /// Friday if no calendar contains days. Occurrences that meet on a business day count once. An occurrence with no
    /// business day within a year is dropped.
    ///
    /// - Parameters:
    ///   - shift: The direction to move in.
    ///   - zone: The IANA identifier of the zone whose wall clock decides which day it is. The default is the
    ///     schedule's own zone, or UTC.
    public func onBusinessDays(_ shift: BusinessDayShift, in zone: String? = nil) -> Schedule {
        let zone = zone ?? timeZoneIdentifier ?? "UTC"
        return with { $0.shift = Shift(direction: shift, zone: zone) }
    }

    /// Returns the schedule with each occurrence starting later, by an amount that depends on a key alone.
    ///
    /// The nominal dates stay the same. ``nextOccurrence(after:)`` returns both.
    ///
    /// - Parameters:
    ///   - window: The upper bound of the amount, exclusive, in whole milliseconds. Up to 7 days.
    ///   - key: A key that distinguishes the job from others, such as its name. Equal keys give equal amounts.
    public func smoothed(over window: Duration, key: String) -> Schedule {
        with { $0.smoothing = Smoothing(window: window, key: key) }
    }

    /// The time by which each occurrence starts later than its nominal date.
    public var smoothingOffset: Duration {
        guard let smoothing = limits?.smoothing else { return .zero }
        let window = smoothing.window.wholeMilliseconds
        guard window > 0 else { return .zero }
        return .milliseconds(Int64(StableHash.hash(smoothing.key) % UInt64(window)))
    }
}

extension Schedule.Filter {
    /// Whether the filter allows a reading of its zone's wall clock.
    func allows(local: Int64) -> Bool {
        calendar.contains(local: local) != excludes
    }

    /// Whether the filter allows a day, without regard to the calendar's cron expressions.
    func allows(day: Int) -> Bool {
        !calendar.hasDays || calendar.contains(day: day) != excludes
    }

    /// Returns a second after a refused one with only refused ones between, or `nil` if all later ones are refused.
    func allowed(after second: Int64, in table: ZoneTable) -> Int64? {
        let span = table.span(at: second)
        let local = second + span.offset
        let found = calendar.nextLocal(from: local, inside: !excludes).map { second + Swift.max(1, $0 - local) }
        if span.end < ZoneSpan.forever { return Swift.min(found ?? span.end, span.end) }
        return found
    }

    /// Returns a second before a refused one with only refused ones between, or `nil` if all earlier ones are refused.
    func allowed(before second: Int64, in table: ZoneTable) -> Int64? {
        let span = table.span(at: second)
        let local = second + span.offset
        let found = calendar.previousLocal(from: local, inside: !excludes).map { second - Swift.max(1, local - $0) }
        if span.start > ZoneSpan.beginning { return Swift.max(found ?? span.start - 1, span.start - 1) }
        return found
    }
}

extension Schedule.Limits {
    private enum SmoothingKey: String, CodingKey {
        case window, key
    }

    private enum WeeksKey: String, CodingKey {
        case every, from, timezone
    }

    private enum ShiftKey: String, CodingKey {
        case shift, timezone
    }

    private enum FilterKey: String, CodingKey {
        case exclude, within, timezone
    }

    init(_ container: KeyedDecodingContainer<Schedule.Key>) throws {
        start = try container.dateIfPresent(.start)
        end = try container.dateIfPresent(.end)
        maximumRuns = try container.decodeIfPresent(Int.self, forKey: .maximumRuns)
        if Self.isSet(.smoothing, container) {
            let nested = try container.nestedContainer(keyedBy: SmoothingKey.self, forKey: .smoothing)
            smoothing = Schedule.Smoothing(
                window: try nested.duration(.window), key: try nested.decode(String.self, forKey: .key))
        }
        if Self.isSet(.weeks, container) {
            let nested = try container.nestedContainer(keyedBy: WeeksKey.self, forKey: .weeks)
            let day = try nested.decode(String.self, forKey: .from)
            do {
                weeks = WeekCycle(
                    length: try nested.decode(Int.self, forKey: .every),
                    anyDay: try ScheduleCalendar.dates([day]).dates[0],
                    zone: try nested.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC")
            } catch let error as ScheduleError {
                throw DecodingError.dataCorruptedError(forKey: .from, in: nested, debugDescription: error.message)
            }
        }
        if Self.isSet(.businessDays, container) {
            let nested = try container.nestedContainer(keyedBy: ShiftKey.self, forKey: .businessDays)
            shift = Schedule.Shift(
                direction: try nested.decode(BusinessDayShift.self, forKey: .shift),
                zone: try nested.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC")
        }
        guard Self.isSet(.calendars, container) else { return }
        var list = try container.nestedUnkeyedContainer(forKey: .calendars)
        while !list.isAtEnd {
            let nested = try list.nestedContainer(keyedBy: FilterKey.self)
            let excludes = nested.contains(.exclude)
            guard excludes != nested.contains(.within) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .exclude, in: nested,
                    debugDescription: "A calendar is either under exclude or under within.")
            }
            filters.append(
                Schedule.Filter(
                    calendar: try nested.decode(ScheduleCalendar.self, forKey: excludes ? .exclude : .within),
                    excludes: excludes, zone: try nested.decodeIfPresent(String.self, forKey: .timezone) ?? "UTC"))
        }
    }

    private static func isSet(
        _ key: Schedule.Key, _ container: KeyedDecodingContainer<Schedule.Key>
    ) -> Bool {
        container.contains(key) && (try? container.decodeNil(forKey: key)) == false
    }

    func encode(to container: inout KeyedEncodingContainer<Schedule.Key>) throws {
        if let start { try container.encode(start, .start) }
        if let end { try container.encode(end, .end) }
        try container.encodeIfPresent(maximumRuns, forKey: .maximumRuns)
        if let smoothing {
            var nested = container.nestedContainer(keyedBy: SmoothingKey.self, forKey: .smoothing)
            try nested.encode(smoothing.window, .window)
            try nested.encode(smoothing.key, forKey: .key)
        }
        if let weeks {
            var nested = container.nestedContainer(keyedBy: WeeksKey.self, forKey: .weeks)
            try nested.encode(weeks.length, forKey: .every)
            try nested.encode(weeks.mondayText, forKey: .from)
            try nested.encode(weeks.zone, forKey: .timezone)
        }
        if let shift {
            var nested = container.nestedContainer(keyedBy: ShiftKey.self, forKey: .businessDays)
            try nested.encode(shift.direction, forKey: .shift)
            try nested.encode(shift.zone, forKey: .timezone)
        }
        guard !filters.isEmpty else { return }
        var list = container.nestedUnkeyedContainer(forKey: .calendars)
        for filter in filters {
            var nested = list.nestedContainer(keyedBy: FilterKey.self)
            try nested.encode(filter.calendar, forKey: filter.excludes ? .exclude : .within)
            try nested.encode(filter.zone, forKey: .timezone)
        }
    }
}
