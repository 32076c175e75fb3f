public import Foundation

extension Schedule {
    /// What the schedule's cron expressions say but their writer seldom means, in the order in which they are given.
    ///
    /// - Parameter instant: daylight saving is looked at in the three years after it.
    public func warnings(from instant: Date) -> [CronWarning] {
        switch rule {
        case .cron(let expression, let zone, _):
            guard let zone = TimeZone(identifier: zone) else { return expression.warnings }
            return expression.warnings(in: zone, from: instant)
        case .union(let schedules): return schedules.flatMap { $0.warnings(from: instant) }
        default: return []
        }
    }
}
