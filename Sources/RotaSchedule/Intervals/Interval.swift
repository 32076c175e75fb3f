import Foundation
import RotaCore

/// Dates at equal distances after an anchor.
struct Interval {
    /// The shortest and the longest distance, in seconds.
    static let supported = 0.001...3_155_760_000.0

    let seconds: Double
    let anchor: Date
    /// The interval and the anchor's place in its second, if dates are counted in decimals.
    private let decimals: Decimals?

    /// An interval in attoseconds, and the fraction of the anchor's second in the same unit.
    private struct Decimals {
        let interval: Int128
        let fraction: Int128
        let wholeAnchor: Double

        static let second = Int128(1_000_000_000_000_000_000)
    }

    /// Creates an interval, or returns `nil` if it is too short or too long, or its anchor is not a usable date.
    init?(_ duration: Duration, anchor: Date) {
        let seconds = duration.inSeconds
        // First of all: `components` of a longer duration traps.
        guard Self.supported.contains(seconds), abs(anchor.timeIntervalSince1970) < 1e12 else { return nil }
        self.seconds = seconds
        self.anchor = anchor
        decimals = Self.decimals(of: duration, from: anchor)
    }

    /// Returns the nth date.
    private func date(_ count: Double) -> Date {
        guard let decimals, abs(count) < 1e15 else { return anchor.addingTimeInterval(count * seconds) }
        let (quotient, rest) = (decimals.fraction + Int128(count) * decimals.interval)
            .quotientAndRemainder(dividingBy: Decimals.second)
        let (whole, fraction) = rest < 0 ? (quotient - 1, rest + Decimals.second) : (quotient, rest)
        return Date(timeIntervalSinceReferenceDate: decimals.wholeAnchor + Double(whole) + Double(fraction) / 1e18)
    }

    /// Returns a supported interval of less than whole seconds in decimals, from an anchor in whole microseconds.
    ///
    /// A `Date` counts in steps of about 0.1 µs, so that most decimal fractions of a second are rounded. Sums of
    /// rounded values would be rounded again, often to a neighbor of the date that is meant, such as
    /// 12:00:00.300000072.
    private static func decimals(of duration: Duration, from anchor: Date) -> Decimals? {
        let (seconds, attoseconds) = duration.components
        guard attoseconds != 0 else { return nil }
        let held = anchor.timeIntervalSinceReferenceDate
        let whole = held.rounded(.down)
        let microseconds = ((held - whole) * 1e6).rounded()
        guard whole + microseconds / 1e6 == held else { return nil }
        return Decimals(
            interval: Int128(seconds) * Decimals.second + Int128(attoseconds),
            fraction: Int128(microseconds) * 1_000_000_000_000, wholeAnchor: whole)
    }

    /// Returns a date if it is within the years 1–9999.
    private func supported(_ date: Date) -> Date? {
        let seconds = date.timeIntervalSince1970
        let years = WholeSeconds.supported
        return seconds >= Double(years.lowerBound) && seconds <= Double(years.upperBound) ? date : nil
    }

    /// The first date.
    var first: Date? { supported(date(1)) }

    /// Returns the first date after another.
    func next(after date: Date) -> Date? {
        let elapsed = date.timeIntervalSince(anchor)
        guard elapsed < 1e12 else { return nil }
        var count = max(1, (elapsed / seconds).rounded(.down))
        // The quotient may be rounded across a whole number, so step to the first later date.
        while self.date(count) <= date { count += 1 }
        while count > 1, self.date(count - 1) > date { count -= 1 }
        return supported(self.date(count))
    }

    /// Returns the last date before another.
    func previous(before date: Date) -> Date? {
        // Start within the supported years: counting from further away would take forever.
        let date = min(date, Date(wholeSeconds: WholeSeconds.supported.upperBound + 1))
        let elapsed = date.timeIntervalSince(anchor)
        guard elapsed > 0 else { return nil }
        var count = (elapsed / seconds).rounded(.up)
        while count >= 1, self.date(count) >= date { count -= 1 }
        while self.date(count + 1) < date { count += 1 }
        return count >= 1 ? supported(self.date(count)) : nil
    }
}
