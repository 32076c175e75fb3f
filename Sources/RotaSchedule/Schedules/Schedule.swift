public import Foundation
import RotaCore

/// When a job is due: a rule that gives dates, with limits and adjustments.
///
/// A schedule is a pure value without a clock. It answers which date follows or precedes another:
///
/// ```swift
/// let schedule = try Schedule.cron("30 9 * * 1-5", in: "America/New_York")
///     .excluding(.annual(["12-25", "01-01"]))
///     .limited(toRuns: 10)
/// print(schedule.summary)
/// // At 09:30, Monday to Friday (America/New_York), except on 1 January and 25 December, 10 times
///
/// let march1 = Date(timeIntervalSince1970: 1_772_323_200)
/// if let next = schedule.next(after: march1) { print(next) }  // 2026-03-02 14:30:00 +0000
/// ```
///
/// Limits and adjustments apply in this order, whatever the order of the calls:
///
/// 1. The rule gives dates: ``cron(_:in:dialect:daylightSaving:hashSeed:)-(_,String,_,_,_)``, ``every(_:anchor:)``,
///    ``afterCompletion(_:)``, ``once(at:)``, ``immediately``, ``onDemand`` or ``union(_:)``.
/// 2. ``everyWeeks(_:from:in:)`` drops dates.
/// 3. ``onBusinessDays(_:in:)`` moves a date to another day.
/// 4. ``excluding(_:in:)`` and ``within(_:in:)`` drop dates.
/// 5. ``starting(at:)`` and ``ending(at:)`` drop dates.
/// 6. ``limited(toRuns:)`` is counted by the scheduler.
/// 7. ``smoothed(over:key:)`` gives each date, which stays the *nominal* one, a later *effective* date.
public struct Schedule: Sendable, Hashable {
    indirect enum Rule: Sendable, Hashable {
        case cron(CronExpression, zone: String, DaylightSavingPolicy)
        case every(Duration, anchor: Date?)
        case afterCompletion(Duration, anchor: Date?)
        case once(Date)
        case immediately(Date?)
        case union([Schedule])
        case onDemand
    }

    /// The window over which the occurrences of many jobs are spread.
    struct Smoothing: Sendable, Hashable {
        var window: Duration
        var key: String
    }

    /// A calendar to exclude or to keep within, on the wall clock of a zone.
    struct Filter: Sendable, Hashable {
        var calendar: ScheduleCalendar
        var excludes: Bool
        /// The zone's identifier.
        var zone: String
    }

    /// A shift to business days, on the wall clock of a zone.
    struct Shift: Sendable, Hashable {
        var direction: BusinessDayShift
        var zone: String
    }

    struct Limits: Sendable, Hashable {
        var start: Date?
        var end: Date?
        var maximumRuns: Int?
        var filters: [Filter] = []
        var weeks: WeekCycle?
        var shift: Shift?
        var smoothing: Smoothing?
    }

    /// Boxed, so that a plain schedule takes two words: a store may hold a million of them.
    private indirect enum LimitsBox: Sendable, Hashable {
        case none
        case some(Limits)
    }

    var rule: Rule
    private var box = LimitsBox.none

    init(_ rule: Rule) {
        self.rule = rule
    }

    /// The limits and adjustments, or `nil` if there are none.
    var limits: Limits? {
        get { if case .some(let limits) = box { limits } else { nil } }
        set { box = newValue.flatMap { $0 == Limits() ? nil : .some($0) } ?? .none }
    }

    /// Returns the schedule with changed limits.
    func with(_ change: (inout Limits) -> Void) -> Schedule {
        var copy = self
        var limits = limits ?? Limits()
        change(&limits)
        copy.limits = limits
        return copy
    }

    /// The date from which occurrences count, or `nil` without a start.
    public var start: Date? { limits?.start }

    /// The date before which occurrences count, or `nil` without an end.
    public var end: Date? { limits?.end }

    /// The number of executions the schedule is limited to, or `nil` without a limit.
    ///
    /// The scheduler counts them.
    public var maximumRuns: Int? { limits?.maximumRuns }

    /// The delay after the end of the previous execution, for a schedule of ``afterCompletion(_:)``, or `nil`.
    public var completionDelay: Duration? {
        if case .afterCompletion(let delay, _) = rule { delay } else { nil }
    }

    /// Whether each occurrence follows from the one before it.
    ///
    /// If not, it follows from the end of the execution before it, and only the next one is known.
    package var isSeries: Bool {
        if case .afterCompletion = rule { false } else { true }
    }

    /// Whether the schedule has no occurrences of its own, because its job runs on request only.
    public var isOnDemand: Bool { rule == .onDemand }

