package import Foundation

// Arithmetic that saturates. The library's own traps: `Duration.seconds(1e21)` and `components` of a duration whose
// seconds do not fit an `Int64` end the process.

extension Duration {
    /// The longest span that any delay, timeout or lifetime may have: 366 days.
    package static var longestSpan: Duration { .seconds(366 * 86_400) }

    /// Creates a duration of a number of seconds, clamped to 10,000 years either way; NaN is zero.
    package init(clamping seconds: Double) {
        let limit = 3.2e11
        self = seconds.isNaN ? .zero : .seconds(min(max(seconds, -limit), limit))
    }

    /// The duration in seconds, as near as a `Double` comes, clamped to 10,000 years either way.
    package var inSeconds: Double {
        let (seconds, attoseconds) = clampedComponents
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// The duration in whole milliseconds, rounded toward zero and clamped to 10,000 years either way.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = clampedComponents
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    /// The duration in whole milliseconds, rounded up and clamped to 10,000 years either way.
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
    /// Returns the date a duration after this one.
    package func advanced(by duration: Duration) -> Date {
        addingTimeInterval(duration.inSeconds)
    }

    /// Returns the duration from another date to this one; negative if the other is later.
    package func elapsed(since other: Date) -> Duration {
        Duration(clamping: timeIntervalSince(other))
    }

    /// The last date before this one that a `Date` can represent.
    ///
    /// `schedule.next(after: date.justBefore)` is the first occurrence at or after `date`.
    package var justBefore: Date {
        Date(timeIntervalSinceReferenceDate: timeIntervalSinceReferenceDate.nextDown)
    }

    /// The first date after this one that a `Date` can represent.
    ///
    /// `start..<end.justAfter` is the closed range from `start` through `end`.
    package var justAfter: Date {
        Date(timeIntervalSinceReferenceDate: timeIntervalSinceReferenceDate.nextUp)
    }
}
