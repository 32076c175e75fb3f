import Foundation

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
