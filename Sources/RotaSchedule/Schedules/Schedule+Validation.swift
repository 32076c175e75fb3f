public import Foundation
import RotaCore

extension Schedule {
    /// Checks the values that a factory without `throws` accepts.
    ///
    /// - Throws: ``ScheduleError`` for any of these:
    ///   - an interval or delay under 1 ms or over 100 years, or not in whole milliseconds;
    ///   - an unknown zone;
    ///   - a date outside the years 1–9999, or an end that is not after the start;
    ///   - a limit under 1;
    ///   - a smoothing window of zero or over 7 days, or not in whole milliseconds;
    ///   - an empty calendar or an empty union;
    ///   - a cycle of fewer than 1 or more than 520 weeks;
    ///   - limits or adjustments of ``onDemand``, which has no occurrences;
    ///   - a union of schedules with their own limit of executions, smoothing or delay after completion.
    ///
    /// Whether the calendars of ``calendarNames`` exist is for the scheduler to check.
    public func validate() throws(ScheduleError) {
        try validateValues()
        try checkZones()
    }

    /// Checks that the rules of every time zone of the schedule can be read now.
    ///
    /// If they cannot, the schedule gives no dates, as if it were exhausted. Rules that were read once stay in memory.
    ///
    /// - Throws: ``ScheduleError`` with code `timeZone`, which names the zone.
    package func checkZones() throws(ScheduleError) {
        switch rule {
        case .cron(_, let zone, _): try Self.check(zone: zone)
        case .union(let schedules): for schedule in schedules { try schedule.checkZones() }
        case .every, .afterCompletion, .once, .immediately, .onDemand: break
        }
        guard let limits else { return }
        if let weeks = limits.weeks { try Self.check(zone: weeks.zone) }
        for filter in limits.filters { try Self.check(zone: filter.zone) }
        if let shift = limits.shift { try Self.check(zone: shift.zone) }
    }

    /// Checks everything except time zones, which may be known on another machine.
    func validateValues() throws(ScheduleError) {
        try rule.validateValues()
        guard let limits else { return }
        guard !isOnDemand else {
            throw ScheduleError(
                .limit, value: summary,
                message: "A schedule on demand has no occurrences, so it takes no limits, calendars or smoothing.")
        }
        for date in [limits.start, limits.end].compactMap({ $0 }) { try Self.validate(date) }
        if let start = limits.start, let end = limits.end, start >= end {
            throw ScheduleError(
                .limit, value: ISO8601.description(end),
                message:
                    "The end, \(ISO8601.description(end)), must be after the start, \(ISO8601.description(start))."
            )
        }
        if let runs = limits.maximumRuns, runs < 1 {
            throw ScheduleError(
                .limit, value: "\(runs)", message: "The limit of executions must be at least 1, not \(runs).")
        }
        if let window = limits.smoothing?.window,
            !(1...604_800_000).contains(window.wholeMilliseconds) || DurationText.text(window) == nil
        {
            throw ScheduleError(
                .smoothing, value: window.exactText,
                message: "A smoothing window must be 1 ms to 7 days, in whole milliseconds, not \(window.exactText).")
        }
        if let weeks = limits.weeks { try weeks.validate() }
        for filter in limits.filters {
            guard !filter.calendar.isEmpty else {
                throw ScheduleError(.calendar, value: "{}", message: "A calendar needs at least one day or expression.")
            }
        }
    }

    static func check(zone: String) throws(ScheduleError) {
        do {
            _ = try TimeZoneDatabase.system.table(zone)
        } catch {
            throw ScheduleError(.timeZone, value: zone, message: error.message)
        }
    }

    fileprivate static func validate(_ date: Date) throws(ScheduleError) {
        let seconds = date.timeIntervalSince1970
        guard seconds >= Double(WholeSeconds.supported.lowerBound), seconds <= Double(WholeSeconds.supported.upperBound)
        else {
            throw ScheduleError(
                .date, value: "\(seconds)",
                message: "A date must be in the years 1–9999, not \(seconds) seconds after 1970.")
        }
    }
}

extension Schedule.Rule {
    private static func check(_ interval: Duration, example: String) throws(ScheduleError) {
        guard Interval.supported.contains(interval.inSeconds), DurationText.text(interval) != nil else {
            throw ScheduleError(
                .interval, value: interval.exactText,
                message:
                    "An interval must be 1 ms to 100 years, in whole milliseconds, not \(interval.exactText); write one such as "
                    + "`\(example)`.")
        }
    }

