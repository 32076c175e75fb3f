package import Foundation

/// The schedules that most jobs have, in values that a store writes without JSON.
package enum PlainSchedule: Sendable, Hashable {
    /// A cron expression in the standard dialect, with automatic treatment of daylight saving.
    case cron(String, zone: String, hashSeed: String?)
    /// Equal intervals.
    case every(Duration, anchor: Date?)
    /// A single date.
    case once(Date)
}

extension Schedule {
    /// The schedule in plain values, or `nil` if it has limits, adjustments or a rarer rule, or if its values are out of
    /// their ranges.
    package var plain: PlainSchedule? {
        guard limits == nil, (try? validateValues()) != nil else { return nil }
        switch rule {
        case .cron(let expression, let zone, .automatic) where expression.dialect == .standard:
            return .cron(expression.source, zone: zone, hashSeed: expression.hashSeed)
        case .every(let interval, let anchor): return .every(interval, anchor: anchor)
        case .once(let date): return .once(date)
        default: return nil
        }
    }

    /// Creates a schedule from plain values that a store wrote.
    ///
    /// The zone may have been known only to the machine on which the schedule was made.
    ///
    /// - Throws: ``ScheduleError`` if a value is out of its range, or a text is no cron expression.
    package init(stored plain: PlainSchedule) throws(ScheduleError) {
        switch plain {
        case .cron(let text, let zone, let hashSeed):
            self = try .stored(text, in: zone, dialect: .standard, daylightSaving: .automatic, hashSeed: hashSeed)
        case .every(let interval, let anchor): self = .every(interval, anchor: anchor)
        case .once(let date): self = .once(at: date)
        }
        try validateValues()
    }
}
