public import Foundation
import RotaCore

extension Schedule {
    /// Creates a schedule from a cron expression on the wall clock of a time zone.
    ///
    /// `@every 90s` creates the same schedule as ``every(_:anchor:)``.
    ///
    /// - Parameters:
    ///   - text: The expression, such as `30 9 * * 1-5`.
    ///   - zone: The IANA identifier of the zone, such as `America/New_York`. The default is UTC.
    ///   - dialect: The dialect to read the text in.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    ///   - hashSeed: The seed that chooses the values of `H`, such as the job's name.
    /// - Throws: ``ScheduleError`` if the text is not an expression, or if the zone is unknown.
    public static func cron(
        _ text: String, in zone: String = "UTC", dialect: CronDialect = .standard,
        daylightSaving: DaylightSavingPolicy = .automatic, hashSeed: String? = nil
    ) throws(ScheduleError) -> Schedule {
        let schedule = try stored(
            text, in: zone, dialect: dialect, daylightSaving: daylightSaving, hashSeed: hashSeed)
        try schedule.checkZones()
        return schedule
    }

    /// Creates a schedule from a cron expression, in a zone that need not be known.
    static func stored(
        _ text: String, in zone: String, dialect: CronDialect, daylightSaving: DaylightSavingPolicy, hashSeed: String?
    ) throws(ScheduleError) -> Schedule {
        let expression: CronExpression
        do {
            expression = try CronExpression(text, dialect: dialect, hashSeed: hashSeed)
        } catch {
            throw ScheduleError(error)
        }
        if let period = expression.period { return .every(.seconds(period)) }
        // Use the table's string: a million schedules in one zone share it.
        let identifier = TimeZoneDatabase.system.knownTable(zone)?.identifier ?? zone
        return Schedule(.cron(expression, zone: identifier, daylightSaving))
    }

    /// Creates a schedule from a cron expression on the wall clock of a time zone.
    ///
    /// - Parameters:
    ///   - expression: The expression.
    ///   - zone: The zone whose wall clock the fields describe. Only its identifier is kept.
    ///   - daylightSaving: How to treat times that an offset change skips or repeats.
    public static func cron(
        _ expression: CronExpression, in zone: TimeZone, daylightSaving: DaylightSavingPolicy = .automatic
    ) -> Schedule {
        if let period = expression.period { return .every(.seconds(period)) }
        return Schedule(.cron(expression, zone: zone.identifier, daylightSaving))
    }

    /// Creates a schedule of equal intervals, whose nth occurrence is `anchor + n × interval`, for n from 1.
    ///
    /// - Parameters:
    ///   - interval: 1 ms to 100 years, which ``validate()`` checks.
    ///   - anchor: The date to count from, itself not an occurrence. The default is the job's creation (see
    ///     ``anchored(at:)``).
    public static func every(_ interval: Duration, anchor: Date? = nil) -> Schedule {
        Schedule(.every(interval, anchor: anchor))
    }

    /// Creates a schedule whose occurrences are due a delay after the end of the previous execution.
    ///
    /// The first occurrence is due one delay after the job's creation.
    ///
    /// The delay begins again at a start that is still to come, and where the weeks, business days or calendars of the
    /// schedule allow dates again, if they refuse the date at its end. If they refuse the end of that delay too, the
    /// occurrence is due where it began: a delay may be longer than the time between two refusals.
    ///
    /// ```swift
    /// let weekdays = Schedule.afterCompletion(.hours(5)).excluding(.weekends)
    /// let saturdayNoon = Date(timeIntervalSince1970: 1_767_441_600)
    /// if let next = weekdays.next(after: saturdayNoon) { print(next) }  // 2026-01-05 05:00:00 +0000
    ///
    /// let mondays = Schedule.afterCompletion(.hours(25)).within(.weekdays([.monday]))
    /// if let next = mondays.next(after: saturdayNoon) { print(next) }  // 2026-01-05 00:00:00 +0000
    /// ```
    ///
    /// - Parameter delay: 1 ms to 100 years, which ``validate()`` checks.
    public static func afterCompletion(_ delay: Duration) -> Schedule {
        Schedule(.afterCompletion(delay, anchor: nil))
    }