    fileprivate func validateValues() throws(ScheduleError) {
        switch self {
        case .cron:
            break
        case .every(let interval, let anchor):
            try Self.check(interval, example: ".every(.minutes(5))")
            if let anchor { try Schedule.validate(anchor) }
        case .afterCompletion(let interval, let anchor):
            try Self.check(interval, example: ".afterCompletion(.minutes(5))")
            if let anchor { try Schedule.validate(anchor) }
        case .once(let date), .immediately(.some(let date)):
            try Schedule.validate(date)
        case .immediately(nil), .onDemand:
            break
        case .union(let schedules):
            guard !schedules.isEmpty else {
                throw ScheduleError(.empty, value: "[]", message: "A union needs at least one schedule.")
            }
            for schedule in schedules {
                try schedule.validateValues()
                // The scheduler asks the union alone, so it would silently ignore these on a part of it.
                guard schedule.completionDelay == nil, schedule.maximumRuns == nil, schedule.smoothingOffset == .zero,
                    !schedule.isOnDemand
                else {
                    throw ScheduleError(
                        .limit, value: schedule.summary,
                        message: "A delay after completion, a limit of executions, smoothing or `onDemand` belongs on "
                            + "the union, not on a part of it.")
                }
            }
        }
    }
}

extension Schedule {
    /// Returns the warnings of the schedule's cron expressions, in order.
    ///
    /// - Parameter date: The start of the three years whose offset changes are checked.
    public func warnings(from date: Date) -> [CronWarning] {
        switch rule {
        case .cron(let expression, let zone, let daylightSaving):
            guard let table = TimeZoneDatabase.system.knownTable(zone) else { return expression.warnings }
            return expression.warnings(in: table, named: zone, daylightSaving, from: date)
        case .union(let schedules): return schedules.flatMap { $0.warnings(from: date) }
        default: return []
        }
    }
}

/// The reason why a schedule is invalid.
///
/// ```swift
/// do {
///     _ = try Schedule.cron("0 9 * * *", in: "Europe/Berln")
/// } catch {
///     print(error.code, error.message)
///     // timeZone There is no time zone "Europe/Berln"; did you mean "Europe/Berlin"?
/// }
/// ```
public struct ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake.
    ///
    /// More kinds may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case cron, timeZone, interval, date, limit, calendar, smoothing, empty, text, ambiguous
        }

        private let kind: Kind

        /// The cron text is not an expression.
        ///
        /// ``ScheduleError/syntax`` has the position of the mistake.
        public static let cron = Code(kind: .cron)
        /// The time zone is unknown.
        public static let timeZone = Code(kind: .timeZone)
        /// An interval or delay is zero, negative, too short or too long, or not in whole milliseconds.
        public static let interval = Code(kind: .interval)
        /// A date is not a number, outside the years 1–9999, or not in ISO 8601.
        public static let date = Code(kind: .date)
        /// A limit is smaller than one, or the end is not after the start.
        public static let limit = Code(kind: .limit)
        /// A calendar is empty or contains a day that does not exist.
        public static let calendar = Code(kind: .calendar)
        /// A smoothing window is zero, negative or too long, or not in whole milliseconds.
        public static let smoothing = Code(kind: .smoothing)
        /// A text or a union is empty.
        public static let empty = Code(kind: .empty)
        /// The text has none of the supported forms.
        public static let text = Code(kind: .text)
        /// Two values contradict each other.
        public static let ambiguous = Code(kind: .ambiguous)

        /// The code's name, such as `timeZone`.
        public var description: String { kind.rawValue }
    }

    /// The kind of mistake.
    public let code: Code
    /// The value that was refused, as text.
    public let value: String
    /// A description of the problem and how to fix it.
    public let message: String
    /// The mistake in the cron text, if the cron text is invalid.
    public let syntax: CronSyntaxError?

    /// The message, with a caret under the mistake if it is in a cron text.
    public var description: String { syntax?.description ?? message }

    init(_ code: Code, value: String, message: String) {
        self.code = code
        self.value = value
        self.message = message
        syntax = nil
    }

    init(_ syntax: CronSyntaxError) {
        code = .cron
        value = syntax.text
        message = syntax.message
        self.syntax = syntax
    }
}

extension ScheduleError: LocalizedError {
    /// The ``description``, so that `localizedDescription` says it too.
    public var errorDescription: String? { description }
    /// The mistake in one line.
    public var failureReason: String? { message }
    /// The hint of a mistake in a cron text, if there is one.
    public var recoverySuggestion: String? { syntax?.hint }
}
