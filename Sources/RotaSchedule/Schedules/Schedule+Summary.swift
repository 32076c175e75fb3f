import RotaCore

extension Schedule: CustomStringConvertible {
    /// The ``summary``.
    public var description: String { summary }

    /// The schedule in plain English, such as `At 09:30, Monday to Friday (America/New_York)`.
    public var summary: String {
        guard let limits else { return rule.summary }
        var parts = [rule.summary]
        let zone = timeZoneIdentifier ?? "UTC"
        /// Names a zone that differs from the rule's own.
        func named(_ other: String) -> String { other == zone ? "" : " (\(other))" }
        if let weeks = limits.weeks {
            parts.append("every \(weeks.length) weeks from \(weeks.mondayText)" + named(weeks.zone))
        }
        if let shift = limits.shift {
            let direction = shift.direction == .nearest ? "nearest" : "\(shift.direction)"
            parts.append("moved to the \(direction) business day" + named(shift.zone))
        }
        for filter in limits.filters {
            parts.append((filter.excludes ? "except on " : "only on ") + filter.calendar.summary + named(filter.zone))
        }
        if let start = limits.start.flatMap(ISO8601.text) { parts.append("from \(start)") }
        if let end = limits.end.flatMap(ISO8601.text) { parts.append("until \(end)") }
        if let runs = limits.maximumRuns { parts.append(runs == 1 ? "once" : "\(runs) times") }
        if let smoothing = limits.smoothing {
            parts.append("spread over \(DurationText.words(smoothing.window))")
        }
        return parts.joined(separator: ", ")
    }
}

extension Schedule.Rule {
    fileprivate var summary: String {
        switch self {
        case .cron(let expression, let zone, let daylightSaving):
            expression.summary + " (\(zone)\(daylightSaving == .automatic ? "" : ", \(daylightSaving.words)"))"
        case .every(let interval, let anchor):
            "Every " + DurationText.words(interval)
                + (anchor.flatMap(ISO8601.text).map { ", counted from \($0)" } ?? "")
        case .afterCompletion(let delay, _):
            DurationText.countedWords(delay) + " after the end of each execution"
        case .once(let date): "Once at " + ISO8601.description(date)
        case .immediately: "Once, immediately"
        case .onDemand: "On demand"
        case .union(let schedules): schedules.map(\.summary).joined(separator: "; or: ")
        }
    }
}

extension DaylightSavingPolicy {
    fileprivate var words: String {
        let missing =
            switch missing?.kind {
            case .atGapEnd: "missing times at the end of the gap"
            case .skip: "missing times left out"
            case .shift: "missing times shifted"
            case nil: "missing times as usual"
            }
        let repeated =
            switch repeated?.kind {
            case .first: "repeated times the first time"
            case .second: "repeated times the second time"
            case .both: "repeated times both times"
            case nil: "repeated times as usual"
            }
        return missing + ", " + repeated
    }
}

extension ScheduleCalendar {
    /// The calendar's parts in plain English.
    fileprivate var summary: String {
        var parts = Weekday.allCases.filter { weekdays >> UInt8($0.rawValue) & 1 == 1 }
            .map { CronPhrase.weekdays[$0.rawValue] }
        parts += annual.map { "\($0 % 32) \(CronPhrase.months[$0 / 32 - 1])" }
        if dates.count <= 3 {
            parts += dates.map { String(LocalTime(seconds: Int64($0) * 86_400).description.prefix(10)) }
        } else {
            parts.append("\(dates.count) dates")
        }
        parts += expressions.map { "\"\($0.source)\"" }
        parts += names.map { "the calendar \"\($0)\"" }
        return CronPhrase.list(parts)
    }
}
