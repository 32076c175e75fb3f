/// A date of the proleptic Gregorian calendar, without a time or a time zone.
///
/// The conversions follow H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years start on 1 March, so that
/// the leap day comes last. They wrap instead of trapping, and are exact for every year whose day number fits an `Int`.
package struct CivilDate: Hashable, Sendable {
    package var year: Int
    /// From 1 to 12.
    package var month: Int
    /// From 1 to 31.
    package var day: Int

    @inlinable
    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Creates the date a number of days after 1970-01-01; negative numbers lie before it.
    @inlinable
    package init(daysSinceEpoch days: Int) {
        let shifted = days &+ 719_468
        let era = (shifted >= 0 ? shifted : shifted &- 146_096) / 146_097
        let dayOfEra = UInt32(truncatingIfNeeded: shifted &- era &* 146_097)
        let yearOfEra = (dayOfEra &- dayOfEra / 1_460 &+ dayOfEra / 36_524 &- dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
        let shiftedMonth = (5 &* dayOfYear &+ 2) / 153
        day = Int(dayOfYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9)
        year = Int(yearOfEra) &+ era &* 400 &+ (month <= 2 ? 1 : 0)
    }

    /// The number of days since 1970-01-01.
    ///
    /// Days past the end of the month continue into the next month.
    @inlinable
    package var daysSinceEpoch: Int {
        let shiftedYear = month <= 2 ? year &- 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear &- 399) / 400
        let yearOfEra = shiftedYear &- era &* 400
        let dayOfYear = (153 &* (month > 2 ? month &- 3 : month &+ 9) &+ 2) / 5 &+ day &- 1
        return era &* 146_097 &+ yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear &- 719_468
    }

    /// Whether the month and the day exist.
    @inlinable
    package var exists: Bool {
        1...12 ~= month && 1...Self.days(inMonth: month, of: year) ~= day
    }

    /// Whether a year is a leap year.
    @inlinable
    package static func isLeap(_ year: Int) -> Bool {
        year & 3 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// Returns the number of days in a month.
    ///
    /// The month must be 1 to 12.
    @inlinable
    package static func days(inMonth month: Int, of year: Int) -> Int {
        if month == 2 { return isLeap(year) ? 29 : 28 }
        // The long months are the odd ones up to July and the even ones from August on.
        return 30 &+ ((month &+ (month >> 3)) & 1)
    }

    /// Returns the weekday of a day since 1970-01-01, from 0 for Sunday to 6 for Saturday.
    @inlinable
    package static func weekday(ofDay daysSinceEpoch: Int) -> Int {
        let remainder = (daysSinceEpoch &+ 4) % 7
        return remainder >= 0 ? remainder : remainder &+ 7
    }
}

extension Int64 {
    /// Returns the quotient rounded toward negative infinity.
    ///
    /// - Parameter divisor: The divisor. Must be positive.
    @inlinable
    package func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient &- 1 : quotient
    }
}
