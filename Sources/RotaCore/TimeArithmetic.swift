package import Foundation

// Saturating arithmetic. The standard library traps on `Duration.seconds(1e21)`, and on `components` of a duration
// whose seconds do not fit `Int64`.

extension Duration {
    /// The longest delay, timeout or lifetime that settings may have: 366 days.
    package static var longestSpan: Duration { .seconds(366 * 86_400) }

    /// Creates a duration from seconds, clamped to 10,000 years in either direction.
    ///
    /// NaN is zero.
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

/// Conversions to whole seconds since 1970-01-01T00:00:00Z, the unit of schedule arithmetic.
package enum WholeSeconds {
    /// The supported range: 0001-01-01T00:00:00Z through 9999-12-31T23:59:59Z.
    package static var supported: ClosedRange<Int64> { -62_135_596_800...253_402_300_799 }

    /// The number of seconds in a day.
    @inlinable
    package static var day: Int64 { 86_400 }

    /// Returns the last whole second at or before a date, or `nil` if the date is NaN.
    ///
    /// Dates outside the supported range are clamped to just outside it, so that arithmetic cannot overflow.
    package static func floor(_ date: Date) -> Int64? {
        clamped(date.timeIntervalSinceReferenceDate.rounded(.down))
    }

    /// Returns the first whole second at or after a date, or `nil` if the date is NaN.
    ///
    /// Dates outside the supported range are clamped to just outside it, so that arithmetic cannot overflow.
    package static func ceiling(_ date: Date) -> Int64? {
        clamped(date.timeIntervalSinceReferenceDate.rounded(.up))
    }

    /// Converts seconds since the reference date, which is what a `Date` stores.
    ///
    /// Converting to 1970 first would round.
    package static func clamped(_ seconds: Double) -> Int64? {
        guard !seconds.isNaN else { return nil }
        return Int64(min(max(seconds, -63_113_904_100), 252_423_993_700)) &+ 978_307_200
    }
}

extension Date {
    /// Creates a date from whole seconds since 1970-01-01T00:00:00Z.
    package init(wholeSeconds: Int64) {
        self.init(timeIntervalSince1970: Double(wholeSeconds))
    }
}
