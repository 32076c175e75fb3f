import Foundation

/// Whole seconds since 1970-01-01T00:00:00Z: what every calculation of this module works with.
enum WholeSeconds {
    /// 0001-01-01T00:00:00 and 9999-12-31T23:59:59, the years this module answers for.
    static let supported: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Seconds in a day.
    static let day: Int64 = 86_400

    /// The last whole second at or before an instant, or `nil` where the instant is not a number.
    ///
    /// Instants outside the supported years are pulled to just outside their edge, so arithmetic cannot overflow.
    static func floor(_ instant: Date) -> Int64? {
        clamped(instant.timeIntervalSinceReferenceDate.rounded(.down))
    }

    /// The first whole second at or after an instant, or `nil` where the instant is not a number.
    static func ceiling(_ instant: Date) -> Int64? {
        clamped(instant.timeIntervalSinceReferenceDate.rounded(.up))
    }

    /// Seconds since the reference date, which is what a `Date` holds: the sum with 1970 would be rounded.
    private static func clamped(_ seconds: Double) -> Int64? {
        guard !seconds.isNaN else { return nil }
        return Int64(min(max(seconds, -63_113_904_100), 252_423_993_700)) &+ 978_307_200
    }
}

extension Date {
    /// The instant a number of whole seconds after 1970-01-01T00:00:00Z.
    init(wholeSeconds: Int64) {
        self.init(timeIntervalSince1970: Double(wholeSeconds))
    }
}
