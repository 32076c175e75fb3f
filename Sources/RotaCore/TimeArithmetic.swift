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
        let clamped = seconds.isNaN ? 0 : min(max(seconds, -limit), limit)
        // As `Duration.seconds` does, which takes several times as long for any floating-point type.
        let whole = clamped.rounded(.towardZero)
        self.init(
            secondsComponent: Int64(whole), attosecondsComponent: Int64(((clamped - whole) * 1e18).rounded()))
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

    /// The components, clamped to 10,000 years in either direction.
    var clampedComponents: (seconds: Int64, attoseconds: Int64) {
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

    /// The date without what is finer than a millisecond.
    package var wholeMillisecond: Date {
        // A date stores seconds since the reference date, to a quarter of a microsecond.
        let seconds = timeIntervalSinceReferenceDate
        let whole = seconds.rounded(.down)
        return Date(
            timeIntervalSinceReferenceDate: whole + ((seconds - whole) * 1_000 + 0.000_5).rounded(.down) / 1_000)
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

/// The JSON form of a duration: a number of seconds, or text such as `"250ns"` where a number would lose precision.
///
/// A `Double` holds every nanosecond up to about 50 days. A duration that is not in whole nanoseconds, which no
/// setting needs, is written as Swift writes it: the upper and the lower half of its attoseconds.
package struct JSONDuration: Codable {
    package let duration: Duration

    package init(_ duration: Duration) {
        self.duration = duration
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let seconds = try? container.decode(Double.self) {
            guard let nanoseconds = Self.nanoseconds(seconds) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "A duration must be less than 9e9 seconds, not \(seconds).")
            }
            duration = .nanoseconds(nanoseconds)
        } else if let text = try? container.decode(String.self) {
            guard text.hasSuffix("ns"), let count = Int64(text.dropLast(2)) else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription:
                        "A duration must be a number of seconds or text such as \"250ns\", not \"\(text)\".")
            }
            duration = .nanoseconds(count)
        } else {
            duration = try container.decode(Duration.self)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        guard let nanoseconds = Self.nanoseconds(duration) else { return try container.encode(duration) }
        let seconds = duration.inSeconds
        if Self.nanoseconds(seconds) == nanoseconds {
            try container.encode(seconds)
        } else {
            try container.encode("\(nanoseconds)ns")
        }
    }

    /// The duration in nanoseconds, or `nil` if that is not a whole number or too large.
    private static func nanoseconds(_ duration: Duration) -> Int64? {
        guard duration > .nanoseconds(Int64.min), duration < .nanoseconds(Int64.max) else { return nil }
        let (seconds, attoseconds) = duration.components
        let (whole, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return attoseconds % 1_000_000_000 == 0 && !tooLarge && !overflow ? sum : nil
    }

    /// The nearest whole nanoseconds, or `nil` for 9e9 seconds and more.
    private static func nanoseconds(_ seconds: Double) -> Int64? {
        abs(seconds) < 9e9 ? Int64(exactly: (seconds * 1e9).rounded()) : nil
    }
}

// These hide the standard form of durations wherever the module is imported, also in synthesized conformances.

extension KeyedEncodingContainer {
    package mutating func encode(_ duration: Duration, forKey key: Key) throws {
        try encode(JSONDuration(duration), forKey: key)
    }

    package mutating func encodeIfPresent(_ duration: Duration?, forKey key: Key) throws {
        try encodeIfPresent(duration.map { JSONDuration($0) }, forKey: key)
    }
}

extension KeyedDecodingContainer {
    package func decode(_ type: Duration.Type, forKey key: Key) throws -> Duration {
        try decode(JSONDuration.self, forKey: key).duration
    }

    package func decodeIfPresent(_ type: Duration.Type, forKey key: Key) throws -> Duration? {
        try decodeIfPresent(JSONDuration.self, forKey: key)?.duration
    }
}
