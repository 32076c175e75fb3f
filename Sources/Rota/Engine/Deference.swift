import Foundation
import RotaCore

/// Holds a scheduler back from claiming, so that another one can take what this one has no handler for.
///
/// ```
///   released ──────── longestSleep + 1 s ────────▶│ release date: a multiple of 5 s
///                                                  ├─ 0.25 s head start ─┤
///                                                  others claim          this scheduler claims again
/// ```
///
/// Every scheduler on the store knows of the release by then, because the date is further away than the longest sleep.
struct Deference {
    private var releaseDates: [Date] = []

    /// Release dates are multiples of this many seconds, so that executions released at different times share one.
    private static let spacing: TimeInterval = 5
    private static let headStart = Duration.milliseconds(250)

    /// Returns the date until which an execution is released.
    ///
    /// - Parameter longestSleep: How long another scheduler may go without polling the store. Capped at 30 seconds.
    mutating func releaseDate(after now: Date, longestSleep: Duration) -> Date {
        let earliest = now.advanced(by: min(longestSleep, .seconds(30))).timeIntervalSinceReferenceDate + 1
        let date = Date(timeIntervalSinceReferenceDate: (earliest / Self.spacing).rounded(.up) * Self.spacing)
        if !releaseDates.contains(date) { releaseDates.append(date) }
        return date
    }

    /// The end of the current head start, or `nil` if there is none.
    mutating func end(at now: Date) -> Date? {
        guard !releaseDates.isEmpty else { return nil }
        releaseDates.removeAll { $0.advanced(by: Self.headStart) <= now }
        return releaseDates.first { $0 <= now }?.advanced(by: Self.headStart)
    }
}
