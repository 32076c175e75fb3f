package import Foundation

// Saturating arithmetic. The standard library traps on `Duration.seconds(1e21)`, and on `components` of a duration whose
// seconds do not fit `Int64`.

extension Duration {
    /// The longest delay, timeout or lifetime that settings may have: 366 days.
    package static var longestSpan: Duration { .seconds(366 * 86_400) }

    /// Creates a duration from seconds, clamped to 10,000 years in either direction. NaN is zero.
    package init(clamping seconds: Double) {
        let limit = 3.2e11
        self = seconds.isNaN ? .zero : .seconds(min(max(seconds, -limit), limit))
    }

    /// The duration in seconds, as precise as a `Double` can be, clamped to 10,000 years in either direction.
    package var inSeconds: Double {
        let (seconds, attoseconds) = clampedComponents
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// The duration in whole milliseconds, rounded toward zero and clamped to 10,000 years in either direction.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = clampedComponents
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    /// The duration in whole milliseconds, rounded up and clamped to 10,000 years in either direction.
    package var millisecondsRoundedUp: Int64 {
        let (seconds, attoseconds) = clampedComponents
        let roundedUp = attoseconds > 0 ? attoseconds + 999_999_999_999_999 : attoseconds
        return seconds * 1_000 + roundedUp / 1_000_000_000_000_000
    }

    private var clampedComponents: (seconds: Int64, attoseconds: Int64) {
        let limit = Duration.seconds(320_000_000_000)
        return min(max(self, .zero - limit), limit).components
    }
}

extension Date {
    /// Returns the date that is a duration later.
    package func advanced(by duration: Duration) -> Date {
        addingTimeInterval(duration.inSeconds)
    }

    /// Returns the duration since another date, which is negative if the other date is later.
    package func elapsed(since other: Date) -> Duration {
        Duration(clamping: timeIntervalSince(other))
    }

    /// The latest representable date before this one.
    ///
    /// `schedule.next(after: date.justBefore)` is the first occurrence at or after `date`.
    package var justBefore: Date {
        Date(timeIntervalSinceReferenceDate: timeIntervalSinceReferenceDate.nextDown)
    }

    /// The earliest representable date after this one.
    ///
    /// `start..<end.justAfter` contains the same dates as `start...end`.
    package var justAfter: Date {
        Date(timeIntervalSinceReferenceDate: timeIntervalSinceReferenceDate.nextUp)
    }
}
