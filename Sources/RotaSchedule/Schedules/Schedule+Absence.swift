package import Foundation

extension Schedule {
    /// Why an instant is no occurrence.
    package enum Absence: Sendable, Hashable {
        /// The rule does not name it.
        case notNamed
        /// The rule names it, but it was moved to a business day.
        case moved
        /// A calendar leaves it out.
        case excluded
        /// It is outside the calendars to keep within.
        case outside
        /// It is before the schedule's start.
        case beforeStart
        /// It is not before the schedule's end.
        case afterEnd
    }

    /// Why an instant is no occurrence, or `nil` if it is one.
    package func absence(at instant: Date) -> Absence? {
        let before = instant.addingTimeInterval(-0.001)
        if next(after: before) == instant { return nil }
        guard let limits else { return .notNamed }
        guard rule.next(after: before) == instant else { return .notNamed }
        if let start = limits.start, instant < start { return .beforeStart }
        if let end = limits.end, instant >= end { return .afterEnd }
        if limits.shift != nil { return .moved }
        guard let second = WholeSeconds.floor(instant) else { return .notNamed }
        for filter in limits.filters {
            guard let table = try? TimeZoneDatabase.system.table(filter.zone) else { continue }
            if !filter.allows(local: second &+ table.span(at: second).offset) {
                return filter.excludes ? .excluded : .outside
            }
        }
        return .notNamed
    }
}