    /// The identifier of the zone whose wall clock the rule uses, or `nil` if it has none.
    public var timeZoneIdentifier: String? {
        switch rule {
        case .cron(_, let zone, _): zone
        case .union(let schedules): schedules.lazy.compactMap(\.timeZoneIdentifier).first
        default: nil
        }
    }
}

extension Schedule {
    /// The rule of a schedule, to read it back.
    public enum Kind: Sendable, Hashable {
        /// A cron expression, on the wall clock of a time zone.
        case cron(CronExpression, timeZone: String)
        /// An interval that counts from the anchor, or from the job's creation without one.
        case every(Duration, anchor: Date?)
        /// A delay that counts from the end of the previous execution.
        case afterCompletion(Duration)
        /// One date.
        case once(Date)
        /// Once, as soon as the job is created.
        case immediately
        /// Several schedules at once.
        case union([Schedule])
        /// Never by itself: only when it is triggered.
        case onDemand
    }

    /// The rule of the schedule, without its limits and adjustments.
    ///
    /// ```swift
    /// let schedule = try Schedule.cron("30 9 * * 1-5", in: "America/New_York").limited(toRuns: 10)
    /// if case .cron(let expression, let zone) = schedule.kind { print(expression.source, zone) }
    /// // 30 9 * * 1-5 America/New_York
    /// ```
    public var kind: Kind {
        switch rule {
        case .cron(let expression, let zone, _): .cron(expression, timeZone: zone)
        case .every(let interval, let anchor): .every(interval, anchor: anchor)
        case .afterCompletion(let delay, _): .afterCompletion(delay)
        case .once(let date): .once(date)
        case .immediately: .immediately
        case .union(let schedules): .union(schedules)
        case .onDemand: .onDemand
        }
    }
}

extension Schedule {
    /// The schedule with another one's rule, and the limits and adjustments that it has.
    package func replacingRule(by other: Schedule) -> Schedule {
        var copy = self
        copy.rule = other.rule
        return copy
    }

    /// The schedule on the wall clock of another zone, if it is a cron schedule.
    package func moved(to zone: String) throws(ScheduleError) -> Schedule {
        guard case .cron(let expression, _, let daylightSaving) = rule else { return self }
        return replacingRule(
            by: try .cron(
                expression.source, in: zone, dialect: expression.dialect, daylightSaving: daylightSaving,
                hashSeed: expression.hashSeed))
    }
}

extension Schedule.Rule {
    /// Returns the first date of the rule after another.
    func next(after date: Date, within budget: inout SearchBudget) -> Date? {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            guard let second = WholeSeconds.floor(date), let table = TimeZoneDatabase.system.knownTable(zone)
            else { return nil }
            return expression.next(from: second &+ 1, in: table, daylightSaving: daylightSaving)
        case .every(let interval, let anchor):
            return Interval(interval, anchor: anchor ?? date)?.next(after: date)
        case .afterCompletion(let delay, let anchor):
            return Interval(delay, anchor: max(date, anchor ?? date))?.first
        case .once(let due), .immediately(.some(let due)):
            return due > date ? due : nil
        case .immediately(nil), .onDemand:
            return nil
        case .union(let schedules):
            var first: Date?
            for (place, schedule) in schedules.enumerated() {
                // Without a look at every part, a later date might be taken for the first.
                guard budget.spend(1) else { return nil }
                let found = budget.share(among: schedules.count - place) { schedule.next(after: date, within: &$0) }
                if let found { first = min(found, first ?? found) }
            }
            return first
        }
    }

    /// Returns the last date of the rule before another.
    func previous(before date: Date, within budget: inout SearchBudget) -> Date? {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            guard let second = WholeSeconds.ceiling(date), let table = TimeZoneDatabase.system.knownTable(zone)
            else { return nil }
            return expression.previous(from: second &- 1, in: table, daylightSaving: daylightSaving)
        case .every(let interval, let anchor):
            return anchor.flatMap { Interval(interval, anchor: $0)?.previous(before: date) }
        case .afterCompletion(let delay, let anchor):
            return anchor.flatMap { Interval(delay, anchor: $0)?.first }.flatMap { $0 < date ? $0 : nil }
        case .once(let due), .immediately(.some(let due)):
            return due < date ? due : nil
        case .immediately(nil), .onDemand:
            return nil
        case .union(let schedules):
            var last: Date?
            for (place, schedule) in schedules.enumerated() {
                guard budget.spend(1) else { return nil }
                let found = budget.share(among: schedules.count - place) {
                    schedule.previous(before: date, within: &$0)
                }
                if let found { last = max(found, last ?? found) }
            }
            return last
        }
    }
}