    /// Creates a schedule with a single occurrence at a date.
    ///
    /// - Parameter date: The date, in the years 1–9999, which ``validate()`` checks.
    public static func once(at date: Date) -> Schedule {
        Schedule(.once(date))
    }

    /// A schedule with a single occurrence, at the job's creation (see ``anchored(at:)``).
    public static var immediately: Schedule {
        Schedule(.immediately(nil))
    }

    /// A schedule without occurrences, for a job that runs on request only.
    ///
    /// Such a job stays active. It runs whenever it is triggered, or something is enqueued for it.
    public static var onDemand: Schedule {
        Schedule(.onDemand)
    }

    /// Creates a schedule of the occurrences of several schedules.
    ///
    /// A date that several of them give counts once.
    ///
    /// - Parameter schedules: One schedule or more, which ``validate()`` checks. A delay after completion, a limit of
    ///   executions and smoothing belong on the union, not on its parts.
    public static func union(_ schedules: [Schedule]) -> Schedule {
        Schedule(.union(schedules))
    }

    /// Returns the schedule with its missing anchors filled in.
    ///
    /// - Parameter date: The job's creation: the anchor of an interval, in whole milliseconds, so that every occurrence
    ///   is a date that can be written down; and the only date of ``immediately``. Anchors that are set stay.
    public func anchored(at date: Date) -> Schedule {
        var copy = self
        switch rule {
        case .every(let interval, anchor: nil): copy.rule = .every(interval, anchor: date.wholeMillisecond)
        case .afterCompletion(let delay, anchor: nil):
            copy.rule = .afterCompletion(delay, anchor: date.wholeMillisecond)
        case .immediately(nil): copy.rule = .immediately(date)
        case .union(let schedules): copy.rule = .union(schedules.map { $0.anchored(at: date) })
        default: break
        }
        return copy
    }

    /// Returns the schedule with the missing anchors of a new version filled in from the version before it.
    ///
    /// So an update that repeats the same schedule without its anchor changes nothing, and an update to another
    /// interval counts from where the old one did.
    ///
    /// - Parameters:
    ///   - old: The schedule so far.
    ///   - date: The date of the update, for anchors that the old schedule does not have.
    package func anchored(like old: Schedule, at date: Date) -> Schedule {
        var copy = self
        switch (rule, old.rule) {
        case (.every(let interval, anchor: nil), .every(_, anchor: let anchor?)):
            copy.rule = .every(interval, anchor: anchor)
        case (.afterCompletion(let delay, anchor: nil), .afterCompletion(_, anchor: let anchor?)):
            copy.rule = .afterCompletion(delay, anchor: anchor)
        case (.immediately(nil), .immediately(let anchor?)):
            copy.rule = .immediately(anchor)
        case (.union(let schedules), .union(let olds)) where schedules.count == olds.count:
            copy.rule = .union(zip(schedules, olds).map { $0.anchored(like: $1, at: date) })
        default: return anchored(at: date)
        }
        return copy
    }

    /// Returns the schedule with the anchors of intervals moved back by whole intervals, so that they lie before a
    /// date.
    ///
    /// For schedules that were written while the clock was ahead.
    ///
    /// - Parameters:
    ///   - written: The dates at which the schedule was written. Only such anchors were filled in; others were chosen
    ///     by its author, and stay.
    ///   - date: The date to move anchors before.
    package func movingAnchors(_ written: Set<Date>, before date: Date) -> Schedule {
        // Earlier versions filled in the date as it was.
        let written = written.union(written.map(\.wholeMillisecond))
        var copy = self
        switch rule {
        case .every(let interval, anchor: let anchor?) where anchor > date && written.contains(anchor):
            let seconds = interval.inSeconds
            guard seconds > 0 else { return self }
            let count = (anchor.timeIntervalSince(date) / seconds).rounded(.up)
            copy.rule = .every(interval, anchor: anchor.addingTimeInterval(-count * seconds))
        case .afterCompletion(let delay, anchor: let anchor?) where anchor > date && written.contains(anchor):
            copy.rule = .afterCompletion(delay, anchor: date.wholeMillisecond)
        case .union(let schedules):
            copy.rule = .union(schedules.map { $0.movingAnchors(written, before: date) })
        default: break
        }
        return copy
    }
}
