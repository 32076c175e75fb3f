package import Foundation

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

    /// Converts seconds since the reference date, which is what a `Date` stores. Converting to 1970 first would round.
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
