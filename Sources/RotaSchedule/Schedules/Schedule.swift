public import Foundation
import RotaCore

/// When a job is due: a rule that names instants, and what narrows it down or moves it.
///
/// A schedule is a value without a clock. It answers which instant follows or precedes another:
///
/// ```swift
/// let schedule = try Schedule.cron("30 9 * * 1-5", in: "America/New_York").limited(toRuns: 10)
/// schedule.next(after: .now)
/// ```
///
/// What narrows and moves is applied in this order, whatever the order of the calls:
///
/// 1. the rule: ``cron(_:in:dialect:daylightSaving:hashSeed:)``, ``every(_:anchor:)``, ``afterCompletion(_:)``,
///    ``once(at:)``, ``immediately`` or ``union(_:)``;
/// 2. ``onBusinessDays(_:in:)`` moves an instant to another day;
/// 3. ``excluding(_:in:)`` and ``within(_:in:)`` drop instants;
/// 4. ``starting(at:)`` and ``ending(at:)`` drop instants;
/// 5. ``limited(toRuns:)`` is counted by the scheduler;
/// 6. ``smoothed(over:key:)`` gives each instant, which stays the *nominal* one, a later *effective* one.
public struct Schedule: Sendable, Hashable {
    indirect enum Rule: Sendable, Hashable {
        case cron(CronExpression, zone: String, DaylightSavingPolicy)
        case every(Duration, anchor: Date?)
        case afterCompletion(Duration, anchor: Date?)
        case once(Date)
        case immediately(Date?)
        case union([Schedule])
    }

    /// A span of time over which the occurrences of many jobs are spread.
    struct Smoothing: Sendable, Hashable {
        var window: Duration
        var key: String
    }

    /// A calendar to leave out, or to keep within, read on the wall clock of a zone.
    struct Filter: Sendable, Hashable {
        var calendar: ScheduleCalendar
        var excludes: Bool
        /// The zone's identifier.
        var zone: String
    }

    /// A shift to business days, judged on the wall clock of a zone.
    struct Shift: Sendable, Hashable {
        var direction: BusinessDayShift
        var zone: String
    }

    struct Limits: Sendable, Hashable {
        var start: Date?
        var end: Date?
        var maximumRuns: Int?
        var filters: [Filter] = []
        var shift: Shift?
        var smoothing: Smoothing?
    }

    /// Boxed, so that a plain schedule, of which there may be a million, is two words long.
    private indirect enum LimitsBox: Sendable, Hashable {
        case none
        case some(Limits)
    }

    var rule: Rule
    private var box = LimitsBox.none

    init(_ rule: Rule) {
        self.rule = rule
    }

    /// What narrows or moves the rule, or `nil` if nothing does.
    var limits: Limits? {
        get { if case .some(let limits) = box { limits } else { nil } }
        set { box = newValue.flatMap { $0 == Limits() ? nil : .some($0) } ?? .none }
    }

    /// The schedule with its limits changed.
    func with(_ change: (inout Limits) -> Void) -> Schedule {
        var copy = self
        var limits = limits ?? Limits()
        change(&limits)
        copy.limits = limits
        return copy
    }

    /// The first instant that counts, or `nil` if the schedule has no beginning.
    public var start: Date? { limits?.start }

    /// The instant from which nothing counts any more, or `nil` if the schedule has no end.
    public var end: Date? { limits?.end }

    /// How many runs the schedule is for, or `nil` for no limit; the scheduler counts them.
    public var maximumRuns: Int? { limits?.maximumRuns }

    /// The delay after a run's end, for a schedule made by ``afterCompletion(_:)``, and `nil` for every other.
    public var completionDelay: Duration? {
        if case .afterCompletion(let delay, _) = rule { delay } else { nil }
    }

    /// The identifier of the zone whose wall clock the rule is read on, or `nil` if it has none.
    public var timeZoneIdentifier: String? {
        switch rule {
        case .cron(_, let zone, _): zone
        case .union(let schedules): schedules.lazy.compactMap(\.timeZoneIdentifier).first
        default: nil
        }
    }
}

extension Schedule.Rule {
    /// The first instant of the rule after another.
    func next(after instant: Date) -> Date? {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            guard let second = WholeSeconds.floor(instant), let table = try? TimeZoneDatabase.system.table(zone)
            else { return nil }
            return expression.next(from: second &+ 1, in: table, daylightSaving: daylightSaving)
        case .every(let interval, let anchor):
            return Interval(interval, anchor: anchor ?? instant)?.next(after: instant)
        case .afterCompletion(let delay, let anchor):
            return Interval(delay, anchor: max(instant, anchor ?? instant))?.first
        case .once(let due), .immediately(.some(let due)):
            return due > instant ? due : nil
        case .immediately(nil):
            return nil
        case .union(let schedules):
            return schedules.lazy.compactMap { $0.next(after: instant) }.min()
        }
    }

    /// The last instant of the rule before another.
    func previous(before instant: Date) -> Date? {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            guard let second = WholeSeconds.ceiling(instant), let table = try? TimeZoneDatabase.system.table(zone)
            else { return nil }
            return expression.previous(from: second &- 1, in: table, daylightSaving: daylightSaving)
        case .every(let interval, let anchor):
            return anchor.flatMap { Interval(interval, anchor: $0)?.previous(before: instant) }
        case .afterCompletion(let delay, let anchor):
            return anchor.flatMap { Interval(delay, anchor: $0)?.first }.flatMap { $0 < instant ? $0 : nil }
        case .once(let due), .immediately(.some(let due)):
            return due < instant ? due : nil
        case .immediately(nil):
            return nil
        case .union(let schedules):
            return schedules.lazy.compactMap { $0.previous(before: instant) }.max()
        }
    }
}
